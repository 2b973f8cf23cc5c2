// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SQLite file below a history, a driver of db.h.
 *
 * Reading needs no right to write. SQLite opens a database with a write-ahead log only for users
 * who may write in its directory, unless it is told that the file is immutable; records still in
 * the log are then read from a copy.
 */
#include "bench/history/db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/alloc.h"

#define APPLICATION_ID 0x68766268 /* "hvbh" */
#define VERSION	       1
#define BUSY_MS	       20000

static const char schema[] = "CREATE TABLE results (id INTEGER PRIMARY KEY, digest TEXT NOT NULL "
			     "UNIQUE, started TEXT NOT NULL, name TEXT,"
			     " label TEXT, kernel TEXT, version TEXT, fingerprint TEXT, clock "
			     "TEXT, cells INTEGER NOT NULL);"
			     "CREATE INDEX results_by_time ON results (started, id);"
			     "CREATE TABLE cells (id INTEGER PRIMARY KEY, key TEXT NOT NULL "
			     "UNIQUE, label TEXT, config TEXT, backend TEXT,"
			     " grp TEXT, unit TEXT NOT NULL, higher INTEGER NOT NULL);"
			     "CREATE TABLE figures (cell INTEGER NOT NULL REFERENCES cells, result "
			     "INTEGER NOT NULL REFERENCES results,"
			     " p50 REAL, low REAL, high REAL, ratio REAL, exits REAL, PRIMARY KEY "
			     "(cell, result)) WITHOUT ROWID;";

/*
 * Tables that were added later, apart from the first ones so that older programs can still use the
 * file: the job a result came from, cells that were not measured, settings measured against each
 * other, how busy the host was, and which machine of its kind it was.
 */
static const char notes[] =
	"CREATE TABLE IF NOT EXISTS jobs (result INTEGER PRIMARY KEY REFERENCES results, name TEXT "
	"NOT NULL);"
	"CREATE TABLE IF NOT EXISTS unmeasured (result INTEGER NOT NULL REFERENCES results, key "
	"TEXT NOT NULL, label TEXT,"
	" config TEXT, backend TEXT, grp TEXT, status TEXT NOT NULL, reason TEXT, PRIMARY KEY "
	"(result, key)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS ab (result INTEGER NOT NULL REFERENCES results, nr INTEGER NOT "
	"NULL, workload TEXT,"
	" a TEXT, b TEXT, verdict TEXT, change REAL, PRIMARY KEY (result, nr)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS loads (result INTEGER PRIMARY KEY REFERENCES results, cpus "
	"REAL, own REAL, others REAL, average REAL);"
	"CREATE TABLE IF NOT EXISTS machines (result INTEGER PRIMARY KEY REFERENCES results, name "
	"TEXT NOT NULL); CREATE INDEX IF NOT EXISTS machines_by_name ON machines (name);";

/* Why a file cannot be written: an errno, 0 if it can. */
static int write_errno(const char *path)
{
	char copy[PATH_MAX];

	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) && errno != ENOENT)
		return errno;
	snprintf(copy, sizeof(copy), "%s", path);
	return faccessat(AT_FDCWD, dirname(copy), W_OK | X_OK, AT_EACCESS) ? errno : 0;
}

/* The code by which callers tell kinds of errors apart. */
static int code_of(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return -EACCES;
	case EROFS:
	case ENOSPC:
	case EDQUOT:
	case ENOTDIR:
	case EISDIR:
	case EMFILE:
	case ENFILE:
		return -error;
	default:
		return -EIO;
	}
}

static int cannot_open(struct history *h, const char *said, struct error *err)
{
	int error = sqlite3_system_errno(h->conn);

	/* SQLite also looks for files that need not exist, so its last ENOENT is not the reason. */
	if (!error || error == ENOENT)
		error = write_errno(h->path);
	return error__set(err, code_of(error), "%s: cannot be opened: %s%s%s%s", h->path, said,
			  error ? " (" : "", error ? strerror(error) : "", error ? ")" : "");
}

/* Why not all of a file can be read: an errno, 0 if it can. */
static int read_errno(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error;
	char block[4096];
	off_t at = 0;
	ssize_t got;

	if (fd < 0)
		return errno;
	do {
		got = pread(fd, block, sizeof(block), at);
		at += got;
	} while (got > 0);
	error = got < 0 ? errno : 0;
	close(fd);
	return error;
}

