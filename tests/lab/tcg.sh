#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane tcg: the payload alone under QEMU, and its lines made into a document.
. "$(dirname "$0")/common.bash"
lane_or_skip tcg

for i in 1 2; do
	run "$HVBENCH" lab run tcg -w cpuid,pio-user,mmio-user,pio-ioeventfd,touch -q -o "$TMP/$i.json" --format csv
	test_that "run $i" exited 0
done
test_that "what the payload can do is measured, in instructions" all_ok "$TMP/1.json" cpuid pio-user mmio-user
test_that "what needs our own VMM is skipped, with the reason" \
	[ "$(cell "$TMP/1.json" pio-ioeventfd .status)" = skipped ]
test_that "the reason names what is missing" grep -q ioeventfd <<<"$(cell "$TMP/1.json" pio-ioeventfd .reason)"
test_that "nothing traps: a few instructions each" \
	jq -e '[.cells[] | select(.status == "ok" and .group == "exit") | .summary.p50 < 10] | all' "$TMP/1.json"
test_that "the clock is told" [ "$(jq -r '.host.clock + " " + .host.virt' "$TMP/1.json")" = "icount tcg" ]
test_that "two runs are the same" same_document "$TMP/1.json" "$TMP/2.json"

run "$HVBENCH" lab run tcg -w hypercall -q -o "$TMP/3.json"
test_that "an exception fails the cell and says which" \
	grep -q 'vector=6' <<<"$(cell "$TMP/3.json" hypercall '.status + .reason')"
test_that "a failed cell is exit status 1" exited 1
run "$HVBENCH" lab run tcg -w first-entry -q
test_that "a workload no payload can run: said before anything boots" all silent -- err_has "our own VMM"
run "$HVBENCH" lab run tcg -w cpuid --no-icount -q -o "$TMP/4.json"
test_that "without the counting clock nothing is called instructions" \
	[ "$(jq -r '.host.clock + " " + .cells[0].unit' "$TMP/4.json")" = "tsc cycles" ]
tap_done
