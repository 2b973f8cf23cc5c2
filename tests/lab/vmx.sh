#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane vmx: KVM on an emulated Intel host.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip vmx
first=${out%% *}
run "$HVBENCH" lab setup vmx --offline -q
test_that "the image is the same bytes when built again, offline" [ "${out%% *}" = "$first" ]

# An emulator that aborts before its host says anything, as Bochs does now and then, is started a
# second time, but not a third.
mkdir "$TMP/bin"
printf '#!/bin/bash\necho x >>"%s"\necho "*** buffer overflow detected ***"\nkill -ABRT $$\n' \
	"$TMP/starts" >"$TMP/bin/bochs"
chmod +x "$TMP/bin/bochs"
run env PATH="$TMP/bin:$PATH" "$HVBENCH" lab run vmx -q -w cpuid --timeout 100
test_that "an emulator that aborts at its start is started once more, with a message" \
	all exited 69 -- err_has "starting it once more" -- err_has "killed by signal 6" -- \
	[ "$(wc -l <"$TMP/starts")" = 2 ]

# The second one prints its exits by Bochs' debugger, while the emulated clock stands still; and its
# first start is aborted.
rm "$TMP/starts"
cat >"$TMP/bin/bochs" <<END
#!/bin/bash
[ -e "$TMP/starts" ] && exec "$(command -v bochs)" "\$@"
touch "$TMP/starts"
kill -ABRT \$\$
END
for i in 1 2; do
	run env PATH="$([ $i = 1 ] || echo "$TMP/bin:")$PATH" "$HVBENCH" lab run vmx -q \
		--timeout 1000 \
		-w cpuid,hypercall,rdmsr,pio-user,mmio-user,mmio-ioeventfd \
		-o "$TMP/$i.json" --format csv $([ $i = 1 ] || echo --footprint)
	test_that "run $i succeeds" exited 0
done
test_that "results say how often the emulator was started" \
	[ "$(jq .host.lab.starts "$TMP/1.json" "$TMP/2.json" | xargs)" = "1 2" ]
test_that "it is measured in instructions" all_ok "$TMP/1.json" cpuid hypercall rdmsr \
	pio-user mmio-user mmio-ioeventfd
test_that "it is KVM on VMX with a counting clock" \
	[ "$(jq -r '.host.virt + " " + .host.clock' "$TMP/1.json")" = "vmx icount" ]
test_that "minimum and median of each cell are the same in two runs, exits printed or not" \
	same_figures "$TMP/1.json" "$TMP/2.json"
test_that "the exits: what is counted adds up to the figure, and to the functions" jq -e '
	[.cells[] | .summary.p50 as $path | .footprint | .why == null and
		$path == .insn + .guest_insn - .loop_insn and
		.insn == ([.functions[].insn] | add)] |
	length == 6 and all' "$TMP/2.json"
test_that "... by name: functions of KVM on Intel, and its instructions" jq -e '
	.cells[] | select(.workload == "cpuid") | .footprint |
	(.functions | map(.name) | index("vmx_vcpu_run", "kvm_emulate_cpuid") != null) and
	.privileged.VMRESUME == 1 and .privileged.VMREAD > 2 and .loads > 100 and .stores > 50 and
	.data_lines > 20 and .code_lines > 50' "$TMP/2.json"
run "$HVBENCH" lab trace vmx -w pio-user --result "$TMP/2.json"
test_that "lab trace shows them" all exited 0 -- out_has vmx_vcpu_run -- out_has "user space"
jq '.cells[0].footprint.functions[0].insn += 1 | .cells[0].footprint.insn += 1 |
	.cells[0].summary.p50 += 1' "$TMP/2.json" >"$TMP/3.json"
run "$HVBENCH" lab compare vmx --base "$TMP/2.json" --new "$TMP/3.json" --blame
test_that "lab compare --blame names the function of one instruction more" all out_has \
	"$(jq -r '.cells[0].footprint.functions[0].name' "$TMP/2.json")"
test_that "each operation takes one exit" \
	jq -e '[.cells[].exits.per_op.total | . > 0.999 and . < 1.001] | all' "$TMP/1.json"
while read -r workload figure; do
	test_that "$workload is within 3 % of the reference" within 3 "$TMP/1.json" "$workload" \
		"$figure"
done <<'END'
cpuid 965
hypercall 1008
rdmsr 1079
END
tap_done
