// SPDX-License-Identifier: GPL-2.0-or-later
/* --help and manual pages from a command's usage table. */
#include "bench/base/charset.h"
#include "bench/cli/usage.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reports/formats/report.h"
#include "version.h"

#define DEFAULT_WIDTH 80
#define MAX_WIDTH     100
/* An option with a longer name than this has its help on the next line. */
#define HELP_COLUMN 26

static const struct opt help_option = { 'h', "help", NULL, "Show this help" };

unsigned int usage__width(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) || size.ws_col < 40)
		return DEFAULT_WIDTH;
	return size.ws_col < MAX_WIDTH ? size.ws_col : MAX_WIDTH;
}

unsigned int usage__table_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return 0;
	return !ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : DEFAULT_WIDTH;
}

void usage__progress(FILE *out, const char *text)
{
	unsigned int width = usage__table_width(out), shown = 0;
	size_t len = 0;

	/*
	 * A line that wraps could not be overwritten; on some terminals nor could one that ends in
	 * the last column.
	 */
	for (; text[len]; len++) {
		shown += ((unsigned char)text[len] & 0xc0) != 0x80;
		if (width && shown >= width)
			break;
	}
	fprintf(out, "\r\033[K%.*s", (int)len, text);
	fflush(out);
}

/*
 * Columns taken by `len` bytes of UTF-8. The tables hold no wide or combining characters; without
 * UTF-8 "…" takes three columns, as many as it has bytes.
 */
