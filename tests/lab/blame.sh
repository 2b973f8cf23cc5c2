#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# hvbench lab trace --base --new and lab compare --blame: which functions a difference belongs to,
# to the instruction.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
lane_or_skip svm --kernel debian:6.12
cpu_now
before=$cpu
for kernel in 6.1 6.12; do
	run "$HVBENCH" lab run svm -q --kernel debian:$kernel \
		--footprint -w cpuid,pio-ioeventfd,pio-user -o "$TMP/$kernel.json" --format csv
	if [[ $err = *"takes no plugins"* ]]; then
		skip "functions" "this QEMU has no plugins"
		tap_done
		exit 0
	fi
	test_that "$kernel is measured with its functions" all exited 0 -- \
		jq -e '[.cells[].footprint.why == null] | all' "$TMP/$kernel.json"
	test_that "$kernel: the functions of each exit add up to it" \
		jq -e '[.cells[].footprint | .insn == ([.functions[].insn] | add)] | length == 3 and
			all' "$TMP/$kernel.json"
	test_that "$kernel: user space is one of them, and as long as the result says" \
		jq -e '[.cells[].footprint | .insn_user == ([.functions[] | select(.name |
			startswith("[user space")) | .insn] | add // 0)] | all' \
			"$TMP/$kernel.json"
	test_that "$kernel: all functions of the kernel have names" \
		jq -e '[.cells[].footprint.functions[] | .name != "[unknown]"] | all' \
		"$TMP/$kernel.json"
done
cpu_now
# Half of that on a machine that does nothing else: tests/bench/lab-cost.sh.
test_that "both kernels take less than 120 s of CPU" cpu_below "$before" 120
test_that "the functions that must be there are, called once" \
	jq -e '[.cells[] | .footprint.functions | map(select(.name == "svm_vcpu_run" or
		.name == "svm_handle_exit") | .calls) == [1, 1]] | all' \
		"$TMP/6.1.json"

run "$HVBENCH" lab compare svm --base "$TMP/6.1.json" --new "$TMP/6.12.json" \
	--blame -o "$TMP/c.json" --format text
test_that "compare --blame shows the difference by function" \
	all exited 1 -- out_has "Paid by every exit" -- \
	out_like 'cpuid: .* functions'
test_that "differences of the functions are those of the exit, and of the path" \
	jq -e '[.cells[] | .difference == .blame.difference and
		.blame.difference == ([.blame.functions[] | .new - .base] | add) and
		.blame.base == ([.blame.functions[].base] | add)] | length == 3 and
			all' "$TMP/c.json"
test_that "what every exit pays is no more than the function has" \
	jq -e '[.cells[].blame.functions[] | select(.every_exit != 0) |
		(.new - .base) / .every_exit >= 1] | length > 0 and all' "$TMP/c.json"
run "$HVBENCH" lab compare svm --base "$TMP/6.1.json" --new "$TMP/6.12.json" --blame --format md
test_that "compare --blame as Markdown is fit for a mail" \
	all exited 1 -- out_like '^\| `cpuid` \|' -- \
	[ "$(wc -l <<<"$out")" -lt 40 ]
run "$HVBENCH" lab trace svm --base "$TMP/6.1.json" --new "$TMP/6.12.json" --format json
test_that "lab trace gives the same differences as JSON" \
	jq -e --slurpfile c "$TMP/c.json" '[.cells[].blame] == [$c[0].cells[].blame]' <<<"$out"

run "$HVBENCH" lab trace svm -w pio-user --base "$TMP/6.1.json" --new "$TMP/6.12.json"
test_that "of two kernels it looks as its page shows" \
	as_shown "hvbench lab trace svm -w pio-user --base debian:6.1 --new debian:6.12"

# The same functions as flame graphs and as profiles, made of results. Nothing boots.
trace=("$HVBENCH" lab trace svm -w pio-user)
diff=("$HVBENCH" lab trace svm --base "$TMP/6.1.json" --new "$TMP/6.12.json")
insn=$(cell "$TMP/6.1.json" pio-user .footprint.insn)
run "${trace[@]}" --result "$TMP/6.1.json" -o "$TMP/a.folded"
test_that "lab trace shows one exit of a result without a boot" \
	all exited 0 -- out_has svm_handle_exit
