#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane svm-bochs: KVM on an emulated AMD host with NRIPS.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip svm-bochs

run "$HVBENCH" lab run svm-bochs -q --timeout 1000 --rounds 2 -w cpuid,pio-user \
	--footprint --model zen3 -o "$TMP/1.json" --format csv
test_that "it is measured in instructions" all exited 0 -- all_ok "$TMP/1.json" cpuid pio-user
what=$(jq -r '.host | [.virt, .clock, .lab.lane, .lab.emulator.name] | join(" ")' "$TMP/1.json")
test_that "it is KVM on SVM with a counting clock, in Bochs" \
	[ "$what" = "svm icount svm-bochs Bochs" ]
# The rest of the samples have the host's timer tick in them.
test_that "the path is the same in each VM of a boot, and nearly all samples are exactly it" \
	jq -e '[.cells[] | .summary.on_path > 0.97 and
		([.rounds[].samples | sort | .[length / 2 | floor]] | unique |
			length) == 1] | all' \
		"$TMP/1.json"
test_that "nothing is decoded in software" all within 3 "$TMP/1.json" cpuid 1154 -- \
	jq -e '[.cells[].software_decoding != true] | all' "$TMP/1.json"
test_that "where nothing has to be decoded it is as long as in lane svm" \
	within 3 "$TMP/1.json" pio-user 3044
test_that "the exits: what is counted adds up to the figure, and to the functions" jq -e '
	[.cells[] | .summary.p50 as $path | .footprint | .why == null and
		$path == .insn + .guest_insn - .loop_insn and
		.insn == ([.functions[].insn] | add) and
		.privileged.VMRUN == 1 and
		.model.preset == "zen3" and .model.l1i.misses < .code_lines and
		(.functions | map(.name) | index("x86_decode_insn")) == null] |
	length == 2 and all' "$TMP/1.json"
tap_done
