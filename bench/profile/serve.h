/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP side of `profile --listen`: answers GET and HEAD of /metrics, and nothing else. For one
 * or a few scrapers, and whatever else connects.
 *
 * No library: libmicrohttpd would be one more thing to have for every build, for a request of one
 * line and an answer that closes the connection; its limits (clients, bytes, time) would still have
 * to be set and tested here, and it would have to be taken into the poll loop of the profile. No
 * threads: the profile is read by the thread that answers.
 */
#ifndef HVBENCH_PROFILE_SERVE_H
#define HVBENCH_PROFILE_SERVE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench/base/error.h"

#define SERVE_MAX_CLIENTS   16	  /* more make the one that has been served longest go */
#define SERVE_REQUEST_BYTES 8192  /* of a request with its headers; Prometheus sends 500 */
#define SERVE_CLIENT_MS	    10000 /* from being accepted to having read the answer */
#define SERVE_FDS	    (SERVE_MAX_CLIENTS + 1)

/*
 * Makes the page; the caller frees *text. `openmetrics`: as OpenMetrics, else as text 0.0.4.
 * Negative errno: the client is told that it could not be made.
 */
typedef int (*serve_page)(void *ctx, bool openmetrics, char **text, size_t *len);

struct serve_client;

struct serve {
	int fd;
	bool loopback;	/* nobody else reaches it */
	char where[80]; /* "127.0.0.1:9100", "[::1]:9100" */
	serve_page page;
	void *ctx;
	struct serve_client *clients[SERVE_MAX_CLIENTS]; /* NULL: a free place */
	uint64_t deaf_until_ns; /* no more clients until then: they could not be accepted */
};

/*
 * Listens at "PORT", "ADDRESS:PORT" or "[ADDRESS]:PORT"; without an address at 127.0.0.1; port 0: a
 * free one. -EINVAL: it is none of these; else why it cannot be listened there.
 */
int serve__open(struct serve *s, const char *where, serve_page page, void *ctx, struct error *err);
/* What to wait for: fills in at most SERVE_FDS, and returns how many. */
nfds_t serve__fds(const struct serve *s, struct pollfd *fds);
/*
 * How long that may be waited for at most, in ms, until a client's time is over or new ones are
 * accepted again; -1: for ever.
 */
int serve__wait_ms(const struct serve *s);
/* Does what there is to do without waiting, and ends clients whose time is over. */
void serve__work(struct serve *s);
void serve__close(struct serve *s);

#endif
