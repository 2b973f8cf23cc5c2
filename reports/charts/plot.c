// SPDX-License-Identifier: GPL-2.0-or-later
/* Plots by gnuplot: see plot.h. */
#include "reports/charts/plot.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <dirent.h>

#include "bench/base/alloc.h"
#include "bench/base/program.h"
#include "bench/result/doc.h"
#include "reports/charts/script.h"

#define TIME_LIMIT_MS 20000
#define MAX_OUTPUT    (64u << 20)

#define HOW_TO_GET \
	"install gnuplot for plots (Debian, Ubuntu: apt install gnuplot-nox; Fedora: " \
	"gnuplot-minimal)"

/* All scripts begin with this one. */
DEFINE_SCRIPT(common);

extern const struct chart_script *const __start_script_table[];
extern const struct chart_script *const __stop_script_table[];

static const char *script_of(const char *name)
{
	for (const struct chart_script *const *s = __start_script_table; s < __stop_script_table;
	     s++)
		if (!strcmp((*s)->name, name))
			return (*s)->text;
	return NULL;
}

/* The last line of gnuplot's output: its message comes below the command it is about. */
static void read_complaint(int fd, char *text, size_t room)
{
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t got =
		pread(fd, text, room - 1, size > (off_t)room - 1 ? size - (off_t)room + 1 : 0);
	char *last;

	text[got > 0 ? got : 0] = '\0';
	for (size_t len = strlen(text); len && isspace((unsigned char)text[len - 1]); len--)
		text[len - 1] = '\0';
	last = strrchr(text, '\n');
	if (last)
		memmove(text, last + 1, strlen(last + 1) + 1);
}

/* Nothing of the user's settings, no display, bounded time and space. */
static int run(const char *dir, const char *argument, struct error *err)
{
	const char *const argv[] = { "gnuplot", "-d", argument, NULL }, *path = getenv("PATH");
	char variable[4096], complaint[256];
	const char *const environment[] = { "HOME=/nonexistent", "LC_ALL=C.UTF-8",
					    "GDFONTPATH=", variable, NULL };
	const struct program_options opts = {
		.dir = *dir ? dir : NULL,
		.only_env = environment,
		.cpu_s = TIME_LIMIT_MS / 1000,
		.file_bytes = MAX_OUTPUT,
	};
	struct program gnuplot = { 0 };
	int ret, status;

	snprintf(variable, sizeof(variable), "PATH=%s", path ?: "/usr/local/bin:/usr/bin:/bin");
	ret = program__start(&gnuplot, argv, &opts, err);
	if (ret)
		return ret == -ENOENT ? error__set(err, ret, HOW_TO_GET) :
					error__prefix(err, "running gnuplot");
	ret = program__wait(&gnuplot, TIME_LIMIT_MS);
	read_complaint(gnuplot.said_fd, complaint, sizeof(complaint));
	status = program__kill(&gnuplot);
	if (ret)
		return error__set(err, -ETIMEDOUT, "gnuplot took longer than %d s",
				  TIME_LIMIT_MS / 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error__set(err, -EIO, "gnuplot failed: %s",
			  *complaint ? complaint : "it did not say why");
}

static void remove_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

/*
 * In a child that no signal but SIGKILL reaches: removes the directory once the other end of the
 * pipe is gone.
 */
static void clean_up_behind(const char *dir, int alive)
{
	int null = open("/dev/null", O_RDWR);
	char byte;

	setsid();
	/* Do not keep the report's output open, or its reader would wait for this process. */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	while (read(alive, &byte, 1) < 0 && errno == EINTR)
		;
	/* A gnuplot that is being killed at the same time may still create a file. */
	for (int tries = 0; tries < 20; tries++) {
		remove_files(dir);
		if (rmdir(dir) == 0 || errno == ENOENT)
			break;
		usleep(20000);
	}
	_exit(0);
}

/* If it cannot be started, the directory is left behind only if this process is killed. */
static void start_cleaner(struct plots *plots)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return;
	plots->cleaner = fork();
	if (plots->cleaner == 0) {
		close(fds[1]);
		clean_up_behind(plots->dir, fds[0]);
	}
	close(fds[0]);
	plots->alive = fds[1];
	if (plots->cleaner < 0) {
		close(fds[1]);
		plots->cleaner = 0;
	}
}

