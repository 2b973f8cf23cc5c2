/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arch.h"
#include "workloads/runtime/measure.h"

#define WARMUP_BATCHES	   1
#define CALIBRATION_TRIALS 3
#define OVERHEAD_TRIALS	   64
#define EXACT_TRIALS	   16
/* With an exact clock no round takes much longer than these, nor fewer samples. */
#define EXACT_BUDGET_CYCLES 200000000
#define EXACT_LEAST_SAMPLES 21
#define MOST_AROUND \
	64 /* instructions around a loop; more than that belong to an
					 * operation */
#define MAX_OPS_PER_SAMPLE (1ull << 32)

struct measure {
	struct hv_mailbox *mb;
	const struct hv_command *cmd;
	const struct workload *w;
	struct workload_ctx *ctx;
	const struct measure_hooks *hooks;
	uint64_t ops_left; /* for workloads that can perform only a limited number */
	uint64_t *samples; /* where this vCPU's go */
	uint64_t *empty;
	uint32_t max_empty;
};

static int is_leader(const struct measure *m)
{
	return !m->hooks->crew || m->ctx->cpu == 0;
}

static void meet(struct measure *m)
{
	if (m->hooks->crew)
		crew__meet(m->hooks->crew);
}

/*
 * Called like a workload's function. noipa keeps the compiler from specializing it for a constant
 * number of operations.
 */
static __attribute__((noipa)) uint64_t empty_loop(struct workload_ctx *ctx, uint64_t n)
{
	(void)ctx;
	while (n--)
		asm volatile("");
	return 0;
}

static uint64_t call(struct measure *m, workload_fn fn, uint64_t n)
{
	if (m->cmd->ring == 0)
		return m->hooks->at_ring0(fn, m->ctx, n);
	return fn(m->ctx, n);
}

/*
 * The clock is read at CPL3 whatever the ring is, so the way to CPL0 and back is part of the empty
 * loop too and cancels out. All callers share this one copy of the code (noipa): otherwise the
 * instructions around the call would differ between them.
 */
static __attribute__((noipa)) uint64_t timed(struct measure *m, workload_fn fn, uint64_t n)
{
	uint64_t start = arch_clock();

	call(m, fn, n);
	return arch_clock() - start;
}

static unsigned int hist_bucket(uint64_t value)
{
	unsigned int msb;

	if (value < 1u << HV_HIST_SUB_BITS)
		return (unsigned int)value;
	msb = 63 - (unsigned int)__builtin_clzll(value);
	return ((msb - HV_HIST_SUB_BITS + 1) << HV_HIST_SUB_BITS) +
	       (unsigned int)((value >> (msb - HV_HIST_SUB_BITS)) & ((1u << HV_HIST_SUB_BITS) - 1));
}

static void record_single(struct measure *m, uint64_t cycles)
{
	struct hv_status *status = &m->mb->status;

	m->mb->hist[hist_bucket(cycles)]++;
	status->nr_singles++;
	if (cycles > status->single_max)
		status->single_max = cycles;
}

/* The least of a few: one batch that the host interrupted would look like a slow operation. */
static uint64_t least_timed(struct measure *m, uint64_t n)
{
	uint64_t least = ~0ull;

	for (int i = 0; i < CALIBRATION_TRIALS; i++) {
		uint64_t cycles = timed(m, m->w->run, n);

		if (cycles < least)
			least = cycles;
	}
	return least;
}

static uint64_t calibrate(struct measure *m)
{
	uint64_t target = m->cmd->target_cycles;
	uint64_t n = 1, cycles;

	/*
	 * The code is cold, or an emulator has yet to translate it: the time of this call is not
	 * used.
	 */
	timed(m, m->w->run, 1);
	cycles = least_timed(m, 1);
	/* Double n until a batch is long enough to extrapolate from; this also warms up. */
	while (cycles < target / 4 && n < MAX_OPS_PER_SAMPLE / 2) {
		n *= 2;
		cycles = least_timed(m, n);
	}
	if (cycles == 0)
		return n;
	n = n * target / cycles;
	return n ? n : 1;
}

/* Lets the other VM take its turn. Returns whether it did. */
static int step(struct measure *m)
{
	if (!(m->cmd->flags & HV_CMD_STEP))
		return 0;
	m->hooks->bell(m->hooks->ctx, HV_BELL_STEP);
	return 1;
}

static void mark(const struct measure *m)
{
	if (m->hooks->mark && m->cmd->flags & HV_CMD_MARK)
		m->hooks->mark();
}

/*
 * Whether what there is suffices of operations that take millions of instructions each, as where an
 * emulated host's one CPU goes from a vCPU that spins to the one that it waits for only when its
 * time slice is over. Hundreds of them would take the emulator minutes.
 */
