// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formats of trace events, by libtraceevent. To find the name of an exit reason it prints a record
 * made for the purpose, so that reason, isa and flags are combined exactly as in the kernel's print
 * format.
 */
#ifdef __x86_64__
#include <asm/kvm.h> /* the exception vectors that svm.h names */
#include <asm/svm.h>
#include <asm/vmx.h>
#else
#define VMX_EXIT_REASONS
#define SVM_EXIT_REASONS
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

#include "probes/tracefs.h"

struct tracefs {
	int dir;
	struct tep_handle *tep;
};

struct reason_name {
	uint64_t code; /* SVM's is 64 bits wide: SVM_EXIT_ERR is all ones in newer
				 * headers */
	const char *name;
};

static const struct reason_name vmx_reasons[] = { VMX_EXIT_REASONS };
static const struct reason_name svm_reasons[] = { SVM_EXIT_REASONS };

/* Mounts tracefs without attaching it anywhere; returns its descriptor or negative errno. */
static int mount_detached(void)
{
	int fs = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC), dir;

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) {
		dir = -errno;
	} else {
		dir = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
		if (dir < 0)
			dir = -errno;
	}
	close(fs);
	return dir;
}

static int open_dir(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing",
		"/sys/kernel/debug/tracing",
	};
	int first = -ENOENT, fd;
	struct statfs fs;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			if (errno != ENOENT)
				first = -errno;
			continue;
		}
		if (!fstatfs(fd, &fs) && fs.f_type == TRACEFS_MAGIC &&
		    !faccessat(fd, "events", R_OK | X_OK, 0))
			return fd;
		if (fs.f_type == TRACEFS_MAGIC)
			first = -EACCES;
		close(fd);
	}
	fd = mount_detached();
	if (fd >= 0)
		return fd;
	return first == -ENOENT ? fd : first;
}

int tracefs__open(struct tracefs **out, struct error *err)
{
	struct tracefs *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t)
		return error__set(err, -ENOMEM, "reading trace event formats: out of memory");
	t->dir = open_dir();
	if (t->dir < 0) {
		int code = t->dir;

		free(t);
		return error__set(err, code,
				  "reading trace event formats: tracefs is %s (%s); as root: "
				  "mount -t tracefs tracefs /sys/kernel/tracing",
				  code == -EACCES ? "not readable for this user" : "not mounted",
				  strerror(-code));
	}
	t->tep = tep_alloc();
	if (!t->tep) {
		close(t->dir);
		free(t);
		return error__set(err, -ENOMEM, "reading trace event formats: out of memory");
	}
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(t->tep, sizeof(long));
	*out = t;
	return 0;
}

void tracefs__close(struct tracefs *t)
{
	if (!t)
		return;
	tep_free(t->tep);
	close(t->dir);
	free(t);
}

/* The whole file, NUL-terminated; its length or negative errno. */
static ssize_t read_all(int dir, const char *path, char **text)
{
	size_t len = 0, room = 16384;
	char *buf = malloc(room), *more;
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), code;
	ssize_t n;

	if (fd < 0 || !buf) {
		code = fd < 0 ? -errno : -ENOMEM;
		goto fail;
	}
	while ((n = read(fd, buf + len, room - len - 1)) > 0) {
		len += n;
		if (room - len > 1)
			continue;
		more = realloc(buf, room *= 2);
		if (!more) {
			code = -ENOMEM;
			goto fail;
		}
		buf = more;
	}
	if (n < 0) {
		code = -errno;
		goto fail;
	}
	close(fd);
	buf[len] = 0;
	*text = buf;
	return len;
fail:
	if (fd >= 0)
		close(fd);
	free(buf);
	return code;
}

static struct tep_event *find_event(struct tracefs *t, const char *system, const char *name)
{
	struct tep_event *event = tep_find_event_by_name(t->tep, system, name);
	char path[128], *text = NULL;
	ssize_t len;

	if (event)
		return event;
	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	len = read_all(t->dir, path, &text);
	if (len < 0)
		return NULL;
	tep_parse_event(t->tep, text, len, system);
	free(text);
	return tep_find_event_by_name(t->tep, system, name);
}

int tracefs__event_id(struct tracefs *t, const char *system, const char *name)
{
	struct tep_event *event = find_event(t, system, name);

	return event ? event->id : -ENOENT;
}

int tracefs__field_off(struct tracefs *t, const char *system, const char *name, const char *field)
{
	struct tep_event *event = find_event(t, system, name);
	struct tep_format_field *f = event ? tep_find_any_field(event, field) : NULL;

	return f ? f->offset : -ENOENT;
}

static void put_field(struct tep_event *event, char *record, const char *name, uint64_t value)
{
	struct tep_format_field *f = tep_find_any_field(event, name);

	if (f && f->size <= (int)sizeof(value))
		memcpy(record + f->offset, &value, f->size);
}

/* The text between "reason " and " rip" in the printed record. */
static bool name_by_format(struct tracefs *t, enum exit_isa isa, uint32_t reason, char *name,
			   size_t len)
{
	struct tep_event *event = find_event(t, "kvm", "kvm_exit");
	char record[256] = { 0 }, *from, *to;
	struct tep_record r = { .data = record, .size = sizeof(record) };
	struct trace_seq seq;
	bool found = false;

	if (!event)
		return false;
	put_field(event, record, "common_type", event->id);
	put_field(event, record, "exit_reason", reason);
	put_field(event, record, "isa", isa);
	trace_seq_init(&seq);
	tep_print_event(t->tep, &seq, &r, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&seq);
	from = seq.buffer ? strstr(seq.buffer, "reason ") : NULL;
	to = from ? strstr(from, " rip ") : NULL;
	if (to && to > from + strlen("reason ")) {
		from += strlen("reason ");
		snprintf(name, len, "%.*s", (int)(to - from), from);
		found = strncmp(name, "0x", 2); /* a number means that it has no name for it */
	}
	trace_seq_destroy(&seq);
	return found;
}

static bool name_by_headers(enum exit_isa isa, uint32_t reason, char *name, size_t len)
{
	const struct reason_name *table = isa == ISA_VMX ? vmx_reasons : svm_reasons;
	size_t nr = isa == ISA_VMX ? sizeof(vmx_reasons) / sizeof(*vmx_reasons) :
				     sizeof(svm_reasons) / sizeof(*svm_reasons);
	uint32_t code = isa == ISA_VMX ? reason & 0xffff : reason;

	for (size_t i = 0; isa != ISA_UNKNOWN && i < nr; i++) {
		if ((uint32_t)table[i].code != code)
			continue;
		if (code == reason)
			snprintf(name, len, "%s", table[i].name);
		else
			snprintf(name, len, "%s flags 0x%x", table[i].name, reason & ~0xffffu);
		return true;
	}
	return false;
}

void tracefs__exit_reason(struct tracefs *t, enum exit_isa isa, uint32_t reason, char *name,
			  size_t len)
{
	if (isa == ISA_UNKNOWN || ((!t || !name_by_format(t, isa, reason, name, len)) &&
				   !name_by_headers(isa, reason, name, len)))
		snprintf(name, len, "0x%x", reason);
}