int plots__open(struct plots *plots, struct error *err)
{
	const char *base = getenv("TMPDIR");
	sigset_t all, old;
	int ret = 0;

	memset(plots, 0, sizeof(*plots));
	ret = run("", "--version", err);
	if (ret)
		return ret;
	if (!base || !*base || strlen(base) > sizeof(plots->dir) - 20)
		base = "/tmp";
	snprintf(plots->dir, sizeof(plots->dir), "%s/hvbench-XXXXXX", base);
	/* No signal may come between the directory and the one that removes it. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	if (mkdtemp(plots->dir))
		start_cleaner(plots);
	else
		ret = -errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (!ret)
		return 0;
	plots->dir[0] = '\0';
	return error__set(err, ret, "making a directory for plots in '%s': %s", base,
			  strerror(-ret));
}

void plots__close(struct plots *plots)
{
	if (!plots->dir[0])
		return;
	remove_files(plots->dir);
	rmdir(plots->dir);
	plots->dir[0] = '\0';
	if (!plots->cleaner)
		return;
	close(plots->alive);
	while (waitpid(plots->cleaner, NULL, 0) < 0 && errno == EINTR)
		;
	plots->cleaner = 0;
}

static int write_file(const struct plots *plots, const char *name, const char *text,
		      struct error *err)
{
	char path[128];
	FILE *out;
	int bad;

	snprintf(path, sizeof(path), "%s/%s", plots->dir, name);
	out = fopen(path, "we");
	if (!out)
		return error__set(err, -errno, "writing '%s': %s", path, strerror(errno));
	bad = fputs(text, out) == EOF;
	if (fclose(out) || bad)
		return error__set(err, -(errno ?: EIO), "writing '%s': %s", path, strerror(errno));
	return 0;
}

static int read_file(const struct plots *plots, const char *name, char **bytes, size_t *len,
		     struct error *err)
{
	char path[128];
	struct stat st;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", plots->dir, name);
	in = fopen(path, "re");
	if (!in || fstat(fileno(in), &st) || st.st_size > MAX_OUTPUT) {
		if (in)
			fclose(in);
		return error__set(err, -EIO, "gnuplot left no plot");
	}
	*bytes = calloc(1, (size_t)st.st_size + 1);
	*len = *bytes ? fread(*bytes, 1, (size_t)st.st_size, in) : 0;
	fclose(in);
	return *bytes ? 0 : error__set(err, -ENOMEM, "out of memory");
}

/* Writes text in single quotes: only characters that cannot end or escape them. */
static void put_word(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		if (isalnum((unsigned char)*text) || strchr(" _-+.,:;%/()[]=", *text) ||
		    (*text & 0x80))
			fputc(*text, out);
	fputc('\'', out);
}

static void put_variables(FILE *out, const json_t *variables)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)variables, name, value) {
		if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz")] || !*name)
			continue;
		fprintf(out, "%s = ", name);
		if (json_is_string(value))
			put_word(out, json_string_value(value));
		else
			fprintf(out, "%.12g",
				isfinite(json_number_value(value)) ? json_number_value(value) : 0);
		fputc('\n', out);
	}
}

/* Length of the longest name of a series, which is the first line of its file. */
static size_t longest_name(const json_t *chart)
{
	const json_t *files = json_object_get(chart, "files");
	size_t longest = 0;
	char name[32];

	for (unsigned int i = 0; i < doc__number(chart, "vars.series"); i++) {
		const char *text;
		size_t len = 0;

		snprintf(name, sizeof(name), "d%u.dat", i);
		text = json_string_value(json_object_get(files, name)) ?: "";
		for (; *text && *text != '\n'; text++)
			len += (*text & 0xc0) != 0x80;
		longest = len > longest ? len : longest;
	}
	return longest;
}

/*
 * Columns of the key, whose entries are a sample and a name, in gnuplot's estimate of a character's
 * width.
 */
static unsigned int key_columns(const json_t *chart, bool narrow)
{
	size_t columns = (narrow ? 300 : 640) / (longest_name(chart) * 8 + 50);

	return columns < 1 ? 1 : (unsigned int)columns;
}

/* The height of the plot itself and of the key above it. */
static unsigned int height_of(const json_t *chart, bool narrow)
{
	double rows = doc__number(chart, "vars.rows"), series = doc__number(chart, "vars.series"),
	       height;
	double key =
		ceil((isfinite(series) ? series + !isnan(doc__number(chart, "vars.marks")) : 1) /
		     key_columns(chart, narrow)) *
		(narrow ? 15 : 18);

	if (isfinite(rows))
		height = 85 + fmax(rows, 2) * doc__number(chart, "row_height") + key;
	else
		height = (narrow ? 275 : 320) + key;
	return (unsigned int)fmin(fmax(height, 120), 20000);
}