/* Translates SQLite's last error. */
static int fail(struct history *h, const char *doing, struct error *err)
{
	int code = sqlite3_errcode(h->conn), error;
	const char *said = sqlite3_errmsg(h->conn);

	/* SQLite calls a file damaged that the disk could not read. */
	error = (code & 0xff) == SQLITE_CORRUPT ? read_errno(h->path) : 0;
	if (error)
		return error__set(err, code_of(error), "%s: %s: %s", h->path, doing,
				  strerror(error));
	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return error__set(
			err, -EBADMSG,
			"%s: no history of hvbench, or damaged: move it away, or name another "
			"with --file",
			h->path);
	case SQLITE_CORRUPT:
	case SQLITE_FORMAT:
		return error__set(err, -EBADMSG,
				  "%s: damaged (%s): what can be saved 'sqlite3 %s .recover' "
				  "shows; or move it "
				  "away and add the results again",
				  h->path, said, h->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error__set(err, -EBUSY, "%s: in use by another process for more than %d s",
				  h->path, BUSY_MS / 1000);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return error__set(err, code_of(write_errno(h->path) ?: EACCES), "%s: %s: %s",
				  h->path, doing, said);
	case SQLITE_CANTOPEN:
		return cannot_open(h, said, err);
	case SQLITE_NOMEM:
		return error__set(err, -ENOMEM, "out of memory");
	default:
		return error__set(err, -EIO, "%s: %s: %s", h->path, doing, said);
	}
}

static int run(struct history *h, const char *sql, const char *doing, struct error *err)
{
	return sqlite3_exec(h->conn, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(h, doing, err);
}

static int number(struct history *h, const char *sql, int64_t *value, struct error *err)
{
	sqlite3_stmt *stmt = NULL;
	int ret = 0;

	if (sqlite3_prepare_v2(h->conn, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	else
		ret = fail(h, "reading", err);
	sqlite3_finalize(stmt);
	return ret;
}

static int make_directory(const char *path, struct error *err)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0777) && errno != EEXIST)
			return error__set(err, errno == EACCES ? -EACCES : -EIO,
					  "making directory '%s': %s", dir, strerror(errno));
		*slash = '/';
	}
	return 0;
}

/*
 * In an exclusive transaction, so that of two processes that find an empty file only one makes the
 * tables.
 */
static int make_tables(struct history *h, struct error *err)
{
	int64_t version = 0, objects = 0, id = 0;
	char sql[128];
	int ret;

	ret = run(h, "BEGIN IMMEDIATE", "locking", err);
	if (ret)
		return ret;
	ret = number(h, "PRAGMA user_version", &version, err);
	ret = ret ?: number(h, "PRAGMA application_id", &id, err);
	ret = ret ?: number(h, "SELECT count(*) FROM sqlite_master", &objects, err);
	if (!ret && !version && !id && objects)
		ret = error__set(err, -EBADMSG, "%s: a database of another program", h->path);
	if (!ret && !version && !objects) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
			 APPLICATION_ID, VERSION);
		ret = run(h, schema, "making tables", err);
		ret = ret ?: run(h, sql, "making tables", err);
	}
	ret = ret ?: run(h, "COMMIT", "making tables", err);
	if (ret)
		sqlite3_exec(h->conn, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

static int check_version(struct history *h, struct error *err)
{
	int64_t version = 0, id = 0;
	int ret = number(h, "PRAGMA user_version", &version, err);

	ret = ret ?: number(h, "PRAGMA application_id", &id, err);
	if (ret)
		return ret;
	if (id != APPLICATION_ID)
		return error__set(err, -EBADMSG, "%s: a database, but no history of hvbench",
				  h->path);
	if (version > VERSION)
		return error__set(err, -EPROTONOSUPPORT,
				  "%s: of a newer hvbench (format %" PRId64
				  ", this program knows %d): "
				  "use that version, or another file with --file",
				  h->path, version, VERSION);
	return version == VERSION ? 0 :
				    error__set(err, -EBADMSG, "%s: damaged: no format", h->path);
}

/* The next two open h->conn; they return SQLite's code. */
static int open_path(struct history *h, const char *path, int flags)
{
	sqlite3 *conn = NULL;
	int code = sqlite3_open_v2(path, &conn, flags | SQLITE_OPEN_NOMUTEX, NULL);

	h->conn = conn;
	if (code == SQLITE_OK)
		sqlite3_busy_timeout(conn, BUSY_MS);
	return code;
}

static int open_immutable(struct history *h)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-";
	char uri[3 * PATH_MAX + 32], *to = stpcpy(uri, "file:");

	for (const char *at = h->path; *at; at++) {
		if (strchr(plain, *at))
			*to++ = *at;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*at);
	}
	strcpy(to, "?immutable=1");
	return open_path(h, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

static int copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), ret = 0;
	char chunk[64 << 10];
	ssize_t got = 0;

	if (in < 0 || out < 0)
		ret = -errno;
	while (!ret && (got = read(in, chunk, sizeof(chunk))) > 0)
		if (write(out, chunk, (size_t)got) != got)
			ret = -(errno ?: ENOSPC);
	if (got < 0)
		ret = -errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ret;
}

