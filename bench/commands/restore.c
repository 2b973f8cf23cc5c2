// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench restore: restores settings of the host that a run left switched. */
#include "bench/cli/command.h"
#include "bench/commands/restoring.h"

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

static int cmd_restore(int argc, char **argv)
{
	enum switched_wish wish = SWITCHED_RESTORE;
	struct opts opts;
	int id;

	opts__init(&opts, &usage, argc, argv);
	while ((id = opts__next(&opts)) > 0)
		wish = id == 'n' ? SWITCHED_LOOK : SWITCHED_FORGET;
	if (id < 0 || opts__no_more(&opts))
		return opts.status;
	return restoring__run("restore", wish);
}
DEFINE_COMMAND(restore, usage, cmd_restore);