static bool is_enough(const struct measure *m, uint64_t start, uint32_t samples)
{
	return m->cmd->flags & HV_CMD_EXACT && samples >= EXACT_LEAST_SAMPLES &&
	       arch_clock() - start > EXACT_BUDGET_CYCLES;
}

static int self_timed_samples(struct measure *m)
{
	struct hv_status *status = &m->mb->status;
	uint64_t start;

	/*
	 * The first operation finds cold code and, with two vCPUs, an assistant that may not be
	 * ready yet.
	 */
	if (call(m, m->w->run, 1) == HV_EVENT_LOST)
		return HV_REFUSED_TIMEOUT;
	m->ops_left--;
	status->ops_per_sample = 1;
	mark(m);
	m->hooks->bell(m->hooks->ctx, HV_BELL_BEGIN);
	start = arch_clock();
	for (uint32_t i = 0; i < m->cmd->samples && i < m->ops_left && !is_enough(m, start, i);
	     i++) {
		uint64_t cycles;

		step(m);
		cycles = call(m, m->w->run, 1);
		if (cycles == HV_EVENT_LOST)
			return HV_REFUSED_TIMEOUT;
		m->samples[i] = cycles;
		status->nr_samples = i + 1;
	}
	m->hooks->bell(m->hooks->ctx, HV_BELL_END);
	for (uint32_t i = 0; i < status->nr_samples; i++)
		record_single(m, m->mb->samples[i]);
	return HV_REFUSED_NONE;
}

/* Returns how many there are. */
static uint32_t empty_loops(struct measure *m, uint64_t n)
{
	uint32_t nr = 0;

	while (!m->w->keep_loop && nr < m->cmd->samples && nr < m->max_empty)
		m->empty[nr++] = timed(m, empty_loop, n);
	return nr;
}

static void empty_samples(struct measure *m, uint64_t n)
{
	struct hv_status *status = &m->mb->status;
	uint64_t least = ~0ull;

	status->nr_empty = empty_loops(m, n);
	for (int i = 0; i < OVERHEAD_TRIALS && m->cmd->singles; i++) {
		uint64_t cycles = timed(m, empty_loop, 1);

		if (cycles < least)
			least = cycles;
	}
	status->single_overhead = m->cmd->singles ? least : 0;
}

static void sort(uint64_t *value, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && value[j - 1] > value[j]; j--) {
			const uint64_t higher = value[j - 1];

			value[j - 1] = value[j];
			value[j] = higher;
		}
}

/*
 * What most trials took: some may take a shorter way, or a longer one. Of several that came as
 * often the least; where none came twice the lower median.
 */
static uint64_t usual_of(uint64_t *value, int n)
{
	uint64_t usual;
	int most = 1;

	sort(value, n);
	usual = value[(n - 1) / 2];
	for (int i = 0, same; i < n; i += same) {
		for (same = 1; i + same < n && value[i + same] == value[i]; same++)
			;
		if (same > most) {
			most = same;
			usual = value[i];
		}
	}
	return usual;
}

static uint64_t usual_net(struct measure *m, uint64_t n)
{
	uint64_t empty[EXACT_TRIALS], full[EXACT_TRIALS];

	for (int i = 0; i < EXACT_TRIALS; i++) {
		empty[i] = timed(m, empty_loop, n);
		full[i] = timed(m, m->w->run, n);
	}
	return usual_of(full, EXACT_TRIALS) - usual_of(empty, EXACT_TRIALS);
}

/*
 * A workload's function has instructions before and after its loop that the empty loop's function
 * does not have. For n operations net(n) = around + n * operation, so around = 2 net(1) - net(2).
 * It is added to the empty loop's samples and subtracted with them. An error in it would be one of
 * every sample, so it is made of what an operation usually takes, not of the least.
 */
static void add_around(struct measure *m, uint32_t nr_empty)
{
	uint64_t around;

	if (m->w->keep_loop || m->ops_left < 3 * EXACT_TRIALS) {
		mark(m);
		return;
	}
	around = 2 * usual_net(m, 1);
	mark(m);
	around -= usual_net(m, 2);
	if (m->w->max_ops)
		m->ops_left -= 3 * EXACT_TRIALS;
	for (uint32_t i = 0; i < nr_empty && (around <= MOST_AROUND || m->w->long_around); i++)
		m->empty[i] += around;
}

