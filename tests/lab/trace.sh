#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# hvbench lab trace: one exit in detail; its instructions add up to the figure measured without a
# trace.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

sum_of_self='[.. | objects | .self? // empty] | add'
run "$HVBENCH" lab run svm -q -w cpuid -o "$TMP/measured.json" --format csv
measured=$(cell "$TMP/measured.json" cpuid .summary.p50)
cpu_now
before=$cpu
run "$HVBENCH" lab trace svm -q -w cpuid -o "$TMP/cpuid.json" --format folded
cpu_now
if [[ $err = *"takes no plugins"* ]]; then
	skip "exits" "this QEMU has no plugins"
	tap_done
	exit 0
fi
test_that "KVM: a CPUID exit is traced, without a word" all exited 0 -- [ -z "$err" ]
test_that "KVM: ... in less than 40 s of CPU" cpu_below "$before" 40
test_that "KVM: most exits seen are the same to the instruction" \
	jq -e '.alike > 100 and .alike > .exits / 2' "$TMP/cpuid.json"
test_that "KVM: the exit and the guest's instruction add up to the figure, in any boot" \
	jq -e --argjson m "$measured" '.path == $m and .figure == $m' "$TMP/cpuid.json"
test_that "KVM: the document conforms to the schema" \
	"$TOP/tests/schema-validate" --documented "$TMP/cpuid.json"
test_that "KVM: no instruction is lost in the tree" \
	jq -e ".instructions == (.tree | $sum_of_self)" "$TMP/cpuid.json"
test_that "KVM: ... nor in the folded form" \
	[ "$(awk '{ n += $NF } END { print n }' <<<"$out")" \
	= "$(jq .instructions "$TMP/cpuid.json")" ]
test_that "KVM: the functions have their names, callers first" \
	out_like '^exit;.*kvm_arch_vcpu_ioctl_run.*;svm_handle_exit;.*kvm_emulate_cpuid[; ]'
test_that "KVM: the emulated CPU without NRIPS makes KVM decode it" \
	out_has ';kvm_emulate_instruction'
run "$HVBENCH" lab trace svm -q -w cpuid -o "$TMP/again.json"
test_that "KVM: a second boot gives the same document, to the byte" \
	cmp "$TMP/cpuid.json" "$TMP/again.json"

# Where QEMU has no plugins the emulator's log is read instead.
mkdir "$TMP/bin"
printf '%s\n' '#!/bin/bash' \
	'for a; do [ "$a" = -plugin ] && { echo "-plugin: invalid option" >&2; exit 1; }; done' \
	"exec $(command -v qemu-system-x86_64) \"\$@\"" >"$TMP/bin/qemu-system-x86_64"
chmod +x "$TMP/bin/qemu-system-x86_64"
PATH=$TMP/bin:$PATH run "$HVBENCH" lab trace svm -q -w cpuid --timeout 1000 -o "$TMP/log.json"
test_that "an emulator without plugins is traced by its log, with what that lacks" all exited 0 -- \
	err_has "takes no plugins" -- err_has "log instead"
test_that "... the same functions, calls and instructions" \
	cmp <(jq -S '[.instructions, .path, .tree]' "$TMP/cpuid.json") \
	<(jq -S '[.instructions, .path, .tree]' "$TMP/log.json")

run "$HVBENCH" lab trace svm -w cpuid,pio-user
test_that "more than one workload is refused" all exited 64 -- silent
run "$HVBENCH" lab trace tcg -w cpuid
test_that "a lane that cannot be traced is refused" all exited 64 -- err_has tcg

lane_or_skip xen
lane_or_skip xen-domu
run "$HVBENCH" lab trace xen -q -w cpuid -o "$TMP/xen.json"
test_that "Xen: a CPUID exit is traced, by Xen's own symbols" all exited 0 -- \
	out_has svm_vmexit_handler
test_that "Xen: the exit is as long as it should be" \
	jq -e '.instructions > 5700 and .instructions < 6100' "$TMP/xen.json"
test_that "Xen: no instruction is lost in the tree" \
	jq -e ".instructions == (.tree | $sum_of_self)" "$TMP/xen.json"
run "$HVBENCH" lab trace xen -q -w pio-user
test_that "Xen: an operation that does not exit is said not to, without a boot" \
	all exited 69 -- silent -- \
	err_has "the ports are its own"
lane_or_skip xen-dm
run "$HVBENCH" lab trace xen-dm -q -w pio-user -o "$TMP/dm.json" --min 0
test_that "Xen with dom0: Xen, dom0's kernel and its device model are one tree" all exited 0 -- \
	out_has svm_vmexit_handler -- out_has __schedule -- out_has do_syscall_64 -- \
	out_has "[user space: dom0]"
test_that "Xen with dom0: no instruction is lost, and next to none is without a name" \
	jq -e ".instructions == (.tree | $sum_of_self) and ([.. | objects |
		select(.function? == \"[unknown]\") | .self] | add) < 100" \
		"$TMP/dm.json"
tap_done