static char *make_script(const struct plots *plots, const json_t *chart, enum plot_kind kind)
{
	const char *script = script_of(doc__text(chart, "script"));
	bool narrow = kind == PLOT_NARROW;
	unsigned int height = height_of(chart, narrow);
	char *text = NULL;
	size_t len;
	FILE *out = alloc__stream(&text, &len);

	fprintf(out, "narrow = %d\nheight = %u\npng = %d\n", narrow, height, kind == PLOT_PNG);
	fprintf(out, "keycolumns = %u\nlongest = %zu\n", key_columns(chart, narrow),
		longest_name(chart));
	put_variables(out, json_object_get(chart, "vars"));
	if (kind == PLOT_PNG)
		fprintf(out,
			"set terminal pngcairo size 1720,%u fontscale 2 linewidth 2 pointscale 2 "
			"background rgb "
			"'white' font 'sans,10' noenhanced\n",
			2 * height);
	else
		fprintf(out,
			"set terminal svg size %d,%u dynamic%s font 'sans-serif,%d' name 'p%u' "
			"noenhanced\n",
			narrow ? 400 : 860, height,
			kind == PLOT_FILE ? " background rgb 'white'" : "", narrow ? 11 : 13,
			plots->nr);
	fputs("set output 'out'\n", out);
	fputs(script_common.text, out);
	fputs(script, out);
	fputs("set output\n", out);
	alloc__close_stream(out);
	return text;
}

static int write_data(const struct plots *plots, const json_t *chart, struct error *err)
{
	const json_t *files = json_object_get(chart, "files");
	const char *name;
	json_t *text;
	int ret;

	json_object_foreach((json_t *)files, name, text) {
		/* Names are our own; one with a slash would lead out of the directory. */
		if (strchr(name, '/'))
			continue;
		ret = write_file(plots, name, json_string_value(text) ?: "", err);
		if (ret)
			return ret;
	}
	return 0;
}

static void remove_element(char *svg, const char *begin, const char *end)
{
	char *from, *to;

	while ((from = strstr(svg, begin)) && (to = strstr(from, end)))
		memmove(from, to + strlen(end), strlen(to + strlen(end)) + 1);
}

/* Names in a page have to be unique, but gnuplot uses the same ones in every file. */
static char *make_names_unique(const char *svg, unsigned int nr)
{
	static const char *const names[] = {
		"'gpPt",    "#gpPt",	"'gpDot", "#gpDot", "\"gnuplot_canvas",
		"'textbox", "'greybox", NULL,
	};
	char *text = NULL;
	size_t len;
	FILE *out = alloc__stream(&text, &len);

	while (*svg) {
		const char *const *name = names;

		while (*name && strncmp(svg, *name, strlen(*name)))
			name++;
		fputc(*svg, out);
		if (*name)
			fprintf(out, "p%u", nr);
		svg++;
	}
	alloc__close_stream(out);
	return text;
}

/*
 * Keeps only the <svg> element, without titles (which would pop up as "p1_plot_1"). Whatever
 * another version of gnuplot may write, nothing that acts or loads gets into the page.
 */
static int clean_svg(char **bytes, size_t *len, unsigned int nr, struct error *err)
{
	static const char *const forbidden[] = {
		"<script",     "<foreignObject", "<image",   "<a ",	"<iframe",    "<style",
		"javascript:", "onload=",	 "onclick=", "onmouse", "http-equiv", NULL,
	};
	char *begin = strstr(*bytes, "<svg"), *end = begin ? strstr(begin, "</svg>") : NULL,
	     *unique;

	if (!end)
		return error__set(err, -EIO, "gnuplot left no SVG");
	memmove(*bytes, begin, (size_t)(end + 6 - begin));
	(*bytes)[end + 6 - begin] = '\0';
	remove_element(*bytes, "<title>", "</title>");
	remove_element(*bytes, "<desc>", "</desc>");
	for (const char *const *what = forbidden; *what; what++)
		if (strcasestr(*bytes, *what))
			return error__set(err, -EIO, "gnuplot's SVG holds '%s': left out", *what);
	unique = make_names_unique(*bytes, nr);
	if (!unique)
		return error__set(err, -ENOMEM, "out of memory");
	free(*bytes);
	*bytes = unique;
	*len = strlen(unique);
	return 0;
}

int plots__draw(struct plots *plots, const json_t *chart, enum plot_kind kind, char **bytes,
		size_t *len, struct error *err)
{
	char *script;
	int ret;

	*bytes = NULL;
	if (!script_of(doc__text(chart, "script")))
		return error__set(err, -EINVAL, "there is no plot '%s'",
				  doc__text(chart, "script"));
	remove_files(plots->dir);
	plots->nr++;
	script = make_script(plots, chart, kind);
	if (!script)
		return error__set(err, -ENOMEM, "out of memory");
	ret = write_file(plots, "script", script, err);
	free(script);
	ret = ret ?: write_data(plots, chart, err);
	ret = ret ?: run(plots->dir, "script", err);
	ret = ret ?: read_file(plots, "out", bytes, len, err);
	if (!ret && kind != PLOT_PNG)
		ret = clean_svg(bytes, len, plots->nr, err);
	if (ret) {
		free(*bytes);
		*bytes = NULL;
	}
	return ret;
}
