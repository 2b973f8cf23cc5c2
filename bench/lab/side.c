// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts to put side by side; see side.h. */
#include "side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "fs.h"
#include "result.h"

int side__parse(struct lab_side *side, const struct lab_lane *lane, struct error *err)
{
	struct { const char *key; const char **value; } keys[] = {
		{ "modules=", &side->modules }, { "mitigations=", &side->mitigations },
		{ "en=", &side->xen }, { "cmdline=", &side->cmdline },
	};
	char *p, *next;
	size_t len;

	side->copy = strdup(side->text);
	if (!side->copy)
		return error__set(err, -ENOMEM, "out of memory");
	for (p = side->copy; p && *p; p = next) {
		const char **value = &side->kernel;
		bool rest = !strncmp(p, "cmdline=", 8);

		next = rest ? NULL : strchr(p, ',');
		if (next)
			*next++ = '\0';
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strncmp(p, keys[i].key, strlen(keys[i].key))) {
				value = keys[i].value;
				p += strlen(keys[i].key);
				break;
			}
		if (*value)
			return error__set(err, -EINVAL, "'%s' names two kernels, or one thing twice",
					  side->text);
		*value = p;
	}
	len = side->kernel ? strlen(side->kernel) : 0;
	if (len > 5 && !strcmp(side->kernel + len - 5, ".json")) {
		side->document = side->kernel;
		side->kernel = NULL;
	}
	if (side->kernel && !lane->kernel)
		return error__set(err, -EINVAL, "lane %s has no kernel to choose", lane->name);
	if (side->xen && !lane->has_xen)
		return error__set(err, -EINVAL, "lane %s runs no Xen", lane->name);
	return 0;
}

void side__free(struct lab_side *side)
{
	free(side->copy);
	side->copy = NULL;
}

static int measure(struct lab_command *cmd, const struct lab_side *side, json_t **doc, char *name,
		   size_t len)
{
	struct lab_request req = cmd->req;
	struct lab_outcome out;
	int code;

	req.kernel = side->kernel ? side->kernel : req.kernel;
	req.modules = side->modules ? side->modules : req.modules;
	req.mitigations = side->mitigations ? side->mitigations : req.mitigations;
	req.cmdline = side->cmdline ? side->cmdline : req.cmdline;
	req.xen = side->xen ? side->xen : req.xen;
	code = lab__run(&cmd->lab, cmd->lane, &req, &out, &cmd->err);
	if (code) {
		error__prefix(&cmd->err, "host '%s'", side->text);
		lab_command__failed(cmd, &out);
	} else {
		*doc = json_incref(out.doc);
		fs__format(name, len, "%.40s%s%.16s%s%.20s%s%.16s", out.kernel,
			   side->mitigations ? " mitigations=" : "",
			   side->mitigations ? side->mitigations : "", side->cmdline ? " " : "",
			   side->cmdline ? side->cmdline : "", side->xen ? " " : "",
			   side->xen ? side->xen : "");
	}
	lab_outcome__free(&out);
	return code;
}

int side__measure(struct lab_command *cmd, const struct lab_side *side, struct paths *paths)
{
	json_t *doc = NULL;
	char name[96];
	int code = 0;

	if (side->document) {
		doc = result__load(side->document, &cmd->err);
		snprintf(name, sizeof(name), "%s", side->document);
		code = doc ? 0 : cmd->err.code;
		if (!code && strcmp(doc__text(doc, "host.clock"), "icount"))
			code = error__set(&cmd->err, -EBADMSG, "%s is not of the lab: its clock counts no "
					  "instructions", side->document);
		if (code)
			lab_command__failed(cmd, NULL);
	} else {
		code = measure(cmd, side, &doc, name, sizeof(name));
	}
	if (!code) {
		code = paths__add(paths, name, doc, &cmd->err);
		if (code)
			lab_command__failed(cmd, NULL);
	}
	json_decref(doc);
	return code;
}

int side__save_json(const json_t *doc, const char *path, struct error *err)
{
	char *text = json_dumps(doc, JSON_INDENT(1) | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
	size_t len = text ? strlen(text) : 0;
	int code;

	if (!text)
		return error__set(err, -ENOMEM, "out of memory");
	text[len++] = '\n';		/* in place of the NUL: the length is passed on */
	code = result__save_text(text, len, path, err);
	free(text);
	return code;
}
