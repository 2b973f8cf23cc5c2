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

# TEST WORKLOADS: theirs, and ours. Where an operation of theirs is several of ours it is their
# sum, and /2 after it their mean: their cpuid asks for whatever the last answer left in EAX and
# ECX, which is leaf 0 and, by its answer, leaf 13 with a subleaf that there is not, in turns;
# tscdeadline_immed has a CPUID in each operation, vmcall two.
same()
{
	cat <<-'END'
		cpuid cpuid:ring=0+cpuid:leaf=13:subleaf=0xffff:ring=0/2
		tscdeadline_immed tsc-deadline+cpuid:ring=0
		wr_tsc_adjust_msr wrmsr:msr=0x3b
		toggle_cr0_wp cr0-wp:others=clear
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
	[ "$LANE" = vmx ] || echo toggle_cr4_pge cr4-pge
	[ "$LANE" = vmx ] || echo vmcall hypercall:ring=0+cpuid:ring=0+cpuid:ring=0
}

# What of theirs is not compared, and why.
left_out()
{
	cat <<-'END'
		mov_from_cr8, mov_to_cr8, mov_dr, wr_kernel_gs_base: no exit, a call and a loop
		inl_from_pmtimer, inl_from_qemu, mmio- and portio-no-eventfd: the path in QEMU
		tscdeadline: the time until the deadline is part of it
		ipi, ipi_halt, ple_round_robin: between CPUs, of which the emulated host has one
		wr_tsx_ctrl_msr, wr_ibrs_msr, wr_ibpb_msr: not on the emulated CPU
	END
	[ "$LANE" != vmx ] || cat <<-'END'
		toggle_cr4_pge: no exit
		vmcall: it looks whether the CPU is GenuineIntel each time, letter by letter
	END
}

# ours WORKLOADS: the figures of the workloads put together as same() says.
ours()
{
	jq -r --arg sum "${1%/2}" '[.cells[] | {(.label): .summary.p50}] | add as $p50 |
		[$sum | split("+")[] | $p50[.]] | if all then add else 0 end' "$TMP/ours.json" |
		awk -v mean="${1##*/}" '{ print mean == 2 ? $1 / 2 : $1 }'
}

list=$(same | awk '{ sub("/2$", ""); gsub("[+]", "\n", $2); print $2 }' | sort -u | paste -sd,)
run "$HVBENCH" lab run "$LANE" -q --timeout 1000 -w "$list" \
	-o "$TMP/ours.json" --format csv
test_that "hvbench's workloads run" exited 0

# SeaBIOS switches kvmclock on if it is offered, and then KVM writes its page at each change of the
# TSC's offset. There is no firmware in our VMs.
gzip -9c "$FLAT" >"$TMP/vmexit.gz"
cat >"$TMP/peer" <<END
gunzip -c /vmexit.gz >/vmexit.flat
timeout 900 qemu-system-x86_64 -L /bios -machine pc,accel=kvm -cpu host,kvmclock=off -m 64 \
	-nodefaults -display none -no-reboot -serial stdio -device pci-testdev \
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
	ours=$(ours "$2")
	awk -v t="$1" -v w="$2" -v a="$theirs" -v b="$ours" 'BEGIN {
		if (!(a > 0 && b > 0)) exit 1
		printf "# %-32s %7d  %-52s %7d  %+.1f %%\n", t, a, w, b, (a / b - 1) * 100
		exit !(a / b < 1.05 && b / a < 1.05) }'
}

peer=$out
while read -r theirs ours; do
	out=$peer
	agrees "$theirs" "$ours"
	agreed=$?
	test_that "$theirs of kvm-unit-tests is $ours within 5 %" [ $agreed = 0 ]
done < <(same)
left_out | sed 's/^/# not compared: /'
tap_done
