/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest without a better clock reads the ACPI PM timer: 32 bits from a port, for which the VMM
 * reads its own clock. pio-user:op=read and a clock_gettime().
 *
 * Timed: n reads back to back, and the loop is subtracted. kvm-unit-tests: inl_from_pmtimer. QEMU's
 * timer is at another port: under its backends the read finds no device.
 */
#include "arch.h"
#include "workloads/workload.h"

#ifdef HV_GUEST
static uint64_t run(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		arch_in32(HV_PORT_PMTIMER);
	return 0;
}
#endif

DEFINE_WORKLOAD(workload_pm_timer) = {
	.name = "pm-timer",
	.what = "read of a clock in user space by a port, as of the ACPI PM timer",
	.group = GROUP_EXIT,
	.kind = WORKLOAD_BATCH,
	.unit = "cycles",
	.ring = 3,
	.ring_choice = true,
	.needs = NEEDS_USER_SPACE,
	.user_exits = 1,
	.exits = { { "IO_INSTRUCTION", "io", 1 } },
	.run = GUEST_ONLY(run),
};
