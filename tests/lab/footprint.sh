#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# hvbench lab run --footprint: what an exit touches, exactly and repeatably, without changing what
# it costs.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

qemu=$(command -v qemu-system-x86_64)
cpu_now
before=$cpu
run "$HVBENCH" lab run svm -q --footprint -o "$TMP/a.json" --format text
test_that "the exit group is measured with its footprints" \
	all exited 0 -- out_has "footprint of one exit" -- \
	out_has "of a 32 KiB L1I"
if [[ $(jq -r '.cells[0].footprint.why' "$TMP/a.json") = *"takes no plugins"* ]]; then
	skip "what each exit touches" "this QEMU has no plugins"
	tap_done
	exit 0
fi
test_that "... and look as their page shows" as_shown "hvbench lab run svm --footprint"
cpu_now
test_that "... in less than 150 s of CPU" cpu_below "$before" 150
test_that "each cell has a footprint, and no reason for having none" \
	jq -e '[.cells[].footprint | .why == null and .insn > 1000] | length == 11 and all' \
	"$TMP/a.json"
test_that "a footprint is of the path: its instructions are the figure, but for a few" \
	jq -e '[.cells[] | .summary.p50 - .footprint.insn | . >= 0 and . < 8] | all' "$TMP/a.json"
test_that "parts are no more than the whole" \
	jq -e '[.cells[].footprint | .insn_user < .insn and .data_lines_written <= .data_lines and
		.branches_taken <= .branches and .branches + .indirect + .returns < .insn and
		.code_lines <= 64 * .code_pages and .code_lines < .insn and .same <= .alike and
			.alike <= .seen] | all' "$TMP/a.json"
test_that "each exit is one VMRUN, one STGI and one CLGI" \
	jq -e '[.cells[].footprint.privileged | .VMRUN == 1 and .STGI == 1 and .CLGI == 1] | all' \
	"$TMP/a.json"
test_that "user space is entered by the exits that are answered there, by one system call" \
	jq -e '[.cells[] | (.workload | test("-user$")) == (.footprint.privileged.SYSCALL == 1) and
		(.workload | test("-user$")) == (.footprint.insn_user > 0)] | all' "$TMP/a.json"
test_that "the document is a result like any other" \
	all "$HVBENCH" report "$TMP/a.json" --format md -- \
	python3 "$(dirname "$0")/../schema-validate.py" "$TMP/a.json"
run "$HVBENCH" report "$TMP/a.json" --format csv
test_that "CSV has its columns" out_has ",footprint_insn,footprint_insn_user,"
run "$HVBENCH" report "$TMP/a.json" -o "$TMP/a.html"
test_that "HTML has its table" grep -q "footprint of one exit" "$TMP/a.html"

run "$HVBENCH" lab run svm -q --footprint --model zen3 -o "$TMP/b.json" --format text
test_that "figures by a model of caches are said to be a model's" all exited 0 -- \
	out_has "modelled misses of one exit" -- out_has "sizes as of zen3" -- \
	out_has "No processor was measured"
test_that "... and look as their page shows" as_shown "hvbench lab run svm --model zen3"
test_that "... for each cell, with the caches that were asked for" \
	jq -e '[.cells[].footprint.model | .preset == "zen3" and .l1i.size == 32768 and
		.l1i.ways == 8 and .itlb.size == 64] | length == 11 and all' \
		"$TMP/b.json"
test_that "... exits that fit have few misses, others many: only mmio-user fills L1I" \
	jq -e '[.cells[] | {(.workload): .footprint.model}] | add |
		.["mmio-user"].l1i.misses > 50 and .["pio-ioeventfd"].l1i.misses < 20 and
		([.[] | .l1i.misses >= 0 and .l2.misses <= .l1i.misses + .l1d.misses] |
			all)' "$TMP/b.json"
test_that "... with no more misses than lines where each is touched again and again" \
	jq -e '[.cells[].footprint | .model.l2.misses <= .code_lines + .data_lines and
		.model.itlb.misses <= 3 * .code_pages] | all' "$TMP/b.json"
run "$HVBENCH" lab trace svm -w mmio-user --result "$TMP/b.json"
test_that "... lab trace shows them, as a model's" all exited 0 -- \
	out_like "in a model of zen3's caches [0-9]+ lines miss L1I"
jq '(.cells[] | select(.workload == "cpuid").footprint.model.l1d.misses) += 5' \
	"$TMP/b.json" >"$TMP/b5.json"
run "$HVBENCH" lab compare svm --base "$TMP/b.json" --new "$TMP/b5.json" --format text
test_that "... and lab compare" all exited 0 -- \
	out_like 'cpuid touches: modelled misses of L1D [0-9]+ -> [0-9]+'
jq '(.cells[].footprint.model.l1d.ways) = 4' "$TMP/b5.json" >"$TMP/b6.json"
run "$HVBENCH" lab compare svm --base "$TMP/b.json" --new "$TMP/b6.json" --format text
test_that "... but not between unlike caches" all exited 0 -- out_lacks "modelled misses of L1D"
jq '(.cells[].footprint.model) = null' "$TMP/b.json" >"$TMP/b0.json"
run "$HVBENCH" compare "$TMP/a.json" "$TMP/b.json" --format json
test_that "hvbench compare has what both sides touch" \
	jq -e '[.comparisons[0].cells[].touched.code_lines | .base == .new and .base > 100] |
		length == 11 and all' <<<"$out"
