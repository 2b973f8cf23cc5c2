// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What weights and limits promise: in proportion, nobody more than it can use, nothing lost; and
 * what the document says of what VMs got.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/backends/kvm/cpu_shares.h"
#include "bench/result/doc.h"
#include "bench/result/shares.h"

static void promise_is(double total, const double *weights, const double *most, unsigned int nr,
		       const double *expected)
{
	double promised[8], sum = 0, could = 0;

	cpu_shares__promise(total, weights, most, nr, promised);
	for (unsigned int i = 0; i < nr; i++) {
		assert_float_equal(promised[i], expected[i], 1e-9);
		sum += promised[i];
		could += most[i];
	}
	assert_float_equal(sum, total < could ? total : could, 1e-9);
}

static void weights_divide_what_there_is(void **state)
{
	(void)state;
	promise_is(100, (double[]){ 1, 2, 3, 4 }, (double[]){ 100, 100, 100, 100 }, 4,
		   (double[]){ 10, 20, 30, 40 });
	promise_is(60, (double[]){ 5, 5 }, (double[]){ 100, 100 }, 2, (double[]){ 30, 30 });
}

static void what_one_cannot_use_goes_to_the_others(void **state)
{
	(void)state;
	/* A limit of ten percent of one of four. */
	promise_is(100, (double[]){ 1, 1, 1, 1 }, (double[]){ 10, 100, 100, 100 }, 4,
		   (double[]){ 10, 30, 30, 30 });
	/* Two CPUs: no vCPU has more than one, and then the second one is full too. */
	promise_is(200, (double[]){ 6, 3, 1 }, (double[]){ 100, 100, 100 }, 3,
		   (double[]){ 100, 75, 25 });
	promise_is(200, (double[]){ 90, 9, 1 }, (double[]){ 100, 90, 100 }, 3,
		   (double[]){ 100, 90, 10 });
	/* More than all of them can use. */
	promise_is(300, (double[]){ 1, 2 }, (double[]){ 100, 100 }, 2, (double[]){ 100, 100 });
}

static double of_vm(const json_t *cell, size_t vm, const char *name)
{
	return doc__number(json_array_get(doc__at(cell, "shares.vms"), vm), name);
}

static struct measurement *round_with(double first, double second)
{
	struct measurement *m = measurement__new();

	m->shares = calloc(1, sizeof(*m->shares) + 2 * sizeof(m->shares->vms[0]));
	m->shares->nr = 2;
	m->shares->window_ns = 1000;
	m->shares->vms[0] = (struct cpu_share){ 100, 50, 250, first, 800, 700 };
	m->shares->vms[1] = (struct cpu_share){ 300, 0, 750, second, 400, 0 };
	return m;
}

static void the_document_has_what_each_got(void **state)
{
	struct measurement *rounds[] = { round_with(200, 800), round_with(300, 700),
					 round_with(1, 1) };
	struct cell_rounds r = { .rounds = rounds, .nr_rounds = 3 };
	json_t *cell = json_object();

	(void)state;
	rounds[2]->status = MEASURE_FAILED;
	result_shares__add(cell, &r);
	assert_int_equal(json_array_size(doc__at(cell, "shares.vms")), 2);
	assert_float_equal(of_vm(cell, 0, "got"), 0.25, 1e-9);
	assert_float_equal(of_vm(cell, 0, "promised"), 0.25, 1e-9);
	assert_float_equal(of_vm(cell, 0, "limit"), 0.5, 1e-9);
	assert_float_equal(of_vm(cell, 0, "seen"), 0.2, 1e-9);
	assert_float_equal(of_vm(cell, 0, "throttled"), 0.7, 1e-9);
	assert_true(isnan(of_vm(cell, 1, "limit")));
	assert_float_equal(of_vm(cell, 1, "of_promised"), 1, 1e-9);
	assert_float_equal(doc__number(cell, "shares.jain"), 1, 1e-9);
	json_object_clear(cell);
	/* One got half of its part, the other all of it: (1.5)^2 / (2 * 1.25). */
	r.nr_rounds = 1;
	rounds[0]->shares->vms[0].got_ns = 125;
	rounds[0]->shares->vms[1].got_ns = 750;
	result_shares__add(cell, &r);
	assert_float_equal(doc__number(cell, "shares.jain"), 0.9, 1e-9);
	assert_float_equal(doc__number(cell, "shares.least"), 0.5, 1e-9);
	assert_float_equal(doc__number(cell, "shares.most"), 1, 1e-9);
	json_object_clear(cell);
	r.rounds = rounds + 2;
	result_shares__add(cell, &r);
	assert_null(doc__at(cell, "shares"));
	json_decref(cell);
	for (int i = 0; i < 3; i++)
		measurement__free(rounds[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_divide_what_there_is),
		cmocka_unit_test(what_one_cannot_use_goes_to_the_others),
		cmocka_unit_test(the_document_has_what_each_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
