// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Profiles made by hand as metrics: what makes a VM unique, counters that only grow, VMs that come
 * and go, PIDs that are used again, and what a scrape of 500 vCPUs costs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/profile/metrics.h"
#include "bench/profile/session.c"

/* A page as text that ends in a NUL. */
static char *page_of(struct profile_metrics *m, struct profile *p, bool classic)
{
	struct openmetrics om = { .classic = classic };

	assert_int_equal(profile_metrics__write(m, p, &om), 0);
	om.text.at = realloc(om.text.at, om.text.len + 1);
	assert_non_null(om.text.at);
	om.text.at[om.text.len] = '\0';
	return om.text.at;
}

static void assert_has(const char *page, const char *line)
{
	if (!strstr(page, line))
		fail_msg("'%s' is not in:\n%s", line, page);
}

static void assert_lacks(const char *page, const char *text)
{
	if (strstr(page, text))
		fail_msg("'%s' is in:\n%s", text, page);
}

static void add_process(struct profile *p, pid_t pid, const char *name)
{
	struct vm_process process = { .pid = pid, .comm = "qemu", .nr_vms = 1 };

	snprintf(process.name.name, sizeof(process.name.name), "%s", name);
	assert_non_null(profile__add_vm(p, &process));
}

static void add_exits(struct profile *p, int64_t group, const char *reason, uint64_t key,
		      uint64_t n, uint64_t ns)
{
	struct exits_sum *sum = calloc(1, sizeof(*sum));

	snprintf(sum->name, sizeof(sum->name), "%s", reason);
	sum->key = key;
	sum->count = n;
	sum->ns = n * ns;
	sum->user_ns = n;
	hist__add(&sum->hist, ns, n);
	sum->top = hist__bucket(ns);
	assert_int_equal(exits_profile__merge(&p->total, sum, group), 0);
	free(sum);
}

static const struct profile_options by_vm = { .vcpu = -1 };
static const struct profile_options by_vcpu = { .vcpu = -1, .by = PROFILE_BY_VCPU };

static void a_vm_has_its_names_and_figures(void **state)
{
	struct profile p = { .opts = &by_vm, .now_ns = 5000000000 };
	struct profile_metrics m = { .nr_series = 0 };
	char *page;

	(void)state;
	add_process(&p, 11, "web\"1\\");
	strcpy(p.vms[0].process.name.pod, "default/web");
	strcpy(p.vms[0].process.name.uuid, "1-2");
	assert_non_null(profile__add_vcpu(&p, &(struct profile_vcpu){ .tgid = 11, .id = 0 }));
	add_exits(&p, 11, "hlt", 1, 3, 1000);
	page = page_of(&m, &p, false);
	assert_has(page, "hvbench_exits_total{vm=\"web\\\"1\\\\\",pod=\"default/web\",pid=\"11\","
			 "reason=\"hlt\"} 3\n");
	assert_has(page, "pid=\"11\",reason=\"hlt\",le=\"1.023e-06\"} 3\n");
	assert_has(page, "hvbench_exit_seconds_sum{vm=\"web\\\"1\\\\\",pod=\"default/web\","
			 "pid=\"11\",reason=\"hlt\"} 0.000003000\n");
	assert_has(page, "hvbench_vcpus{vm=\"web\\\"1\\\\\",pod=\"default/web\",pid=\"11\"} 1\n");
	assert_has(page, "hvbench_vcpu_seconds_total{vm=\"web\\\"1\\\\\",pod=\"default/web\","
			 "pid=\"11\"} 5.000000000\n");
	assert_has(page, "pid=\"11\",comm=\"qemu\",uuid=\"1-2\"} 1\n");
	assert_has(page, "hvbench_not_recorded_total{what=\"off-CPU time\"} 0\n# ");
	assert_has(page, "\n# EOF\n");
	free(page);
	profile_metrics__free(&m);
	profile__close(&p);
}

static void what_another_reason_counts_too_is_apart(void **state)
{
	struct profile p = { .opts = &by_vm };
	struct profile_metrics m = { .nr_series = 0 };
	char *page;

	(void)state;
	add_process(&p, 11, "a");
	add_exits(&p, 11, "kvm_pio", 1, 3, 1000);
	add_exits(&p, 11, "kvm_userspace_exit", 2, 3, 1000);
	p.total.list[1]->repeats = true;
	page = page_of(&m, &p, true);
	assert_has(page, "hvbench_exits_total{vm=\"a\",pid=\"11\",reason=\"kvm_pio\"} 3\n");
	assert_has(page, "hvbench_exits_repeated_total{vm=\"a\",pid=\"11\","
			 "reason=\"kvm_userspace_exit\"} 3\n");
	assert_lacks(page, "hvbench_exits_total{vm=\"a\",pid=\"11\",reason=\"kvm_userspace");
	free(page);
	profile_metrics__free(&m);
	profile__close(&p);
}

