// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `profile --listen` answers to requests, and what it does with clients that send none, too
 * much, byte by byte, too many at once, or do not read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench/profile/serve.c"

#define PAGE_BYTES (8 << 20) /* more than sockets hold */

static int make_page(void *ctx, bool openmetrics, char **text, size_t *len)
{
	size_t *want = ctx;

	if (!*want)
		return -ENOMEM;
	*text = malloc(*want);
	*len = *want;
	assert_non_null(*text);
	memset(*text, openmetrics ? 'o' : 'c', *want);
	return 0;
}

static struct serve s;
static size_t page_bytes = 10;

static int begin(void **state)
{
	struct error err = { 0 };

	(void)state;
	page_bytes = 10;
	return serve__open(&s, "0", make_page, &page_bytes, &err);
}

static int end(void **state)
{
	(void)state;
	serve__close(&s);
	return 0;
}

static int connect_to(void)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(getsockname(s.fd, (struct sockaddr *)&a, &len), 0);
	assert_true(!connect(fd, (struct sockaddr *)&a, len) || errno == EINPROGRESS);
	return fd;
}

/* Lets it work as long as something happens at once. */
static void let_work(void)
{
	struct pollfd fds[SERVE_FDS];

	for (int i = 0; i < 100 && poll(fds, serve__fds(&s, fds), 0) > 0; i++)
		serve__work(&s);
}

static void send_to(int fd, const char *text, size_t len)
{
	assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
	let_work();
}

/* What it has answered so far; `closed`: and that it was all. */
static size_t read_from(int fd, char *buf, size_t len, bool *closed)
{
	size_t got = 0;
	ssize_t n;

	*closed = false;
	while (got < len - 1 && (n = recv(fd, buf + got, len - 1 - got, 0)) >= 0) {
		if (!n) {
			*closed = true;
			break;
		}
		got += (size_t)n;
		let_work();
	}
	buf[got] = '\0';
	return got;
}

static void assert_answer(const char *request, size_t len, const char *first, const char *last)
{
	char answer[4096];
	bool closed;
	int fd = connect_to();
	size_t got;

	send_to(fd, request, len);
	got = read_from(fd, answer, sizeof(answer), &closed);
	if (!closed || strncmp(answer, first, strlen(first)) || got < strlen(last) ||
	    strcmp(answer + got - strlen(last), last))
		fail_msg("'%s' has the answer '%s'", request, answer);
	close(fd);
	let_work();
	for (int i = 0; i < SERVE_MAX_CLIENTS; i++)
		assert_null(s.clients[i]);
}

static void only_metrics_are_served(void **state)
{
	static const char with_nul[] = "GET /\0 HTTP/1.1\r\n\r\n";
	static const struct {
		const char *request, *first, *last;
	} list[] = {
		{ "GET /metrics HTTP/1.1\r\nHost: [::1]:9\r\n\r\n", "HTTP/1.1 200 OK\r\n",
		  "\r\n\r\ncccccccccc" },
		{ "GET /metrics?x=y HTTP/1.0\n\n", "HTTP/1.1 200 OK\r\n", "\r\n\r\ncccccccccc" },
		{ "GET /metrics HTTP/1.1\r\naccept: "
		  "application/openmetrics-text;version=1.0.0\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nContent-Type: application/openmetrics-text; version=1.0.0",
		  "\r\n\r\noooooooooo" },
		{ "GET /metrics HTTP/1.1\r\nX: Accept: application/openmetrics-text\r\n\r\n",
		  "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4", "cccccccccc" },
		{ "HEAD /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n", "nosniff\r\n\r\n" },
		{ "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "\n" },
		{ "GET /metricsx HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "\n" },
		{ "GET /../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", "\n" },
		{ "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 405 ", "\n" },
		{ "DELETE /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", "\n" },
		{ "GET /metrics\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "GET  HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "GET /metrics HTTP/1.1x\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "GET /\x01 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "GET /m\xc3\xa4 HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ", "\n" },
		{ "\x16\x03\x01\x02\n\n", "HTTP/1.1 400 ", "\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		assert_answer(list[i].request, strlen(list[i].request), list[i].first,
			      list[i].last);
	assert_answer(with_nul, sizeof(with_nul) - 1, "HTTP/1.1 400 ", "\n");
	page_bytes = 0;
	assert_answer("GET /metrics HTTP/1.1\r\n\r\n", 25, "HTTP/1.1 500 ", "\n");
}

/* What a browser sends for a page whose name leads here is not answered. */
static void names_of_others_are_not_answered_on_loopback(void **state)
{
	static const char *const ours[] = {
		"",	    "localhost",      "LOCALHOST:9435", "a.localhost:1", "127.0.0.1",
		"10.0.0.1", "127.0.0.1:9435", "[::1]",		"[::1]:9435",	 "  localhost \t",
	};
	static const char *const others[] = {
		"rebound.example",   "rebound.example:9435", "xlocalhost",
		"localhost.example", "127.0.0.1.nip.io",     "[::1",
		"[rebound]",	     "127.0.0.1@x",	     "1:2",
		"localhost/",
	};
	char request[1024], name[600];

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nhost:%s\r\n\r\n",
			 ours[i]);
		assert_answer(request, strlen(request), "HTTP/1.1 200 ", "cccccccccc");
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n",
			 others[i]);
		assert_answer(request, strlen(request), "HTTP/1.1 421 ", "address.\n");
	}
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n", name);
	assert_answer(request, strlen(request), "HTTP/1.1 421 ", "address.\n");
	/* On another address the host has names of its own. */
	s.loopback = false;
	assert_answer(request, strlen(request), "HTTP/1.1 200 ", "cccccccccc");
}

