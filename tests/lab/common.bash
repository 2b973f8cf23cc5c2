# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of emulated hosts; to be sourced. lane_or_skip LANE skips the whole file, with the
# reason, if what the lane needs is not available here.
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"

lane_or_skip()
{
	run "$HVBENCH" lab setup "$@" -q
	if [ "$status" = 69 ]; then
		echo "1..0 # SKIP $(head -n 1 <<<"$err")"
		exit 0
	fi
	test_that "lane $1 is set up" all exited 0 -- out_like "^[0-9a-f]{64} $1\$"
	[ "$status" = 0 ] || { tap_done; exit 0; }
}

# cell FILE WORKLOAD FIELD: a field of the cell, in jq's syntax.
cell() { jq -r --arg w "$2" ".cells[] | select(.workload == \$w) | $3" "$1"; }

# within PERCENT FILE WORKLOAD FIGURE [FIELD]: the path, or another field of the summary, is within
# so many percent of the figure.
within()
{
	local got
	got=$(cell "$2" "$3" ".summary.${5:-p50}")
	echo "$3: $got, should be within $1 % of $4"
	jq -en --argjson got "$got" --argjson want "$4" --argjson p "$1" \
		'($got - $want) / $want * 100 | (. <= $p and . >= -$p)' >/dev/null
}

# cpu_now: $cpu becomes the seconds of CPU of all commands that were waited for so far. Not to be
# called in a subshell, which has waited for none.
cpu_now()
{
	# The last line: "0m18.966s 0m0.760s"
	times >"$TMP/times"
	cpu=$(awk 'END { split($1, u, /[ms]/); split($2, s, /[ms]/);
		print 60 * (u[1] + s[1]) + u[2] + s[2] }' "$TMP/times")
}

# cpu_below BEFORE N: since $cpu was BEFORE they took some CPU, and less than N s.
cpu_below()
{
	awk "BEGIN { s = $cpu - $1; print s \" s of CPU\"; exit !(s > 0 && s < $2) }"
}

# same_figures A B: minimum and median of every cell are equal.
same_figures()
{
	local figures='[.cells[] | [.label, .status, .summary.min, .summary.p50]]'
	diff <(jq -S "$figures" "$1") <(jq -S "$figures" "$2")
}

# same_document A B: everything but times of day is equal.
same_document()
{
	local all='del(.started, .duration_s)'
	diff <(jq -S "$all" "$1") <(jq -S "$all" "$2")
}

# all_ok FILE WORKLOAD…: these cells were measured, in instructions.
all_ok()
{
	local file=$1 w
	shift
	for w; do
		[ "$(cell "$file" "$w" '.status + " " + .unit')" = "ok insn" ] ||
			{ cell "$file" "$w" .; return 1; }
	done
}

# as_shown COMMAND: the last run's output has the shape of what bench/lab/README.md says COMMAND
# prints.
as_shown()
{
	python3 "$TOP/tests/shown.py" shape "$TOP/bench/lab/README.md" "$1" <<<"$out"
}
