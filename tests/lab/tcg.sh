#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane tcg: the payload alone under QEMU, and the document made from the lines it prints.
. "$(dirname "$0")/common.bash"
lane_or_skip tcg

for i in 1 2; do
	run "$HVBENCH" lab run tcg -w cpuid,pio-user,mmio-user,pio-ioeventfd,touch \
		-q -o "$TMP/$i.json" --format csv
	test_that "run $i succeeds" exited 0
done
test_that "what the payload can do is measured, in instructions" all_ok "$TMP/1.json" cpuid \
	pio-user mmio-user
test_that "what needs our own VMM is skipped, with the reason" \
	[ "$(cell "$TMP/1.json" pio-ioeventfd .status)" = skipped ]
test_that "... which names what is missing" grep -q ioeventfd \
	<<<"$(cell "$TMP/1.json" pio-ioeventfd .reason)"
test_that "nothing traps, so that each operation is a few instructions" \
	jq -e \
	'[.cells[] | select(.status == "ok" and .group == "exit") | .summary.p50 < 10] | all' \
	"$TMP/1.json"
test_that "the clock is recorded" [ "$(jq -r '.host.clock + " " + .host.virt' "$TMP/1.json")" \
	= "icount tcg" ]
test_that "two runs are the same" same_document "$TMP/1.json" "$TMP/2.json"

run "$HVBENCH" lab run tcg -q -o "$TMP/3.json" --format csv
test_that "the usual list can be measured" exited 0
test_that "an instruction that only a hypervisor knows is skipped, with the reason" \
	grep -q '^skippedneeds a hypervisor below the guest, which lane tcg lacks' \
	<<<"$(cell "$TMP/3.json" hypercall '.status + .reason')"
test_that "no exits are expected where there is no hypervisor" \
	jq -e '[.cells[] | .exits | select(.) | .expected == null and .note == null] | all' \
	"$TMP/3.json"
test_that "the document says what emulated the host, and in which lane" \
	jq -e '.host.lab | .lane == "tcg" and .emulator.name == "QEMU" and (.emulator.version |
		test("^[0-9]+[.]"))
		and .guest_started == null' "$TMP/3.json"
test_that "... and conforms to the schema" "$TOP/tests/schema-validate" --documented "$TMP/3.json"
run "$HVBENCH" report -f text "$TMP/3.json"
test_that "... and so does a report" out_has "lane tcg of the lab, emulated by QEMU"
run "$HVBENCH" lab run tcg -w cpuid,bandwidth:working_set=1g -q -o "$TMP/5.json"
test_that "a failed cell is exit status 1" all exited 1 -- \
	grep -q 'failed.*too-little-memory' <<<"$(cell "$TMP/5.json" bandwidth '.status + .reason')"
run "$HVBENCH" lab run tcg -w first-entry -q
test_that "a workload that no payload can run is refused before anything boots" all silent -- \
	err_has "our own VMM"
run "$HVBENCH" lab run tcg page-size -q
test_that "a configuration that the lane cannot apply is not measured" all exited 69 -- silent -- \
	err_has "lane tcg does not honour pages=" -- err_has "; svm, vmx and svm-bochs do"
printf '[a]\nworkload=cpuid\npages=auto,4k\n[b]\nworkload=cpuid\nring=3\nbackend=native\n' \
	>"$TMP/mixed.ini"
run "$HVBENCH" lab run tcg "$TMP/mixed.ini" -q -o "$TMP/6.json"
test_that "... nor is it beside the default one" \
	jq -e '[.cells[] | .status] == ["ok", "skipped", "skipped"] and
	(.cells[1].reason | test("pages=4k")) and (.cells[2].reason | test("native"))' "$TMP/6.json"
run "$HVBENCH" lab run tcg -w cpuid --no-icount -q -o "$TMP/4.json"
test_that "without the counting clock nothing is called instructions" \
	[ "$(jq -r '.host.clock + " " + .cells[0].unit' "$TMP/4.json")" = "tsc cycles" ]
tap_done