static unsigned int columns(const char *text, size_t len, bool utf8)
{
	unsigned int n = 0;

	if (!utf8)
		return (unsigned int)len;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/*
 * Prints the words of `text` up to `end`, from column `at` on, with further lines indented by
 * `indent`.
 */
static void print_wrapped(FILE *out, const char *text, const char *end, unsigned int at,
			  unsigned int indent, unsigned int width)
{
	bool first = true, utf8 = charset__is_utf8();

	while (text < end) {
		size_t len = 0;
		unsigned int cols;

		while (text + len < end && text[len] != ' ' && text[len] != '\n')
			len++;
		cols = columns(text, len, utf8);
		if (len && !first && at + 1 + cols > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (len && !first) {
			fputc(' ', out);
			at++;
		}
		charset__put(out, text, len, utf8);
		at += cols;
		first = first && !len;
		text += len + 1;
	}
	fputc('\n', out);
}

void usage__wrap(FILE *out, const char *text, unsigned int at, unsigned int indent,
		 unsigned int width)
{
	print_wrapped(out, text, text + strlen(text), at, indent, width);
}

static const char *paragraph_end(const char *text)
{
	const char *end = strstr(text, "\n\n");

	return end ? end : text + strlen(text);
}

/* Its help; of -f with the formats there are. */
static const char *help_of(const struct usage *usage, const struct opt *opt, char *buf, size_t len)
{
	char names[128];

	if (opt->id != 'f' || !usage->shows)
		return opt->help;
	snprintf(buf, len, "%s%s", opt->help, renderer__names(usage->shows, names, sizeof(names)));
	return buf;
}

static void print_option(const struct usage *usage, const struct opt *opt, FILE *out,
			 unsigned int width)
{
	bool utf8 = charset__is_utf8();
	char name[128], help[512];
	unsigned int used;

	if (opt->id < OPT_LONG)
		snprintf(name, sizeof(name), "  -%c, --%s", opt->id, opt->name);
	else
		snprintf(name, sizeof(name), "      --%s", opt->name);
	if (opt->arg) {
		size_t len = strlen(name);

		snprintf(name + len, sizeof(name) - len, " %s", opt->arg);
	}
	charset__put(out, name, strlen(name), utf8);
	used = columns(name, strlen(name), utf8);
	if (used + 2 > HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", (int)(HELP_COLUMN - used), "");
	usage__wrap(out, help_of(usage, opt, help, sizeof(help)), HELP_COLUMN, HELP_COLUMN, width);
}

/* Calls `line` for each form of the synopsis. */
static void for_each_form(const struct usage *usage, FILE *out, unsigned int width,
			  void (*line)(const struct usage *, FILE *, unsigned int, const char *,
				       int))
{
	const char *form = usage->synopsis ? usage->synopsis : "";

	for (;;) {
		int len = (int)strcspn(form, "\n");

		line(usage, out, width, form, len);
		if (!form[len])
			return;
		form += len + 1;
	}
}

static void print_form(const struct usage *usage, FILE *out, unsigned int width, const char *form,
		       int len)
{
	bool first = form == usage->synopsis || !usage->synopsis;
	char text[1024];

	snprintf(text, sizeof(text), "%shvbench%s%s%s%s%.*s", first ? "Usage: " : "",
		 *usage->command ? " " : "", usage->command, usage->options ? " [OPTION…]" : "",
		 len ? " " : "", len, form);
	fputs(first ? "" : "       ", out);
	usage__wrap(out, text, first ? 0 : 7, 11, width);
}

void usage__print_help(const struct usage *usage, FILE *out, unsigned int width)
{
	char what[512];

	if (!width)
		width = DEFAULT_WIDTH;
	for_each_form(usage, out, width, print_form);
	snprintf(what, sizeof(what), "%c%s", toupper((unsigned char)usage->what[0]),
		 usage->what + 1);
	fputc('\n', out);
	usage__wrap(out, what, 0, 0, width);
	for (const char *text = usage->text, *end; text && *text; text = *end ? end + 2 : end) {
		end = paragraph_end(text);
		fputc('\n', out);
		if (*text == ' ' || *text == '\t')
			charset__put(out, text, (size_t)(end - text), charset__is_utf8()),
				fputc('\n', out);
		else
			print_wrapped(out, text, end, 0, 0, width);
	}
	fputs("\nOptions:\n", out);
	for (const struct opt *opt = usage->options; opt && opt->name; opt++)
		print_option(usage, opt, out, width);
	print_option(usage, &help_option, out, width);
	if (!usage->examples)
		return;
	fputs("\nExamples:\n", out);
	for (const struct example *example = usage->examples; example->command; example++) {
		fprintf(out, "  %s\n      ", example->command);
		usage__wrap(out, example->what, 6, 6, width);
	}
}

/* Text that roff shows unchanged: no requests, no escapes, dashes that can be copied. */
static void print_roff(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool line_start = !i || text[i - 1] == '\n';

		if (line_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

static void print_roff_string(FILE *out, const char *text)
{
	print_roff(out, text, strlen(text));
}

static void print_roff_form(const struct usage *usage, FILE *out, unsigned int width,
			    const char *form, int len)
{
	(void)width;
	if (usage->synopsis && form != usage->synopsis)
		fputs(".br\n", out);
	fputs(".B hvbench ", out);
	print_roff_string(out, usage->command);
	fprintf(out, "\n%s", usage->options ? "[\\fIOPTION\\fR…]\n" : "");
	print_roff(out, form, (size_t)len);
	fputs(len ? "\n" : "", out);
}

static void print_roff_option(const struct usage *usage, const struct opt *opt, FILE *out)
{
	char help[512];

	fputs(".TP\n\\fB", out);
	if (opt->id < OPT_LONG)
		fprintf(out, "\\-%c\\fR, \\fB", opt->id);
	fputs("\\-\\-", out);
	print_roff_string(out, opt->name);
	fputs("\\fR", out);
	if (opt->arg) {
		fputs(" \\fI", out);
		print_roff_string(out, opt->arg);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	print_roff_string(out, help_of(usage, opt, help, sizeof(help)));
	fputc('\n', out);
}

/* Prints "hvbench-lab-compare" for "lab compare". */
static void print_page_name(const struct usage *usage, FILE *out)
{
	fputs("hvbench", out);
	if (*usage->command)
		fputs("\\-", out);
	for (const char *c = usage->command; *c; c++)
		fputs(*c == ' ' || *c == '-' ? "\\-" : (char[]){ *c, 0 }, out);
}

/* The body of a manual page; one that is part of another page has no sections of its own. */
static void print_roff_body(const struct usage *usage, FILE *out, bool part)
{
	for (const char *text = usage->text, *end; text && *text; text = *end ? end + 2 : end) {
		bool literal = *text == ' ' || *text == '\t';

		end = paragraph_end(text);
		fputs(literal ? ".PP\n.nf\n" : ".PP\n", out);
		print_roff(out, text, (size_t)(end - text));
		fputs(literal ? "\n.fi\n" : "\n", out);
	}
	if (!part)
		fputs(".SH OPTIONS\n", out);
	for (const struct opt *opt = usage->options; opt && opt->name; opt++)
		print_roff_option(usage, opt, out);
	print_roff_option(usage, &help_option, out);
	if (usage->examples && !part)
		fputs(".SH EXAMPLES\n", out);
	for (const struct example *example = usage->examples; example && example->command;
	     example++) {
		fputs(".TP\n\\fB", out);
		print_roff_string(out, example->command);
		fputs("\\fR\n", out);
		print_roff_string(out, example->what);
		fputc('\n', out);
	}
}

void usage__print_man(const struct usage *usage, FILE *out)
{
	fputs(".TH ", out);
	print_page_name(usage, out);
	fprintf(out, " 1 \"\" \"hvbench %s\" \"hvbench\"\n.SH NAME\n", HVBENCH_VERSION);
	print_page_name(usage, out);
	fputs(" \\- ", out);
	print_roff_string(out, usage->what);
	fputs("\n.SH SYNOPSIS\n", out);
	for_each_form(usage, out, 0, print_roff_form);
	if (usage->text)
		fputs(".SH DESCRIPTION\n", out);
	print_roff_body(usage, out, false);
}

void usage__print_man_part(const struct usage *usage, FILE *out)
{
	fputs(".SS hvbench ", out);
	print_roff_string(out, usage->command);
	fputs("\n", out);
	for_each_form(usage, out, 0, print_roff_form);
	fputs(".PP\n", out);
	print_roff_string(out, usage->what);
	fputs(".\n", out);
	print_roff_body(usage, out, true);
}
