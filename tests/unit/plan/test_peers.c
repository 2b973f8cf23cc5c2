// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of what other tools measure is true of the workloads that there are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "bench/plan/list.h"
#include "bench/plan/peers.h"
#include "bench/plan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct plan_options no_options;

static void what_it_names_can_be_run(void **state)
{
	(void)state;
	for (const struct peer_test *t = peer_tests; t->peer; t++) {
		struct error err = { 0 };
		struct plan plan;

		if (!t->run)
			continue;
		if (plan__from_list(&plan, t->run, &no_options, &err))
			fail_msg("%s, %s: %s", t->peer, t->test, err.text);
		plan__free(&plan);
	}
}

static void what_is_left_out_has_a_reason(void **state)
{
	(void)state;
	for (const struct peer_test *t = peer_tests; t->peer; t++) {
		if (!t->run)
			assert_true(t->note && strlen(t->note) > 10);
		for (const struct peer_test *other = peer_tests; other < t; other++)
			assert_true(strcmp(other->peer, t->peer) || strcmp(other->test, t->test));
	}
}

static const struct peer_test *find(const char *peer, const char *test)
{
	const struct peer_test *t = peer_tests;

	while (t->peer && (!strstr(t->peer, peer) || strcmp(t->test, test)))
		t++;
	return t;
}

/* The table `tests` of x86/vmexit.c, and the definitions of the paper. */
static void none_is_forgotten(void **state)
{
	static const char *const vmexit[] = {
		"cpuid",
		"vmcall",
		"wbinvd",
		"invd",
		"mov_from_cr8",
		"mov_to_cr8",
		"inl_from_pmtimer",
		"inl_from_qemu",
		"inl_from_kernel",
		"outl_to_kernel",
		"mov_dr",
		"tscdeadline_immed",
		"tscdeadline",
		"self_ipi_sti_nop",
		"self_ipi_sti_hlt",
		"self_ipi_tpr",
		"self_ipi_tpr_sti_nop",
		"self_ipi_tpr_sti_hlt",
		"x2apic_self_ipi_sti_nop",
		"x2apic_self_ipi_sti_hlt",
		"x2apic_self_ipi_tpr",
		"x2apic_self_ipi_tpr_sti_nop",
		"x2apic_self_ipi_tpr_sti_hlt",
		"ipi",
		"ipi_halt",
		"ple_round_robin",
		"wr_kernel_gs_base",
		"wr_tsx_ctrl_msr",
		"wr_ibrs_msr",
		"wr_ibpb_msr",
		"wr_tsc_adjust_msr",
		"rd_tsc_adjust_msr",
		"toggle_cr0_wp",
		"toggle_cr4_pge",
		"pci-mem",
		"pci-io",
	};
	static const char *const isca[] = {
		"Hypercall",	  "Interrupt Controller Trap",
		"Virtual IPI",	  "Virtual IRQ Completion",
		"VM Switch",	  "I/O Latency Out",
		"I/O Latency In",
	};

	(void)state;
	assert_int_equal(COUNT(vmexit), 36);
	for (size_t i = 0; i < COUNT(vmexit); i++)
		if (!find("vmexit.c", vmexit[i])->peer)
			fail_msg("%s is missing", vmexit[i]);
	for (size_t i = 0; i < COUNT(isca); i++)
		if (!find("ISCA", isca[i])->peer)
			fail_msg("%s is missing", isca[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_names_can_be_run),
		cmocka_unit_test(what_is_left_out_has_a_reason),
		cmocka_unit_test(none_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
