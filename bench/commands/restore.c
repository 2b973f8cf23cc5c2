// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench restore: restores settings of the host that a run left switched. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/cli/command.h"
#include "bench/host/switched.h"

enum { OPT_FORGET = OPT_LONG };

static const struct opt options[] = { { 'n', "dry-run", NULL,
					"Show what is left, and change nothing" },
				      { OPT_FORGET, "forget", NULL,
					"Leave the settings as they are, and remove the records of "
					"their original values" },
				      {} };

static const struct example examples[] = { { "hvbench restore --dry-run", "is anything left?" },
					   { "hvbench restore", "put it back" },
					   {} };

static const struct usage usage = {
	.command = "restore",
	.what = "put back settings of the host that a run left switched",
	.text = "'hvbench run --ab' switches files below /sys and /proc/sys and restores their "
		"values, "
		"even if it is killed: a second process waits for its end and restores them then. "
		"If both "
		"are killed at once (with their control group, or because memory is short), there "
		"is "
		"still a record of the original values; this command writes them back, reads them "
		"again, "
		"and removes the record. Settings of a run that is still alive are not touched.\n\n"
		"Records are in /run/hvbench for root; for others in $XDG_RUNTIME_DIR/hvbench or "
		"/var/tmp/hvbench-UID. They are void after a reboot, as the settings are. Each "
		"user has "
		"their own. A setting switched in another namespace (a network namespace, for "
		"instance) "
		"can only be restored there: use nsenter(1).\n\n"
		"Exit status: 0 nothing is left to restore, except settings in use or of another "
		"namespace; 64 wrong usage; 65 a record is damaged; 74 a setting could not be "
		"restored; 77 not permitted.",
	.options = options,
	.examples = examples,
};

struct cmd {
	enum switched_wish wish;
	unsigned int told;
	int status;
};

static void show(const struct switched_setting *s, void *arg)
{
	const char *text = "";
	struct cmd *cmd = arg;
	char was[256];

	cmd->told++;
	if (s->state == SWITCHED_DAMAGED) {
		printf("%s: the record is damaged, and what was switched is not known%s\n", s->path,
		       cmd->wish == SWITCHED_FORGET ? "; forgotten" : "; --forget removes it");
		if (cmd->wish != SWITCHED_FORGET)
			cmd->status = EXIT_BAD_INPUT;
		return;
	}
	setting_file__show(s->file->before ?: "?", s->file->before ? s->file->before_len : 1, was,
			   sizeof(was));
	switch (s->state) {
	case SWITCHED_LEFT:
		text = cmd->wish == SWITCHED_FORGET ? "left as it is, and forgotten" :
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
		text = cmd->wish == SWITCHED_FORGET ? "forgotten, of another namespace: " :
						      "not of this namespace: ";
		break;
	case SWITCHED_DAMAGED:
		break;
	case SWITCHED_FAILED:
		text = "cannot be put back: ";
		if (cmd->wish == SWITCHED_FORGET)
			text = "left as it is, and forgotten: ";
		else
			cmd->status = s->error == EACCES || s->error == EPERM ? EXIT_NOT_PERMITTED :
										EXIT_IO;
		break;
	}
	printf("%s: %s%s ('%s' before process %d switched it at %s)\n", s->path, text, s->why, was,
	       s->pid, s->when);
}

static int cmd_restore(int argc, char **argv)
{
	struct cmd cmd = { .wish = SWITCHED_RESTORE };
	struct error err = { 0 };
	struct opts opts;
	int id, ret;

	opts__init(&opts, &usage, argc, argv);
	while ((id = opts__next(&opts)) > 0)
		cmd.wish = id == 'n' ? SWITCHED_LOOK : SWITCHED_FORGET;
	if (id < 0 || opts__no_more(&opts))
		return opts.status;
	ret = switched__each(cmd.wish, show, &cmd, &err);
	if (ret) {
		fprintf(stderr, "hvbench restore: %s\n", err.text);
		cmd.status = error__exit_status(&err);
	} else if (!cmd.told) {
		puts("nothing was left switched");
	}
	if (fflush(stdout)) {
		fprintf(stderr, "hvbench restore: writing to standard output: %s\n",
			strerror(errno));
		return EXIT_IO;
	}
	return cmd.status;
}
DEFINE_COMMAND(restore, usage, cmd_restore);