test_that "folded stacks have each instruction once" \
	[ "$(awk '{ n += $NF } END { print n }' "$TMP/a.folded")" = "$insn" ]
run "${diff[@]}" -o "$TMP/d.difffolded" --format csv
test_that "difffolded stacks have each instruction of both hosts once" all exited 0 -- \
	jq -en --argjson s \
	"$(awk '{ a += $(NF - 1); b += $NF } END { print "[" a "," b "]" }' "$TMP/d.difffolded")" \
		--slurpfile a "$TMP/6.1.json" --slurpfile b "$TMP/6.12.json" \
		'$s == [([$a[0].cells[].footprint.insn] | add), ([$b[0].cells[].footprint.insn] |
			add)]'
test_that "... and CSV has a row for each function" \
	all out_like '^exit,function,base,new,difference,every_exit' -- \
	out_like '^cpuid,kvm_lapic_update_cr8_intercept,0,'
run "${trace[@]}" --result "$TMP/6.1.json" -o "$TMP/a.svg"
run "${diff[@]}" -o "$TMP/d.svg"
for svg in a d; do
	test_that "flame graph $svg is well-formed and needs no other file" all \
		python3 -c "import sys, xml.dom.minidom as d; d.parse(sys.argv[1])" \
		"$TMP/$svg.svg" -- \
		grep -q svm_handle_exit "$TMP/$svg.svg" -- \
		[ "$(grep -Eoc '<script|href|url\(|@import' "$TMP/$svg.svg")" = 0 ] -- \
		[ "$(grep -o '://' "$TMP/$svg.svg" | wc -l)" = 1 ]
done
run "${diff[@]}" -w pio-user -f json
test_that "-w chooses which of a result's exits are shown" \
	jq -e '[.cells[].label] == ["pio-user"]' <<<"$out"
if command -v protoc >/dev/null; then
	decode()
	{
		gunzip -c "$1" |
			protoc --decode=hvbench.test.Profile -I "$(dirname "$0")" profile.proto
	}
	run "${trace[@]}" --result "$TMP/6.1.json" -o "$TMP/a.pb.gz"
	run decode "$TMP/a.pb.gz"
	test_that "pprof, as protoc reads it, has each instruction once" all exited 0 -- \
		out_has '"svm_handle_exit"' -- \
		[ "$(awk '$1 == "value:" { n += $2 } END { print n }' <<<"$out")" = "$insn" ]
	test_that "... and no field that the format does not know" \
		[ -z "$(grep -E '^ *[0-9]+:' <<<"$out")" ]
	run "${diff[@]}" -f pprof -o "$TMP/d.pprof"
	run decode "$TMP/d.pprof"
	test_that "... and for two hosts both and the difference" all exited 0 -- \
		out_has '"difference"' -- \
		[ "$(awk '$1 == "value:" { v[n++ % 3] += $2 } END { print (v[1] - v[0] == v[2] &&
			v[2] != 0) }' <<<"$out")" = 1 ]
else
	skip "pprof, as protoc reads it" "no protoc"
fi
# The largest function of each exit gets a hostile name.
jq --arg evil $'\e[31m<b>evil' '.cells[].footprint |=
	((.functions | max_by(.insn).name) as $name |
		(.functions[] | select(.name == $name).name) = $evil |
		(.tree[] | select(.function == $name).function) = $evil) |
	.host.kernel = "6\u001b[2J"' "$TMP/6.1.json" >"$TMP/evil.json"
harmless() { all exited 0 -- out_has evil -- out_lacks $'\e'; }
for format in text md csv json folded svg; do
	run "${trace[@]}" --result "$TMP/evil.json" -f $format
	test_that "$format of a result with hostile names has no control characters" harmless
	run "$HVBENCH" lab trace svm -w pio-user --base "$TMP/evil.json" --new "$TMP/6.1.json" \
		-f "${format/#folded/difffolded}"
	test_that "... nor has it beside another result" harmless
done
jq '.cells[].footprint.tree[2].parent = 7' "$TMP/6.1.json" >"$TMP/damaged.json"
run "${trace[@]}" --result "$TMP/damaged.json"
test_that "a damaged tree of functions is refused" \
	all exited 65 -- silent -- err_has "$TMP/damaged.json"
