// SPDX-License-Identifier: GPL-2.0-or-later
/* hvbench doctor: is this host set up for VMs? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/alloc.h"
#include "bench/base/descriptors.h"
#include "bench/cli/command.h"
#include "bench/cli/output.h"
#include "bench/commands/doctor_prove.h"
#include "bench/commands/restoring.h"
#include "bench/doctor/baseline.h"
#include "bench/doctor/doctor.h"
#include "bench/doctor/keep.h"
#include "reports/views/table.h"

#define MAX_CHECKS   64
#define PROOF_TIME_S 20
/* For a file of a directory of a directory, while VMs are looked for. */
#define LEAST_DESCRIPTORS 8

enum {
	OPT_GOAL = OPT_LONG,
	OPT_ROOT,
	OPT_LIST,
	OPT_PROVE,
	OPT_WITH_VMS,
	OPT_BASELINE,
	OPT_APPLY,
	OPT_RESTORE,
	OPT_YES,
	OPT_TIME,
};

static const struct opt options[] = {
	{ OPT_GOAL, "goal", "LIST",
	  "What the host is for: latency, throughput, density, isolation, benchmarking (default: "
	  "all of them, of which some ask for the opposite of others)" },
	FORMAT_OPTION(""),
	OUTPUT_OPTION("Write to FILE, as its ending says (.json .md .txt .xml) or else --format"),
	{ OPT_LIST, "list", NULL, "The checks there are, and where each looks" },
	{ OPT_PROVE, "prove", NULL,
	  "Measure on this host what the settings of the checks named, or of all that can be, make "
	  "of a difference, to the time of an operation and its CPU time, and put back what is "
	  "switched for it. "
	  "CHECK=VALUE: that value against itself, which has to be no difference" },
	{ OPT_TIME, "time", "TIME",
	  "With --prove: give up a proof that is not decided then (default 20s)" },
	{ OPT_YES, "yes", NULL,
	  "With --prove: on a terminal, do not ask before a setting of the host is switched" },
	{ OPT_WITH_VMS, "with-running-vms", NULL,
	  "With --prove: switch settings of the host although VMs run that feel it" },
	{ OPT_RESTORE, "restore", NULL,
	  "Put back what --prove left switched, should it have been killed ('hvbench restore')" },
	{ OPT_APPLY, "apply", NULL,
	  "Print what to do on this distribution to keep what the checks named advise for --goal "
	  "(sysctl.d, modprobe.d, tmpfiles.d, the kernel's command line, tuned); nothing is "
	  "written" },
	{ OPT_BASELINE, "baseline", "FILE",
	  "Which settings differ from those in a document that -o wrote, here or on another host" },
	{ OPT_ROOT, "root", "DIR",
	  "Look at a copy of /proc, /sys and /dev below DIR, of another host say" },
	{}
};

static const struct example examples[] = {
	{ "hvbench doctor", "all there is to say" },
	{ "hvbench doctor --goal latency", "of a host whose VMs have to answer soon" },
	{ "hvbench doctor halt-polling thp", "two checks alone" },
	{ "hvbench doctor --prove halt-polling", "is it true on this host?" },
	{ "hvbench doctor --prove --goal latency",
	  "all that is advised for it and can be measured" },
	{ "hvbench doctor --apply ksm swap --goal latency", "what to do about it" },
	{ "hvbench doctor --goal isolation -o junit.xml", "of a fleet, for CI" },
	{}
};

static const char text[] =
	"Reads what guides for hosts of VMs tell people to look at: says what was found, what is "
	"advised, for which goal, by whom and of when that is, and by which measurement it can be "
	"seen whether it is true on this host. Nothing is changed. Sources that contradict each "
	"other are both told.\n\n"
	"Of each check: ok; advice (a guide advises something else); warning (it costs, or fails, "
	"as it is); contradicts (two settings speak against each other); not-applicable, and why; "
	"unreadable, and why. Without root what may be read is judged, and what root would add is "
	"said.\n\n"
	"With --prove the checks named are measured instead, one after the other (without names "
	"all that matter for the goals and can be measured, which takes minutes): two values of "
	"the setting take turns, in one VM, in two, or where that cannot be in fresh VMs one after "
	"the other, until it is decided which is the faster. Where a setting of VMs says the same "
	"as one of the host, that is switched, which no other VM feels. With -f json or -o the "
	"document has what was measured. Exit status then: 0 all are decided, 1 a measurement "
	"failed, 2 one is not decided, 69 one cannot be proved here, 74 a setting could not be put "
	"back, 77 VMs run that would feel it, or it is not permitted, 130 interrupted.\n\n"
	"With --apply the exit status is 0, or 69 where none of the checks has a setting on this "
	"host for these goals.\n\n"
	"With --baseline the settings that differ are listed instead, in text or md. Exit status "
	"then: "
	"0 none does, 1 some do, 65 FILE is no such document.\n\n"
	"Exit status: 0 all is as advised for the goals; 1 something else is advised; 2 nothing "
	"is, but something could not be read; 64 wrong usage, or no such check; 65 no /proc.";

