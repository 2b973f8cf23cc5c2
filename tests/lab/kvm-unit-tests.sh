#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1200
#
# kvm-unit-tests' vmexit and hvbench's workloads measure the same on the same emulated host, within
# 5 %, where the path is KVM's alone. What a VMM answers is QEMU's there and ours here, and is not
# compared. Prints the table.
#
#   KVM_UNIT_TESTS=FILE  their x86/vmexit.flat. With its GOAL of 2^30 cycles for each test the lab
#                        takes ten minutes and more: build it with 1ull << 24. Stripped (objcopy
#                        -O elf32-i386 of a stripped vmexit.elf), it fits where this one looks for
#                        it.
#   LANE=vmx             another lane than svm
. "$(dirname "$0")/common.bash"

FLAT=${KVM_UNIT_TESTS:-} LANE=${LANE:-svm}
if [ ! -f "$FLAT" ]; then
	echo "1..0 # SKIP KVM_UNIT_TESTS names no x86/vmexit.flat of kvm-unit-tests"
	exit 0
fi
qemu=$(command -v qemu-system-x86_64) || { echo "1..0 # SKIP no QEMU"; exit 0; }
lane_or_skip "$LANE"

# TEST WORKLOAD: theirs, and ours. Left out: their cpuid, which asks for whatever leaf is in EAX (4
# to 5 % longer than our leaf 0 on SVM, 15 % on VMX); vmcall and tscdeadline_immed, which have
# CPUIDs in each operation; toggle_cr0_wp on VMX, which writes other bits too; wr_tsc_adjust_msr,
# which is longer in a VM of QEMU than in ours.
same()
{
	cat <<-'END'
		wbinvd wbinvd
		invd invd
		inl_from_kernel pio-kernel
		outl_to_kernel pio-kernel:op=write
		self_ipi_sti_nop self-ipi
		self_ipi_sti_hlt self-ipi:how=sti-hlt
		self_ipi_tpr self-ipi:how=tpr
		self_ipi_tpr_sti_nop self-ipi:how=tpr-sti-nop
		self_ipi_tpr_sti_hlt self-ipi:how=tpr-sti-hlt
		x2apic_self_ipi_sti_nop self-ipi:by=self-ipi
		x2apic_self_ipi_sti_hlt self-ipi:how=sti-hlt:by=self-ipi
		x2apic_self_ipi_tpr self-ipi:how=tpr:by=self-ipi
		x2apic_self_ipi_tpr_sti_nop self-ipi:how=tpr-sti-nop:by=self-ipi
		x2apic_self_ipi_tpr_sti_hlt self-ipi:how=tpr-sti-hlt:by=self-ipi
		rd_tsc_adjust_msr rdmsr:msr=0x3b
		mmio-wildcard-eventfd:pci-mem mmio-ioeventfd
		mmio-datamatch-eventfd:pci-mem mmio-ioeventfd:match=value
		portio-wildcard-eventfd:pci-io pio-ioeventfd
		portio-datamatch-eventfd:pci-io pio-ioeventfd:match=value
	END
	[ "$LANE" = vmx ] || echo toggle_cr0_wp cr0-wp
	[ "$LANE" = vmx ] || echo toggle_cr4_pge cr4-pge
}

run "$HVBENCH" lab run "$LANE" -q --timeout 1000 -w "$(same | awk '{ print $2 }' | paste -sd,)" \
	-o "$TMP/ours.json" --format csv
test_that "hvbench's workloads run" exited 0

gzip -9c "$FLAT" >"$TMP/vmexit.gz"
cat >"$TMP/peer" <<END
gunzip -c /vmexit.gz >/vmexit.flat
timeout 900 qemu-system-x86_64 -L /bios -machine pc,accel=kvm -cpu host -m 64 -nodefaults \
	-display none -no-reboot -serial stdio -device pci-testdev \
	-device isa-debug-exit,iobase=0xf4,iosize=0x4 -kernel /vmexit.flat \
	-append "$(same | awk '{ print $1 }' | grep -v : | tr '\n' ' ') pci-mem pci-io"
true
END
files=()
for f in /usr/share/seabios/bios-256k.bin /usr/share/qemu/{multiboot,multiboot_dma,kvmvapic}.bin; do
	files+=(--file "$f:/bios/${f##*/}")
done
files+=(--file "$qemu" --file "$TMP/vmexit.gz:/vmexit.gz" --file "$TMP/peer:/peer")
run "$HVBENCH" lab shell "$LANE" -q --timeout 1000 "${files[@]}" -c "sh /peer"
test_that "kvm-unit-tests' run" all exited 0 -- out_like '^wbinvd [0-9]+'

# agrees TEST WORKLOAD: prints the row, and whether both are within 5 %.
agrees()
{
	local theirs ours
	theirs=$(awk -v t="$1" '$1 == t { print $2 }' <<<"$out" | tr -d '\r')
	ours=$(jq -r --arg l "$2" '.cells[] | select(.label == $l) | .summary.p50' "$TMP/ours.json")
	awk -v t="$1" -v w="$2" -v a="$theirs" -v b="$ours" 'BEGIN {
		if (!(a > 0 && b > 0)) exit 1
		printf "# %-32s %7d  %-38s %7d  %+.1f %%\n", t, a, w, b, (a / b - 1) * 100
		exit !(a / b < 1.05 && b / a < 1.05) }'
}

peer=$out
while read -r theirs ours; do
	out=$peer
	agrees "$theirs" "$ours"
	agreed=$?
	test_that "$theirs of kvm-unit-tests is $ours within 5 %" [ $agreed = 0 ]
done < <(same)
tap_done
