#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# hvbench lab trace: one exit in detail; its instructions add up to the figure measured without a
# trace.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

sum_of_self='[.. | objects | .self? // empty] | add'
run "$HVBENCH" lab run svm -q -w cpuid -o "$TMP/measured.json" --format csv
run "$HVBENCH" lab trace svm -q -w cpuid --timeout 1000 -o "$TMP/cpuid.json" --format folded
test_that "KVM: a CPUID exit is traced" exited 0
test_that "KVM: most exits seen are the same to the instruction" jq -e '.alike > 3 and .alike > .exits / 2' "$TMP/cpuid.json"
measured=$(cell "$TMP/measured.json" cpuid .summary.p50)
test_that "KVM: exit and guest's instruction are what is measured, to the instruction" \
	jq -e --argjson m "$measured" '.path == $m' "$TMP/cpuid.json"
test_that "KVM: as the schema has it" "$TOP/tests/schema-validate" --documented "$TMP/cpuid.json"
test_that "KVM: no instruction is lost in the tree" jq -e ".instructions == (.tree | $sum_of_self)" "$TMP/cpuid.json"
test_that "KVM: nor in the folded form" \
	[ "$(awk '{ n += $NF } END { print n }' <<<"$out")" = "$(jq .instructions "$TMP/cpuid.json")" ]
test_that "KVM: the functions have their names, callers first" \
	out_like '^exit;.*kvm_arch_vcpu_ioctl_run.*;svm_handle_exit;.*kvm_emulate_cpuid[; ]'
test_that "KVM: the emulated CPU without NRIPS makes KVM decode it" out_has ';kvm_emulate_instruction'
run "$HVBENCH" lab trace svm -w cpuid,pio-user
test_that "one workload at a time" all exited 64 -- silent
run "$HVBENCH" lab trace vmx -w cpuid
test_that "a lane that cannot be traced" all exited 64 -- err_has vmx

lane_or_skip xen
lane_or_skip xen-domu
run "$HVBENCH" lab trace xen -q -w cpuid --timeout 1000 -o "$TMP/xen.json"
test_that "Xen: a CPUID exit is traced, by Xen's own symbols" all exited 0 -- out_has svm_vmexit_handler
test_that "Xen: it is the length it should be" jq -e '.instructions > 5700 and .instructions < 6100' "$TMP/xen.json"
test_that "Xen: no instruction is lost in the tree" jq -e ".instructions == (.tree | $sum_of_self)" "$TMP/xen.json"
tap_done