/* The copy goes into memory, so that nothing is left behind. */
static int load_copy(struct history *h, const char *copy, struct error *err)
{
	struct history from = { .conn = NULL };
	sqlite3_backup *backup;
	int code = open_path(&from, copy, SQLITE_OPEN_READWRITE);

	snprintf(from.path, sizeof(from.path), "%s", h->path);
	if (code == SQLITE_OK && open_path(h, ":memory:", SQLITE_OPEN_READWRITE) == SQLITE_OK) {
		backup = sqlite3_backup_init(h->conn, "main", from.conn, "main");
		if (backup)
			sqlite3_backup_step(backup, -1);
		code = backup ? sqlite3_backup_finish(backup) : SQLITE_NOMEM;
		if (code != SQLITE_OK)
			fail(h, "reading", err);
	} else {
		fail(&from, "reading", err);
	}
	sqlite3_close(from.conn);
	return code == SQLITE_OK ? 0 :
	       err->code	 ?:
				   error__set(err, -EIO, "%s: cannot be read", h->path);
}

static int open_copy(struct history *h, const char *log, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX], copy[PATH_MAX + 8], copied_log[PATH_MAX + 16],
		copied_index[PATH_MAX + 16];
	int ret;

	if (snprintf(dir, sizeof(dir), "%s/hvbench-history.XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
		    (int)sizeof(dir) ||
	    !mkdtemp(dir))
		return error__set(
			err, -EIO,
			"%s: its log cannot be read where it is, and not be copied to '%s': %s",
			h->path, dir, strerror(errno));
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	snprintf(copied_log, sizeof(copied_log), "%s-wal", copy);
	snprintf(copied_index, sizeof(copied_index), "%s-shm", copy);
	ret = copy_file(h->path, copy) ?: copy_file(log, copied_log);
	if (ret)
		error__set(err, ret == -EACCES ? -EACCES : -EIO,
			   "%s: copying it to '%s', to read what its log holds: %s", h->path, dir,
			   strerror(-ret));
	ret = ret ? err->code : load_copy(h, copy, err);
	unlink(copied_index);
	unlink(copied_log);
	unlink(copy);
	rmdir(dir);
	return ret;
}

/*
 * Reads what the log holds. That needs the right to write, which we have for a copy. Signals wait
 * until it is removed again.
 */
static int open_with_log(struct history *h, const char *log, struct error *err)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	ret = open_copy(h, log, err);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

/* For files and directories that we may not write to. */
static int open_read_only(struct history *h, struct error *err)
{
	char log[PATH_MAX + 8];
	struct stat st;
	int code = open_path(h, h->path, SQLITE_OPEN_READONLY);

	if (code == SQLITE_OK)
		code = sqlite3_exec(h->conn, "PRAGMA schema_version", NULL, NULL, NULL);
	code &= 0xff;
	if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)
		return code ? fail(h, "opening", err) : 0;
	sqlite3_close(h->conn);
	h->conn = NULL;
	snprintf(log, sizeof(log), "%s-wal", h->path);
	if (stat(log, &st) == 0 && st.st_size > 0)
		return open_with_log(h, log, err);
	return open_immutable(h) ? fail(h, "opening", err) : 0;
}

/* Find the reason ourselves: SQLite's is often about another file. */
static int check_readable(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = errno;

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (error == ENOENT)
		return error__set(
			err, -ENOENT,
			"%s: there is no history yet: 'hvbench history add RESULT' begins one",
			path);
	return error__set(err, code_of(error), "%s: cannot be opened: %s", path, strerror(error));
}

static int open_to_write(struct history *h, bool create, struct error *err)
{
	int ret = create ? make_directory(h->path, err) : 0;

	if (!ret &&
	    open_path(h, h->path, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0)))
		ret = fail(h, "opening", err);
	/*
	 * WAL allows readers and a writer at once; on file systems that cannot do it, SQLite keeps
	 * its journal.
	 */
	if (!ret && create)
		ret = run(h, "PRAGMA journal_mode = WAL", "opening", err);
	return ret   ?:
		       run(h, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON", "opening",
			   err);
}

