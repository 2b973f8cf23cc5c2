// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/replay_document.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/base/alloc.h"
#include "bench/profile/replay.h"
#include "bench/profile/report.h"
#include "bench/result/file.h"

/* The file may be anybody's: what it says of the host has to be what reports rely on. */
static json_t *checked(json_t *doc, const char *path, struct error *err)
{
	size_t len;
	char *text = result__dump(doc, &len);
	json_t *copy = NULL;

	if (text)
		copy = result__parse(text, len, path, err);
	else
		error__set(err, -ENOMEM, "replaying %s: out of memory", path);
	free(text);
	json_decref(doc);
	return copy;
}

json_t *replay_document(const char *path, struct error *err)
{
	struct profile_options *opts = alloc__need_zeroed(1, sizeof(*opts));
	struct profile *p = alloc__need_zeroed(1, sizeof(*p));
	const struct replay_hooks none = { .event = NULL };
	struct replay *r;
	json_t *doc = NULL;

	opts->vcpu = -1;
	if (!replay__open(&r, p, opts, path, err) && !replay__run(r, &none, err)) {
		doc = profile_report__document(p, *replay__note(r));
		if (doc)
			doc = checked(doc, path, err);
		else
			error__set(err, -ENOMEM, "replaying %s: out of memory", path);
	}
	replay__close(r);
	profile__close(p);
	free(p);
	free(opts);
	return doc;
}
