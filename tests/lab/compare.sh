#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvbench lab compare and sweep: exact differences in both directions, and the exit statuses.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
list=cpuid,pio-user,mmio-user

run "$HVBENCH" lab compare svm -q -w $list --base mitigations=off --new mitigations=default \
	-o "$TMP/c.json"
test_that "mitigations make each path longer, status 1" all exited 1 -- out_has longer -- \
	out_has "3 longer"
test_that "... by less than 10 %" \
	jq -e '[.cells[] | .difference / .base | . > 0 and . < 0.1] | all' "$TMP/c.json"
jq .results.base "$TMP/c.json" >"$TMP/off.json"
jq .results.new "$TMP/c.json" >"$TMP/default.json"

# From here on the hosts are given by their documents: the differences are the same, but nothing
# boots.
run "$HVBENCH" lab compare svm --base "$TMP/default.json" --new "$TMP/off.json"
test_that "the other way round each path is shorter, status 0" all exited 0 -- \
	out_has "0 longer, 3 shorter"
run "$HVBENCH" lab compare svm -q -w $list --base "$TMP/off.json" --new mitigations=off --format csv
test_that "a host does not differ from its own earlier result" all exited 0 -- \
	out_like '^cpuid,([0-9.]+),\1,\+0,\+0.00,same'
jq '(.cells[] | select(.workload == "cpuid") | .summary.p50) += 1' "$TMP/off.json" \
	>"$TMP/plus1.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/plus1.json"
test_that "one instruction more in one path shows" all exited 1 -- \
	out_like 'cpuid .* \+1 .*longer' -- out_has "1 longer, 0 shorter, 2 the same"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/plus1.json" --threshold 1
test_that "a threshold may be in instructions" all exited 0 -- out_has "within the threshold"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/default.json" --threshold 10%
test_that "... or in percent" exited 0
jq '(.cells[] | select(.workload == "cpuid")) |= (.status = "failed" | .reason = "broken" |
	.summary = null)' \
	"$TMP/off.json" >"$TMP/lost.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/lost.json"
test_that "a path that can no longer be measured is a regression" all exited 1 -- \
	out_has "no longer measured"
jq '.cells[] |= (.status = "skipped" | .reason = "none" | .summary = null)' "$TMP/off.json" \
	>"$TMP/none.json"
run "$HVBENCH" lab compare svm --base "$TMP/none.json" --new "$TMP/none.json"
test_that "where nothing was measured nothing passes" all exited 3 -- out_has "not measured"
run "$HVBENCH" lab sweep svm --kernels "$TMP/none.json,$TMP/none.json"
test_that "... in a sweep neither" all exited 69 -- err_has "nothing was measured"
run "$HVBENCH" lab sweep svm --kernels "$TMP/none.json" --kernels "$TMP/none.json"
test_that "... nor where each is named by itself" all exited 69 -- err_has "nothing was measured"
for empty in "sweep svm --kernels" "sweep svm --host" "compare svm --base debian:6.1 --new" \
	"trace svm -w cpuid --new debian:6.1 --base"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab $empty ''
	test_that "an empty name is no host: $empty" all exited 64 -- silent
done
jq '.cells[0] |= (.status = "failed" | .reason = "none" | .summary = null)' "$TMP/off.json" \
	>"$TMP/failed.json"
run "$HVBENCH" lab compare svm --base "$TMP/failed.json" --new "$TMP/failed.json"
test_that "a cell that fails on both does not pass" exited 2
run "$HVBENCH" lab sweep svm --kernels "$TMP/off.json,$TMP/failed.json"
test_that "... nor does one in a sweep" exited 1
jq '.cells[0].summary |= (.p50 += 40 | .on_path = null)' "$TMP/off.json" >"$TMP/median.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/median.json"
test_that "a median of samples that differ is not compared to the instruction" all exited 2 -- \
	out_has "1 inconclusive"
jq '(.cells[] | select(.workload == "cpuid") | .exits.per_op.total) |= 2 |
	(.cells[] | select(.workload == "cpuid") |
		.exits.per_op.io) |= 1' "$TMP/off.json" >"$TMP/exits.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/exits.json"
test_that "another exit in an operation is reported" out_has "io 0 -> 1"
jq '.host.clock = "tsc"' "$TMP/off.json" >"$TMP/tsc.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/tsc.json"
test_that "figures of time are refused" all exited 65 -- err_has "counts no instructions"
run "$HVBENCH" lab compare svm --base xen=a --new xen=b
test_that "xen= is refused in a lane without Xen" all exited 64 -- err_has "lane svm runs no Xen"
jq '.host.lab.emulator.version = "99.0"' "$TMP/off.json" >"$TMP/emulator.json"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/emulator.json"
test_that "figures of another version of the emulator are refused, naming both" all exited 3 -- \
	err_has "version of the emulator" -- err_has 99.0
run "$HVBENCH" compare "$TMP/off.json" "$TMP/emulator.json"
test_that "... by hvbench compare too" all exited 3 -- out_has "lab.emulator.version"
run "$HVBENCH" lab compare svm-bochs --base "$TMP/off.json" --new "$TMP/off.json"
test_that "figures of another lane are refused" all exited 3 -- \
	err_has "is of lane svm, not of svm-bochs"
run "$HVBENCH" lab compare svm -q -w $list --base "$TMP/emulator.json" --new "$TMP/nowhere"
test_that "a host that is not there is found before anything boots" all exited 69 -- \
	err_has nowhere -- err_lacks "is not lost"
test_that "cells that include decoding say so" \
	jq -e '[.cells[] | [.workload, .software_decoding == true]] |
		. == [["cpuid", true], ["pio-user", false], ["mmio-user", false]]' "$TMP/off.json"
run "$HVBENCH" report "$TMP/off.json" --format text
test_that "... and so does the table" out_has "has no NRIPS"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/off.json"
test_that "... and that of a comparison" all out_like '^cpuid \* ' -- out_like '^pio-user  ' -- \
	out_has "lane svm-bochs"
run "$HVBENCH" lab compare svm --base "$TMP/off.json" --new "$TMP/off.json" --format csv
test_that "... but not what programs read" all out_like '^cpuid,' -- out_lacks NRIPS

for bad in "--base $TMP/off.json" "--base a,b --new c" \
	"--base $TMP/off.json --new $TMP/off.json --threshold -1"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab compare svm $bad
	test_that "misuse is refused: $(sed "s,$TMP/,,g" <<<"$bad")" all exited 64 -- silent
done

hosts="$TMP/off.json,$TMP/plus1.json,$TMP/default.json"
run "$HVBENCH" lab sweep svm --kernels "$hosts" --format json
test_that "sweep has a column for each host and a step for each difference" \
	jq -e '(.hosts | length) == 3 and (.cells[0].p50 | length) == 3 and
		([.steps[] | select(.difference == 1)] | length) == 1' <<<"$out"
run "$HVBENCH" lab sweep svm --kernels "$hosts" --format md
test_that "sweep as Markdown has the table and the steps" \
	all exited 0 -- out_like '^\| `cpuid \*` +\|' -- out_has "Steps"
if command -v gnuplot >/dev/null; then
	run "$HVBENCH" lab sweep svm --kernels "$hosts" --plot "$TMP/p.svg"
	test_that "sweep --plot draws a plot" all exited 0 -- grep -q '<svg' "$TMP/p.svg" -- \
		grep -q cpuid "$TMP/p.svg"
else
	skip "sweep --plot draws a plot" "no gnuplot"
fi
tap_done