static const struct usage usage = {
	.command = "doctor",
	.what = "is this host set up for VMs?",
	.synopsis = "[CHECK…]",
	.text = text,
	.shows = SHOW_DOCTOR,
	.options = options,
	.examples = examples,
};

struct cmd {
	struct opts opts;
	struct doctor_options look;
	const char *ids[MAX_CHECKS + 1];
	const char *values[MAX_CHECKS + 1]; /* the same as given to --prove, CHECK=VALUE too */
	struct output output;
	const char *baseline;
	bool list, prove, apply, restore;
	struct doctor_prove_options proving;
};

static int parse_goals(struct cmd *cmd)
{
	struct opts_words words = { 0 };
	int ret = opts__words(&cmd->opts, &words);

	cmd->look.goals = 0;
	for (unsigned int i = 0; !ret && words.list[i]; i++) {
		unsigned int k = 0;

		while (doctor_goals[k] && strcmp(doctor_goals[k], words.list[i]))
			k++;
		if (doctor_goals[k])
			cmd->look.goals |= 1u << k;
		else if (!strcmp(words.list[i], "all"))
			cmd->look.goals = FOR_ALL;
		else
			ret = opts__misuse(&cmd->opts,
					   "no goal is called '%s'; there are latency, throughput, "
					   "density, isolation and benchmarking",
					   words.list[i]);
	}
	opts_words__destroy(&words);
	return ret;
}

/* false: return opts.status. */
static bool parse_option(struct cmd *cmd, int id)
{
	switch (id) {
	case OPT_GOAL:
		return !parse_goals(cmd);
	case OPT_ROOT:
		cmd->look.root = cmd->opts.arg;
		return true;
	case OPT_BASELINE:
		cmd->baseline = cmd->opts.arg;
		return true;
	case OPT_PROVE:
		cmd->prove = true;
		return true;
	case OPT_WITH_VMS:
		cmd->proving.with_vms = true;
		return true;
	case OPT_YES:
		cmd->proving.yes = true;
		return true;
	case OPT_TIME:
		return !opts__seconds(&cmd->opts, 0.1, 86400, &cmd->proving.time_s);
	case OPT_APPLY:
		cmd->apply = true;
		return true;
	case OPT_RESTORE:
		cmd->restore = true;
		return true;
	case OPT_LIST:
		cmd->list = true;
		return true;
	default:
		return !output__option(&cmd->output, &cmd->opts, id);
	}
}

static int list_checks(void)
{
	const struct doctor_check **checks = doctor__checks();
	struct table table;

	table__init(&table, &renderer_text);
	table__column(&table, "check", "left", 0);
	table__column(&table, "what", "left", 0);
	table__column(&table, "where it is read", "left", 0);
	for (size_t i = 0; checks[i]; i++) {
		table__row(&table);
		table__text(&table, checks[i]->id);
		table__text(&table, checks[i]->title);
		table__text(&table, checks[i]->where);
	}
	table__put(&table, stdout, NULL);
	table__free(&table);
	free(checks);
	return fflush(stdout) ? EXIT_IO : EXIT_OK;
}

static int compare_with_baseline(const struct cmd *cmd, const json_t *doc)
{
	const struct renderer *format = cmd->output.format ?: &renderer_text;
	struct error err = { 0 };
	json_t *before = doctor_baseline__load(cmd->baseline, &err), *list;
	const char *const columns[] = { "check", "what", "before", "now" };
	const json_t *one;
	struct table table;
	size_t nr, i;

	if (!before) {
		fprintf(stderr, "hvbench doctor: %s\n", err.text);
		return EXIT_BAD_INPUT;
	}
	list = doctor_baseline__compare(before, doc);
	nr = json_array_size(list);
	table__init(&table, format);
	for (int c = 0; c < 4; c++)
		table__column(&table, columns[c], "left", 0);
	json_array_foreach(list, i, one) {
		table__row(&table);
		for (int c = 0; c < 4; c++)
			table__text(&table, json_string_value(json_object_get(one, columns[c])));
	}
	printf("%zu setting%s from %s\n", nr, nr == 1 ? " differs" : "s differ", cmd->baseline);
	if (nr)
		table__put(&table, stdout, NULL);
	table__free(&table);
	json_decref(list);
	json_decref(before);
	return fflush(stdout) ? EXIT_IO : nr ? EXIT_REGRESSION : EXIT_OK;
}

static int apply(const struct cmd *cmd)
{
	int nr = doctor_keep__print(cmd->look.root, cmd->ids, cmd->look.goals, stdout);

	if (fflush(stdout) || nr < 0) {
		fprintf(stderr, "hvbench doctor: writing to standard output: %s\n",
			strerror(errno));
		return EXIT_IO;
	}
	return nr ? EXIT_OK : EXIT_NOTHING_TO_RUN_ON;
}

