/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/kvm/guest.h"

#include <errno.h>

#include "arch.h"
#include "bench/backends/mailbox.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/watchdog.h"

int guest__enter_thread(struct guest *guest, struct setup_thread *saved, struct error *err)
{
	return setup__enter(saved, &guest->vm.config, guest->vm.first_pin, err);
}

/*
 * The secondary vCPU whose thread ended, if any. One that rang the doorbell (-EPROTO) may only have
 * reported a fault, so those are asked for separately.
 */
static const struct vcpu *ended_secondary(const struct vm *vm, bool rang)
{
	for (unsigned int i = 1; i < vm->nr_vcpus; i++) {
		const struct vcpu *vcpu = &vm->vcpus[i];

		if (vcpu->ended && vcpu->failure.code && (vcpu->failure.code == -EPROTO) == rang)
			return vcpu;
	}
	return NULL;
}

/*
 * A secondary vCPU that ended, or an exception, is the real reason; what vCPU 0 saw only follows
 * from it.
 */
void guest__explain(struct guest *guest, const struct error *err, struct measurement *m,
		    unsigned int timeout_ms)
{
	struct vm *vm = &guest->vm;
	const struct vcpu *ended = ended_secondary(vm, false);
	struct error why = *err;
	char fault[256];

	if (ended) {
		measurement__fail(m, MEASURE_FAILED, "vCPU %u: %s", ended->index,
				  ended->failure.text);
		return;
	}
	if (err->code == -ETIME) {
		if (vm__mailbox(vm)->status.state == HV_STATE_TRYING)
			timeout_ms = vm->vcpus[0].tried_ms ?: timeout_ms;
		collect__timed_out(&why, timeout_ms, vm->vcpus[0].overdue);
		vcpu__describe(&vm->vcpus[0], &why);
	}
	if (collect__impossible(vm__mailbox(vm), &guest->sent, &why, m))
		return;
	if (vm__mailbox(vm)->status.state == HV_STATE_FAULT) {
		struct hv_fault copy = vm__mailbox(vm)->status.fault;

		measurement__fail(m, MEASURE_FAILED, "%s",
				  collect__fault(&copy, fault, sizeof(fault)));
		return;
	}
	ended = ended_secondary(vm, true);
	if (ended)
		why = ended->failure;
	measurement__fail(m, MEASURE_FAILED, "%s", why.text);
}

/* Runs vCPU 0 to its next doorbell, which has to be `want`. */
int guest__run_to(struct guest *guest, uint32_t want, struct error *err)
{
	uint32_t bell;
	int ret = vcpu__run(&guest->vm.vcpus[0], &bell, err);

	if (ret)
		return ret;
	return collect__bell(bell, want, err);
}

int guest__boot(struct guest *guest, struct error *err)
{
	struct vm *vm = &guest->vm;
	uint64_t before = arch_clock(), stamp;
	int ret = vm__start_secondaries(vm, err);

	if (!ret)
		ret = guest__run_to(guest, HV_BELL_READY, err);
	stamp = vm__mailbox(vm)->status.bell_tsc;
	vm->tsc_is_host = stamp >= before && stamp <= arch_clock();
	guest->booted = !ret;
	return ret;
}

void guest__command(struct guest *guest, const struct cell *cell, const struct measure_request *req,
		    uint32_t flags)
{
	struct vm *vm = &guest->vm;
	struct hv_command *cmd = &guest->sent;
	uint32_t seq = cmd->seq + 1;

	collect__command(cmd, cell, req, vm->tsc_khz);
	cmd->seq = seq;
	cmd->flags |= flags | (setup__small_guest_pages(cell) ? HV_CMD_GUEST_4K : 0);
	cmd->arena_gpa = HV_ARENA_GPA;
	cmd->arena_bytes = vm->arena.bytes;
	cmd->tables_gpa = vm->tables_gpa;
	cmd->tables_bytes = vm->tables_bytes;
	vm__mailbox(vm)->command = *cmd;
}

/*
 * `ret` of guest__run_to() is 0, or -EAGAIN: then the mailbox must hold a refusal, for nothing was
 * measured.
 */
void guest__collect(struct guest *guest, int ret, const struct cell *cell, struct measurement *m)
{
	collect__mailbox(vm__mailbox(&guest->vm), &guest->sent, cell, m);
	if (ret == -EAGAIN)
		collect__untimed(m);
}
