/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/vmm/vcpu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/vmm/dirty.h"
#include "bench/vmm/machine.h"
#include "bench/vmm/vm.h"

#define INSN_BYTES  15
#define PM_TIMER_HZ 3579545

const char *vcpu__exit_name(uint32_t exit_reason)
{
	static const char *const names[] = {
		[KVM_EXIT_UNKNOWN] = "UNKNOWN",
		[KVM_EXIT_EXCEPTION] = "EXCEPTION",
		[KVM_EXIT_IO] = "IO",
		[KVM_EXIT_HYPERCALL] = "HYPERCALL",
		[KVM_EXIT_DEBUG] = "DEBUG",
		[KVM_EXIT_HLT] = "HLT",
		[KVM_EXIT_MMIO] = "MMIO",
		[KVM_EXIT_IRQ_WINDOW_OPEN] = "IRQ_WINDOW_OPEN",
		[KVM_EXIT_SHUTDOWN] = "SHUTDOWN",
		[KVM_EXIT_FAIL_ENTRY] = "FAIL_ENTRY",
		[KVM_EXIT_INTR] = "INTR",
		[KVM_EXIT_SET_TPR] = "SET_TPR",
		[KVM_EXIT_TPR_ACCESS] = "TPR_ACCESS",
		[KVM_EXIT_NMI] = "NMI",
		[KVM_EXIT_INTERNAL_ERROR] = "INTERNAL_ERROR",
		[KVM_EXIT_SYSTEM_EVENT] = "SYSTEM_EVENT",
		[KVM_EXIT_IOAPIC_EOI] = "IOAPIC_EOI",
		[KVM_EXIT_HYPERV] = "HYPERV",
		[KVM_EXIT_DIRTY_RING_FULL] = "DIRTY_RING_FULL",
	};

	if (exit_reason < sizeof(names) / sizeof(names[0]) && names[exit_reason])
		return names[exit_reason];
	return "OTHER";
}

int vcpu__create(struct vm *vm, unsigned int index, struct error *err)
{
	struct vcpu *vcpu = &vm->vcpus[index];
	int bytes;

	*vcpu = (struct vcpu){ .vm = vm, .index = index, .fd = -1, .stats.fd = -1 };
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0)
		return error__set(err, -errno, "creating vCPU %u (KVM_CREATE_VCPU): %s", index,
				  strerror(errno));
	bytes = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes < (int)sizeof(struct kvm_run))
		return error__set(err, -EPROTO, "KVM_GET_VCPU_MMAP_SIZE says %d", bytes);
	vcpu->run_bytes = (size_t)bytes;
	vcpu->run = mmap(NULL, vcpu->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		return error__set(err, -errno, "mapping the run area of vCPU %u: %s", index,
				  strerror(errno));
	}
	if (vm->coalesced_offset && ((size_t)vm->coalesced_offset + 1) * 4096 <= vcpu->run_bytes)
		vcpu->coalesced = (void *)((uint8_t *)vcpu->run + vm->coalesced_offset * 4096);
	return dirty__map_ring(vcpu, err);
}

/*
 * Appends the instruction at RIP, if that lies in the payload's low memory, which is mapped one to
 * one.
 */
static void append_instruction(struct vcpu *vcpu, uint64_t rip, char *text, size_t room)
{
	const struct kvm_run *run = vcpu->run;
	const uint8_t *bytes = NULL;
	unsigned int n = 0;
	size_t used;

	if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR &&
	    run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION && run->internal.ndata >= 3 &&
	    run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES &&
	    run->emulation_failure.insn_size <= INSN_BYTES) {
		bytes = run->emulation_failure.insn_bytes;
		n = run->emulation_failure.insn_size;
	} else if (rip < vcpu->vm->low.bytes && vcpu->vm->low.bytes - rip >= INSN_BYTES) {
		bytes = (const uint8_t *)vcpu->vm->low.host + rip;
		n = INSN_BYTES;
	}
	used = strlen(text);
	for (unsigned int i = 0; i < n && used + 4 < room; i++)
		used += (size_t)snprintf(text + used, room - used, "%s%02x", i ? " " : ", bytes ",
					 bytes[i]);
}

