// SPDX-License-Identifier: GPL-2.0-or-later
/* A device model for a Xen domain; see ioreq.h. */
#include "bench/lab/ioreq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "workloads/workload.h"

/*
 * From Linux's xen/privcmd.h and xen/evtchn.h, which cannot be included without Xen's own headers.
 */
struct dm_op_buf {
	void *data;
	size_t size;
};

struct privcmd_dm_op {
	uint16_t dom;
	uint16_t num;
	const struct dm_op_buf *bufs;
};

struct privcmd_mmap_resource {
	uint16_t dom;
	uint32_t type;
	uint32_t id;
	uint32_t idx;
	uint64_t num;
	uint64_t addr;
};

struct evtchn_bind_interdomain {
	unsigned int remote_domain, remote_port;
};

struct evtchn_notify {
	unsigned int port;
};

#define PRIVCMD_DM_OP		_IOC(_IOC_NONE, 'P', 5, sizeof(struct privcmd_dm_op))
#define PRIVCMD_MMAP_RESOURCE	_IOC(_IOC_NONE, 'P', 7, sizeof(struct privcmd_mmap_resource))
#define EVTCHN_BIND_INTERDOMAIN _IOC(_IOC_NONE, 'E', 1, sizeof(struct evtchn_bind_interdomain))
#define EVTCHN_NOTIFY		_IOC(_IOC_NONE, 'E', 4, sizeof(struct evtchn_notify))

/* Xen's public/hvm/dm_op.h and public/hvm/ioreq.h. */
enum { DMOP_CREATE_SERVER = 1, DMOP_MAP_RANGE = 3, DMOP_SET_STATE = 5 };
enum { RANGE_PORT, RANGE_MEMORY };
enum { STATE_READY = 1, STATE_INPROCESS = 2, STATE_DONE = 3 };
#define RESOURCE_IOREQ_SERVER 0
#define FRAME_IOREQ	      1 /* of vCPU 0; frame 0 is for buffered requests */
#define PAGE_BYTES	      4096

struct dm_op {
	uint32_t op;
	uint32_t pad;
	union {
		struct {
			uint8_t handle_bufioreq, pad[3];
			uint16_t id;
		} create;
		struct {
			uint16_t id, pad;
			uint32_t type;
			uint64_t start, end;
		} range;
		struct {
			uint16_t id;
			uint8_t enabled, pad;
		} state;
		uint64_t room[8];
	} u;
};

struct ioreq {
	uint64_t addr;
	uint64_t data;
	uint32_t count;
	uint32_t size;
	uint32_t event_port;
	uint16_t pad;
	uint8_t state : 4, data_is_pointer : 1, is_read : 1, unused : 2;
	uint8_t type;
};

struct server {
	int privcmd, evtchn;
	uint16_t domid, id;
	volatile struct ioreq *page;
	uint32_t port;
};

static int dm_op(struct server *s, struct dm_op *op, const char *what, struct error *err)
{
	struct dm_op_buf buf = { op, sizeof(*op) };
	struct privcmd_dm_op arg = { .dom = s->domid, .num = 1, .bufs = &buf };

	if (ioctl(s->privcmd, PRIVCMD_DM_OP, &arg))
		return error__set(err, -errno, "cannot %s for domain %u: %s", what, s->domid,
				  strerror(errno));
	return 0;
}

static int map_range(struct server *s, uint32_t type, uint64_t start, uint64_t end,
		     struct error *err)
{
	struct dm_op op = { .op = DMOP_MAP_RANGE };

	op.u.range.id = s->id;
	op.u.range.type = type;
	op.u.range.start = start;
	op.u.range.end = end;
	return dm_op(s, &op, "claim the devices", err);
}

static int start(struct server *s, struct error *err)
{
	struct privcmd_mmap_resource map = {
		.dom = s->domid, .type = RESOURCE_IOREQ_SERVER, .idx = FRAME_IOREQ, .num = 1
	};
	struct dm_op op = { .op = DMOP_CREATE_SERVER };
	struct evtchn_bind_interdomain bind = { .remote_domain = s->domid };
	void *page;
	int code;

	code = dm_op(s, &op, "create an ioreq server", err);
	if (code)
		return code;
	s->id = op.u.create.id;
	code = map_range(s, RANGE_PORT, HV_PORT_USER, HV_PORT_USER + 3, err);
	if (!code)
		code = map_range(s, RANGE_MEMORY, HV_MMIO_USER, HV_MMIO_USER + PAGE_BYTES - 1, err);
	if (code)
		return code;
	page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, s->privcmd, 0);
	if (page == MAP_FAILED)
		return error__set(err, -errno, "cannot reserve a page for requests: %s",
				  strerror(errno));
	map.id = s->id;
	map.addr = (uint64_t)(uintptr_t)page;
	if (ioctl(s->privcmd, PRIVCMD_MMAP_RESOURCE, &map))
		return error__set(err, -errno, "cannot map the page of requests: %s",
				  strerror(errno));
	s->page = page;
	op = (struct dm_op){ .op = DMOP_SET_STATE };
	op.u.state.id = s->id;
	op.u.state.enabled = 1;
	code = dm_op(s, &op, "enable the ioreq server", err);
	if (code)
		return code;
	bind.remote_port = s->page->event_port;
	code = ioctl(s->evtchn, EVTCHN_BIND_INTERDOMAIN, &bind);
	if (code < 0)
		return error__set(err, -errno, "cannot bind the domain's event channel: %s",
				  strerror(errno));
	s->port = (uint32_t)code;
	return 0;
}

static void answer(volatile struct ioreq *req)
{
	if (req->state != STATE_READY)
		return;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	req->state = STATE_INPROCESS;
	if (req->is_read && !req->data_is_pointer)
		req->data = ~0ull;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	req->state = STATE_DONE;
}

static int serve(struct server *s, struct error *err)
{
	struct evtchn_notify notify = { .port = s->port };
	uint32_t port;

	for (;;) {
		if (read(s->evtchn, &port, sizeof(port)) != sizeof(port))
			return error__set(err, -errno, "cannot wait for requests: %s",
					  strerror(errno));
		/* Unmask before answering, since the next request may come at once. */
		if (write(s->evtchn, &port, sizeof(port)) != sizeof(port))
			return error__set(err, -errno, "cannot unmask the event channel: %s",
					  strerror(errno));
		answer(s->page);
		if (ioctl(s->evtchn, EVTCHN_NOTIFY, &notify))
			return error__set(err, -errno, "cannot notify the domain: %s",
					  strerror(errno));
	}
}

int ioreq__serve(unsigned int domid, void (*ready)(void), struct error *err)
{
	struct server s = { .domid = (uint16_t)domid };
	int code;

	s.privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	s.evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (s.privcmd < 0 || s.evtchn < 0)
		code = error__set(err, -errno,
				  "cannot open Xen's devices: %s (this is meant to run in dom0)",
				  strerror(errno));
	else
		code = start(&s, err);
	if (!code) {
		ready();
		code = serve(&s, err);
	}
	if (s.privcmd >= 0)
		close(s.privcmd);
	if (s.evtchn >= 0)
		close(s.evtchn);
	return code;
}
