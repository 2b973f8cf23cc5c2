// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library to preload that makes memory run out: the program's $FAIL_AT-th allocation fails, and
 * with $FAIL_ON=1 all after it as well. Only for the process the loader started: its children do
 * not inherit it.
 *
 * With $FAIL_WALK=TRIES the program runs once without a failure and then so many times, beside the
 * first twenty, with one allocation that fails, and as often with all after it as well; 0: for each
 * allocation. Each of these is a fork of the process as the loader left it, so that a thousand take
 * seconds. Output goes to the files out and err in $FAIL_DIR, that of the first run to usual. A run
 * ended as it should if its status is 70 and it has one message, of memory; or if status and output
 * are the usual ones; or if the command $FAIL_CHECK says so, called with its status and the usual
 * one. $FAIL_FIRST, a command, is run before each. What became of all is written to $FAIL_DIR/walk:
 * the number of allocations, of runs that ended, that went on as usual, that did neither, and the
 * first of the latter.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SECONDS 60 /* for one run */
#define FIRST	    20 /* each of these fails: before those for data come the program's own */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t nr, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long nr, at, *seen;
static int all_after, counting;

/* What a run has left in a file of $FAIL_DIR; unmapped by the caller. */
struct text {
	const char *bytes;
	size_t len;
};

static const char *file_of(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", getenv("FAIL_DIR") ?: ".", name);
	return path;
}

static struct text text_of(const char *name)
{
	int fd = open(file_of(name), O_RDONLY | O_CLOEXEC);
	struct text t = { "", 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		abort();
	if (st.st_size) {
		t.len = (size_t)st.st_size;
		t.bytes = mmap(NULL, t.len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (t.bytes == MAP_FAILED)
			abort();
	}
	close(fd);
	return t;
}

static void forget(struct text *t)
{
	if (t->len)
		munmap((void *)t->bytes, t->len);
}

static void redirect(const char *name, int to)
{
	int fd = open(file_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		abort();
	close(fd);
}

/* Returns false in the process that goes on as the program; else its status is in *status. */
static int run(unsigned long fail_at, int on, const char *out, int *status)
{
	const char *first = getenv("FAIL_FIRST");
	pid_t pid;

	if (first && system(first))
		abort();
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		redirect(out, STDOUT_FILENO);
		redirect("err", STDERR_FILENO);
		alarm(MAX_SECONDS);
		at = fail_at;
		all_after = on;
		counting = 1;
		return 0;
	}
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
	return 1;
}

static int one_message_of_memory(void)
{
	struct text err = text_of("err");
	size_t lines = 0;
	int says = 0;

	for (size_t i = 0; i < err.len; i++) {
		lines += err.bytes[i] == '\n';
		says |= i + 6 <= err.len && !strncasecmp(err.bytes + i, "memory", 6);
	}
	forget(&err);
	return says && lines <= 1;
}

static int same_output(void)
{
	struct text out = text_of("out"), usual = text_of("usual");
	int same = out.len == usual.len && !memcmp(out.bytes, usual.bytes, out.len);

	forget(&out);
	forget(&usual);
	return same;
}

static int is_accepted(int status, int usual)
{
	const char *check = getenv("FAIL_CHECK");
	char command[4096];

	if (!check)
		return 0;
	snprintf(command, sizeof(command), "%s %d %d", check, status, usual);
	return !system(command);
}

static void describe(char *buf, size_t size, unsigned long i, int on, int status)
{
	struct text err = text_of("err");
	int len = snprintf(buf, size, "allocation %lu, FAIL_ON=%d: status %d: ", i, on, status);

	for (size_t k = 0; k < err.len && k < 300 && len + 1 < (int)size; k++)
		buf[len++] = isprint((unsigned char)err.bytes[k]) ? err.bytes[k] : ' ';
	buf[len] = '\0';
	forget(&err);
}

/* Returns only in a process that goes on as the program. */
static void walk(unsigned long tries)
{
	unsigned long all, step, ended = 0, as_usual = 0, bad = 0;
	char first[1024] = "";
	int usual, status;
	FILE *file;

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		abort();
	if (!run(0, 0, "usual", &usual))
		return;
	all = *seen;
	step = tries ? all / tries + 1 : 1;
	for (int on = 0; on < 2; on++)
		for (unsigned long i = 1 + (unsigned int)on * step / 2; i <= all;
		     i += i < FIRST ? 1 : step) {
			if (!run(i, on, "out", &status))
				return;
			if (status == 70 && one_message_of_memory())
				ended++;
			else if ((status == usual && same_output()) || is_accepted(status, usual))
				as_usual++;
			else if (!bad++)
				describe(first, sizeof(first), i, on, status);
		}
	file = fopen(file_of("walk"), "w");
	if (!file)
		abort();
	fprintf(file, "%lu %lu %lu %lu %s\n", all, ended, as_usual, bad, first);
	fclose(file);
	_exit(0);
}

__attribute__((constructor)) static void start(void)
{
	const char *value = getenv("FAIL_AT");

	unsetenv("LD_PRELOAD");
	at = value ? strtoul(value, NULL, 10) : 0;
	value = getenv("FAIL_ON");
	all_after = value && *value == '1';
	value = getenv("FAIL_WALK");
	if (value)
		walk(strtoul(value, NULL, 10));
	counting = 1;
}

__attribute__((destructor)) static void end(void)
{
	if (seen && !at)
		*seen = nr;
}

static int fails(void)
{
	unsigned long now;

	if (!counting)
		return 0;
	now = __atomic_add_fetch(&nr, 1, __ATOMIC_RELAXED);
	if (!at || (all_after ? now < at : now != at))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}
