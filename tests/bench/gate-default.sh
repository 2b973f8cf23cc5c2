#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does `hvbench compare` decide anything of two default runs of the same program, and never wrongly?
# Runs the default job again and again, compares each run with the one before, and counts the cells
# that are shown to be the same (by their cost or by their ratio to a reference) and those that are
# called slower or faster, of which none is.
#
#	gate-default.sh [PAIRS [BUSY [LEAST]]]	default 3 pairs, no busy process, 26 cells decided
# Takes PAIRS + 1 times as long as a default run. KEEP=DIR keeps the results, as run1.json …, and
# continues after those already there. Status 1 if fewer than LEAST cells were decided in half of
# the pairs, or any was called slower or faster.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
HVBENCH=${HVBENCH:-$TOP/build/hvbench}
pairs=${1:-3} busy=${2:-0} least=${3:-26}
TMP=$(mktemp -d)
dir=${KEEP:-$TMP}
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; rm -rf "$TMP"' EXIT
mkdir -p "$dir" || exit 74

for ((i = 0; i < busy; i++)); do
	( while :; do :; done ) &
	pids+=($!)
done

# An object for each cell: which pair, whether it was shown to be the same or called slower or
# faster, and half the width of its intervals in percent.
compare()
{
	"$HVBENCH" compare "$1" "$2" -f json | jq -c --argjson pair "$3" '
		def half: if .ci95 then (.ci95[1] - .ci95[0]) * 50 else null end;
		.comparisons[0].cells[] | select(.cost) | {
			pair: $pair,
				name: (.label + if .backend == "kvm" then ""
				else "/" + .backend end),
			cost: (.cost.verdict == "same"), ratio: (.ratio != null and
				.ratio.verdict == "same"),
			called: (.verdict == "slower" or .verdict == "faster"),
			cost_half: (.cost | half), ratio_half: (if .ratio then .ratio |
				half else null end) }'
}

echo "default runs of one program, $pairs pairs, $busy busy processes"
for ((t = 1; t <= pairs + 1; t++)); do
	[ -s "$dir/run$t.json" ] || "$HVBENCH" run -q -o "$dir/run$t.json" || exit 69
	[ $t -eq 1 ] ||
		compare "$dir/run$((t - 1)).json" "$dir/run$t.json" $((t - 1)) >>"$TMP/cells"
	[ ! -t 2 ] || printf '\rrun %d of %d' $t $((pairs + 1)) >&2
done
[ ! -t 2 ] || echo >&2
[ -s "$TMP/cells" ] || { echo "nothing was measured"; exit 69; }

jq -rs --argjson least "$least" '
	def count(f): map(select(f)) | length;
	def median: sort | if length == 0 then null else (.[(length - 1) / 2 |
		floor] + .[length / 2 | floor]) / 2 end;
	def text($width): tostring |
		if length < $width then (" " * ($width - length)) + . else . end;
	def percent: if . == null then "-" else . * 100 | round / 100 end | text(9);
	(group_by(.name)[] | "  \(.[0].name)" + " " * ([34 - (.[0].name | length), 1] | max) +
		(count(.cost or .ratio) | text(6)) + (count(.cost) | text(9)) + (count(.ratio) |
			text(9)) +
		(count(.called) | text(8)) + (map(.cost_half | values) | median | percent) +
		(map(.ratio_half | values) | median | percent)),
	([group_by(.pair)[] | count(.cost or .ratio)] as $same | count(.called) as $called |
		"\($same | length) pairs of \(group_by(.pair)[0] | length) cells: " +
		"shown to be the same \($same | min) to " +
		"\($same | max), in the median \($same | median); " +
		"called slower or faster: \($called)",
		if $called > 0 or ($same |
			median) < $least then "not as promised"
			else "as promised" end)' "$TMP/cells" >"$TMP/out"
printf '  %-34s  same  by cost by ratio  called  +- cost +- ratio (median, %%)\n' cell
cat "$TMP/out"
[ "$(tail -n 1 "$TMP/out")" = "as promised" ]
