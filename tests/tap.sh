# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests in bash; to be sourced. A test file prints TAP (https://testanything.org) and ends with
# tap_done: a file that ends before it counts as failed. tests/run sets
#
#   HVBENCH	the program		HVBENCH_SANITIZED  its sanitizer build
#   TMP		a directory of the file's own, removed afterwards
#   BUILD	the build directory	TOP  the source tree
#
#   run COMMAND…		runs it; $status, $out and $err have exit status, output, messages
#   test_that NAME COMMAND…	passes if it succeeds; else shows what it and the last run printed
#   pass NAME	fail NAME [WHY…]	skip NAME REASON
#
# Conditions for test_that, about the last run:
#   exited N		out_has TEXT	err_has TEXT	out_lacks TEXT	err_lacks TEXT
#   out_like REGEX	err_like REGEX	quiet (no messages)	silent (no output)
#   one_message (a line of it)
#   all CONDITION -- CONDITION …

set -u
TOP=${TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
BUILD=${BUILD:-$TOP/build}
HVBENCH=${HVBENCH:-$BUILD/hvbench}
HVBENCH_SANITIZED=${HVBENCH_SANITIZED:-$BUILD/sanitize-address-undefined/hvbench}
if [ -z "${TMP:-}" ]; then
	# If it were empty, "$TMP/bin/x" would be a file of the system's.
	TMP=$(mktemp -d) || exit
	own_tmp=$TMP
fi
# What tests/run exports; set here for a file that is run alone.
export TOP BUILD HVBENCH HVBENCH_SANITIZED TMP LC_ALL=C.UTF-8
# A test file that has more to remove defines clean_up.
tap_exit()
{
	clean_up
	[ -z "${own_tmp:-}" ] || rm -rf "$own_tmp"
}
clean_up() { :; }
trap tap_exit EXIT
tap_nr=0
status=0 out= err=

run()
{
	last_command="$*"
	"$@" >"$TMP/.out" 2>"$TMP/.err" </dev/null
	status=$?
	out=$(tr -d '\0' <"$TMP/.out")
	err=$(tr -d '\0' <"$TMP/.err")
	return 0
}

pass()
{
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1"
}

fail()
{
	tap_nr=$((tap_nr + 1))
	echo "not ok $tap_nr - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$*" | sed 's/^/# /'
}

skip()
{
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

test_that()
{
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		pass "$name"
		return
	fi
	fail "$name" "$* does not hold${said:+: $said}"
	[ -n "${last_command:-}" ] || return
	{
		echo "the last run: $last_command"
		echo "exit status $status"
		echo "output:"
		head -n 30 <<<"$out"
		echo "messages:"
		head -n 30 <<<"$err"
	} | sed 's/^/# /'
}

# With -e and no input at all, jq 1.6 reports success.
jq()
{
	local said

	case " $* " in
	*" -e "*) said=$(command jq "$@") && [ -n "$said" ] && printf '%s\n' "$said" ;;
	*) command jq "$@" ;;
	esac
}

# until_true CONDITION…: waits until it holds, for at most a minute.
until_true()
{
	local end=$((SECONDS + 60))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

tap_done()
{
	echo "1..$tap_nr"
}

exited() { [ "$status" = "$1" ]; }
out_has() { [[ $out == *"$1"* ]]; }
err_has() { [[ $err == *"$1"* ]]; }
out_lacks() { [[ $out != *"$1"* ]]; }
err_lacks() { [[ $err != *"$1"* ]]; }
out_like() { grep -Eq -e "$1" <<<"$out"; }
err_like() { grep -Eq -e "$1" <<<"$err"; }
quiet() { [ -z "$err" ]; }
silent() { [ -z "$out" ]; }
one_message() { [ -n "$err" ] && [ "$(grep -c . <<<"$err")" -le 2 ]; }

all()
{
	local condition=()

	while [ $# -gt 0 ]; do
		if [ "$1" = -- ]; then
			"${condition[@]}" || { echo "${condition[*]}"; return 1; }
			condition=()
		else
			condition+=("$1")
		fi
		shift
	done
	"${condition[@]}" || { echo "${condition[*]}"; return 1; }
}
