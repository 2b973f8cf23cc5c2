// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/commands/restoring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/error.h"

struct restoring {
	enum switched_wish wish;
	unsigned int told;
	int status;
};

static void show(const struct switched_setting *s, void *arg)
{
	const char *text = "";
	struct restoring *r = arg;
	char was[256];

	r->told++;
	if (s->state == SWITCHED_DAMAGED) {
		printf("%s: the record is damaged, and what was switched is not known%s\n", s->path,
		       r->wish == SWITCHED_FORGET ? "; forgotten" : "; --forget removes it");
		if (r->wish != SWITCHED_FORGET)
			r->status = EXIT_BAD_INPUT;
		return;
	}
	setting_file__show(s->file->before ?: "?", s->file->before ? s->file->before_len : 1, was,
			   sizeof(was));
	switch (s->state) {
	case SWITCHED_LEFT:
		text = r->wish == SWITCHED_FORGET ? "left as it is, and forgotten" :
						    "was left changed";
		break;
	case SWITCHED_PUT_BACK:
		text = "put back";
		break;
	case SWITCHED_AS_IT_WAS:
		text = "is as it was";
		break;
	case SWITCHED_IN_USE:
		text = "in use by ";
		break;
	case SWITCHED_ELSEWHERE:
		text = r->wish == SWITCHED_FORGET ? "forgotten, of another namespace: " :
						    "not of this namespace: ";
		break;
	case SWITCHED_DAMAGED:
		break;
	case SWITCHED_FAILED:
		text = "cannot be put back: ";
		if (r->wish == SWITCHED_FORGET)
			text = "left as it is, and forgotten: ";
		else
			r->status = s->error == EACCES || s->error == EPERM ? EXIT_NOT_PERMITTED :
									      EXIT_IO;
		break;
	}
	printf("%s: %s%s ('%s' before process %d switched it at %s)\n", s->path, text, s->why, was,
	       s->pid, s->when);
}

int restoring__run(const char *command, enum switched_wish wish)
{
	struct restoring r = { .wish = wish };
	struct error err = { 0 };

	if (switched__each(wish, show, &r, &err)) {
		fprintf(stderr, "hvbench %s: %s\n", command, err.text);
		r.status = error__exit_status(&err);
	} else if (!r.told) {
		puts("nothing was left switched");
	}
	if (fflush(stdout)) {
		fprintf(stderr, "hvbench %s: writing to standard output: %s\n", command,
			strerror(errno));
		return EXIT_IO;
	}
	return r.status;
}
