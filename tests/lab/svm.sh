#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane svm: KVM on an emulated AMD host, exactly.
# timeout: 1800
. "$(dirname "$0")/common.bash"
lane_or_skip svm
first=${out%% *}
run "$HVBENCH" lab setup svm --offline -q
test_that "the image is the same bytes when built again, offline" [ "${out%% *}" = "$first" ]

for i in 1 2; do
	run "$HVBENCH" lab run svm -q -o "$TMP/$i.json" --format csv
	test_that "run $i succeeds" exited 0
done
test_that "the exit group is measured, in instructions" all_ok "$TMP/1.json" cpuid hypercall rdmsr \
	wrmsr pio-user pio-kernel pio-ioeventfd mmio-user mmio-kernel mmio-ioeventfd coalesced-mmio
test_that "minimum and median of each cell are the same in two runs" same_figures "$TMP/1.json" \
	"$TMP/2.json"
test_that "... and so is everything except times of day" same_document "$TMP/1.json" "$TMP/2.json"
test_that "it is KVM on SVM with a counting clock" \
	[ "$(jq -r '.host.virt + " " + .host.clock' "$TMP/1.json")" = "svm icount" ]
age=$(($(date +%s) - $(date -d "$(jq -r .started "$TMP/2.json")" +%s)))
test_that "it is dated by the machine that ran the lab" [ $age -ge 0 -a $age -lt 600 ]
test_that "... and the emulated host's own clock is kept beside that" \
	jq -e '.host.lab | (.guest_started | startswith("2026-01-01")) and .lane == "svm" and
		.emulator.name == "QEMU"' "$TMP/2.json"
test_that "each operation takes the exits it should" \
	jq -e '[.cells[] | select(.workload != "coalesced-mmio") | .exits.as_expected] | all' \
	"$TMP/1.json"
test_that "the guest's steal time is the host's run-queue delay, to the nanosecond" \
	jq -e '[.cells[] | select(.sched) | .sched | .guest_steal_ns != null and
		.guest_steal_ns == .host_delay_ns] |
		length > 5 and all' "$TMP/1.json"

run "$HVBENCH" lab run svm -q -w chase --config pages=1g -o "$TMP/none.json"
test_that "a run whose cells are all skipped is status 69, as on the host" all exited 69 -- \
	err_has "nothing was measured" -- err_has nr_hugepages

# Without an in-kernel irqchip, like the reference figures (Debian's cloud kernel 6.1.192).
run "$HVBENCH" lab run svm -q -w cpuid,hypercall,pio-user,mmio-user,nested-exit \
	--config irqchip=user -o "$TMP/user.json" --format csv
test_that "irqchip=user is measured" exited 0
test_that "exits of a guest's guest and of the guest are told apart" \
	jq -e '.cells[] | select(.workload == "nested-exit") | .exits.as_expected and
		([.exits.by_reason[] | select(.per_op >= 0.5) | .reason] | sort) ==
		["cpuid", "vmrun"]' "$TMP/user.json"
while read -r workload figure; do
	test_that "$workload is within 3 % of the reference" within 3 "$TMP/user.json" "$workload" \
		"$figure"
done <<'END'
cpuid 2703
hypercall 2943
pio-user 2990
mmio-user 5098
END
test_that "an in-kernel irqchip lengthens the path of an exit" \
	[ "$(jq -n "$(cell "$TMP/1.json" cpuid .summary.p50) >
		$(cell "$TMP/user.json" cpuid .summary.p50)")" = true ]

# One boot for what needs no more than its defaults.
offers=hv-counter,hv-hypercall,pv-clock:by=hyperv,hv-stimer,hv-stimer:by=message
offers+=,tlb-shootdown:target=halted:by=hyperv
run "$HVBENCH" lab run svm -q -w "bandwidth,bandwidth:op=copy,nested-exit:to=l0,$offers" \
	-w steal-time,steal-time:record=off,irq-completion,irq-completion:pv=kvm \
	-w irq-completion:pv=hyperv,tsc-deadline,async-pf,async-pf:of=whole \
	-w async-pf:notify=off,svm-insn,svm-insn:insn=gif -o "$TMP/stream.json" --format csv