void vcpu__describe(struct vcpu *vcpu, struct error *err)
{
	size_t used = strlen(err->text), room = sizeof(err->text);
	unsigned int cpl;
	uint64_t rip;

	if (vcpu->fd < 0 || machine__where(vcpu, &rip, &cpl))
		return;
	used += (size_t)snprintf(err->text + used, room - used,
				 " [vCPU %u at RIP 0x%" PRIx64 ", CPL %u, last exit %s",
				 vcpu->index, rip, cpl, vcpu__exit_name(vcpu->run->exit_reason));
	if (used < room)
		append_instruction(vcpu, rip, err->text, room - 2);
	used = strlen(err->text);
	if (used < room - 1)
		snprintf(err->text + used, room - used, "]");
}

static int cannot_go_on(struct vcpu *vcpu, struct error *err)
{
	const struct kvm_run *run = vcpu->run;
	int ret = -EIO;

	switch (run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		error__set(err, ret, "the guest shut down (triple fault)");
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		error__set(err, ret,
			   "KVM gave up on the guest (KVM_EXIT_INTERNAL_ERROR, suberror %u%s)",
			   run->internal.suberror,
			   run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION ?
				   ": it cannot emulate this instruction" :
				   "");
		break;
	case KVM_EXIT_FAIL_ENTRY:
		error__set(err, ret,
			   "the CPU refused to enter the guest (KVM_EXIT_FAIL_ENTRY, "
			   "hardware reason 0x%llx)",
			   (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_HLT:
		error__set(err, ret,
			   "the guest halted and nothing can wake it (no in-kernel "
			   "irqchip)");
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		error__set(err, ret, "the guest asked for a system event (type %u)",
			   run->system_event.type);
		break;
	default:
		error__set(err, ret, "unexpected exit to user space: reason %u (%s)",
			   run->exit_reason, vcpu__exit_name(run->exit_reason));
	}
	vcpu__describe(vcpu, err);
	return ret;
}

/* As the ACPI power-management timer counts: 24 bits at 3.579545 MHz. */
static uint32_t pm_timer(void)
{
	return (uint32_t)((unsigned __int128)clock__ns() * PM_TIMER_HZ / 1000000000) & 0xffffff;
}

/* Answers as a port or an address without a device does, or as the one device that there is. */
static void answer_io(const struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint64_t bytes = (uint64_t)run->io.size * run->io.count;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	uint32_t count;

	if (run->io.direction != KVM_EXIT_IO_IN || run->io.data_offset >= vcpu->run_bytes ||
	    bytes > vcpu->run_bytes - run->io.data_offset)
		return;
	if (run->io.port == HV_PORT_PMTIMER && bytes == sizeof(count)) {
		count = pm_timer();
		memcpy(data, &count, sizeof(count));
	} else {
		memset(data, 0, bytes);
	}
}

static bool is_doorbell(const struct vcpu *vcpu, uint32_t *bell)
{
	const struct kvm_run *run = vcpu->run;

	if (run->io.port != HV_PORT_DOORBELL || run->io.direction != KVM_EXIT_IO_OUT ||
	    run->io.size != sizeof(*bell) || run->io.count != 1 ||
	    run->io.data_offset + sizeof(*bell) > vcpu->run_bytes)
		return false;
	memcpy(bell, (const uint8_t *)run + run->io.data_offset, sizeof(*bell));
	return true;
}

/* Sleeps until the vCPU may run again. */
static void stand_still(struct vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->turn);
	vcpu->parked = true;
	pthread_cond_broadcast(&vcpu->turned);
	while (vcpu->held && !vcpu->stop)
		pthread_cond_wait(&vcpu->turned, &vcpu->turn);
	vcpu->parked = false;
	vcpu->run->immediate_exit = 0;
	pthread_cond_broadcast(&vcpu->turned);
	pthread_mutex_unlock(&vcpu->turn);
}

static void tell(struct vcpu *vcpu)
{
	siginfo_t info = { .si_code = SI_QUEUE, .si_pid = getpid(), .si_uid = getuid() };

	info.si_value.sival_ptr = vcpu;
	if (vcpu->run)
		vcpu->run->immediate_exit = 1;
	/*
	 * By thread number, which is safe even if that thread has ended; a pthread_t is not. Where
	 * no more signals may be queued (ulimit -i), one that is not queued has to do.
	 */
	if (vcpu->tid &&
	    syscall(SYS_rt_tgsigqueueinfo, getpid(), vcpu->tid, KICK_SIGNAL, &info) < 0)
		syscall(SYS_tgkill, getpid(), vcpu->tid, NUDGE_SIGNAL);
}

static struct timespec soon(void)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += KICK_AGAIN_NS;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

void vcpu__hold(struct vcpu *vcpu)
{
	if (!vcpu->has_thread)
		return;
	pthread_mutex_lock(&vcpu->turn);
	vcpu->held = true;
	while (!vcpu->parked && !vcpu->ended) {
		const struct timespec again = soon();

		tell(vcpu);
		while (!vcpu->parked && !vcpu->ended &&
		       pthread_cond_timedwait(&vcpu->turned, &vcpu->turn, &again) == 0)
			;
	}
	pthread_mutex_unlock(&vcpu->turn);
}

void vcpu__let_go(struct vcpu *vcpu)
{
	if (!vcpu->has_thread)
		return;
	pthread_mutex_lock(&vcpu->turn);
	vcpu->held = false;
	pthread_cond_broadcast(&vcpu->turned);
	while (vcpu->parked && !vcpu->ended)
		pthread_cond_wait(&vcpu->turned, &vcpu->turn);
	pthread_mutex_unlock(&vcpu->turn);
}

int vcpu__run(struct vcpu *vcpu, uint32_t *bell, struct error *err)
{
	struct kvm_run *run = vcpu->run;
	int ret;

	vcpu->tid = gettid();
	for (;;) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			if (errno != EINTR && errno != EAGAIN)
				return error__set(err, -errno, "KVM_RUN: %s", strerror(errno));
			vcpu->interrupted++;
			if (!vcpu->stop) {
				if (vcpu->has_thread)
					stand_still(vcpu);
				continue;
			}
			run->immediate_exit = 0;
			error__set(err, -ETIME, "stopped");
			return -ETIME;
		}
		if (run->exit_reason < VM_MAX_USER_EXITS)
			vcpu->user_exits[run->exit_reason]++;
		/* Entries in the ring came before this access, so they are dealt with first. */
		if (vcpu->coalesced)
			vcpu->coalesced->first = vcpu->coalesced->last;
		switch (run->exit_reason) {
		case KVM_EXIT_IO:
			if (is_doorbell(vcpu, bell)) {
				vcpu->bells++;
				return 0;
			}
			answer_io(vcpu);
			break;
		case KVM_EXIT_MMIO:
			if (!run->mmio.is_write)
				memset(run->mmio.data, 0, sizeof(run->mmio.data));
			break;
		case KVM_EXIT_DIRTY_RING_FULL:
			ret = dirty__drain(vcpu, err);
			if (ret)
				return ret;
			break;
		case KVM_EXIT_IOAPIC_EOI:
		case KVM_EXIT_IRQ_WINDOW_OPEN:
		case KVM_EXIT_HYPERV: /* the guest has moved or switched its SynIC */
			break;
		default:
			return cannot_go_on(vcpu, err);
		}
	}
}

void vcpu__kick(struct vcpu *vcpu)
{
	vcpu->stop = 1;
	tell(vcpu);
}

void vcpu__join(struct vcpu *vcpu)
{
	if (vcpu->has_thread) {
		pthread_mutex_lock(&vcpu->turn);
		vcpu->held = false;
		pthread_cond_broadcast(&vcpu->turned);
		pthread_mutex_unlock(&vcpu->turn);
	}
	/* The thread may just have checked the flag: repeat until it has ended. */
	while (vcpu->has_thread) {
		const struct timespec again = soon();

		vcpu__kick(vcpu);
		if (pthread_timedjoin_np(vcpu->thread, NULL, &again) == 0)
			vcpu->has_thread = false;
	}
}

void vcpu__destroy(struct vcpu *vcpu)
{
	vcpu__join(vcpu);
	kvmstats__close(&vcpu->stats);
	dirty__unmap_ring(vcpu);
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_bytes);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	*vcpu = (struct vcpu){ .fd = -1, .stats.fd = -1 };
}
