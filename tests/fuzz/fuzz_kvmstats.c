// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: a file of KVM's binary statistics, from a kernel that may lie about its layout. */
#include <fcntl.h>
#include <jansson.h>

#include "bench/backends/backend.h"
#include "bench/kvm/kvmstats.h"
#include "bench/kvm/kvmstats_window.h"
#include "bench/result/kvmstats.h"
#include "tests/fuzz/input.h"

int fuzz_kvmstats(const uint8_t *data, size_t size);

/* The windows of a VM and a vCPU with the same layout. */
static void fill_window(const struct kvmstats *stats)
{
	uint64_t *begin = calloc(2 * (size_t)stats->nr_values + 1, sizeof(*begin));
	uint64_t *end = calloc(2 * (size_t)stats->nr_values + 1, sizeof(*end));
	struct kvm_figures figures = { 0 };

	if (!begin || !end)
		abort();
	for (unsigned int i = 0; i < stats->nr_values; i++) {
		begin[i] = stats->values[i];
		end[i] = stats->values[i] * 3 + 1;
		end[stats->nr_values + i] = stats->values[i];
	}
	kvm_figures__fill(&figures, stats, 1, stats, begin, end);
	kvm_figures__free(&figures);
	free(begin);
	free(end);
}

int fuzz_kvmstats(const uint8_t *data, size_t size)
{
	int fd = fcntl(fuzz__fd(data, size), F_DUPFD_CLOEXEC, 0);
	struct error err = { 0 };
	struct kvmstats stats;

	if (fd < 0)
		abort();
	if (kvmstats__open_fd(&stats, fd, &err)) {
		fuzz__check_message(err.text);
		return 0;
	}
	if (!kvmstats__read(&stats))
		fill_window(&stats);
	kvmstats__close(&stats);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_kvmstats(data, size);
}
#endif
