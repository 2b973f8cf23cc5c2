#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane svm-bochs: KVM on an emulated AMD host with NRIPS.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip svm-bochs

for i in 1 2; do
	run "$HVBENCH" lab run svm-bochs -q --timeout 1000 -w cpuid,rdmsr,pio-user \
		-o "$TMP/$i.json" --format csv
	test_that "run $i" exited 0
done
test_that "measured, in instructions" all_ok "$TMP/1.json" cpuid rdmsr pio-user
test_that "it is KVM on SVM with a counting clock, in Bochs" \
	[ "$(jq -r '[.host.virt, .host.clock, .host.lab.lane, .host.lab.emulator.name] |
		join(" ")' "$TMP/1.json")" = "svm icount svm-bochs Bochs" ]
test_that "every sample of both runs is the same" \
	cmp <(jq '[.cells[].rounds]' "$TMP/1.json") <(jq '[.cells[].rounds]' "$TMP/2.json")
test_that "but for the host's timer ticks, all of them are the path" \
	jq -e '[.cells[].summary.on_path > 0.97] | all' "$TMP/1.json"
test_that "nothing is decoded in software" all within 3 "$TMP/1.json" cpuid 1154 -- \
	within 3 "$TMP/1.json" rdmsr 1217 -- \
	jq -e '[.cells[].software_decoding != true] | all' "$TMP/1.json"
test_that "where nothing has to be decoded it is as long as in lane svm" within 3 "$TMP/1.json" \
	pio-user 3044
tap_done