/* The second VM of a process, and a vCPU that came back: no two lines have the same name. */
static void each_series_is_there_once(void **state)
{
	struct profile p = { .opts = &by_vcpu };
	struct profile_metrics m = { .nr_series = 0 };
	char *page;

	(void)state;
	add_process(&p, 11, "a");
	for (unsigned int i = 0; i < 3; i++) {
		assert_non_null(profile__add_vcpu(
			&p, &(struct profile_vcpu){ .tgid = 11, .id = 0, .kvm = i == 1 ? 8 : 4 }));
		add_exits(&p, i, "hlt", 1, 1ull << i, 1000);
	}
	page = page_of(&m, &p, true);
	assert_has(page, "exits_total{vm=\"a\",pid=\"11\",vcpu=\"0\",reason=\"hlt\"} 5\n");
	assert_has(page,
		   "exits_total{vm=\"a\",pid=\"11\",number=\"1\",vcpu=\"0\",reason=\"hlt\"} 2\n");
	assert_has(page, "vcpu=\"0\",reason=\"hlt\",le=\"1.023e-06\"} 5\n");
	free(page);
	/* Scraped again it is the same and not twice as much. */
	page = page_of(&m, &p, true);
	assert_has(page, "exits_total{vm=\"a\",pid=\"11\",vcpu=\"0\",reason=\"hlt\"} 5\n");
	assert_has(page, "vcpu=\"0\",reason=\"hlt\",le=\"1.023e-06\"} 5\n");
	free(page);
	profile_metrics__free(&m);
	profile__close(&p);
}

static void time_out_of_the_guest_never_shrinks(void **state)
{
	struct profile p = { .opts = &by_vm };
	struct profile_metrics m = { .nr_series = 0 };
	char *page;

	(void)state;
	add_process(&p, 11, "a");
	add_exits(&p, 11, "hlt", 1, 1, 1000);
	p.total.list[0]->clip_ns = 500;
	free(page_of(&m, &p, false));
	p.total.list[0]->clip_ns = 400;
	page = page_of(&m, &p, false);
	assert_has(page, "hvbench_out_of_guest_seconds_total{vm=\"a\",pid=\"11\",reason=\"hlt\"} "
			 "0.000001500\n");
	free(page);
	profile_metrics__free(&m);
	profile__close(&p);
}

/* A thousand VMs come and go: their series end, and so does what they take. */
static void vms_that_are_gone_are_forgotten_after_a_while(void **state)
{
	struct profile p = { .opts = &by_vm, .now_ns = 1 };
	struct profile_metrics m = { .nr_series = 0 };
	char *page;

	(void)state;
	add_process(&p, 1, "stays");
	add_exits(&p, 1, "hlt", 1, 1, 1000);
	p.total.list[0]->clip_ns = 500;
	for (int i = 0; i < 1000; i++) {
		/* No process has such a number. */
		add_process(&p, PROFILE_AGAIN - 1 - i, "goes");
		add_exits(&p, PROFILE_AGAIN - 1 - i, "hlt", 1, 1, 1000);
	}
	p.now_ns = clock__kernel_ns();
	page = page_of(&m, &p, false);
	assert_has(page, "vm=\"goes\"");
	free(page);
	assert_int_equal(profile_metrics__look(&m, &p), 0);
	page = page_of(&m, &p, false);
	assert_has(page, "hvbench_exits_total{vm=\"goes\"");
	free(page);
	p.now_ns = clock__kernel_ns() + PROFILE_METRICS_KEEP_NS;
	p.total.list[0]->clip_ns = 0;
	assert_int_equal(profile_metrics__look(&m, &p), 0);
	assert_int_equal(p.total.nr, 1);
	page = page_of(&m, &p, false);
	assert_lacks(page, "goes");
	assert_has(page, "hvbench_exits_total{vm=\"stays\",pid=\"1\",reason=\"hlt\"} 1\n");
	/* What was told is remembered beyond that. */
	assert_has(page,
		   "hvbench_out_of_guest_seconds_total{vm=\"stays\",pid=\"1\",reason=\"hlt\"} "
		   "0.000001500\n");
	free(page);
	/* More can be added. */
	add_exits(&p, 1, "cpuid", 2, 7, 1000);
	page = page_of(&m, &p, false);
	assert_has(page, "hvbench_exits_total{vm=\"stays\",pid=\"1\",reason=\"cpuid\"} 7\n");
	free(page);
	profile_metrics__free(&m);
	profile__close(&p);
}

static void a_number_that_is_used_again_is_another_vm(void **state)
{
	struct profile p = { .opts = &by_vm };
	struct profile_metrics m = { .nr_series = 0 };
	pid_t self = getpid(), again;
	char *page, line[128];

	(void)state;
	add_process(&p, self, "old");
	assert_int_equal(process_now(&p, self), self);
	p.vms[0].process.started = vmfind__started(self);
	assert_int_not_equal(p.vms[0].process.started, 0);
	assert_int_equal(process_now(&p, self), self);
	p.vms[0].process.started -= 1;
	again = process_now(&p, self);
	assert_int_equal(again, self + PROFILE_AGAIN);
	assert_int_equal(profile__number(again), self);
	add_exits(&p, self, "hlt", 1, 5, 1000);
	meet_process(&p, again);
	assert_int_equal(p.nr_vms, 2);
	strcpy(p.vms[1].process.name.name, "new");
	assert_int_equal(process_now(&p, self), again);
	add_exits(&p, again, "hlt", 1, 7, 1000);
	page = page_of(&m, &p, false);
	snprintf(line, sizeof(line), "hvbench_exits_total{vm=\"new\",pid=\"%d\",started=\"", self);
	assert_has(page, line);
	snprintf(line, sizeof(line), "hvbench_exits_total{vm=\"old\",pid=\"%d\",started=\"", self);
	assert_has(page, line);
	free(page);
	profile__find_gone(&p);
	assert_true(p.vms[0].gone_ns);
	assert_false(p.vms[1].gone_ns);
	profile_metrics__free(&m);
	profile__close(&p);
}

