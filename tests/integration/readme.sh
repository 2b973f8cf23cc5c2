#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command that a page shows is run, as it is shown or in the way that how() says; what a page
# shows of its output has the shape of what it prints; links lead to places that there are.
. "$(dirname "$0")/../tap.sh"
cd "$TOP" || exit 1

if ! command -v python3 >/dev/null; then
	skip "pages show what there is" "python3 is not installed"
	tap_done
	exit
fi
shown() { python3 "$TOP/tests/shown.py" "$@"; }
mapfile -t pages < <(find . -path ./build -prune -o -name '*.md' -printf '%P\n' | sort)
shown links "${pages[@]}" >"$TMP/links"
test_that "every link leads to a file, and to a heading in it" [ ! -s "$TMP/links" ]
sed 's/^/# /' "$TMP/links"
shown commands "${pages[@]}" >"$TMP/commands"
test_that "there are commands to look at" [ "$(wc -l <"$TMP/commands")" -gt 150 ]

# Options are those of --help, also of commands that are only partly there ("-w …").
declare -A helps
help_of() { [ -n "${helps[$1]:-}" ] || helps[$1]=$("$HVBENCH" $1 --help 2>&1); }
while IFS=$'\t' read -r where _ line; do
	# shellcheck disable=SC2086 # words
	set -- ${line#*hvbench }
	[[ $line =~ ^(sudo )?hvbench\  && $1 =~ ^[a-z]+$ ]] || continue
	command=$1
	help_of "$command"
	if grep -q '^Commands:' <<<"${helps[$command]}" && [[ ${2:-} =~ ^[a-z][a-z0-9-]*$ ]]; then
		command="$1 $2"
		help_of "$command"
	fi
	if ! grep -q '^Usage:' <<<"${helps[$command]}"; then
		echo "$where: no command 'hvbench $command'"
		continue
	fi
	# What stands behind -- belongs to another program; the command ends at a pipe.
	words=${line#*hvbench }
	words=${words%% -- *}
	words=$(sed "s/'[^']*'//g" <<<"${words%%|*}")
	for option in $(grep -oE '(^| )--[a-z][a-z0-9-]+' <<<"$words"); do
		grep -qE -- "$option( |\$)" <<<"${helps[$command]}" || [ "$option" = --help ] ||
			[ "$command" = help ] || echo "$where: 'hvbench $command' has no $option"
	done
done <"$TMP/commands" >"$TMP/wrong"
test_that "every command and option that is shown exists" [ ! -s "$TMP/wrong" ]
sed 's/^/# /' "$TMP/wrong"

# Programs and goals of make that pages name are there. They are not run: make check, demo, deb …
# are tests of their own (install.sh, tests/distros), benchmarks take half an hour and more.
cut -f 3 "$TMP/commands" | grep -oE '^make( [A-Z]+=[^ ]*)*( [a-z][a-z_.-]*)+' | tr ' ' '\n' |
	grep -E '^[a-z_.-]+$' | grep -vx make | sort -u | while read -r goal; do
	grep -qE "^$goal( [a-z]+)*:" Makefile || echo "make $goal"
done >"$TMP/wrong"
grep -ohE '`(tests|scripts)/[a-z0-9_./-]+' "${pages[@]}" | tr -d '`' | sort -u |
	while read -r file; do
		[ -e "$file" ] || echo "$file"
	done >>"$TMP/wrong"
test_that "goals of make and files that are named are there" [ ! -s "$TMP/wrong" ]
sed 's/^/# /' "$TMP/wrong"

# how COMMAND: sets $do to what is run instead of it, $instead to the reason if that is less, and
# $status_of to a pattern of the exit statuses that it may have. An empty $do: it is not run.
how()
{
	do=$(names <<<"$1") instead='' status_of='[0123]'
	case $1 in
	*' example'*) do='' instead="additions.sh adds it" ;;
	*…\' | *' -- COMMAND'* | *'[ADDRESS:]'*) do='' instead="stands for several" ;;
	*'-p web1'* | *'-p PID'*)
		do="hvbench profile -p web1" instead="there is no such VM" status_of=69 ;;
	'hvbench lab list' | *' --help') ;;
	'hvbench compare' | 'hvbench export' | 'hvbench report' | 'hvbench history' | \
		'hvbench lab compare' | *' --baseline')
		do="${do% --baseline} --help" instead="no operand" ;;
	'hvbench export -f NAME') do+=" result.json" ;;
	'hvbench lab bisect '*--git*) lab; status_of='1|69' instead="nothing can be built here" ;;
	'hvbench lab '*) lab ;;
	'hvbench restore' | *' --restore')
		do="hvbench restore --dry-run" instead="changes a host" ;;
	'hvbench run '*--dry-run*) ;;
	'hvbench run '*--ab*) do+=" --time 1s" instead="for a second" ;;
	'hvbench run' | 'hvbench run pages.ini' | 'hvbench run -w rdmsr,cpuid,pio-'*)
		do+=" --rounds 6 --samples 2" instead="short rounds" ;;
	'hvbench run '*-w* | 'hvbench run exits'*)
		do+=" --rounds 1 --samples 3" instead="one round" ;;
	'hvbench run '*) do+=" --dry-run" instead="takes minutes" ;;
	'hvbench history '*' --db '*)
		instead="a file; history-db.sh has servers"
		do=$(sed -E 's,--db postgresql://[^ ]*,--file history.sqlite,' <<<"$do") ;;
	'hvbench profile'*--listen*)
		do="timeout --preserve-status -s INT 1 $do" instead="for a second"
		status_of='0|130' ;;
	'hvbench profile --replay'*)
		[ -e kept/web1.hvrec ] || do='' instead="no recording could be made" ;;
	'hvbench profile --live')
		do="TERM=xterm python3 $TMP/terminal $do -d 0.5s" instead="for 0.5 s" ;;
	'hvbench profile'*--over*)
		do+=" -d 0.2s" instead="for 0.2 s, if the source has times" status_of='0|69' ;;
	'hvbench profile'*) do+=" -d 0.2s" instead="for 0.2 s; rows are those of other VMs" ;;
	'hvbench doctor'*--prove*)
		do+=" --time 1s" instead="for a second" status_of='[012]|69|7[47]' ;;
	esac
	case $do in
	*'hvbench run '* | *'hvbench profile'*)
		[ "$EUID" = 0 ] || status_of+='|77'
		[ -w /dev/kvm ] || status_of+='|69' ;;
	esac
}

