// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: a QEMU whose greeting, answers, statistics and figures may be anything. */
#include <fcntl.h>
#include <sys/socket.h>

#include "bench/backends/qemu/qmp.h"
#include "bench/backends/qemu/stats.h"
#include "bench/base/clock.h"
#include "tests/fuzz/input.h"

#define MAX_BYTES   60000 /* a socket takes so many at once */
#define PATIENCE_NS 100000000

int fuzz_qmp(const uint8_t *data, size_t size);

static void read_statistics(struct qmp *q, uint64_t deadline)
{
	struct kvm_figures figures = { 0 };
	uint64_t *begin = NULL, *end = NULL;
	struct error err = { 0 };
	struct qemu_stats stats;

	if (qemu_stats__open(&stats, q, deadline, &err))
		fuzz__check_message(err.text);
	else if (!qemu_stats__read(&stats, q, &begin, deadline, &err) &&
		 !qemu_stats__read(&stats, q, &end, deadline, &err) && begin && end)
		qemu_stats__window(&stats, begin, end, &figures);
	free(begin);
	free(end);
	qemu_stats__close(&stats);
	kvm_figures__free(&figures);
}

int fuzz_qmp(const uint8_t *data, size_t size)
{
	uint64_t deadline = clock__ns() + PATIENCE_NS;
	int ends[2], room = 1 << 20;
	struct error err = { 0 };
	struct qmp q;

	if (size > MAX_BYTES)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ||
	    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) ||
	    send(ends[1], data, size, MSG_DONTWAIT) != (ssize_t)size)
		abort();
	shutdown(ends[1], SHUT_WR);
	if (qmp__open(&q, ends[0], deadline, &err)) {
		fuzz__check_message(err.text);
	} else {
		read_statistics(&q, deadline);
		qmp__sleep(&q, 1000);
		qmp__close(&q);
	}
	close(ends[1]);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_qmp(data, size);
}
#endif