static double cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

#define VMS	125
#define VCPUS	500
#define REASONS 8

static void fill(struct profile *p)
{
	static const char *const reasons[REASONS] = { "hlt", "io",	  "msr",     "cpuid",
						      "npf", "interrupt", "vmmcall", "pause" };
	char name[32];

	for (int vm = 0; vm < VMS; vm++) {
		snprintf(name, sizeof(name), "production-web-%d", vm);
		add_process(p, 10000 + vm, name);
		snprintf(p->vms[vm].process.name.pod, 64, "production/virt-launcher-%d", vm);
		p->vms[vm].process.started = 4711;
	}
	for (unsigned int i = 0; i < VCPUS; i++) {
		assert_non_null(
			profile__add_vcpu(p, &(struct profile_vcpu){ .tgid = 10000 + (int)i % VMS,
								     .id = (int)(i / VMS),
								     .kvm = 4096 * (i % VMS) }));
		for (unsigned int k = 0; k < REASONS; k++)
			for (uint64_t ns = 500; ns < 200000; ns += ns / 3)
				add_exits(p,
					  p->opts->by == PROFILE_BY_VCPU ? (int)i :
									   p->vcpus[i].tgid,
					  reasons[k], k, 1000 + i, ns);
	}
}

/* Least time of many, on the CPU: other work on this machine does not matter. */
static void measure(const struct profile_options *opts, const char *what, double most_ms)
{
	struct profile p = { .opts = opts, .now_ns = 5000000000 };
	struct profile_metrics m = { .nr_series = 0 };
	struct openmetrics om = { .classic = false };
	double least = 1e9;
	size_t lines = 0;

	fill(&p);
	for (int i = 0; i < 30; i++) {
		double begin = cpu_ms(), took;

		/* As a scrape does, into new memory. */
		free(om.text.at);
		om = (struct openmetrics){ .classic = false };
		assert_int_equal(profile_metrics__write(&m, &p, &om), 0);
		took = cpu_ms() - begin;
		least = took < least ? took : least;
	}
	for (size_t i = 0; i < om.text.len; i++)
		lines += om.text.at[i] == '\n';
	print_message("a scrape of %d vCPUs of %d VMs, %s: %.2f ms, %zu lines, %zu KiB\n", VCPUS,
		      VMS, what, least, lines, om.text.len / 1024);
#if defined(__SANITIZE_ADDRESS__)
	least = 0; /* a measure of the sanitizer */
#endif
	assert_true(least < most_ms);
	free(om.text.at);
	profile_metrics__free(&m);
	profile__close(&p);
}

/*
 * Pages of such a profile as $METRICS_PAGES.om and .prom, for what reads them
 * (tests/integration/metrics.sh).
 */
static void pages_can_be_had(void **state)
{
	const char *where = getenv("METRICS_PAGES");
	struct profile p = { .opts = &by_vcpu, .now_ns = 5000000000 };
	struct profile_metrics m = { .nr_series = 0 };
	char path[4096], *page;
	FILE *file;

	(void)state;
	if (!where)
		skip();
	fill(&p);
	p.choice.expected = p.choice.seen = 200;
	for (int classic = 0; classic < 2; classic++) {
		snprintf(path, sizeof(path), "%s.%s", where, classic ? "prom" : "om");
		page = page_of(&m, &p, classic);
		file = fopen(path, "we");
		assert_non_null(file);
		assert_true(fputs(page, file) >= 0 && !fclose(file));
		free(page);
	}
	profile_metrics__free(&m);
	profile__close(&p);
}

static void a_scrape_of_500_vcpus_costs_less_than_5_ms(void **state)
{
	(void)state;
	measure(&by_vm, "by VM", 5);
	/* 12 MB, of which a slow machine makes less in that time. */
	measure(&by_vcpu, "by vCPU", 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vm_has_its_names_and_figures),
		cmocka_unit_test(what_another_reason_counts_too_is_apart),
		cmocka_unit_test(each_series_is_there_once),
		cmocka_unit_test(time_out_of_the_guest_never_shrinks),
		cmocka_unit_test(vms_that_are_gone_are_forgotten_after_a_while),
		cmocka_unit_test(a_number_that_is_used_again_is_another_vm),
		cmocka_unit_test(pages_can_be_had),
		cmocka_unit_test(a_scrape_of_500_vcpus_costs_less_than_5_ms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