# Hosts of the lab boot in tests/lab, which also looks at the shape of what is shown of them. Here
# the cache is empty and nothing may be fetched: a command comes as far as to its first package or
# file.
lab()
{
	do="env XDG_CACHE_HOME=$TMP/no-cache $do --offline"
	[[ $do != *'shell svm --offline' ]] || do+=" -c true"
	instead="as far as to the boot, which tests/lab has"
	status_of=69
}

# What stands for something else in pages.
names()
{
	sed -E 's/^sudo //; s/ *…$//; s/ \[([^]]*)\]/ \1/g
		s/\bBASE\b/base.json/; s/\bNEW\b/new.json/; s/\bRESULT(…|\b)/result.json/
		s/\bFILE\b/result.json/; s/-f (FORMAT|NAME)\b/-f jsonl/; s/\bCOMMAND\b/run/
		s/--ab A B\b/-w pio-user --ab irqchip=kernel irqchip=split/
		s/--base A --new B\b/--base debian:6.1 --new debian:6.12/'
}

cat >"$TMP/terminal" <<'END'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
END
mkdir "$TMP/bin" "$TMP/work"
ln -s "$HVBENCH" "$TMP/bin/hvbench"
shown file workloads/jobs/README.md pages.ini >"$TMP/work/pages.ini"
cd "$TMP/work" || exit 1
export PATH=$TMP/bin:$PATH XDG_DATA_HOME=$TMP/data
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
if [ ! -w /dev/kvm ]; then
	skip "commands of the pages are run" "no /dev/kvm for this user"
	tap_done
	exit
fi
list=pio-kernel,pio-ioeventfd,mmio-user,mmio-kernel,mmio-ioeventfd
run hvbench run -q -w pio-user,$list --rounds 5 --samples 5 --probes off -o base.json
test_that "there is a result to show" exited 0
run hvbench run -q -w pio-user:extra=1651,$list --rounds 5 --samples 5 --probes off -o new.json
mkdir kept
cp base.json new.json kept/
cp new.json kept/result.json
cp new.json kept/result.json.partial
hvbench history add base.json >/dev/null
hvbench profile -q -d 0.3s --record kept/web1.hvrec >/dev/null 2>&1
cp "$XDG_DATA_HOME/hvbench/history.sqlite" .
git init -q .
for tag in v6.12 A B; do
	git -c user.name=n -c user.email=e commit -q --allow-empty -m $tag
	git tag $tag
done
git clone -q . linux

declare -A done_with
less=()
while IFS=$'\t' read -r where kind command; do
	[[ $command =~ ^(sudo\ )?hvbench\  ]] || continue
	key=$command
	[[ $command != 'hvbench run '* ]] || key=${command% -o *.json}
	[ -z "${done_with[$key]:-}" ] || continue
	done_with[$key]=1
	how "$command"
	[ -z "$instead" ] || less+=("$where: $command: $instead")
	[ -n "$do" ] || continue
	cp kept/* .
	rm -f hvbench-bisect.json
	run timeout 100 bash -c "$do"
	may_be() { [[ $status =~ ^($status_of)$ ]]; }
	test_that "$where: $command${instead:+ ($instead)}" may_be
	# A profile's rows are those of the VMs that there are; hosts of the lab boot elsewhere.
	[ "$kind" = output ] || continue
	[[ $command != *" lab "* && $command != *" profile "* ]] || continue
	if err_like 'VMs? runs? here'; then
		skip "... prints what $where shows" "$(head -n 1 <<<"$err")"
		continue
	fi
	test_that "... prints what $where shows" shown shape "$TOP/${where%:*}" "$command" \
		<<<"$out
$err"
done < <(grep -P '\toutput\t' "$TMP/commands"; grep -vP '\toutput\t' "$TMP/commands")
echo "# Not run as they are shown, ${#less[@]} of ${#done_with[@]}:"
printf '# %s\n' "${less[@]}"
tap_done
