// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/clock.h"

#define BACKLOG	 64
#define DRAIN_MS 1000 /* for a client to read the end of its answer */
#define DEAF_MS	 100  /* before more are accepted where no descriptor was free */

#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define TYPE_CLASSIC	 "text/plain; version=0.0.4; charset=utf-8"

struct serve_client {
	int fd;
	uint64_t begin_ns;
	uint64_t end_ns; /* until when it has time */
	bool ended;	 /* all was sent, and it was told so */
	char *text;	 /* of the answer; NULL: the request is still being read */
	size_t len, sent;
	size_t body_len; /* after `len` bytes of header */
	char *body;
	size_t got;
	char request[SERVE_REQUEST_BYTES + 1];
};

/*
 * ---- where --------------------------------------------------------------------------------------
 */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* "PORT", "ADDRESS:PORT", "[ADDRESS]:PORT". */
static bool parse_where(const char *where, union address *a, socklen_t *len)
{
	const char *colon = strrchr(where, ':'), *digits = colon ? colon + 1 : where;
	size_t host_len = colon ? (size_t)(colon - where) : 0;
	char host[64];
	unsigned long port;
	char *end;

	memset(a, 0, sizeof(*a));
	port = strtoul(digits, &end, 10);
	if (*digits < '0' || *digits > '9' || *end || port > 65535 || host_len >= sizeof(host))
		return false;
	memcpy(host, where, host_len);
	host[host_len] = '\0';
	if (!host_len || !strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	if (*host == '[' && host[host_len - 1] == ']') {
		host[host_len - 1] = '\0';
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons((uint16_t)port);
		*len = sizeof(a->v6);
		return inet_pton(AF_INET6, host + 1, &a->v6.sin6_addr) == 1;
	}
	a->v4.sin_family = AF_INET;
	a->v4.sin_port = htons((uint16_t)port);
	*len = sizeof(a->v4);
	return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1;
}

/* Where it came to be, if the port was left open. */
static void name_where(struct serve *s)
{
	char host[INET6_ADDRSTRLEN] = "";
	union address a = { .any.sa_family = AF_UNSPEC };
	socklen_t len = sizeof(a);

	getsockname(s->fd, &a.any, &len);
	if (a.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof(host));
		snprintf(s->where, sizeof(s->where), "[%s]:%u", host, ntohs(a.v6.sin6_port));
		s->loopback = IN6_IS_ADDR_LOOPBACK(&a.v6.sin6_addr);
	} else {
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof(host));
		snprintf(s->where, sizeof(s->where), "%s:%u", host, ntohs(a.v4.sin_port));
		s->loopback = ntohl(a.v4.sin_addr.s_addr) >> 24 == 127;
	}
}

int serve__open(struct serve *s, const char *where, serve_page page, void *ctx, struct error *err)
{
	union address a;
	socklen_t len;
	int one = 1, code;

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->page = page;
	s->ctx = ctx;
	if (!parse_where(where, &a, &len))
		return error__set(err, -EINVAL,
				  "'%s' is no place to listen at: a port (9100), or an address in "
				  "numbers and a port (127.0.0.1:9100, [::1]:9100)",
				  where);
	s->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* So that the port of a program that has just ended can be used. */
	if (s->fd >= 0)
		setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s->fd < 0 || bind(s->fd, &a.any, len) || listen(s->fd, BACKLOG)) {
		code = -errno;
		serve__close(s);
		return error__set(err, code, "listening at %s: %s", where, strerror(-code));
	}
	name_where(s);
	return 0;
}

/*
 * ---- requests -----------------------------------------------------------------------------------
 */

/* A header's value up to the end of its line; NULL: there is none. */
static const char *header(const char *request, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = strchr(request, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (!strncasecmp(line, name, len) && line[len] == ':')
			return line + len + 1;
	}
	return NULL;
}

static bool wants_openmetrics(const char *request)
{
	static const char type[] = "application/openmetrics-text";
	const char *accept = header(request, "Accept");
	size_t len = accept ? strcspn(accept, "\r\n") : 0;

	for (size_t i = 0; i + sizeof(type) - 1 <= len; i++)
		if (!strncasecmp(accept + i, type, sizeof(type) - 1))
			return true;
	return false;
}

/* Printable, as a request's first line has to be. */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
			return false;
	return true;
}

/*
 * Whether the request was meant for a server on this host, by the name that the client knows it by:
 * an address, localhost, or none. A web page that a browser of this host shows may have a name that
 * leads here (DNS rebinding), and so could read the answer.
 */
