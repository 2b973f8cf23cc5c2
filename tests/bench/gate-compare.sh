#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Can the verdicts of `hvbench compare` be trusted on this machine? Runs the exit group twice a
# trial, one after the other, the second time with one cell slower by 2 % (pio-user:extra=), and
# counts how often that cell's ratio to its reference is called slower, and what is called of cells
# in which nothing changed: of the other ones, and of all of them between the base runs of
# neighbouring trials.
#
#	gate-compare.sh [TRIALS [ROUNDS [BUSY]]]	default 20 20 0: no busy process
# Status 1 if the change was found in less than 95 % of the trials, or if more than 1 of 200
# unchanged cells (more than one, if there are fewer) was called slower or faster by its ratio.
# Verdicts by the absolute cost are shown too, but nothing is promised about them: if a run was
# slower as a whole, that verdict is right.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
HVBENCH=${HVBENCH:-$TOP/build/hvbench}
GATE=${GATE:-$TOP/build/tests/bench/gate}
trials=${1:-20} rounds=${2:-20} busy=${3:-0}
threshold=1% changed=pio-user share=0.02
TMP=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; rm -rf "$TMP"' EXIT

for ((i = 0; i < busy; i++)); do
	( while :; do :; done ) &
	pids+=($!)
done
extra=$("$GATE" fit $share) ||
	{ echo "the size of a slow-down by $share could not be found"; exit 69; }
others=$("$HVBENCH" list --format json | jq -r --arg c "$changed" \
	'[.workloads[] | select(.group == "exit" and .name != $c and .name != "empty").name] |
		join(",")')

# run_exits FILE EXTRA
run_exits()
{
	"$HVBENCH" run -q --probes off --rounds "$rounds" -w "$others,$changed:extra=$2" -o "$1" ||
		exit 69
}

# compare BASE NEW: for each cell a line with workload, verdict by ratio and by cost, change of the
# ratio
compare()
{
	"$HVBENCH" compare "$1" "$2" --across extra --threshold $threshold -f json |
		jq -r '.comparisons[0].cells[] | select(.ratio) |
			"\(.workload) \(.ratio.verdict) \(.cost.verdict) \(.ratio.change)"'
}

echo "compare, exit group, $trials trials of $rounds rounds, $busy busy processes," \
	"threshold $threshold, extra=$extra"
for ((t = 1; t <= trials; t++)); do
	run_exits "$TMP/base$t.json" 0
	run_exits "$TMP/new$t.json" "$extra"
	compare "$TMP/base$t.json" "$TMP/new$t.json" | sed "s/^$changed /CHANGED /" >>"$TMP/cells"
	[ $t -gt 1 ] && compare "$TMP/base$((t - 1)).json" "$TMP/base$t.json" >>"$TMP/cells"
	[ ! -t 2 ] || printf '\rtrial %d of %d' $t $trials >&2
done
[ ! -t 2 ] || echo >&2
[ -s "$TMP/cells" ] || { echo "nothing was measured"; exit 69; }
sort "$TMP/cells" | awk -v trials="$trials" '
$1 == "CHANGED" { changed++; by[$2]++; cost[$3]++; sum += $4; next }
{ cells++; n[$1]++; v[$1, $2]++; ratio[$2]++; abs_[$3]++; if ($4 < 0) $4 = -$4; move[$1] += $4 }
function wrong(a) { return a["slower"] + a["faster"] }
END {
	printf "changed by %+.2f %%: by ratio slower %d, faster %d, same %d, inconclusive %d; " \
		"by cost slower %d\n",
		100 * sum / changed, by["slower"], by["faster"], by["same"], by["inconclusive"],
			cost["slower"]
	printf "unchanged, %d cells: by ratio slower %d, faster %d, same %d, inconclusive %d; " \
		"by cost slower %d, faster %d\n",
		cells, ratio["slower"], ratio["faster"], ratio["same"], ratio["inconclusive"],
			abs_["slower"], abs_["faster"]
	for (w in n)
		printf "  %-16s slower %d, faster %d, same %d, inconclusive %d; " \
			"the ratio moved by %.2f %%\n", w,
			v[w, "slower"], v[w, "faster"], v[w, "same"], v[w, "inconclusive"],
				100 * move[w] / n[w]
	# One can happen however few there are.
	allowed = cells > 200 ? cells / 200 : 1
	bad = by["slower"] < 0.95 * changed || wrong(ratio) > allowed
	print bad ? "not as promised" : "as promised"
	exit bad
}'
