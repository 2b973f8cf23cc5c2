// SPDX-License-Identifier: GPL-2.0-or-later
/* An endless loop of one port write in a VM; each KVM_RUN returns after exactly one of them. */
#include "bench/measure/known_exits.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "bench/vmm/payload.h"
#include "bench/vmm/vm.h"

/* out %al, $0x80; jmp back */
static const uint8_t loop[] = { 0xe6, 0x80, 0xeb, 0xfc };

#define RUNS_INTERRUPTED \
	1000 /* tolerated returns because of signals; more mean that
					 * something is wrong */

static int run(struct vm *vm, uint64_t n, struct error *err)
{
	struct vcpu *vcpu = &vm->vcpus[0];
	unsigned int interrupted = 0;

	while (n) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			if (errno == EINTR && interrupted++ < RUNS_INTERRUPTED)
				continue;
			return error__set(err, -errno, "running the calibration VM: %s",
					  strerror(errno));
		}
		if (vcpu->run->exit_reason != KVM_EXIT_IO)
			return error__set(err, -EIO,
					  "the calibration VM did not exit as it was made to: %s",
					  vcpu__exit_name(vcpu->run->exit_reason));
		n--;
	}
	return 0;
}

int calibrate__take_exits(void *ctx, uint64_t n, struct error *err)
{
	struct payload payload;
	struct config config;
	struct vm_request req = { .config = &config, .payload = &payload, .nr_vcpus = 1 };
	struct vm vm;
	int ret;

	(void)ctx;
	config__init(&config);
	config.irqchip = IRQCHIP_USER;
	ret = payload__open(&payload, NULL, err);
	if (ret)
		return ret;
	ret = vm__create(&vm, &req, err);
	if (!ret) {
		/*
		 * Only the payload's page tables are used; low memory is mapped one to one, so the
		 * loop can replace its code.
		 */
		memcpy((uint8_t *)vm.low.host + payload.note.entry64, loop, sizeof(loop));
		ret = run(&vm, n, err);
		vm__destroy(&vm);
	}
	payload__close(&payload);
	return ret;
}