static bool names_this_host(const char *request)
{
	static const char local[] = ".localhost";
	const char *value = header(request, "Host");
	char host[sizeof(local) + 256] = ".";
	unsigned char address[sizeof(struct in6_addr)];
	size_t len;

	value = value ? value + strspn(value, " \t") : "";
	len = *value == '[' ? strcspn(value, "]\r\n") : strcspn(value, ": \t\r\n");
	if (len > sizeof(host) - 2)
		return false;
	memcpy(host + 1, value, len);
	host[len + 1] = '\0';
	if (host[1] == '[')
		return value[len] == ']' && inet_pton(AF_INET6, host + 2, address) == 1;
	return !len || inet_pton(AF_INET, host + 1, address) == 1 ||
	       (len + 1 >= sizeof(local) - 1 &&
		!strcasecmp(host + len + 1 - (sizeof(local) - 1), local));
}

/*
 * The status to answer with. Only the first line matters, on loopback whom it was meant for, and
 * whether to be asked for OpenMetrics: the other header fields of a request may say anything.
 */
static int judge(const char *request, size_t len, bool loopback)
{
	size_t line = strcspn(request, "\r\n");
	const char *target, *version;
	size_t target_len;

	if (strlen(request) != len || !is_plain(request, line))
		return 400;
	target = memchr(request, ' ', line);
	version = target ? memchr(target + 1, ' ', line - (size_t)(target + 1 - request)) : NULL;
	if (!target || target == request || !version || version == target + 1 ||
	    strncmp(version + 1, "HTTP/1.", 7) || line - (size_t)(version + 1 - request) != 8)
		return 400;
	if (loopback && !names_this_host(request))
		return 421;
	target++;
	target_len = strcspn(target, " ?");
	if (strncmp(request, "GET ", 4) && strncmp(request, "HEAD ", 5))
		return 405;
	return target_len == 8 && !strncmp(target, "/metrics", 8) ? 200 : 404;
}

static const char *reason_of(int status)
{
	return status == 200 ? "OK" :
	       status == 400 ? "Bad Request" :
	       status == 404 ? "Not Found" :
	       status == 405 ? "Method Not Allowed" :
	       status == 421 ? "Misdirected Request" :
			       "Internal Server Error";
}

static const char *explain(int status)
{
	return status == 400 ? "This is no request that is understood here.\n" :
	       status == 404 ? "Here is only /metrics.\n" :
	       status == 405 ? "Only GET and HEAD are answered here.\n" :
	       status == 421 ? "This is for clients that ask for localhost or an address.\n" :
			       "The metrics could not be made: out of memory.\n";
}

static void answer(struct serve *s, struct serve_client *c, int status)
{
	bool openmetrics = wants_openmetrics(c->request);
	bool head = !strncmp(c->request, "HEAD ", 5);
	char *text;

	if (status == 200 && s->page(s->ctx, openmetrics, &c->body, &c->body_len))
		status = 500;
	if (status != 200) {
		c->body = strdup(explain(status));
		c->body_len = c->body ? strlen(c->body) : 0;
	}
	if (asprintf(&text,
		     "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s"
		     "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n",
		     status, reason_of(status),
		     status != 200 ? "text/plain; charset=utf-8" :
		     openmetrics   ? TYPE_OPENMETRICS :
				     TYPE_CLASSIC,
		     c->body_len, status == 405 ? "Allow: GET, HEAD\r\n" : "") < 0)
		text = NULL;
	c->text = text;
	c->len = text ? strlen(text) : 0;
	if (head)
		c->body_len = 0;
}

/*
 * ---- clients ------------------------------------------------------------------------------------
 */

static void drop(struct serve *s, unsigned int i)
{
	struct serve_client *c = s->clients[i];

	close(c->fd);
	free(c->text);
	free(c->body);
	free(c);
	s->clients[i] = NULL;
}

/* 2: it has its answer; 1: it has not asked yet. */
static int how_idle(const struct serve_client *c)
{
	return c->ended ? 2 : !c->text;
}

/* The place of the one to go when all are taken. */
static unsigned int least_wanted(const struct serve *s)
{
	unsigned int worst = 0;

	for (unsigned int i = 1; i < SERVE_MAX_CLIENTS; i++) {
		const struct serve_client *c = s->clients[i], *w = s->clients[worst];

		if (how_idle(c) != how_idle(w) ? how_idle(c) > how_idle(w) :
						 c->begin_ns < w->begin_ns)
			worst = i;
	}
	return worst;
}

static bool is_whole(const struct serve_client *c)
{
	return strstr(c->request, "\r\n\r\n") || strstr(c->request, "\n\n") ||
	       strlen(c->request) != c->got;
}