jq '.cells[].footprint |= (.functions = null | .tree = null)' "$TMP/6.1.json" >"$TMP/nameless.json"
run "${trace[@]}" --result "$TMP/nameless.json"
test_that "an exit of a kernel without symbols cannot be traced, status 69" \
	all exited 69 -- silent -- \
	err_has "no symbols"
run "${trace[@]}" --result "$TMP/nowhere.json"
test_that "a result that is not there is named" all exited 69 -- silent -- err_has nowhere
run "$HVBENCH" lab trace svm -w hypercall --result "$TMP/6.1.json"
test_that "an exit that the result does not have is named" \
	all exited 69 -- silent -- err_has hypercall
run "$HVBENCH" lab trace xen -w cpuid --result "$TMP/6.1.json"
test_that "a result of another lane is refused, naming its lane" \
	all exited 65 -- silent -- err_has "of svm"
run "${trace[@]}" --result "$TMP/6.1.json" -f md
test_that "one exit as Markdown is a table" all exited 0 -- out_like '^\| *[0-9]+ \|' -- \
	[ "$(wc -l <<<"$out")" -lt 40 ]
jq 'del(.cells[].footprint.tree)' "$TMP/6.1.json" >"$TMP/old.json"
run "$HVBENCH" lab trace svm --base "$TMP/old.json" --new "$TMP/6.12.json" -f svg
test_that "results without calls make a table, but no flame graph" all exited 69 -- silent -- \
	err_has "who called whom" -- \
	"$HVBENCH" lab trace svm --base "$TMP/old.json" --new "$TMP/6.12.json"

jq '(.cells[] | select(.workload == "cpuid").footprint) |= (.insn += 1 |
	(.functions[] |
		select(.name == "svm_handle_exit").insn) += 1)' "$TMP/6.1.json" >"$TMP/plus1.json"
run "$HVBENCH" lab trace svm --base "$TMP/6.1.json" --new "$TMP/plus1.json"
test_that "one instruction more is found and named" all exited 0 -- \
	out_like '\+1 .* svm_handle_exit' -- out_has "+1 = +1 - 0 in 1 of"

begin=$SECONDS
run "$HVBENCH" lab trace svm -q -w cpuid --base debian:6.1 --new "$TMP/nowhere" --offline
test_that "a host that is not there is found before the other one boots" \
	all exited 69 -- silent -- err_has nowhere -- [ $((SECONDS - begin)) -lt 15 ]
run "$HVBENCH" lab trace svm -q -w cpuid --base "cmdline=sysctl.kernel.kptr_restrict=2" \
	--new "$TMP/6.12.json"
test_that "a kernel without symbols cannot be compared by function, status 69" \
	all exited 69 -- silent -- err_has "no symbols"
jq 'del(.cells[].footprint)' "$TMP/6.1.json" >"$TMP/without.json"
run "$HVBENCH" lab trace svm --base "$TMP/without.json" --new "$TMP/6.12.json"
test_that "a result without functions says that it lacks --footprint" \
	all exited 69 -- silent -- err_has "without --footprint"
for bad in "--base $TMP/6.1.json" "--base $TMP/6.1.json --new $TMP/6.12.json --format folded" \
	"-w cpuid --format difffolded" \
	"-w cpuid -o x.difffolded" \
	"--base $TMP/6.1.json --new $TMP/6.12.json --result $TMP/6.1.json"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab trace svm $bad
	test_that "misuse is refused: $(sed "s,$TMP/,,g" <<<"$bad")" all exited 64 -- silent
done
run "$HVBENCH" lab compare tcg --base mitigations=off --new mitigations=default --blame
test_that "a lane without exits" all exited 64 -- silent -- err_has tcg

lane_or_skip xen-domu
run "$HVBENCH" lab run xen-domu -q -w cpuid,pio-user --footprint -o "$TMP/xen.json" --format csv
test_that "Xen's exits are shown by Xen's functions, which add up to them" all exited 0 -- \
	jq -e '[.cells[].footprint | .why == null and .insn == ([.functions[].insn] | add) and
		(.functions | map(.name) | index("svm_vmexit_handler")) != null and
		(.functions | map(.name) | index("[unknown]")) == null] | length == 2 and
			all' "$TMP/xen.json"
tap_done
