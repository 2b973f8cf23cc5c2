#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lanes xen, xen-domu and xen-dm: a Type-1 hypervisor.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip xen

for i in 1 2; do
	run "$HVBENCH" lab run xen \
		-q -w cpuid,hypercall,rdmsr:msr=0x1b,pio-user,pio-kernel,mmio-user \
		-o "$TMP/$i.json" --format csv
	test_that "PVH dom0: run $i succeeds" exited 0
done
test_that "PVH dom0 is measured in instructions" \
	all_ok "$TMP/1.json" cpuid hypercall rdmsr mmio-user
test_that "PVH dom0: two runs are the same" same_document "$TMP/1.json" "$TMP/2.json"
test_that "PVH dom0: CPUID is within 3 % of the reference" within 3 "$TMP/1.json" cpuid 5885
for workload in pio-user pio-kernel; do
	test_that "PVH dom0: $workload does not exit there, and is skipped with the reason" \
		grep -q '^skipped.*the ports are its own' \
		<<<"$(cell "$TMP/1.json" $workload '.status + .reason')"
done
test_that "PVH dom0: Xen answers for a device, with a warning" \
	grep -q 'Xen answers by itself' <<<"$(cell "$TMP/1.json" mmio-user '.warnings[].text')"
run "$HVBENCH" lab run xen -q -w cpuid,wrmsr -o "$TMP/exception.json" --format csv
test_that "PVH dom0: a register that raises an exception is skipped, with the reason" \
	all exited 0 -- \
	grep -q 'skipped.*vector=13' <<<"$(cell "$TMP/exception.json" wrmsr '.status + .reason')"

lane_or_skip xen-dm
run "$HVBENCH" lab run xen-dm -q --timeout 1000 -w cpuid,hypercall,pio-user,mmio-user \
	-o "$TMP/dm.json" --format csv
test_that "a domU with a device model is measured" exited 0
# The references are minima. The path through dom0 has two lengths: after some of Xen's timer ticks
# each round trip takes 944 instructions more for a while, and when an operation comes decides which
# length it has.
while read -r workload figure; do
	test_that "domU: $workload is within 3 % of the reference" within 3 "$TMP/dm.json" \
		"$workload" "$figure" min
done <<'END'
cpuid 5292
hypercall 5410
pio-user 30932
mmio-user 50054
END
run "$HVBENCH" lab run xen-domu -q --timeout 1000 -w cpuid,pio-user -o "$TMP/domu.json" --format csv
test_that "a domU without a device model is measured" exited 0
test_that "the device model does not slow down what Xen does itself" \
	[ "$(cell "$TMP/domu.json" cpuid .summary.min)" \
	= "$(cell "$TMP/dm.json" cpuid .summary.min)" ]
test_that "a port that nobody claims is answered by Xen itself" \
	jq -e \
	'.cells[] | select(.workload == "pio-user") | .summary.p50 > 500 and .summary.p50 < 5000' \
	"$TMP/domu.json"
test_that "... and is not called the way to user space" \
	grep -q 'Xen answers by itself.*xen-dm' \
	<<<"$(cell "$TMP/domu.json" pio-user '.warnings[].text')"
# The only warning allowed is that the path has two lengths, where both were frequent.
said=$(cell "$TMP/dm.json" pio-user '[.warnings[].text] |
	map(select(contains("took exactly these instructions") | not)) | .[]')
test_that "with a device model there is no such warning" [ -z "$said" ]
tap_done