/* Which of the options exclude each other. Non-zero: return opts.status. */
static int check_options(struct cmd *cmd)
{
	bool shown = cmd->output.format || cmd->output.path, named = cmd->ids[0];
	int other = cmd->prove + cmd->apply + cmd->restore + (cmd->baseline != NULL);

	if (other > 1)
		return opts__misuse(&cmd->opts,
				    "--prove, --apply, --restore and --baseline exclude each "
				    "other");
	if (cmd->baseline &&
	    ((cmd->output.format && !cmd->output.format->table) || cmd->output.path))
		return opts__misuse(&cmd->opts,
				    "--baseline is shown as text or md, without -o and --prove");
	if ((cmd->apply || cmd->restore) && shown)
		return opts__misuse(&cmd->opts, "--apply and --restore are shown as text alone");
	if (cmd->apply && !named)
		return opts__misuse(&cmd->opts, "--apply: name the checks to be applied");
	if (cmd->restore && (named || *cmd->look.root))
		return opts__misuse(&cmd->opts,
				    "--restore is of all that was switched on this machine");
	if (cmd->prove && *cmd->look.root)
		return opts__misuse(&cmd->opts, "--prove is of this machine, without --root");
	return 0;
}

/* On the screen, and in the file; the exit status is `status` where both succeed. */
static int show(const struct cmd *cmd, const json_t *doc, int status)
{
	struct error err = { 0 };
	int ret = output__show(output__of_screen(&cmd->output, &renderer_text, &renderer_json),
			       SHOW_DOCTOR, doc, &err);

	if (!ret && cmd->output.path)
		ret = output__save(cmd->output.path, output__of_file(&cmd->output, &renderer_json),
				   SHOW_DOCTOR, doc, &err);
	if (!ret)
		return status;
	fprintf(stderr, "hvbench doctor: %s\n", err.text);
	return error__exit_status(&err);
}

/* People get a line of each proof; a document is shown as ever, with what was measured. */
static int prove(const struct cmd *cmd, json_t *doc)
{
	bool told = (cmd->output.format ?: &renderer_text) == &renderer_text;
	int status = doctor_prove__run(cmd->values, &cmd->proving, doc, told);
	struct error err = { 0 };

	if (!told)
		return show(cmd, doc, status);
	if (cmd->output.path &&
	    output__save(cmd->output.path, output__of_file(&cmd->output, &renderer_json),
			 SHOW_DOCTOR, doc, &err)) {
		fprintf(stderr, "hvbench doctor: %s\n", err.text);
		return error__exit_status(&err);
	}
	return status;
}

/* Names of checks; with --prove a value may follow. They point into what `names` holds. */
static void take_operands(struct cmd *cmd, char **names)
{
	unsigned int nr = 0;
	char *eq;

	while (nr < MAX_CHECKS && (cmd->values[nr] = opts__operand(&cmd->opts))) {
		names[nr] = alloc__text(cmd->values[nr]);
		eq = cmd->prove ? strchr(names[nr], '=') : NULL;
		if (eq)
			*eq = '\0';
		cmd->ids[nr] = names[nr];
		nr++;
	}
	cmd->look.ids = nr ? cmd->ids : NULL;
}

static int run(struct cmd *cmd)
{
	struct error err = { 0 };
	int status;
	json_t *doc;

	if (opts__no_more(&cmd->opts) || check_options(cmd))
		return cmd->opts.status;
	if (cmd->list)
		return list_checks();
	if (cmd->restore)
		return restoring__run("doctor", SWITCHED_RESTORE);
	doc = doctor__examine(&cmd->look, &err);
	if (!doc && err.code == -EINVAL)
		return opts__misuse(&cmd->opts, "%s", err.text);
	if (!doc) {
		fprintf(stderr, "hvbench doctor: %s\n", err.text);
		return err.code == -ENOENT ? EXIT_BAD_INPUT : error__exit_status(&err);
	}
	if (cmd->prove)
		status = prove(cmd, doc);
	else if (cmd->apply)
		status = apply(cmd);
	else if (cmd->baseline)
		status = compare_with_baseline(cmd, doc);
	else
		status = show(cmd, doc, (int)json_integer_value(json_object_get(doc, "status")));
	json_decref(doc);
	return status;
}

static int cmd_doctor(int argc, char **argv)
{
	struct cmd cmd = { .look = { .root = "", .goals = FOR_ALL },
			   .proving = { .time_s = PROOF_TIME_S } };
	char *names[MAX_CHECKS] = { NULL };
	struct error err = { 0 };
	int id, status;

	opts__init(&cmd.opts, &usage, argc, argv);
	while ((id = opts__next(&cmd.opts)) > 0)
		if (!parse_option(&cmd, id))
			return cmd.opts.status;
	if (id < 0 || output__settle(&cmd.output, &cmd.opts))
		return cmd.opts.status;
	if (descriptors__need(LEAST_DESCRIPTORS, &err)) {
		fprintf(stderr, "hvbench doctor: %s\n", err.text);
		return error__exit_status(&err);
	}
	take_operands(&cmd, names);
	status = run(&cmd);
	for (unsigned int i = 0; i < MAX_CHECKS; i++)
		free(names[i]);
	return status;
}
DEFINE_COMMAND(doctor, usage, cmd_doctor);
