#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lanes xen, xen-domu and xen-dm: a Type-1 hypervisor.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip xen

for i in 1 2; do
	run "$HVBENCH" lab run xen -q -w cpuid,hypercall,rdmsr:msr=0x1b,pio-user,mmio-user -o "$TMP/$i.json" --format csv
	test_that "PVH dom0, run $i" exited 0
done
test_that "PVH dom0: measured, in instructions" all_ok "$TMP/1.json" cpuid hypercall rdmsr mmio-user
test_that "PVH dom0: two runs are the same" same_document "$TMP/1.json" "$TMP/2.json"
test_that "PVH dom0: CPUID is within 3 % of the reference" within 3 "$TMP/1.json" cpuid 5885
test_that "PVH dom0: a port that it owns does not exit" within 50 "$TMP/1.json" pio-user 1

lane_or_skip xen-dm
run "$HVBENCH" lab run xen-dm -q --timeout 1000 -w cpuid,hypercall,pio-user,mmio-user -o "$TMP/dm.json" --format csv
test_that "domU with a device model" exited 0
while read -r workload figure; do
	test_that "domU: $workload is within 3 % of the reference" within 3 "$TMP/dm.json" "$workload" "$figure"
done <<'END'
cpuid 5292
hypercall 5410
pio-user 30932
mmio-user 50054
END
run "$HVBENCH" lab run xen-domu -q --timeout 1000 -w cpuid,pio-user -o "$TMP/domu.json" --format csv
test_that "domU without a device model" exited 0
test_that "the device model is not in the way of what Xen does itself" \
	[ "$(cell "$TMP/domu.json" cpuid .summary.min)" = "$(cell "$TMP/dm.json" cpuid .summary.min)" ]
test_that "a port that nobody claims is answered by Xen itself" \
	jq -e '.cells[] | select(.workload == "pio-user") | .summary.p50 > 500 and .summary.p50 < 5000' "$TMP/domu.json"
tap_done
