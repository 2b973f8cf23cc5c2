// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A result file is whole or absent, whatever happens while it is written; and nothing that is read
 * can do more harm than cause a message.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/host/fingerprint.h"
#include "bench/result/check.h"
#include "bench/result/file.h"
#include "bench/result/stale_temp.h"
#include "tests/synthetic.h"

static char directory[256];

static const char *in_directory(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%.250s", directory, name);
	return path;
}

static unsigned int nr_files(void)
{
	unsigned int nr = 0;
	DIR *dir = opendir(directory);

	for (struct dirent *entry; (entry = readdir(dir));)
		nr += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return nr;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "%s/hvbench-test-XXXXXX", getenv("TMP") ?: "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
	DIR *dir = opendir(directory);

	(void)state;
	for (struct dirent *entry; (entry = readdir(dir));)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	return rmdir(directory);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

static void assert_file(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(buf, 1, sizeof(buf) - 1, file) > 0);
	fclose(file);
	assert_string_equal(buf, text);
}

static void document_survives_the_way_to_disk(void **state)
{
	json_t *doc = synthetic__document(), *back;
	struct error err = { 0 };
	char *text, *again;
	size_t len, len_again;

	(void)state;
	json_object_set_new(doc, "odd", json_string("\x01 \x7f \n \xe2\x80\xae \xc3\xa9"));
	assert_int_equal(result__save(doc, in_directory("result.json"), &err), 0);
	assert_int_equal(nr_files(), 1);
	back = result__load(in_directory("result.json"), &err);
	if (!back)
		fail_msg("%s", err.text);
	text = result__dump(doc, &len);
	again = result__dump(back, &len_again);
	assert_string_equal(text, again);
	assert_int_equal(len, strlen(text));
	assert_string_equal(json_string_value(json_object_get(back, "odd")),
			    json_string_value(json_object_get(doc, "odd")));
	for (size_t i = 0; i < len; i++)
		assert_true(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
	free(text);
	free(again);
	json_decref(doc);
	json_decref(back);
}

static void old_file_is_replaced_and_keeps_its_mode(void **state)
{
	struct error err;
	struct stat st;

	(void)state;
	write_file(in_directory("r"), "old");
	chmod(in_directory("r"), 0640);
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_file(in_directory("r"), "new");
	assert_int_equal(stat(in_directory("r"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(nr_files(), 1);
}

static void new_file_has_the_mode_of_the_umask(void **state)
{
	mode_t old = umask(027);
	struct error err;
	struct stat st;

	(void)state;
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	umask(old);
	assert_int_equal(stat(in_directory("r"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void symbolic_link_stays_one(void **state)
{
	char target[512];
	struct error err;
	struct stat st;

	(void)state;
	snprintf(target, sizeof(target), "%s", in_directory("target"));
	write_file(target, "old");
	assert_int_equal(symlink("target", in_directory("link")), 0);
	assert_int_equal(result__save_text("new", 3, in_directory("link"), &err), 0);
	assert_file(target, "new");
	assert_int_equal(lstat(in_directory("link"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

/* A limit on file sizes stands for a full disk: the write fails halfway. */
static void full_disk_leaves_the_old_file_and_no_other(void **state)
{
	struct rlimit old, small;
	char text[8192];
	struct error err;
	int ret;

	(void)state;
	memset(text, 'x', sizeof(text));
	write_file(in_directory("r"), "old");
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	ret = result__save_text(text, sizeof(text), in_directory("r"), &err);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(ret, -EFBIG);
	assert_non_null(strstr(err.text, "ulimit -f"));
	assert_file(in_directory("r"), "old");
	assert_int_equal(nr_files(), 1);
}

/* The number of a process that has ended. */
static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void leave(const char *base, pid_t pid, const char *rest)
{
	char name[300];

	snprintf(name, sizeof(name), ".%s.%d-%s.tmp", base, (int)pid, rest);
	write_file(in_directory(name), "half of a res");
}

/*
 * Files beside FILE, for FILE or FILE.partial, of a process that has ended; all others are left
 * alone.
 */
static void what_a_killed_writer_left_is_swept(void **state)
{
	char long_name[252];
	struct error err;
	pid_t dead = dead_pid();

	(void)state;
	leave("r", dead, "0123abcd");
	leave("r", dead, "0");
	leave("r.partial", dead, "0123abcd");
	leave("r.partial.2", dead, "89abcdef");
	assert_int_equal(nr_files(), 4);
	assert_int_equal(result__check_output(in_directory("r"), &err), 0);
	assert_int_equal(nr_files(), 0);
	leave("r", dead, "0123abcd");
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_int_equal(nr_files(), 1);

	leave("r", getppid(), "0123abcd");
	leave("r2", dead, "0123abcd");
	leave("other.r", dead, "0123abcd");
	leave("r", dead, "0123abcdef");
	leave("r", dead, "");
	leave("r", dead, "xyz");
	leave("r", 0, "0123abcd");
	write_file(in_directory(".r.tmp"), "");
	write_file(in_directory(".tmp"), "");
	write_file(in_directory("r.partial"), "");
	assert_int_equal(nr_files(), 11);
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_int_equal(nr_files(), 11);

	memset(long_name, 'l', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	long_name[200] = '\0';
	leave(long_name, dead, "0123abcd");
	long_name[200] = 'l';
	assert_int_equal(nr_files(), 12);
	assert_int_equal(result__save_text("new", 3, in_directory(long_name), &err), 0);
	assert_int_equal(nr_files(), 12);
}

/* A writer in another namespace has a number that no process has here. */
static void what_somebody_still_writes_is_not_swept(void **state)
{
	char path[512], name[64];
	struct error err;
	int fd;

	(void)state;
	snprintf(name, sizeof(name), ".r.%d-0123abcd.tmp", (int)dead_pid());
	snprintf(path, sizeof(path), "%s", in_directory(name));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_true(stale_temp__claim(fd));
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_int_equal(nr_files(), 2);
	close(fd);
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_int_equal(nr_files(), 1);

	/* Removed between being created and being claimed: the writer notices. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(result__save_text("new", 3, in_directory("r"), &err), 0);
	assert_false(stale_temp__claim(fd));
	close(fd);
}

/*
 * A device of our own if we are root: if the code is wrong, it would replace the device by a file.
 * Others may not write to /dev. False: neither is possible.
 */
static bool device(char *path, size_t room, const char *name, unsigned int minor_number)
{
	snprintf(path, room, "/dev/%s", name);
	if (geteuid())
		return true;
	snprintf(path, room, "%s", in_directory(name));
	if (mknod(path, S_IFCHR | 0600, makedev(1, minor_number)))
		return false;
	/* The file system may be mounted without devices. */
	return access(path, W_OK) == 0 && close(open(path, O_WRONLY)) == 0;
}

static void devices_are_written_to(void **state)
{
	char null[512], full[512];
	struct error err;
	struct stat st;

	(void)state;
	if (!device(null, sizeof(null), "null", 3) || !device(full, sizeof(full), "full", 7))
		skip();
	assert_int_equal(result__save_text("x", 1, null, &err), 0);
	assert_int_equal(stat(null, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(result__save_text("x", 1, full, &err), -ENOSPC);
	assert_non_null(strstr(err.text, full));
}

static void fifos_are_written_to(void **state)
{
	char buf[16] = "";
	struct error err;
	int fd;

	(void)state;
	assert_int_equal(mkfifo(in_directory("fifo"), 0600), 0);
	fd = open(in_directory("fifo"), O_RDWR | O_NONBLOCK);
	assert_int_equal(result__save_text("fifo", 4, in_directory("fifo"), &err), 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), 4);
	assert_string_equal(buf, "fifo");
	close(fd);
	assert_int_equal(nr_files(), 1);
}

/* The lab has signals blocked while it writes. */
static void fifo_that_nobody_reads_is_given_up_after_a_signal(void **state)
{
	const struct timespec none = { 0 };
	struct error err;
	sigset_t set;

	(void)state;
	assert_int_equal(mkfifo(in_directory("fifo"), 0600), 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	alarm(20);
	assert_int_equal(result__save_text("new", 3, in_directory("fifo"), &err), -EINTR);
	alarm(0);
	assert_int_equal(sigtimedwait(&set, NULL, &none), SIGTERM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* With >>, a new file in its place would lose what the file held. */
static void standard_output_is_appended_to_where_it_stands(void **state)
{
	static const char *const names[] = { "-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1" };
	int status, fd;

	(void)state;
	write_file(in_directory("log"), "before ");
	for (size_t i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct error err;

			fd = open(in_directory("log"), O_WRONLY | O_APPEND);
			dup2(fd, STDOUT_FILENO);
			_exit(result__save_text("x", 1, names[i], &err) ? 1 : 0);
		}
		wait(&status);
		assert_int_equal(status, 0);
	}
	assert_file(in_directory("log"), "before xxxx");
}

static void what_cannot_be_written_is_reported_with_what_to_do(void **state)
{
	char name[5000];
	struct error err;

	(void)state;
	assert_int_equal(result__save_text("x", 1, directory, &err), -EISDIR);
	assert_non_null(strstr(err.text, "name a file in it"));
	assert_int_equal(result__save_text("x", 1, in_directory("none/r"), &err), -ENOENT);
	assert_non_null(strstr(err.text, "create its directory"));
	write_file(in_directory("file"), "");
	assert_int_equal(result__save_text("x", 1, in_directory("file/r"), &err), -ENOTDIR);
	assert_int_equal(result__save_text("x", 1, "/proc/r", &err), -ENOENT);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(result__save_text("x", 1, name, &err), -ENAMETOOLONG);
	name[250] = '\0';
	assert_int_equal(result__save_text("x", 1, in_directory(name), &err), 0);
	assert_int_equal(nr_files(), 2);
}

static void protected_places_stay_as_they_are(void **state)
{
	bool root = geteuid() == 0;
	struct error err;
	int in_place, beside;

	(void)state;
	write_file(in_directory("r"), "old");
	chmod(in_directory("r"), 0444);
	chmod(directory, 0555);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	beside = result__save_text("x", 1, in_directory("new"), &err);
	assert_non_null(strstr(err.text, "-o"));
	chmod(directory, 0755);
	in_place = result__save_text("x", 1, in_directory("r"), &err);
	if (root)
		assert_int_equal(seteuid(0), 0);
	chmod(directory, 0755);
	assert_int_equal(beside, -EACCES);
	assert_int_equal(in_place, -EACCES);
	assert_int_equal(nr_files(), 1);
}

#define DOCUMENT(cells) \
	"{\"schema\":\"hvbench.result/" \
	"1\",\"tool\":{\"version\":null},\"started\":null,\"seed\":1," \
	"\"plan\":{},\"host\":{},\"cells\":[" cells "]}"
#define CELL(extra) DOCUMENT("{\"workload\":\"w\",\"status\":\"ok\",\"unit\":\"ns\"" extra "}")
#define EMPTY	    ",\"rounds\":[],\"summary\":null"

static void smallest_document_is_read(void **state)
{
	static const char *const good[] = {
		DOCUMENT(""),
		CELL(EMPTY ",\"warnings\":[]"),
		CELL(EMPTY ",\"warnings\":[\"plain\",{\"text\":\"t\",\"count\":2.0}]"),
		CELL(EMPTY ",\"warnings\":[],\"new\":{\"by\":[\"a newer version\"]}"),
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		json_t *doc = result__parse(good[i], strlen(good[i]), "r", &err);

		if (!doc)
			fail_msg("%s: %s", good[i], err.text);
		json_decref(doc);
	}
}

static void damage_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} cases[] = {
		{ "", -EBADMSG, "r.json: the file is empty" },
		{ "{\"schema\":\n \"hvbench.result/1\",", -EBADMSG, "line 2, column" },
		{ "[]", -EBADMSG, "the document is an array where an object was expected" },
		{ "{}", -EBADMSG, "not a result of hvbench" },
		{ "{\"schema\":3}", -EBADMSG, "not a result of hvbench" },
		{ "{\"schema\":\"hvbench.result/2\"}", -EPROTONOSUPPORT,
		  "newer hvbench (result format 2" },
		{ "{\"schema\":\"hvbench.result/1x\"}", -EBADMSG, "schema is not" },
		{ "{\"schema\":\"hvbench.result/1\",\"host\":{}}", -EBADMSG, "has no \"cells\"" },
		{ "{\"schema\":\"hvbench.result/1\",\"host\":[],\"cells\":[]}", -EBADMSG,
		  "host is an array" },
		{ "{\"schema\":\"hvbench.result/1\",\"host\":{},\"cells\":[]}", -EBADMSG,
		  "has no \"plan\"" },
		{ DOCUMENT("{}"), -EBADMSG, "cells[0] has no \"rounds\"" },
		{ CELL(EMPTY), -EBADMSG, "cells[0] has no \"warnings\"" },
		{ CELL(",\"ring\":3.5"), -EBADMSG,
		  "cells[0].ring is a number where a whole number or null was expected" },
		{ CELL(",\"summary\":{\"ci_coverage\":1.5}"), -EBADMSG,
		  "ci_coverage is 1.5, not between 0 and 1" },
		{ "{\"schema\":\"hvbench.result/1\",\"schema\":1}", -EBADMSG, "duplicate" },
		{ CELL(",\"summary\":{\"p50\":\"x\"}"), -EBADMSG,
		  "cells[0].summary.p50 is a string where a number or null was expected" },
		{ CELL(",\"summary\":{\"ci95\":[1]}"), -EBADMSG,
		  "cells[0].summary.ci95 has 1 elements, not 2" },
		{ CELL(",\"summary\":{\"ci95\":[1,null]}"), -EBADMSG,
		  "cells[0].summary.ci95[1] is null" },
		{ CELL(",\"summary\":{\"p50\":NaN}"), -EBADMSG, "line 1" },
		{ CELL(",\"summary\":{\"p50\":1e999}"), -EBADMSG, "overflow" },
		{ CELL(",\"rounds\":[{}]"), -EBADMSG, "cells[0].rounds[0] has no \"samples\"" },
		{ CELL(",\"rounds\":[{\"samples\":[1,2,\"3\"]}]"), -EBADMSG,
		  "cells[0].rounds[0].samples[2] is a string" },
		{ CELL(",\"latency\":{\"buckets\":[[1,2]]}"), -EBADMSG,
		  "buckets[0] has 2 elements, not 3" },
		{ CELL(",\"exits\":{\"per_op\":{\"total\":true}}"), -EBADMSG,
		  "cells[0].exits.per_op.total" },
		{ CELL(",\"params\":{\"a\\u001b[31mb\":{}}"), -EBADMSG,
		  "cells[0].params.a?[31mb is an object" },
		{ CELL(",\"warnings\":[3]"), -EBADMSG, "cells[0].warnings[0] is a number" },
		{ CELL(",\"config\":{\"name\":3}"), -EBADMSG, "cells[0].config.name is a number" },
		{ CELL(",\"label\":\"\xff\""), -EBADMSG, "line 1" },
		{ CELL(",\"label\":\"a\\u0000b\""), -EBADMSG, "line 1" },
		{ CELL(",\"seed\":99999999999999999999"), -EBADMSG, "too big" },
		{ "{\"schema\":\"hvbench.result/1\",\"seed\":\"0x7\"}", -EBADMSG,
		  "seed is a string of something else than digits" },
		{ DOCUMENT("{\"status\":\"fine\"}"), -EBADMSG,
		  "cells[0].status has a value that this program does not know" },
		{ "\x1b[31m", -EBADMSG, "near '?'" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(result__parse(cases[i].text, strlen(cases[i].text), "r.json", &err));
		if (err.code != cases[i].code || !strstr(err.text, cases[i].message) ||
		    strchr(err.text, '\033'))
			fail_msg("%s\ngave %d: %s\nnot %d: %s", cases[i].text, err.code, err.text,
				 cases[i].code, cases[i].message);
	}
}

static void deep_and_numerous_is_refused(void **state)
{
	size_t len = 20 << 20;
	char *text = malloc(len);
	struct error err;

	(void)state;
	memset(text, '[', len);
	assert_null(result__parse(text, 100000, "r", &err)); /* deeper than the parser goes */
	assert_int_equal(err.code, -EBADMSG);
	assert_null(result__parse(text, len, "r", &err));
	assert_int_equal(err.code, -EFBIG);
	assert_non_null(strstr(err.text, "more arrays and objects"));
	/* Brackets in a string are text. */
	text[0] = text[len - 1] = '"';
	assert_null(result__parse(text, len, "r", &err));
	assert_int_equal(err.code, -EBADMSG);
	free(text);
}

static void every_prefix_of_a_document_is_refused(void **state)
{
	json_t *doc = synthetic__document();
	struct error err;
	size_t len;
	char *text = result__dump(doc, &len);

	(void)state;
	for (size_t cut = 0; cut < len - 2; cut += 1 + cut % 13) {
		assert_null(result__parse(text, cut, "r", &err));
		assert_int_equal(err.code, -EBADMSG);
	}
	free(text);
	json_decref(doc);
}

static void what_cannot_be_read_is_reported(void **state)
{
	struct error err;

	(void)state;
	assert_null(result__load(in_directory("none"), &err));
	assert_int_equal(err.code, -ENOENT);
	assert_non_null(strstr(err.text, "/none': No such file"));
	assert_null(result__load(directory, &err));
	assert_int_equal(err.code, -EISDIR);
	write_file(in_directory("huge"), "{");
	assert_int_equal(truncate(in_directory("huge"), (1ll << 30) + 1), 0);
	assert_null(result__load(in_directory("huge"), &err));
	assert_int_equal(err.code, -EFBIG);
	assert_non_null(strstr(err.text, "larger than 1024 MiB"));
}

static int validate(const char *options, const char *path)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "%s/tests/schema-validate %s '%s' >'%s.out' 2>&1",
		 getenv("TOP") ?: ".", options, path, path);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool there_is_a_validator(void)
{
	char command[512];

	snprintf(command, sizeof(command), "%s/scripts/python3-with jsonschema >/dev/null",
		 getenv("TOP") ?: ".");
	return !system(command);
}

static void schema_accepts_the_document_and_refuses_damage(void **state)
{
	static const char *const without[] = { "schema", "host", "cells", "seed" };
	json_t *doc = synthetic__document(), *host = host__fingerprint(""), *cell;
	char path[512];
	struct error err;

	(void)state;
	if (!there_is_a_validator()) {
		json_decref(doc);
		json_decref(host);
		skip();
	}
	json_object_update_missing(json_object_get(doc, "host"), host);
	json_decref(host);
	snprintf(path, sizeof(path), "%s", in_directory("r.json"));
	assert_int_equal(result__save(doc, path, &err), 0);
	assert_int_equal(validate("--documented", path), 0);
	for (size_t i = 0; i < 4; i++) {
		json_t *damaged = json_copy(doc);

		json_object_del(damaged, without[i]);
		assert_int_equal(result__save(damaged, path, &err), 0);
		assert_int_equal(validate("--documented", path), 1);
		json_decref(damaged);
	}
	json_object_set_new(doc, "undocumented", json_true());
	assert_int_equal(result__save(doc, path, &err), 0);
	assert_int_equal(validate("--documented", path), 1);
	json_object_del(doc, "undocumented");
	cell = json_array_get(json_object_get(doc, "cells"), 0);
	json_object_set_new(json_object_get(cell, "summary"), "p50", json_string("fast"));
	assert_int_equal(result__save(doc, path, &err), 0);
	assert_int_equal(validate("--documented", path), 1);
	json_decref(doc);
}

/* Documents wrong in every possible way, one at a time, and what this program says about each. */
struct damage {
	json_t *doc;
	FILE *out;
	unsigned int nr, accepted;
};

static void put_verdict(struct damage *d)
{
	struct error err;
	bool accepted = !result__check(d->doc, "r", &err);
	char *text = json_dumps(d->doc, JSON_COMPACT);

	fprintf(d->out, "[%s,%s]\n", accepted ? "true" : "false", text);
	free(text);
	d->nr++;
	d->accepted += accepted;
}

/* `key`: of an object, or NULL and an array's `index`. */
static void set(json_t *parent, const char *key, size_t index, json_t *value)
{
	if (key)
		json_object_set_new(parent, key, value);
	else
		json_array_set_new(parent, index, value);
}

static void damage(struct damage *d, json_t *parent);

static void damage_one(struct damage *d, json_t *parent, const char *key, size_t index)
{
	json_t *whole =
		json_incref(key ? json_object_get(parent, key) : json_array_get(parent, index));
	json_t *const wrong[] = {
		json_null(),
		json_true(),
		json_string("x"),
		json_string("7"),
		json_integer(-3),
		json_real(2.5),
		json_real(4.0),
		json_object(),
		json_array(),
		json_pack("[s]", "x"),
		json_pack("[i, i]", 1, 2),
		json_pack("{s:s}", "x", "y"),
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		set(parent, key, index, wrong[i]);
		put_verdict(d);
	}
	set(parent, key, index, json_incref(whole));
	damage(d, whole);
	json_decref(whole);
}

/* For lists the first element, for maps every field: once wrong, once missing. */
static void damage(struct damage *d, json_t *parent)
{
	json_t *names = json_array(), *name, *value;
	const char *key;
	size_t i;

	if (json_array_size(parent))
		damage_one(d, parent, NULL, 0);
	json_object_foreach(parent, key, value)
		json_array_append_new(names, json_string(key));
	json_array_foreach(names, i, name) {
		key = json_string_value(name);
		damage_one(d, parent, key, 0);
		value = json_incref(json_object_get(parent, key));
		json_object_del(parent, key);
		put_verdict(d);
		json_object_set_new(parent, key, value);
	}
	json_decref(names);
}

/* Otherwise validators would interpret our documents differently than we do. */
static void check_and_schema_say_the_same_of_every_damage(void **state)
{
	json_t *whole = synthetic__document(), *cells = json_object_get(whole, "cells"), *cell;
	struct damage d = { .doc = whole, .out = fopen(in_directory("r.json"), "w") };
	char path[512], command[600];

	(void)state;
	if (!there_is_a_validator()) {
		fclose(d.out);
		json_decref(whole);
		skip();
	}
	/* One cell is enough, with few samples. */
	cell = json_incref(json_array_get(cells, 0));
	json_array_clear(cells);
	json_array_append_new(cells, cell);
	put_verdict(&d);
	assert_int_equal(d.accepted, 1);
	damage(&d, whole);
	fclose(d.out);
	snprintf(path, sizeof(path), "%s", in_directory("r.json"));
	if (validate("--verdicts", path)) {
		snprintf(command, sizeof(command), "head -20 '%s.out' >&2", path);
		fail_msg("they differ, as said above: %d", system(command));
	}
	assert_in_range(d.accepted, d.nr / 20, d.nr / 2);
	json_decref(whole);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(document_survives_the_way_to_disk),
		TEST(old_file_is_replaced_and_keeps_its_mode),
		TEST(new_file_has_the_mode_of_the_umask),
		TEST(symbolic_link_stays_one),
		TEST(full_disk_leaves_the_old_file_and_no_other),
		TEST(what_a_killed_writer_left_is_swept),
		TEST(what_somebody_still_writes_is_not_swept),
		TEST(devices_are_written_to),
		TEST(fifos_are_written_to),
		TEST(fifo_that_nobody_reads_is_given_up_after_a_signal),
		TEST(standard_output_is_appended_to_where_it_stands),
		TEST(what_cannot_be_written_is_reported_with_what_to_do),
		TEST(protected_places_stay_as_they_are),
		TEST(smallest_document_is_read),
		TEST(damage_is_refused_with_its_place),
		TEST(deep_and_numerous_is_refused),
		TEST(every_prefix_of_a_document_is_refused),
		TEST(what_cannot_be_read_is_reported),
		TEST(schema_accepts_the_document_and_refuses_damage),
		TEST(check_and_schema_say_the_same_of_every_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
