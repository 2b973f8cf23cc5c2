/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the payload that does not depend on the machine: brings the vCPUs up and carries out
 * the commands in the mailbox, or those of the command line. Everything here runs at CPL3.
 */
#include "workloads/runtime/command.h"
#include "workloads/runtime/mailbox.h"
#include "workloads/runtime/standalone.h"
#include "workloads/runtime/x86_64/runtime.h"

static void obey_host(void) __attribute__((noreturn));
static void obey_host(void)
{
	struct hv_status *status = &mailbox.status;
	static struct hv_command cmd; /* a copy, which the host cannot change meanwhile */
	int refusal;

	status->state = HV_STATE_READY;
	for (;;) {
		mailbox__ring(HV_BELL_READY);
		while (__atomic_load_n(&mailbox.command.seq, __ATOMIC_ACQUIRE) == status->seq)
			arch_pause();
		cmd = mailbox.command;
		cmd.workload[HV_NAME_BYTES - 1] = '\0';
		status->seq = cmd.seq;
		status->state = HV_STATE_RUNNING;
		refusal = command__run(&cmd);
		status->refusal = (uint32_t)refusal;
		status->vcpus_online = command__vcpus();
		status->state = refusal ? HV_STATE_REFUSED : HV_STATE_DONE;
	}
}

/* Waits for secondaries that the host has started, but not for long: it may have started fewer. */
static void wait_for_vcpus(uint32_t wanted)
{
	uint64_t start = arch_clock();

	while (command__vcpus() < wanted && arch_clock() - start < 1ull << 33)
		arch_pause();
}

void user_main(uint32_t cpu)
{
	bool booted_by_firmware = mailbox.host_magic != HV_HOST_MAGIC;

	if (cpu != 0)
		command__assist(cpu);
	trap__init();
	mailbox.status.entry_tsc = entry_tsc;
	if (booted_by_firmware)
		standalone__prepare();
	if (apic__present())
		apic__enable();
	command__machine_is_ready();
	if (booted_by_firmware)
		standalone__start_vcpus();
	wait_for_vcpus(mailbox.nr_vcpus);
	if (mailbox.host_magic != HV_HOST_MAGIC)
		standalone__run();
	obey_host();
}