/* How many operations make a sample, and how many samples there are. */
static void choose_size(struct measure *m, uint64_t *ops_per_sample, uint32_t *samples)
{
	uint64_t n = m->cmd->ops_per_sample, asked = n;
	uint64_t shared = m->w->shared_by ? m->w->shared_by(m->cmd->params) : 1;

	*samples = m->cmd->samples;
	if (m->w->max_ops) {
		/*
		 * Each operation can be done only once: no calibration, no warm-up; three quarters
		 * go into batches, the rest are left for single operations.
		 */
		if (n == 0 || n > m->ops_left / *samples)
			n = m->ops_left * 3 / 4 / *samples;
		if (n == 0) {
			n = 1;
			*samples = (uint32_t)(m->ops_left * 3 / 4);
		}
	} else if (n == 0) {
		n = calibrate(m);
	}
	if (shared > 1 && shared <= m->ops_left && (!asked || m->w->max_ops)) {
		n = (n + shared - 1) / shared * shared;
		if (n > m->ops_left / *samples)
			*samples = (uint32_t)(m->ops_left / n);
	}
	*ops_per_sample = n;
}

static void warm_up(struct measure *m, uint64_t n)
{
	for (int i = 0; i < WARMUP_BATCHES && !m->w->max_ops; i++)
		timed(m, m->w->run, n);
}

static void batch_samples(struct measure *m)
{
	const struct hv_command *cmd = m->cmd;
	struct hv_status *status = &m->mb->status;
	uint64_t n, start;
	uint32_t samples;

	choose_size(m, &n, &samples);
	if (m->w->max_ops)
		m->ops_left -= n * samples;
	warm_up(m, n);
	status->ops_per_sample = n;
	empty_samples(m, n);
	if (cmd->flags & HV_CMD_EXACT)
		add_around(m, status->nr_empty);

	m->hooks->bell(m->hooks->ctx, HV_BELL_BEGIN);
	start = arch_clock();
	for (uint32_t i = 0; i < samples && !is_enough(m, start, i); i++) {
		/*
		 * After another VM's turn the first operation finds everything cold. It is not
		 * timed: otherwise the cost of an operation would depend on how many make a sample.
		 */
		if (step(m) && !m->w->max_ops)
			call(m, m->w->run, 1);
		m->samples[i] = timed(m, m->w->run, n);
		status->nr_samples = i + 1;
	}
	m->hooks->bell(m->hooks->ctx, HV_BELL_END);

	start = arch_clock();
	for (uint32_t i = 0; i < cmd->singles && i < m->ops_left; i++) {
		record_single(m, timed(m, m->w->run, 1));
		if (arch_clock() - start > cmd->single_budget_cycles)
			break;
	}
}

/*
 * Goes on without being timed, so that others are measured in company, while *until is below `end`.
 * Returns how many batches that were.
 */
static uint32_t keep_going(struct measure *m, const uint32_t *until, uint32_t end)
{
	struct crew *c = m->hooks->crew;
	uint32_t batches = 0;

	while (!m->w->max_ops && __atomic_load_n(until, __ATOMIC_ACQUIRE) < end) {
		call(m, m->w->run, c->ops_per_sample);
		batches++;
	}
	return batches;
}

/*
 * All begin at once and go on until the last one has its samples, so that every sample is taken
 * while all are at work.
 */
static void samples_in_company(struct measure *m)
{
	struct crew *c = m->hooks->crew;
	uint32_t overhang;

	meet(m);
	for (uint32_t i = 0; i < c->samples; i++) {
		m->samples[i] = timed(m, m->w->run, c->ops_per_sample);
		if (is_leader(m))
			m->mb->status.nr_samples = i + 1;
	}
	__atomic_add_fetch(&c->done, 1, __ATOMIC_ACQ_REL);
	overhang = keep_going(m, &c->done, c->size);
	__atomic_add_fetch(&c->overhang, overhang, __ATOMIC_ACQ_REL);
	/* Nobody is still at work when the host looks at its counters. */
	meet(m);
}

/* Where VMs take turns, none of the crew may be in a sample when the other VM's turn begins. */
static void samples_in_turns(struct measure *m)
{
	struct crew *c = m->hooks->crew;

	for (uint32_t i = 0; i < c->samples; i++) {
		if (is_leader(m))
			step(m);
		meet(m);
		if (!m->w->max_ops)
			call(m, m->w->run, 1);
		meet(m);
		m->samples[i] = timed(m, m->w->run, c->ops_per_sample);
		if (is_leader(m))
			m->mb->status.nr_samples = i + 1;
		meet(m);
	}
}

/* The leader's operations one by one, while the others go on. */
static void singles_in_company(struct measure *m)
{
	const struct hv_command *cmd = m->cmd;
	struct crew *c = m->hooks->crew;
	uint64_t start = arch_clock();

	if (!is_leader(m)) {
		keep_going(m, &c->finished, 1);
		return;
	}
	for (uint32_t i = 0; i < cmd->singles && i < m->ops_left; i++) {
		record_single(m, timed(m, m->w->run, 1));
		if (arch_clock() - start > cmd->single_budget_cycles)
			break;
	}
	__atomic_store_n(&c->finished, 1, __ATOMIC_RELEASE);
}

