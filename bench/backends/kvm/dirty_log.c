// SPDX-License-Identifier: GPL-2.0-or-later
/* The host's half of workloads/dirty-log.c: the steps of dirty logging. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/backends/kvm/session.h"
#include "bench/base/clock.h"
#include "bench/vmm/dirty.h"
#include "bench/vmm/slots.h"

/* Of the workload's parameters and their choices. */
enum { WORKING_SET, STEP, LOG, OF };
enum { STEP_ENABLE, STEP_DIRTY, STEP_GET, STEP_CLEAR, STEP_RESET, STEP_DISABLE, NR_STEPS };
enum { LOG_BITMAP, LOG_MANUAL, LOG_MANUAL_SET, LOG_RING };

#define PAGE_BYTES 4096

static bool is_manual(const struct session *s)
{
	uint64_t log = s->cell->params[LOG];

	return log == LOG_MANUAL || log == LOG_MANUAL_SET;
}

static int before(struct session *s, struct error *err)
{
	uint64_t step = s->cell->params[STEP], log = s->cell->params[LOG];

	if (step == STEP_CLEAR && !is_manual(s))
		return error__set(err, -EOPNOTSUPP,
				  "step=clear: only log=manual and manual-set "
				  "have it");
	if (step == STEP_RESET && log != LOG_RING)
		return error__set(err, -EOPNOTSUPP, "step=reset: only log=ring has it");
	if (step == STEP_DIRTY && s->cell->params[OF] == OF_STALL)
		return error__set(err, -EOPNOTSUPP,
				  "step=dirty: the vCPUs write, none of them "
				  "spins");
	if (log == LOG_RING) {
		/* All of the working set in each ring, and what KVM keeps free. */
		s->config.dirty_log = DIRTY_LOG_RING;
		s->vm_req.dirty_ring_entries = DIRTY_RING_MOST;
		if (s->cell->params[WORKING_SET] / PAGE_BYTES / s->vm_req.nr_vcpus >
		    DIRTY_RING_MOST * 3 / 4)
			return error__set(err, -EOPNOTSUPP,
					  "log=ring: %u entries of a vCPU's ring do not hold the "
					  "pages of this working set; use a smaller one",
					  DIRTY_RING_MOST);
		return dirty__check(DIRTY_LOG_RING, err);
	}
	return 0;
}

static int open_session(struct session *s, struct error *err)
{
	uint64_t log = s->cell->params[LOG];
	int can = ioctl(s->vm->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2);
	struct kvm_enable_cap enable = {
		.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
		.args = { KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE },
	};

	s->own = calloc((s->vm->arena.bytes / PAGE_BYTES + 63) / 64, sizeof(uint64_t));
	if (!s->own)
		return error__set(err, -ENOMEM, "no memory for the dirty log");
	if (!is_manual(s))
		return 0;
	if (log == LOG_MANUAL_SET)
		enable.args[0] |= KVM_DIRTY_LOG_INITIALLY_SET;
	if (can <= 0 || (enable.args[0] & ~(uint64_t)can))
		return error__set(err, -EOPNOTSUPP, "log=%s: this KVM has no %s",
				  log == LOG_MANUAL_SET ? "manual-set" : "manual",
				  log == LOG_MANUAL_SET ?
					  "KVM_DIRTY_LOG_INITIALLY_SET (Linux 5.7)" :
					  "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 "
					  "(Linux 5.2)");
	if (ioctl(s->vm->fd, KVM_ENABLE_CAP, &enable) < 0)
		return error__set(err, -errno, "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: %s",
				  strerror(errno));
	return 0;
}

static int enable(struct session *s, struct error *err)
{
	return vm__log_arena(s->vm, true, err);
}

static int disable(struct session *s, struct error *err)
{
	return vm__log_arena(s->vm, false, err);
}

static int get(struct session *s, struct error *err)
{
	struct kvm_dirty_log log = { .slot = VM_SLOT_ARENA, .dirty_bitmap = s->own };

	if (s->cell->params[LOG] == LOG_RING) {
		for (unsigned int i = 0; i < s->vm->nr_vcpus; i++)
			dirty__take(&s->vm->vcpus[i]);
		return 0;
	}
	if (ioctl(s->vm->fd, KVM_GET_DIRTY_LOG, &log) < 0)
		return error__set(err, -errno, "KVM_GET_DIRTY_LOG: %s", strerror(errno));
	return 0;
}

static int clear(struct session *s, struct error *err)
{
	struct kvm_clear_dirty_log log = {
		.slot = VM_SLOT_ARENA,
		.num_pages = (uint32_t)(s->vm->arena.bytes / PAGE_BYTES),
		.dirty_bitmap = s->own,
	};

	if (ioctl(s->vm->fd, KVM_CLEAR_DIRTY_LOG, &log) < 0)
		return error__set(err, -errno, "KVM_CLEAR_DIRTY_LOG: %s", strerror(errno));
	return 0;
}

static int reset(struct session *s, struct error *err)
{
	return dirty__reset(s->vm, err);
}

/* The step, timed if it is the one that is asked for. */
static int do_step(struct session *s, unsigned int step, double *ns, struct error *err)
{
	static int (*const calls[NR_STEPS])(struct session * s, struct error * err) = {
		[STEP_ENABLE] = enable, [STEP_GET] = get,	  [STEP_CLEAR] = clear,
		[STEP_RESET] = reset,	[STEP_DISABLE] = disable,
	};

	if (step == s->cell->params[STEP])
		return session__time(s, (enum session_figure)s->cell->params[OF], calls[step], ns,
				     err);
	return calls[step](s, err);
}

static int dirty(struct session *s, double *ns, struct error *err)
{
	return session__pass(s, HV_ORDER_WRITE, s->cell->params[WORKING_SET], PAGE_BYTES, ns, err);
}

static int sample(struct session *s, double *ns, struct error *err)
{
	bool ring = s->cell->params[LOG] == LOG_RING;
	double pass_ns = 0;
	/* All pages there and writable, as they are when a migration begins. */
	int ret = dirty(s, NULL, err);

	if (!ret)
		ret = do_step(s, STEP_ENABLE, ns, err);
	/* Where pages are not protected from the start, the first clear does it. */
	if (!ret && s->cell->params[LOG] == LOG_MANUAL_SET) {
		ret = get(s, err);
		if (!ret)
			ret = clear(s, err);
	}
	if (!ret)
		ret = dirty(s, &pass_ns, err);
	if (s->cell->params[STEP] == STEP_DIRTY)
		*ns = pass_ns;
	if (!ret)
		ret = do_step(s, STEP_GET, ns, err);
	if (!ret && is_manual(s))
		ret = do_step(s, STEP_CLEAR, ns, err);
	if (!ret && ring)
		ret = do_step(s, STEP_RESET, ns, err);
	if (!ret)
		ret = do_step(s, STEP_DISABLE, ns, err);
	return ret;
}

DEFINE_HOST_HALF(dirty_log) = {
	.workload = "dirty-log",
	.before = before,
	.open = open_session,
	.sample = sample,
};
