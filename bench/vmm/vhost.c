// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/vmm/vhost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/vmm/vm.h"
#include "workloads/abi.h"
#include "workloads/vsock.h"

#define DEVICE	"/dev/vhost-vsock"
#define NR_CIDS 4096 /* to try */
#define RX	0u
#define TX	1u
#define PAGE	4096ull /* that regions are aligned to */

struct vhost {
	int fd;
	int unused; /* eventfd of notifications that nobody sends: the guest never runs out */
};

int vhost__check(struct error *err)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	return error__set(err, -EOPNOTSUPP, "needs " DEVICE " (%s): %s", strerror(errno),
			  errno == EACCES || errno == EPERM ? "run as root" :
							      "load the module vhost_vsock");
}

static int call(struct vhost *v, unsigned long request, const void *arg, const char *what,
		struct error *err)
{
	if (ioctl(v->fd, request, arg) < 0)
		return error__set(err, -errno, "vhost-vsock (%s): %s", what, strerror(errno));
	return 0;
}

/* The arena is all that the queues and what they point to lie in. */
static int set_memory(struct vhost *v, const struct vm *vm, struct error *err)
{
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region[1];
	} memory = {
		.head.nregions = 1,
		.region[0] = {
			.guest_phys_addr = HV_ARENA_GPA,
			.memory_size = (vm->arena.bytes + PAGE - 1) & ~(PAGE - 1),
			.userspace_addr = (uintptr_t)vm->arena.host,
		},
	};

	return call(v, VHOST_SET_MEM_TABLE, &memory, "VHOST_SET_MEM_TABLE", err);
}

static int set_ring(struct vhost *v, unsigned int index, struct hv_vring *ring, int kick, int irq,
		    struct error *err)
{
	struct vhost_vring_state entries = { .index = index, .num = HV_VSOCK_ENTRIES };
	struct vhost_vring_state base = { .index = index };
	struct vhost_vring_file kicked = { .index = index, .fd = kick };
	struct vhost_vring_file called = { .index = index, .fd = irq };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)ring->desc,
		.avail_user_addr = (uintptr_t)&ring->avail_flags,
		.used_user_addr = (uintptr_t)&ring->used_flags,
	};
	int ret = call(v, VHOST_SET_VRING_NUM, &entries, "VHOST_SET_VRING_NUM", err);

	if (!ret)
		ret = call(v, VHOST_SET_VRING_BASE, &base, "VHOST_SET_VRING_BASE", err);
	if (!ret)
		ret = call(v, VHOST_SET_VRING_ADDR, &addr, "VHOST_SET_VRING_ADDR", err);
	if (!ret)
		ret = call(v, VHOST_SET_VRING_KICK, &kicked, "VHOST_SET_VRING_KICK", err);
	if (!ret)
		ret = call(v, VHOST_SET_VRING_CALL, &called, "VHOST_SET_VRING_CALL", err);
	return ret;
}

/* Other VMs of this host, ours or not, have CIDs of their own. */
static int set_cid(struct vhost *v, struct hv_vsock *shared, struct error *err)
{
	uint64_t cid = VHOST_FIRST_CID;
	int ret;

	do {
		ret = ioctl(v->fd, VHOST_VSOCK_SET_GUEST_CID, &cid) < 0 ? -errno : 0;
	} while (ret == -EADDRINUSE && ++cid < VHOST_FIRST_CID + NR_CIDS);
	shared->cid = cid;
	if (ret)
		error__set(err, ret, "vhost-vsock (VHOST_VSOCK_SET_GUEST_CID): %s", strerror(-ret));
	return ret;
}

int vhost__start(struct vhost **out, struct vm *vm, struct error *err)
{
	const uint64_t features = 1ull << VIRTIO_F_VERSION_1;
	struct hv_vsock *shared = vm->arena.host;
	struct vhost *v = calloc(1, sizeof(*v));
	int one = 1, ret;

	*out = v;
	if (!v)
		return error__set(err, -ENOMEM, "out of memory");
	v->unused = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	v->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (v->unused < 0 || v->fd < 0)
		return error__set(err, -errno, DEVICE ": %s", strerror(errno));
	ret = call(v, VHOST_SET_OWNER, NULL, "VHOST_SET_OWNER", err);
	if (!ret)
		ret = call(v, VHOST_SET_FEATURES, &features, "VHOST_SET_FEATURES", err);
	if (!ret)
		ret = set_memory(v, vm, err);
	if (!ret)
		ret = set_ring(v, RX, &shared->rx, v->unused, vm->irqfd, err);
	if (!ret)
		ret = set_ring(v, TX, &shared->tx, vm->ioeventfd, v->unused, err);
	if (!ret)
		ret = set_cid(v, shared, err);
	if (!ret)
		ret = call(v, VHOST_VSOCK_SET_RUNNING, &one, "VHOST_VSOCK_SET_RUNNING", err);
	return ret;
}

void vhost__stop(struct vhost *v)
{
	if (!v)
		return;
	if (v->fd >= 0)
		close(v->fd);
	if (v->unused >= 0)
		close(v->unused);
	free(v);
}