test_that "a workload with much memory ends in time" all exited 0 -- \
	jq -e '[.cells[] | select(.workload == "bandwidth") |
		.status == "ok" and .unit == "insn" and .ops_per_sample == 1] |
		length == 2 and all' "$TMP/stream.json"
test_that "what Hyper-V offers its guests takes the exits that it should" \
	jq -e '[.cells[] | select(.workload | startswith("hv-") or . == "pv-clock" or
		. == "tlb-shootdown") | .exits | .as_expected and .reasons_as_expected] |
		length == 6 and all' "$TMP/stream.json"
p50() { jq ".cells[] | select(.label == \"$1\") | .summary.p50" "$TMP/stream.json"; }
test_that "... and a message by SynIC is dearer than an interrupt, and that than the APIC's timer" \
	[ "$(p50 hv-stimer:by=message)" -gt "$(p50 hv-stimer)" -a \
	"$(p50 hv-stimer)" -gt "$(p50 tsc-deadline)" ]
test_that "a word that says that no EOI is needed saves the exit, by KVM and by Hyper-V" \
	[ "$(p50 irq-completion)" -gt 2000 -a "$(p50 irq-completion:pv=kvm)" -lt 50 -a \
	"$(p50 irq-completion:pv=hyperv)" -lt 50 ]
test_that "keeping the record of stolen time costs instructions; without it, it is pio-user" \
	[ "$(p50 steal-time)" -gt "$(p50 steal-time:record=off)" -a \
	"$(p50 steal-time:record=off)" = "$(jq -n "$(cell "$TMP/1.json" pio-user .summary.p50)")" ]
# The host's timer may come in between, a few times in 301 samples, and take an EOI more.
test_that "a page that the host has to fetch takes the exits that it should, told of or not" \
	jq -e '[.cells[] | select(.workload == "async-pf") | .exits | .as_expected and
		(. as $x | all($x.expected | keys[];
			($x.per_op[.] // 0) - $x.expected[.] | fabs < 0.05))] |
		length == 3 and all' "$TMP/stream.json"
test_that "... and a guest that is told has half of that time and more, though it takes longer" \
	[ $(($(p50 async-pf) + 50000)) -lt "$(p50 async-pf:notify=off)" -a \
	"$(p50 async-pf:notify=off)" -lt "$(p50 async-pf:of=whole)" -a \
	"$(p50 async-pf:notify=off)" -gt 100000 ]
test_that "a hypervisor's own instructions exit where the CPU does not virtualize them" \
	jq -e '[.cells[] | select(.workload == "svm-insn") | .exits | .as_expected and
		.reasons_as_expected] | length == 2 and all' "$TMP/stream.json"
test_that "an exit of a guest's guest that the host answers is that of a guest, but for a tenth" \
	within 10 "$TMP/stream.json" nested-exit "$(cell "$TMP/1.json" cpuid .summary.p50)"
run "$HVBENCH" report -f text "$TMP/stream.json"
test_that "... and has a path in instructions instead of a rate" \
	all out_has "path instructions" -- \
	out_has "not bytes per second"

run "$HVBENCH" lab shell svm \
	-q -c 'uname -r; cat /sys/module/kvm_amd/parameters/npt; echo message >&2; exit 7'
test_that "a command's output and status are the lab's" all exited 7 -- out_has cloud-amd64 -- \
	out_like '^[Y1]$' -- out_has message
run "$HVBENCH" lab shell svm </dev/null
test_that "a console needs a terminal" all exited 64 -- err_has "-c"
run "$HVBENCH" lab shell svm --cpus 2 -c true
test_that "several CPUs cannot be measured with one instruction count" all exited 64 -- \
	err_has --no-icount
run "$HVBENCH" lab shell vmx --cpus 2 --no-icount -c true
test_that "lane vmx has one CPU" all exited 64 -- err_has "one CPU"
tap_done