jq '(.cells[] | select(.workload == "cpuid").footprint.code_lines) += 9' "$TMP/a.json" \
	>"$TMP/more.json"
run "$HVBENCH" compare "$TMP/a.json" "$TMP/more.json"
test_that "... and says what changed" all exited 0 -- \
	out_like 'touches: code lines [0-9]+ -> [0-9]+'
run "$HVBENCH" lab compare svm --base "$TMP/a.json" --new "$TMP/more.json" -o "$TMP/touched.json" \
	--format text
test_that "lab compare says it too" all exited 0 -- out_like '^ *cpuid touches: code lines' -- \
	jq -e '[.cells[] | select(.label == "cpuid").touched.code_lines | .new - .base] == [9]' \
	"$TMP/touched.json"
run "$HVBENCH" lab sweep svm --host "$TMP/a.json" --host "$TMP/more.json" -o "$TMP/sweep.json" \
	--format text
test_that "lab sweep has a table of it" all exited 0 -- out_has "code + data" -- \
	jq -e '.cells[] | select(.label == "cpuid").code_lines | .[1] - .[0] == 9' "$TMP/sweep.json"
test_that "two boots: the same to the byte" cmp <(jq -S '.cells[].footprint' "$TMP/a.json") \
	<(jq -S '.cells[].footprint' "$TMP/b0.json")
run "$HVBENCH" lab run svm -q -o "$TMP/without.json" --format csv
# With a plugin the emulator looks for interrupts at other instructions, so that a tick of the
# emulated host's clock, each 4,000,000 instructions, may lengthen another sample.
figures='.cells[] | [.label, (.summary | .min, .p25, .p50, .p75, .ci95)]'
test_that "what hvbench measures is the same without the plugin, in each cell" \
	cmp <(jq -S "$figures" "$TMP/a.json") <(jq -S "$figures" "$TMP/without.json")
test_that "... and sample by sample, but for those that a tick may have lengthened" \
	jq -ne --slurpfile a "$TMP/a.json" --slurpfile b "$TMP/without.json" '
		def all_samples: [.[0].cells[].rounds[].samples_raw[]];
		[$a, $b | all_samples] | (map(length) | .[0] == .[1] and .[0] > 1000) and
		(transpose | map(select(.[0] != .[1])) |
			length <= 2 * (($a | all_samples | add) / 4e6 + 1) and
			all(max > min + 3000))'
test_that "... and then there is no footprint" \
	jq -e '[.cells[] | has("footprint")] | any | not' "$TMP/without.json"

# An emulator without plugins, and one that cannot load ours.
mkdir "$TMP/bin"
stub()
{
	printf '%s\n' '#!/bin/bash' 'for a; do [ "$a" = -plugin ] && { '"$1"'; }; done' \
		"exec $qemu \"\$@\"" >"$TMP/bin/qemu-system-x86_64"
	chmod +x "$TMP/bin/qemu-system-x86_64"
}
stub 'echo "qemu-system-x86_64: -plugin: invalid option" >&2; exit 1'
PATH=$TMP/bin:$PATH run "$HVBENCH" lab run svm -q -w cpuid --footprint -o "$TMP/c.json" \
	--format text
test_that "an emulator without plugins measures as ever, and one reason is given" all exited 0 -- \
	err_has "takes no plugins" -- \
	out_has "takes no plugins" -- \
	jq -e '.cells[0] | .summary.p50 > 1000 and (.footprint.insn | not)' "$TMP/c.json"
run "$HVBENCH" lab trace svm -w cpuid --base "$TMP/c.json" --new "$TMP/a.json"
test_that "... also where functions cannot be compared for it" all exited 69 -- silent -- \
	err_has "takes no plugins"
run "$HVBENCH" lab compare svm --base "$TMP/c.json" --new "$TMP/c.json" --blame
test_that "... lab compare judges the path as ever" all exited 0 -- \
	out_has "functions are not known"
stub 'echo "Could not load plugin hvbench-footprint.so: plugin requires version 9" >&2; exit 1'
PATH=$TMP/bin:$PATH run "$HVBENCH" lab run svm -q -w cpuid --footprint -o "$TMP/c.json" \
	--format text
test_that "of a plugin that does not load it is said what the emulator says" all exited 0 -- \
	err_has "plugin requires version 9"
run "$HVBENCH" lab run tcg -w cpuid --footprint
test_that "a lane without footprints refuses --footprint" all exited 64 -- silent -- err_has tcg
for bad in zen9 L1I=32K/7 L1I L3=1M/8; do
	run "$HVBENCH" lab run svm -w cpuid --model "$bad"
	test_that "caches that make no sense are refused: $bad" \
		all exited 64 -- silent -- err_has "$bad"
done
run "$HVBENCH" lab run svm -q -w cpuid --vmlinux /nowhere/vmlinux
test_that "a vmlinux that is not there is named before anything boots" all exited 69 -- silent -- \
	err_has /nowhere/vmlinux
run "$HVBENCH" lab run svm -q -w cpuid --vmlinux /bin/true
test_that "a vmlinux without source lines is refused" all silent -- [ "$status" != 0 ] -- \
	err_like "no debug information|without libdw"
run "$HVBENCH" lab run svm -w cpuid --footprint --no-icount
test_that "a footprint without a clock that counts is refused" all exited 64 -- silent
tap_done