/* batch_samples() for a crew: by each of them, with what has to be alike from the leader. */
static void batch_samples_together(struct measure *m)
{
	struct hv_status *status = &m->mb->status;
	struct crew *c = m->hooks->crew;
	uint32_t nr_empty;

	/* Calibrated alone, so that it does not depend on how many there are. */
	if (is_leader(m)) {
		choose_size(m, &c->ops_per_sample, &c->samples);
		status->ops_per_sample = c->ops_per_sample;
	}
	meet(m);
	if (m->w->max_ops)
		m->ops_left -= c->ops_per_sample * c->samples;
	warm_up(m, c->ops_per_sample);
	meet(m);
	if (is_leader(m)) {
		empty_samples(m, c->ops_per_sample);
		nr_empty = status->nr_empty;
	} else {
		nr_empty = empty_loops(m, c->ops_per_sample);
	}
	meet(m);
	if (m->cmd->flags & HV_CMD_EXACT)
		add_around(m, nr_empty);
	meet(m);
	if (is_leader(m))
		m->hooks->bell(m->hooks->ctx, HV_BELL_BEGIN);
	if (m->cmd->flags & HV_CMD_STEP)
		samples_in_turns(m);
	else
		samples_in_company(m);
	if (is_leader(m)) {
		status->overhang = c->overhang;
		m->hooks->bell(m->hooks->ctx, HV_BELL_END);
	}
	meet(m);
	singles_in_company(m);
}

/* What one refuses, none may begin: the others would wait for it. */
static int agree(struct measure *m, int refusal)
{
	struct crew *c = m->hooks->crew;

	if (!c)
		return refusal;
	if (refusal)
		__atomic_store_n(&c->refusal, (uint32_t)refusal, __ATOMIC_RELEASE);
	meet(m);
	return (int)__atomic_load_n(&c->refusal, __ATOMIC_ACQUIRE);
}

/* The arrays of the mailbox, in equal parts. */
static int take_places(struct measure *m)
{
	uint32_t size = m->hooks->crew ? m->hooks->crew->size : 1;
	uint32_t place = m->hooks->crew ? m->ctx->cpu : 0;

	if (m->cmd->samples == 0 || m->cmd->samples > HV_MAX_SAMPLES / size)
		return HV_REFUSED_PARAMETER;
	if (m->hooks->crew && !workload_is_parallel(m->w))
		return HV_REFUSED_PARAMETER;
	m->max_empty = HV_MAX_EMPTY / size;
	m->samples = m->mb->samples + (size_t)place * m->cmd->samples;
	m->empty = m->mb->empty + (size_t)place * m->max_empty;
	return HV_REFUSED_NONE;
}

static int prepare(struct measure *m)
{
	return m->w->setup ? m->w->setup(m->ctx) : HV_REFUSED_NONE;
}

static int prepare_and_try(void *measure)
{
	struct measure *m = measure;
	int refusal = prepare(m);

	if (!refusal)
		call(m, m->w->run, 1);
	return refusal;
}

int measure__run(struct hv_mailbox *mb, const struct hv_command *cmd, const struct workload *w,
		 struct workload_ctx *ctx, const struct measure_hooks *hooks)
{
	struct measure m = {
		.mb = mb,
		.cmd = cmd,
		.w = w,
		.ctx = ctx,
		.hooks = hooks,
		.ops_left = ~0ull,
	};
	int refusal = take_places(&m);

	if (refusal)
		return refusal;
	if (cmd->ring != 3 && !(cmd->ring == 0 && hooks->at_ring0))
		return HV_REFUSED_PARAMETER;
	if (w->arena_bytes &&
	    w->arena_bytes(cmd->params) > (hooks->crew ? ctx->arena_bytes : cmd->arena_bytes))
		return HV_REFUSED_ARENA_TOO_SMALL;
	if (w->max_ops) {
		m.ops_left = w->max_ops(cmd->params);
		if (m.ops_left == 0)
			return HV_REFUSED_PARAMETER;
	}
	/* What the first vCPU has the others have. */
	if (w->optional && hooks->attempt && ctx->cpu == 0) {
		refusal = agree(&m, hooks->attempt(prepare_and_try, &m));
		m.ops_left--;
	} else {
		refusal = agree(&m, prepare(&m));
	}
	if (refusal)
		return refusal;
	if (w->kind == WORKLOAD_SELF_TIMED)
		return self_timed_samples(&m);
	if (w->run && hooks->crew)
		batch_samples_together(&m);
	else if (w->run)
		batch_samples(&m);
	return HV_REFUSED_NONE;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

const struct workload *measure__find(const char *name)
{
	for_each_workload(entry)
		if (same((*entry)->name, name))
			return *entry;
	return NULL;
}
