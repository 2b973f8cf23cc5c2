// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The workloads themselves, in this process: n operations are really n, and use all of the working
 * set, each part as often as they should.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "workloads/runtime/measure.h"

#define BYTES (64ull << 10)
#define PAGE  4096

/* Space behind the working set that no workload may touch. */
#define GUARD 64

struct place {
	struct workload_ctx ctx;
	uint64_t params[HV_MAX_PARAMS];
	volatile uint64_t state[HV_STATE_WORDS];
	const struct workload *w;
};

static struct place *begin(const char *name)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->w = measure__find(name);
	assert_non_null(p->w);
	for (int i = 0; i < HV_MAX_PARAMS && p->w->params[i].name; i++)
		p->params[i] = p->w->params[i].value;
	p->params[0] = BYTES;
	p->ctx = (struct workload_ctx){
		.params = p->params,
		.nr_cpus = 1,
		.state = p->state,
		.arena_bytes = BYTES,
		.arena = aligned_alloc(PAGE, BYTES + PAGE),
	};
	assert_non_null(p->ctx.arena);
	memset(p->ctx.arena, 0, BYTES);
	memset(p->ctx.arena + BYTES, 0xee, GUARD);
	return p;
}

static void end(struct place *p)
{
	for (int i = 0; i < GUARD; i++)
		assert_int_equal(p->ctx.arena[BYTES + i], 0xee);
	free(p->ctx.arena);
	free(p);
}

/*
 * A single ring through all elements, in random order: if it missed some, the working set would be
 * smaller.
 */
static void a_chase_comes_to_each_element_once(void **state)
{
	const uint64_t stride = 64, n = BYTES / stride;
	struct place *p;
	unsigned int in_order = 0;
	bool *seen;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		p = begin("chase");
		seen = calloc(n, sizeof(*seen));
		assert_non_null(seen);
		p->params[1] = stride;
		p->params[2] = seed;
		assert_int_equal(p->w->setup(&p->ctx), HV_REFUSED_NONE);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t at = p->state[0] - (uintptr_t)p->ctx.arena;

			assert_true(at < BYTES && at % stride == 0);
			assert_false(seen[at / stride]);
			seen[at / stride] = true;
			p->w->run(&p->ctx, 1);
			in_order += p->state[0] - (uintptr_t)p->ctx.arena == at + stride;
		}
		/* And begins again. */
		assert_int_equal(p->state[0], (uintptr_t)p->ctx.arena);
		free(seen);
		end(p);
	}
	assert_true(in_order < 20 * n / 100);
}

/* Eight at a time and what is left. */
static void a_chase_makes_as_many_loads_as_it_is_told(void **state)
{
	struct place *p = begin("chase");
	uint64_t single;

	(void)state;
	p->w->setup(&p->ctx);
	for (uint64_t n = 0; n < 20; n++) {
		p->state[0] = (uintptr_t)p->ctx.arena;
		for (uint64_t i = 0; i < n; i++)
			p->w->run(&p->ctx, 1);
		single = p->state[0];
		p->state[0] = (uintptr_t)p->ctx.arena;
		p->w->run(&p->ctx, n);
		assert_int_equal(p->state[0], single);
	}
	end(p);
}

static void a_chase_of_nothing_is_refused(void **state)
{
	struct place *p = begin("chase");

	(void)state;
	p->params[1] = BYTES;
	assert_int_equal(p->w->setup(&p->ctx), HV_REFUSED_PARAMETER);
	p->params[1] = 12;
	assert_int_equal(p->w->setup(&p->ctx), HV_REFUSED_PARAMETER);
	end(p);
}

/* n operations touch n pages, one after the other, at the right bytes. */
static void pages_are_touched_once(void **state)
{
	static const char *const names[] = { "touch", "rewrite" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct place *p = begin(names[k]);

		assert_int_equal(p->w->max_ops(p->params), BYTES / PAGE);
		p->w->run(&p->ctx, 5);
		p->w->run(&p->ctx, 1);
		for (uint64_t i = 0; i < BYTES; i++)
			assert_int_equal(p->ctx.arena[i], i % PAGE == 0 && i < 6 * PAGE);
		p->w->run(&p->ctx, BYTES / PAGE - 6);
		for (uint64_t i = 0; i < BYTES; i += PAGE)
			assert_int_equal(p->ctx.arena[i], 1);
		end(p);
		/* Not each of them. */
		p = begin(names[k]);
		p->params[1] = 4 * PAGE;
		assert_int_equal(p->w->max_ops(p->params), BYTES / PAGE / 4);
		p->w->run(&p->ctx, BYTES / PAGE / 4);
		for (uint64_t i = 0; i < BYTES; i += PAGE)
			assert_int_equal(p->ctx.arena[i], i % (4 * PAGE) == 0);
		end(p);
	}
}

/* A pass goes through everything, and counts what it moved. */
static void bandwidth_is_of_the_whole_working_set(void **state)
{
	struct place *p = begin("bandwidth");
	enum { READ, WRITE, COPY };

	(void)state;
	assert_int_equal(p->w->arena_bytes(p->params), BYTES);
	assert_int_equal(p->w->setup(&p->ctx), HV_REFUSED_NONE);
	for (uint64_t i = 0; i < BYTES; i++)
		assert_int_equal(p->ctx.arena[i], 0x5a);
	memset(p->ctx.arena, 1, BYTES);
	p->params[1] = READ;
	p->w->run(&p->ctx, 3);
	for (uint64_t i = 0; i < BYTES; i++)
		assert_int_equal(p->ctx.arena[i], 1);
	p->params[1] = WRITE;
	assert_int_equal(p->w->bytes_per_op(p->params), BYTES);
	p->w->run(&p->ctx, 1);
	for (uint64_t i = 0; i < BYTES; i++)
		assert_int_equal(p->ctx.arena[i], 0x5a);
	/* Half is read and half is written: together everything. */
	memset(p->ctx.arena + BYTES / 2, 7, BYTES / 2);
	p->params[1] = COPY;
	assert_int_equal(p->w->bytes_per_op(p->params), BYTES);
	p->w->run(&p->ctx, 1);
	for (uint64_t i = 0; i < BYTES; i++)
		assert_int_equal(p->ctx.arena[i], 7);
	end(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chase_comes_to_each_element_once),
		cmocka_unit_test(a_chase_makes_as_many_loads_as_it_is_told),
		cmocka_unit_test(a_chase_of_nothing_is_refused),
		cmocka_unit_test(pages_are_touched_once),
		cmocka_unit_test(bandwidth_is_of_the_whole_working_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