/* What there is of the request. False: the client is done with. */
static bool read_request(struct serve *s, struct serve_client *c)
{
	ssize_t n = recv(c->fd, c->request + c->got, SERVE_REQUEST_BYTES - c->got, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	c->got += (size_t)n;
	c->request[c->got] = '\0';
	if (is_whole(c))
		answer(s, c, judge(c->request, c->got, s->loopback));
	else if (c->got == SERVE_REQUEST_BYTES)
		answer(s, c, 400);
	else
		return true;
	return c->text;
}

/* Header and body in one system call as far as there is room. */
static bool send_answer(struct serve_client *c)
{
	while (c->sent < c->len + c->body_len) {
		bool in_body = c->sent >= c->len;
		const char *from = in_body ? c->body + (c->sent - c->len) : c->text + c->sent;
		size_t left = in_body ? c->len + c->body_len - c->sent : c->len - c->sent;
		ssize_t n = send(c->fd, from, left,
				 MSG_NOSIGNAL | (!in_body && c->body_len ? MSG_MORE : 0));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->sent += (size_t)n;
	}
	/*
	 * Closing with something unread would take away what the client has not read yet; so it is
	 * waited until it closes.
	 */
	c->ended = true;
	c->end_ns = clock__kernel_ns() + DRAIN_MS * 1000000ull;
	return !shutdown(c->fd, SHUT_WR);
}

static bool drain(const struct serve_client *c)
{
	char rest[4096];
	ssize_t n = recv(c->fd, rest, sizeof(rest), 0);

	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool work_on(struct serve *s, struct serve_client *c)
{
	if (!c->text && !read_request(s, c))
		return false;
	if (c->text && !c->ended && !send_answer(c))
		return false;
	return !c->ended || drain(c);
}

static void accept_client(struct serve *s, int fd)
{
	struct serve_client *c = calloc(1, sizeof(*c));
	unsigned int i = 0;

	if (!c) {
		close(fd);
		return;
	}
	while (i < SERVE_MAX_CLIENTS && s->clients[i])
		i++;
	if (i == SERVE_MAX_CLIENTS) {
		i = least_wanted(s);
		drop(s, i);
	}
	c->fd = fd;
	c->begin_ns = clock__kernel_ns();
	c->end_ns = c->begin_ns + SERVE_CLIENT_MS * 1000000ull;
	s->clients[i] = c;
	/* The request is usually there already, and then whoever comes next cannot displace it. */
	if (!work_on(s, c))
		drop(s, i);
}

nfds_t serve__fds(const struct serve *s, struct pollfd *fds)
{
	bool deaf = clock__kernel_ns() < s->deaf_until_ns;
	nfds_t nr = 0;

	/* poll() leaves out what is negative. */
	fds[nr++] = (struct pollfd){ .fd = deaf ? -1 : s->fd, .events = POLLIN };
	for (unsigned int i = 0; i < SERVE_MAX_CLIENTS; i++) {
		const struct serve_client *c = s->clients[i];

		if (c)
			fds[nr++] = (struct pollfd){
				.fd = c->fd,
				.events = c->text && !c->ended ? POLLOUT : POLLIN,
			};
	}
	return nr;
}

int serve__wait_ms(const struct serve *s)
{
	uint64_t now = clock__kernel_ns(), end = UINT64_MAX;

	if (now < s->deaf_until_ns)
		end = s->deaf_until_ns;
	for (unsigned int i = 0; i < SERVE_MAX_CLIENTS; i++)
		if (s->clients[i] && s->clients[i]->end_ns < end)
			end = s->clients[i]->end_ns;
	return end == UINT64_MAX ? -1 : end <= now ? 0 : (int)((end - now) / 1000000) + 1;
}

void serve__work(struct serve *s)
{
	uint64_t now;
	int fd;

	/* A few at a time, so that a flood of them does not keep the profile from being read. */
	for (int n = 0; n < SERVE_MAX_CLIENTS; n++) {
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			    errno == ENOBUFS)
				s->deaf_until_ns = clock__kernel_ns() + DEAF_MS * 1000000ull;
			break;
		}
		accept_client(s, fd);
	}
	now = clock__kernel_ns();
	for (unsigned int i = 0; i < SERVE_MAX_CLIENTS; i++) {
		struct serve_client *c = s->clients[i];

		if (c && (!work_on(s, c) || now >= c->end_ns))
			drop(s, i);
	}
}

void serve__close(struct serve *s)
{
	for (unsigned int i = 0; i < SERVE_MAX_CLIENTS; i++)
		if (s->clients[i])
			drop(s, i);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
