// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SQLite file below a history: see db.h.
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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/history/store.h"

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
 * other, and how busy the host was.
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
	"REAL, own REAL, others REAL, average REAL);";

int history__default_path(char *path, size_t len, struct error *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	if (data && *data == '/')
		n = snprintf(path, len, "%s/hvbench/history.sqlite", data);
	else if (home && *home == '/')
		n = snprintf(path, len, "%s/.local/share/hvbench/history.sqlite", home);
	else
		return error__set(
			err, -ENOENT,
			"no place for the history: HOME is not set; name a file with --file");
	return n < (int)len ? 0 :
			      error__set(err, -ENAMETOOLONG, "the path of the history is too long");
}

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
	int error = sqlite3_system_errno(h->db);

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
int history_db__fail(struct history *h, const char *doing, struct error *err)
{
	int code = sqlite3_errcode(h->db), error;
	const char *said = sqlite3_errmsg(h->db);

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

int history_db__run(struct history *h, const char *sql, const char *doing, struct error *err)
{
	return sqlite3_exec(h->db, sql, NULL, NULL, NULL) == SQLITE_OK ?
		       0 :
		       history_db__fail(h, doing, err);
}

sqlite3_stmt *history_db__prepare(struct history *h, const char *sql, struct error *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		history_db__fail(h, "reading", err);
	return stmt;
}

int history_db__number(struct history *h, const char *sql, int64_t *number, struct error *err)
{
	sqlite3_stmt *stmt = history_db__prepare(h, sql, err);
	int ret = 0;

	if (!stmt)
		return err->code;
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*number = sqlite3_column_int64(stmt, 0);
	else
		ret = history_db__fail(h, "reading", err);
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

	ret = history_db__run(h, "BEGIN IMMEDIATE", "locking", err);
	if (ret)
		return ret;
	ret = history_db__number(h, "PRAGMA user_version", &version, err);
	ret = ret ?: history_db__number(h, "PRAGMA application_id", &id, err);
	ret = ret ?: history_db__number(h, "SELECT count(*) FROM sqlite_master", &objects, err);
	if (!ret && !version && !id && objects)
		ret = error__set(err, -EBADMSG, "%s: a database of another program", h->path);
	if (!ret && !version && !objects) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
			 APPLICATION_ID, VERSION);
		ret = history_db__run(h, schema, "making tables", err);
		ret = ret ?: history_db__run(h, sql, "making tables", err);
	}
	ret = ret ?: history_db__run(h, "COMMIT", "making tables", err);
	if (ret)
		sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}

static int check_version(struct history *h, struct error *err)
{
	int64_t version = 0, id = 0;
	int ret = history_db__number(h, "PRAGMA user_version", &version, err);

	ret = ret ?: history_db__number(h, "PRAGMA application_id", &id, err);
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

/* The next two open h->db; they return SQLite's code. */
static int open_path(struct history *h, const char *path, int flags)
{
	int code = sqlite3_open_v2(path, &h->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (code == SQLITE_OK)
		sqlite3_busy_timeout(h->db, BUSY_MS);
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
	struct history from = { .db = NULL };
	sqlite3_backup *backup;
	int code = open_path(&from, copy, SQLITE_OPEN_READWRITE);

	snprintf(from.path, sizeof(from.path), "%s", h->path);
	if (code == SQLITE_OK && open_path(h, ":memory:", SQLITE_OPEN_READWRITE) == SQLITE_OK) {
		backup = sqlite3_backup_init(h->db, "main", from.db, "main");
		if (backup)
			sqlite3_backup_step(backup, -1);
		code = backup ? sqlite3_backup_finish(backup) : SQLITE_NOMEM;
		if (code != SQLITE_OK)
			history_db__fail(h, "reading", err);
	} else {
		history_db__fail(&from, "reading", err);
	}
	sqlite3_close(from.db);
	return code == SQLITE_OK ? 0 :
	       err->code	 ?:
				   error__set(err, -EIO, "%s: cannot be read", h->path);
}

/* Reads what the log holds. That needs the right to write, which we have for a copy. */
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

/* For files and directories that we may not write to. */
static int open_read_only(struct history *h, struct error *err)
{
	char log[PATH_MAX + 8];
	struct stat st;
	int code = open_path(h, h->path, SQLITE_OPEN_READONLY);

	if (code == SQLITE_OK)
		code = sqlite3_exec(h->db, "PRAGMA schema_version", NULL, NULL, NULL);
	code &= 0xff;
	if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)
		return code ? history_db__fail(h, "opening", err) : 0;
	sqlite3_close(h->db);
	h->db = NULL;
	snprintf(log, sizeof(log), "%s-wal", h->path);
	if (stat(log, &st) == 0 && st.st_size > 0)
		return open_copy(h, log, err);
	return open_immutable(h) ? history_db__fail(h, "opening", err) : 0;
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
		ret = history_db__fail(h, "opening", err);
	/*
	 * WAL allows readers and a writer at once; on file systems that cannot do it, SQLite keeps
	 * its journal.
	 */
	if (!ret && create)
		ret = history_db__run(h, "PRAGMA journal_mode = WAL", "opening", err);
	return ret   ?:
		       history_db__run(h, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
				       "opening", err);
}

int history__open(struct history **history, const char *path, enum history_access access_to,
		  struct error *err)
{
	struct history *h = calloc(1, sizeof(*h));
	int64_t tables = 0;
	int ret = 0;

	*history = NULL;
	if (!h)
		return error__set(err, -ENOMEM, "out of memory");
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
		ret = history_db__run(h, notes, "making tables", err);
	ret = ret   ?:
		      history_db__number(h,
					 "SELECT count(*) FROM sqlite_master WHERE name IN "
					 "('jobs', 'unmeasured', 'ab')",
					 &tables, err);
	h->has_notes = tables == 3;
	ret = ret   ?:
		      history_db__number(h,
					 "SELECT count(*) FROM sqlite_master WHERE name = 'loads'",
					 &tables, err);
	h->has_loads = tables == 1;
	if (ret) {
		history__close(h);
		return ret;
	}
	*history = h;
	return 0;
}

void history__close(struct history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	free(history);
}