static void a_request_may_come_byte_by_byte(void **state)
{
	const char *request = "GET /metrics HTTP/1.1\r\n\r\n";
	char answer[4096];
	bool closed;
	int fd = connect_to();

	(void)state;
	for (const char *c = request; *c; c++) {
		assert_int_equal(read_from(fd, answer, sizeof(answer), &closed), 0);
		send_to(fd, c, 1);
	}
	assert_true(read_from(fd, answer, sizeof(answer), &closed) > 10 && closed);
	close(fd);
}

static void too_long_a_request_is_refused(void **state)
{
	char *request = malloc(3 * SERVE_REQUEST_BYTES);
	size_t len = (size_t)sprintf(request, "GET /metrics HTTP/1.1\r\nX: ");

	(void)state;
	memset(request + len, 'x', 3 * SERVE_REQUEST_BYTES - len);
	assert_answer(request, 3 * SERVE_REQUEST_BYTES, "HTTP/1.1 400 ", "\n");
	free(request);
}

/* Each has its time; the next one is served meanwhile. */
static void slow_clients_are_dropped_and_keep_nobody_from_being_served(void **state)
{
	int slow[3 * SERVE_MAX_CLIENTS], wait_ms;
	char answer[64];
	bool closed;

	(void)state;
	assert_int_equal(serve__wait_ms(&s), -1);
	for (int i = 0; i < 3 * SERVE_MAX_CLIENTS; i++) {
		slow[i] = connect_to();
		let_work();
		send(slow[i], "GET /met", 8, MSG_NOSIGNAL);
	}
	wait_ms = serve__wait_ms(&s);
	assert_true(wait_ms > 0 && wait_ms <= SERVE_CLIENT_MS + 1);
	for (int i = 0; i < 100; i++) {
		int fd = connect_to();

		send_to(fd, "GET /metrics HTTP/1.1\r\n\r\n", 25);
		assert_true(read_from(fd, answer, sizeof(answer), &closed) > 12);
		assert_memory_equal(answer, "HTTP/1.1 200", 12);
		close(fd);
		let_work();
	}
	for (int i = 0; i < SERVE_MAX_CLIENTS; i++)
		if (s.clients[i])
			s.clients[i]->end_ns = 1;
	serve__work(&s);
	assert_int_equal(serve__wait_ms(&s), -1);
	for (int i = 0; i < 3 * SERVE_MAX_CLIENTS; i++)
		close(slow[i]);
}

static void many_at_once_are_all_served(void **state)
{
	int fds[60];
	char answer[64];
	bool closed;

	(void)state;
	for (int i = 0; i < 60; i++) {
		fds[i] = connect_to();
		assert_int_equal(send(fds[i], "GET /metrics HTTP/1.1\r\n\r\n", 25, 0), 25);
	}
	let_work();
	for (int i = 0; i < 60; i++) {
		assert_true(read_from(fds[i], answer, sizeof(answer), &closed) > 12);
		assert_memory_equal(answer, "HTTP/1.1 200", 12);
		close(fds[i]);
	}
	let_work();
}