/* Tables that are there only if a newer program has added to the history since. */
static int find_tables(struct history *h, struct error *err)
{
	static const char count[] = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND ";
	const struct {
		const char *names;
		int64_t nr;
		bool *has;
	} wanted[] = {
		{ "name IN ('jobs', 'unmeasured', 'ab')", 3, &h->has_notes },
		{ "name = 'loads'", 1, &h->has_loads },
		{ "name = 'machines'", 1, &h->has_machines },
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && !ret; i++) {
		char sql[160];
		int64_t nr = 0;

		snprintf(sql, sizeof(sql), "%s%s", count, wanted[i].names);
		ret = number(h, sql, &nr, err);
		*wanted[i].has = nr == wanted[i].nr;
	}
	return ret;
}

static int open_history(struct history *h, const char *path, enum history_access access_to,
			struct error *err)
{
	int ret = 0;

	if (snprintf(h->path, sizeof(h->path), "%s", path) >= (int)sizeof(h->path))
		ret = error__set(err, -ENAMETOOLONG, "the path of the history is too long");
	if (!ret && access_to != HISTORY_CREATE)
		ret = check_readable(path, err);
	if (!ret && access_to == HISTORY_READ && write_errno(path))
		ret = open_read_only(h, err);
	else if (!ret)
		ret = open_to_write(h, access_to == HISTORY_CREATE, err);
	if (!ret && access_to == HISTORY_CREATE)
		ret = make_tables(h, err);
	ret = ret ?: check_version(h, err);
	if (!ret && access_to != HISTORY_READ)
		ret = run(h, notes, "making tables", err);
	return ret ?: find_tables(h, err);
}

static void close_history(struct history *h)
{
	sqlite3_close(h->conn);
}

/* One process writes at a time; others wait for it. */
static int begin(struct history *h, enum db_lock lock, struct error *err)
{
	return run(h, lock == DB_READ ? "BEGIN" : "BEGIN IMMEDIATE", "locking", err);
}

struct statement {
	struct db_statement base;
	sqlite3_stmt *stmt;
};

static sqlite3_stmt *of(struct db_statement *stmt)
{
	return ((struct statement *)stmt)->stmt;
}

/* What SQLite found no memory for would be stored, or sought, or shown, as if there were none. */
static void need_memory(int code)
{
	if ((code & 0xff) == SQLITE_NOMEM)
		alloc__fail();
}

static struct db_statement *prepare(struct history *h, const char *sql, struct error *err)
{
	struct statement *s = alloc__need_zeroed(1, sizeof(*s));

	s->base.h = h;
	if (sqlite3_prepare_v2(h->conn, sql, -1, &s->stmt, NULL) == SQLITE_OK)
		return &s->base;
	fail(h, "reading", err);
	free(s);
	return NULL;
}

static void bind_integer(struct db_statement *stmt, int at, int64_t value)
{
	need_memory(sqlite3_bind_int64(of(stmt), at, value));
}

static void bind_number(struct db_statement *stmt, int at, double value)
{
	need_memory(isnan(value) ? sqlite3_bind_null(of(stmt), at) :
				   sqlite3_bind_double(of(stmt), at, value));
}

static void bind_text(struct db_statement *stmt, int at, const char *text)
{
	need_memory(sqlite3_bind_text(of(stmt), at, text, -1, SQLITE_TRANSIENT));
}

static void bind_results(struct db_statement *stmt, const int64_t *ids, size_t nr)
{
	bind_integer(stmt, 1, nr ? ids[0] : INT64_MAX);
}

static int next(struct db_statement *stmt, struct error *err)
{
	int step = sqlite3_step(of(stmt));

	need_memory(step);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : fail(stmt->h, "reading or adding", err);
}

static void reset(struct db_statement *stmt)
{
	sqlite3_reset(of(stmt));
}

static int64_t integer_at(struct db_statement *stmt, int column)
{
	return sqlite3_column_int64(of(stmt), column);
}

static double number_at(struct db_statement *stmt, int column)
{
	return sqlite3_column_type(of(stmt), column) == SQLITE_NULL ?
		       NAN :
		       sqlite3_column_double(of(stmt), column);
}

static const char *text_at(struct db_statement *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(of(stmt), column);

	if (!text)
		need_memory(sqlite3_errcode(stmt->h->conn));
	return text ?: "";
}

static void free_statement(struct db_statement *stmt)
{
	sqlite3_finalize(of(stmt));
	free(stmt);
}

const struct db_driver db_sqlite = {
	.open = open_history,
	.close = close_history,
	.run = run,
	.begin = begin,
	.prepare = prepare,
	.bind_integer = bind_integer,
	.bind_number = bind_number,
	.bind_text = bind_text,
	.next = next,
	.reset = reset,
	.integer = integer_at,
	.number = number_at,
	.text = text_at,
	.free = free_statement,
	/* The table is in the order of cells: a cell's figures are one contiguous read. */
	.figures_of_results = "result >= $1",
	.bind_results = bind_results,
};
