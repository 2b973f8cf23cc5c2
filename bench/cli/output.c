// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cli/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/result/file.h"

int output__option(struct output *output, struct opts *opts, int id)
{
	char names[128];

	if (id == 'o')
		output->path = opts->arg;
	if (id != 'f')
		return 0;
	output->format = renderer__find(opts->arg, opts->usage->shows);
	if (output->format)
		return 0;
	return opts__misuse(opts, "--format: '%s' is none of %s", opts->arg,
			    renderer__names(opts->usage->shows, names, sizeof(names)));
}

/*
 * The format that the file's ending says; NULL: none does. .json says nothing where
 * --format gives one of the many formats of exports that are JSON.
 */
static const struct renderer *of_ending(const struct output *output)
{
	const struct renderer *of_file = output->path ? renderer__of_file(output->path) : NULL;

	if (of_file && output->format && output->format->shows == SHOW_EXPORT &&
	    !(of_file->shows & SHOW_EXPORT))
		return NULL;
	return of_file;
}

int output__settle(const struct output *output, struct opts *opts)
{
	const struct renderer *of_file = of_ending(output);
	char names[128];

	if (!of_file || (of_file->shows & opts->usage->shows))
		return 0;
	return opts__misuse(opts, "-o '%s': this is not shown as %s, but as %s", output->path,
			    of_file->name,
			    renderer__names(opts->usage->shows, names, sizeof(names)));
}

const struct renderer *output__of_file(const struct output *output, const struct renderer *usual)
{
	return of_ending(output) ?: output->format ?: usual;
}

const struct renderer *output__of_screen(const struct output *output, const struct renderer *usual,
					 const struct renderer *usual_file)
{
	if (!output->format ||
	    (output->path && output->format == output__of_file(output, usual_file)))
		return usual;
	return output->format;
}

struct report_options output__look(void)
{
	return (struct report_options){
		.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
		.width = usage__table_width(stdout),
		.plots = true,
	};
}

int output__show(const struct renderer *renderer, enum show what, const json_t *doc,
		 struct error *err)
{
	struct report_options look = output__look();
	int ret = renderer->render(what, doc, stdout, &look);

	if (fflush(stdout) && !ret)
		ret = -errno;
	if (!ret || ret == -EPIPE)
		return 0;
	return error__set(err, ret, "writing to standard output: %s", strerror(-ret));
}

int output__save_by(const char *path, const struct renderer *renderer,
		    int (*put)(FILE *out, const struct renderer *renderer, void *arg), void *arg,
		    struct error *err)
{
	char *text;
	size_t len;
	FILE *out = alloc__stream(&text, &len);
	int ret = put(out, renderer, arg);

	alloc__close_stream(out);
	if (ret)
		error__set(err, ret, "rendering the result: %s", strerror(-ret));
	else
		ret = result__save_text(text, len, path, err);
	free(text);
	return ret;
}

struct document {
	enum show what;
	const json_t *doc;
};

static int put_document(FILE *out, const struct renderer *renderer, void *arg)
{
	const struct document *d = arg;

	return renderer->render(d->what, d->doc, out, &(struct report_options){ .plots = true });
}

int output__save(const char *path, const struct renderer *renderer, enum show what,
		 const json_t *doc, struct error *err)
{
	struct document d = { what, doc };

	return output__save_by(path, renderer, put_document, &d, err);
}