/* poll() would tell of the client that cannot be accepted again at once, and so for ever. */
static void without_descriptors_it_rests_and_serves_later(void **state)
{
	struct pollfd fds[SERVE_FDS];
	struct rlimit was, few;
	char answer[64];
	int fd = connect_to();
	bool closed;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	serve__work(&s);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(serve__fds(&s, fds), 1);
	assert_int_equal(fds[0].fd, -1);
	assert_in_range(serve__wait_ms(&s), 1, DEAF_MS + 1);
	s.deaf_until_ns = 0;
	send_to(fd, "GET /metrics HTTP/1.1\r\n\r\n", 25);
	assert_true(read_from(fd, answer, sizeof(answer), &closed) > 12);
	assert_memory_equal(answer, "HTTP/1.1 200", 12);
	close(fd);
	let_work();
}

static void a_large_page_is_sent_as_fast_as_it_is_read(void **state)
{
	char *answer = malloc(PAGE_BYTES + 4096), *body;
	int idle = connect_to(), fd = connect_to();
	bool closed;
	size_t got;

	(void)state;
	page_bytes = PAGE_BYTES;
	/* One that asks and never reads. */
	send_to(idle, "GET /metrics HTTP/1.1\r\n\r\n", 25);
	send_to(fd, "GET /metrics HTTP/1.1\r\n\r\n", 25);
	got = read_from(fd, answer, PAGE_BYTES + 4096, &closed);
	body = strstr(answer, "\r\n\r\n");
	assert_true(closed && body);
	assert_int_equal(got - (size_t)(body + 4 - answer), PAGE_BYTES);
	close(fd);
	close(idle);
	let_work();
	for (int i = 0; i < SERVE_MAX_CLIENTS; i++)
		assert_null(s.clients[i]);
	free(answer);
}

static void assert_where(const char *where, const char *name, bool loopback)
{
	struct error err = { 0 };
	struct serve other;
	int code = serve__open(&other, where, make_page, &page_bytes, &err);

	if (!name) {
		assert_int_equal(code, -EINVAL);
		return;
	}
	if (code == -EAFNOSUPPORT || code == -EADDRNOTAVAIL)
		return; /* no IPv6 here */
	assert_int_equal(code, 0);
	assert_memory_equal(other.where, name, strlen(name));
	assert_int_equal(other.loopback, loopback);
	serve__close(&other);
}

static void without_an_address_only_this_host_can_reach_it(void **state)
{
	(void)state;
	assert_where("0", "127.0.0.1:", true);
	assert_where(":0", "127.0.0.1:", true);
	assert_where("localhost:0", "127.0.0.1:", true);
	assert_where("127.1.2.3:0", "127.1.2.3:", true);
	assert_where("0.0.0.0:0", "0.0.0.0:", false);
	assert_where("[::1]:0", "[::1]:", true);
	assert_where("[::]:0", "[::]:", false);
	assert_where("", NULL, false);
	assert_where("x", NULL, false);
	assert_where("65536", NULL, false);
	assert_where("-1", NULL, false);
	assert_where("1x", NULL, false);
	assert_where("example.org:80", NULL, false);
	assert_where("::1:80", NULL, false);
	assert_where("[::1", NULL, false);
	assert_where("1.2.3:80", NULL, false);
	assert_where(
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80",
		NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_metrics_are_served, begin, end),
		cmocka_unit_test_setup_teardown(names_of_others_are_not_answered_on_loopback, begin,
						end),
		cmocka_unit_test_setup_teardown(a_request_may_come_byte_by_byte, begin, end),
		cmocka_unit_test_setup_teardown(too_long_a_request_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(
			slow_clients_are_dropped_and_keep_nobody_from_being_served, begin, end),
		cmocka_unit_test_setup_teardown(many_at_once_are_all_served, begin, end),
		cmocka_unit_test_setup_teardown(without_descriptors_it_rests_and_serves_later,
						begin, end),
		cmocka_unit_test_setup_teardown(a_large_page_is_sent_as_fast_as_it_is_read, begin,
						end),
		cmocka_unit_test(without_an_address_only_this_host_can_reach_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
