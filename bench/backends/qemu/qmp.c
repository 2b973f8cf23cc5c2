/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/qemu/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/clock.h"
#include "bench/base/json.h"

#define MAX_LINE_BYTES (4u << 20)

/* Reads more bytes into the buffer: 0, -EPIPE, or -EAGAIN if none came by the deadline. */
static int receive(struct qmp *q, uint64_t wait_ns)
{
	struct timespec timeout = { (time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000) };
	struct pollfd fd = { .fd = q->fd, .events = POLLIN };
	ssize_t n;

	if (q->size - q->used < 4096) {
		char *grown = q->size < MAX_LINE_BYTES ? realloc(q->buf, q->size + 65536) : NULL;

		if (!grown)
			return -EPROTO;
		q->buf = grown;
		q->size += 65536;
	}
	if (ppoll(&fd, 1, &timeout, NULL) <= 0)
		return -EAGAIN;
	n = recv(q->fd, q->buf + q->used, q->size - q->used, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n <= 0)
		return -EPIPE;
	q->used += (size_t)n;
	return 0;
}

/*
 * The first line of the buffer as an object: 0, -EAGAIN if there is no complete line yet, -EPROTO.
 */
static int take_line(struct qmp *q, json_t **line)
{
	char *end = q->used ? memchr(q->buf, '\n', q->used) : NULL;
	size_t length;

	*line = NULL;
	if (!end)
		return -EAGAIN;
	length = (size_t)(end - q->buf) + 1;
	*line = json_loadb(q->buf, length, 0, NULL);
	memmove(q->buf, q->buf + length, q->used - length);
	q->used -= length;
	return json_is_object(*line) ? 0 : -EPROTO;
}

/* RESUME and events caused by our own commands do not matter. */
static void note_event(struct qmp *q, const json_t *event)
{
	static const char *const ends[] = { "SHUTDOWN", "RESET", "STOP", "GUEST_PANICKED", NULL };
	const char *name = json_string_value(json_object_get(event, "event"));
	const char *reason = json_string_value(json__at(event, "data.reason"));

	for (const char *const *end = ends; name && *end; end++) {
		if (strcmp(name, *end) || q->stopped)
			continue;
		q->stopped = true;
		snprintf(q->why, sizeof(q->why), "%s%s%.40s", name, reason ? ": " : "",
			 reason ? reason : "");
	}
}

/* The next line that is not an event. */
static int next_answer(struct qmp *q, uint64_t deadline_ns, json_t **answer)
{
	for (;;) {
		int ret = take_line(q, answer);
		uint64_t now;

		if (!ret && json_object_get(*answer, "event")) {
			note_event(q, *answer);
			json_decref(*answer);
			continue;
		}
		if (ret != -EAGAIN) {
			if (ret)
				json_decref(*answer);
			return ret;
		}
		now = clock__ns();
		if (now >= deadline_ns)
			return -ETIME;
		ret = receive(q, deadline_ns - now);
		if (ret && ret != -EAGAIN)
			return ret;
	}
}

static int tell(int code, const char *what, struct error *err)
{
	switch (code) {
	case -ETIME:
		return error__set(err, code, "QEMU does not answer to %s", what);
	case -EPIPE:
		return error__set(err, code, "QEMU ended before it answered to %s", what);
	default:
		return error__set(err, code, "QEMU's answer to %s makes no sense", what);
	}
}

int qmp__open(struct qmp *q, int fd, uint64_t deadline_ns, struct error *err)
{
	json_t *greeting = NULL, *version;
	int ret;

	*q = (struct qmp){ .fd = fd };
	ret = next_answer(q, deadline_ns, &greeting);
	if (ret) {
		tell(ret, "the connection", err);
		goto fail;
	}
	version = (json_t *)json__at(greeting, "QMP.version.qemu");
	if (json_unpack(version, "{s:i, s:i, s:i}", "major", &q->major, "minor", &q->minor, "micro",
			&q->micro)) {
		ret = tell(-EPROTO, "the connection", err);
		goto fail;
	}
	ret = qmp__call(q, "qmp_capabilities", NULL, NULL, deadline_ns, err);
	if (ret)
		goto fail;
	json_decref(greeting);
	return 0;
fail:
	json_decref(greeting);
	qmp__close(q);
	return ret;
}

static int send_line(struct qmp *q, const char *line, size_t length)
{
	while (length) {
		ssize_t n = send(q->fd, line, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EPIPE;
		line += n;
		length -= (size_t)n;
	}
	return 0;
}

int qmp__call(struct qmp *q, const char *command, json_t *args, json_t **answer,
	      uint64_t deadline_ns, struct error *err)
{
	json_t *request = json_pack("{s:s, s:o*}", "execute", command, "arguments", args);
	char *line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_t *reply = NULL, *value, *refusal;
	int ret;

	json_decref(request);
	if (answer)
		*answer = NULL;
	if (!line)
		return error__set(err, -ENOMEM, "out of memory");
	ret = send_line(q, line, strlen(line));
	free(line);
	if (!ret)
		ret = next_answer(q, deadline_ns, &reply);
	if (ret)
		return tell(ret, command, err);
	value = json_object_get(reply, "return");
	refusal = json_object_get(reply, "error");
	if (refusal) {
		const char *class = json_string_value(json_object_get(refusal, "class"));
		const char *why = json_string_value(json_object_get(refusal, "desc"));

		ret = class && !strcmp(class, "CommandNotFound") ? -ENOSYS : -EREMOTEIO;
		error__set(err, ret, "QEMU refuses %s: %.300s", command,
			   why ? why : "no reason given");
	} else if (!value) {
		ret = tell(-EPROTO, command, err);
	} else if (answer) {
		*answer = json_incref(value);
	}
	json_decref(reply);
	return ret;
}

int qmp__sleep(struct qmp *q, uint64_t ns)
{
	int ret = receive(q, ns);
	json_t *line;

	while (!ret || ret == -EAGAIN) {
		ret = take_line(q, &line);
		if (ret == -EAGAIN)
			return q->stopped ? -ESHUTDOWN : 0;
		if (!ret)
			note_event(q, line);
		json_decref(line);
	}
	return ret;
}

void qmp__close(struct qmp *q)
{
	if (q->fd >= 0)
		close(q->fd);
	free(q->buf);
	*q = (struct qmp){ .fd = -1 };
}
