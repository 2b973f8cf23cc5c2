// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pointer chase that shares nothing with workloads/chase.c, to compare it with: a linked list of
 * cache lines in the order of a shuffled array, the C library's random numbers and clock, a loop
 * the compiler makes. Prints for each size a line "BYTES LEAST MEDIAN": ns a load, of 50 samples.
 *
 * usage: pointer-chase BYTES…
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define SAMPLES	  50
#define STEPS	  20000
#define HUGE_PAGE (2ul << 20)

struct node {
	struct node *next;
	char rest_of_line[56];
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct node *make_list(size_t n)
{
	size_t bytes = (n * sizeof(struct node) + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	uint32_t *order = malloc(n * sizeof(*order));
	struct node *nodes = aligned_alloc(HUGE_PAGE, bytes);

	if (!order || !nodes)
		exit(2);
	madvise(nodes, bytes, MADV_HUGEPAGE);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = ((uint64_t)random() << 31 | (uint64_t)random()) % (i + 1);
		uint32_t other = order[i];

		order[i] = order[j];
		order[j] = other;
	}
	for (size_t i = 0; i < n; i++)
		nodes[order[i]].next = &nodes[order[(i + 1) % n]];
	free(order);
	return nodes;
}

int main(int argc, char **argv)
{
	for (int arg = 1; arg < argc; arg++) {
		size_t n = strtoull(argv[arg], NULL, 0) / sizeof(struct node);
		struct node *list = make_list(n), *p = list;
		double ns[SAMPLES];

		for (size_t i = 0; i < 2 * n; i++)
			p = p->next;
		for (int s = 0; s < SAMPLES; s++) {
			double start = now_ns();

			for (int i = 0; i < STEPS; i++)
				p = p->next;
			asm volatile("" ::"r"(p));
			ns[s] = (now_ns() - start) / STEPS;
		}
		qsort(ns, SAMPLES, sizeof(ns[0]), ascending);
		printf("%s %.4f %.4f\n", argv[arg], ns[0], ns[SAMPLES / 2]);
		free(list);
	}
	return 0;
}
