// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hvbench lab type1-vs-type2: the same operations under KVM, Xen and TCG in emulated hosts, in
 * instructions, side by side, with what each figure includes and what follows from them.
 *
 * QEMU's SVM has no NRIPS, so that both hypervisors have to decode the instruction that exited in
 * software to know its length. Figures of lanes that do are only set against each other; what KVM
 * takes on an AMD CPU is lane svm-bochs, which by default is there too. --decoding traces an exit
 * of each and shows the decoding separately.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/commands/lab_common.h"
#include "bench/commands/lab_compared_hosts.h"
#include "bench/commands/lab_trace_log.h"
#include "bench/lab/path_table.h"
#include "bench/result/doc.h"
#include "bench/result/file.h"
#include "reports/views/table.h"

#define JOB "type1-vs-type2"

enum { OPT_LANES = OPT_LAB_OWN, OPT_RESULT, OPT_DECODING, OPT_FAST };

/* One of the hypervisors compared. */
struct contender {
	const char *lane;
	const char *title;
	const char *kernel_part; /* what the figure of an operation that the hypervisor
					 * handles includes */
	const char *device_part; /* the same for an access to a device */
	const char *decoder;	 /* the function that finds an instruction's length */
};

static const struct contender contenders[] = {
	{ "svm-bochs", "KVM (SVM)", "exit, handling in the kernel, entry; nothing to decode",
	  "exit, the way through KVM to our own VMM's process, and back", NULL },
	{ "svm", "KVM (SVM, decoding)", "the same on a CPU without NRIPS",
	  "exit, the way through KVM to our own VMM's process, and back",
	  "kvm_emulate_instruction" },
	{ "vmx", "KVM (VMX)", "exit, handling in the kernel, entry; nothing to decode",
	  "exit, the way through KVM to our own VMM's process, and back", NULL },
	{ "xen-domu", "Xen", "exit, handling in the hypervisor, entry",
	  "exit, Xen finding nobody behind the device and answering itself, entry",
	  "svm_get_insn_len" },
	{ "xen-dm", "Xen + dom0 device model", "the same as Xen",
	  "exit, an event to dom0, its kernel and the device model's process there, and back",
	  "svm_get_insn_len" },
	{ "tcg", "TCG",
	  "the guest's own instructions: nothing traps, and the clock does not count QEMU's work",
	  "the guest's own instructions, likewise", NULL },
};

#define NR_CONTENDERS (sizeof(contenders) / sizeof(contenders[0]))
#define FAST_LANES    "svm,xen-domu,xen-dm,tcg"
#define DEFAULT_LANES "svm-bochs," FAST_LANES

static const struct opt options[] = {
	{ OPT_LANES, "lanes", "A,B,…",
	  "Lanes, of svm-bochs, svm, vmx, xen-domu, xen-dm and tcg (default: " DEFAULT_LANES ")" },
	{ OPT_FAST, "fast", NULL,
	  "Only the lanes that QEMU emulates (" FAST_LANES
	  "): a minute of CPU time less, and no KVM "
	  "without decoding" },
	{ OPT_RESULT, "result", "LANE=FILE",
	  "Take a lane from a result of 'hvbench lab run'; may be repeated" },
	{ OPT_DECODING, "decoding", NULL, "Trace exits to tell software decoding apart" },
	OUTPUT_OPTION("Write it to FILE, as its ending says, else all results as JSON"),
	FORMAT_OPTION("On standard output: "),
	LAB_COMMON_OPTIONS,
	{}
};

static const struct example examples[] = {
	{ "hvbench lab type1-vs-type2 --decoding", "all of it; about six minutes" },
	{ "hvbench lab type1-vs-type2 --lanes svm,xen-dm --format md",
	  "two of them, for a ticket" },
	{}
};

static const struct usage usage = {
	.command = "lab type1-vs-type2",
	.what = "KVM, Xen and TCG on one scale",
	.options = options,
	.shows = SHOW_TABLE,
	.examples = examples,
};

static const struct contender *find_contender(const char *name, size_t len)
{
	for (size_t i = 0; i < NR_CONTENDERS; i++)
		if (strlen(contenders[i].lane) == len && !strncmp(contenders[i].lane, name, len))
			return &contenders[i];
	return NULL;
}

struct types {
	const struct contender *list[NR_CONTENDERS];
	const char *files[NR_CONTENDERS]; /* results given by the user; NULL: measure */
	unsigned int nr;
	bool decoding;
	struct paths paths;		 /* a document for each lane in the list */
	double decode[NR_CONTENDERS][3]; /* for the operations below; NAN: not traced */
};

/* Operations decoded only because the CPU does not give the instruction's length. */
static const char *const decoded[] = { "cpuid", "hypercall", "rdmsr:msr=0x1b" };

static int add_lane(struct types *types, const char *name, size_t len, const char *file,
		    struct opts *opts)
{
	const struct contender *c = find_contender(name, len);

	if (!c)
		return opts__misuse(opts, "'%.*s' is no lane to put on this scale", (int)len, name);
	for (unsigned int i = 0; i < types->nr; i++)
		if (types->list[i] == c) {
			types->files[i] = file ? file : types->files[i];
			return 0;
		}
	types->list[types->nr] = c;
	types->files[types->nr++] = file;
	return 0;
}

static int add_lanes(struct types *types, const char *list, struct opts *opts)
{
	size_t n;

	/* A list that is empty has one lane, without a name, and so has what ends in a comma. */
	for (const char *p = list;; p += n + 1) {
		n = strcspn(p, ",");
		if (add_lane(types, p, n, NULL, opts))
			return -1;
		if (!p[n])
			return 0;
	}
}

/* Checks before anything boots that results exist and lanes can be set up. */
static int check(struct lab_command *cmd, const struct types *types)
{
	int code = 0;

	for (unsigned int i = 0; i < types->nr && !code; i++) {
		json_t *doc = types->files[i] ? result__load(types->files[i], &cmd->err) : NULL;

		code = types->files[i] && !doc ? cmd->err.code : 0;
		json_decref(doc);
	}
	for (unsigned int i = 0; i < types->nr && !code; i++) {
		bool unused;

		cmd->lane = lab__find_lane(types->list[i]->lane, &cmd->err);
		if (!types->files[i])
			code = lab__check(&cmd->lab, cmd->lane, &cmd->req, &unused, &cmd->err);
	}
	if (code)
		lab_command__failed(cmd, NULL);
	return code;
}

static void keep(struct lab_command *cmd, const struct types *types)
{
	char what[128];

	for (unsigned int i = 0; i < types->paths.nr_docs; i++) {
		if (types->files[i])
			continue;
		cmd->lane = lab__find_lane(types->list[i]->lane, &cmd->err);
		snprintf(what, sizeof(what), "what was measured in lane %s (--result %s=FILE)",
			 types->list[i]->lane, types->list[i]->lane);
		lab_command__keep(cmd, types->paths.docs[i], what);
	}
}

static const struct path_row *row_of(const struct types *types, const char *workload)
{
	size_t len = strcspn(workload, ":");

	for (unsigned int i = 0; i < types->paths.nr_rows; i++)
		if (!strncmp(types->paths.rows[i].label, workload, len) &&
		    strchr(":", types->paths.rows[i].label[len]))
			return &types->paths.rows[i];
	return NULL;
}

/* Xen's decoding is the same with and without a device model. */
static bool is_decoding(const struct contender *c)
{
	return c->decoder && strcmp(c->lane, "xen-dm");
}

static int measure(struct lab_command *cmd, struct types *types, unsigned int i)
{
	struct lab_request req = cmd->req;
	struct lab_outcome out = { 0 };
	json_t *doc = NULL;
	int code = 0;

	cmd->lane = lab__find_lane(types->list[i]->lane, &cmd->err);
	if (types->files[i]) {
		doc = result__load(types->files[i], &cmd->err);
		code = doc ? 0 : cmd->err.code;
	} else {
		req.footprint = types->decoding && is_decoding(types->list[i]);
		code = lab_command__measure(cmd, &req, &out);
		doc = json_incref(out.doc);
	}
	if (!code)
		code = paths__add(&types->paths, types->list[i]->title, doc, &cmd->err);
	if (code)
		lab_command__failed(cmd, &out);
	json_decref(doc);
	lab_outcome__free(&out);
	return code;
}

/* From the footprint of the same boot; NAN: it has none. */
static double decoding_in(const struct types *types, unsigned int i, const char *operation)
{
	const struct path_row *row = row_of(types, operation);
	double insn = NAN;
	struct error unused;
	struct trace trace;

	if (!row)
		return insn;
	if (!trace__of_footprint(&trace, row->figures[i].touched, &unused))
		insn = (double)trace__total(&trace, types->list[i]->decoder);
	trace__free(&trace);
	return insn;
}

/* A result without footprints, and an emulator without plugins, take a boot for each. */
static int trace_decoding(struct lab_command *cmd, struct types *types, unsigned int i)
{
	const struct contender *c = types->list[i];
	int code = 0;

	if (!is_decoding(c))
		return 0;
	cmd->lane = lab__find_lane(c->lane, &cmd->err);
	for (unsigned int k = 0; k < 3 && !code; k++) {
		struct trace_run run;

		types->decode[i][k] = decoding_in(types, i, decoded[k]);
		if (!isnan(types->decode[i][k]))
			continue;
		code = trace_run__do(&run, cmd, decoded[k]);
		if (code)
			lab_command__failed(cmd, &run.out);
		else
			types->decode[i][k] = trace__total(&run.trace, c->decoder);
		trace_run__free(&run);
	}
	return code;
}

/* The index of the lane in the list; -1: it is not there. */
static int index_of(const struct types *types, const char *lane)
{
	for (unsigned int i = 0; i < types->nr; i++)
		if (!strcmp(types->list[i]->lane, lane))
			return (int)i;
	return -1;
}

/* The figure of an operation in a lane; NAN: there is none. */
static double figure(const struct types *types, const char *lane, const char *workload)
{
	const struct path_row *row = row_of(types, workload);
	int i = index_of(types, lane);

	return row && i >= 0 && row->figures[i].ok ? row->figures[i].p50 : NAN;
}

static double decoding_of(const struct types *types, const char *lane)
{
	int i = index_of(types, lane);

	return i < 0 ? NAN : types->decode[i][0];
}

static void put_table(const struct types *types, FILE *out, const struct renderer *format)
{
	const struct paths *paths = &types->paths;
	struct table table;
	char text[32];

	table__init(&table, format);
	table__space(&table, 0, 2);
	table__column(&table, "operation (instructions)", "left", 0);
	for (unsigned int i = 0; i < types->nr; i++)
		table__column(&table, types->list[i]->title, "right", 0);
	for (unsigned int r = 0; r < paths->nr_rows; r++) {
		table__row(&table);
		paths__add_label(&paths->rows[r], &table);
		for (unsigned int i = 0; i < types->nr; i++)
			table__figure(&table, "%s",
				      paths__format(&paths->rows[r].figures[i],
						    table__is_for_people(&table), text,
						    sizeof(text)));
	}
	for (unsigned int k = 0; k < 3 && types->decoding; k++) {
		table__row(&table);
		table__figure(&table, "of %.*s, decoding", (int)strcspn(decoded[k], ":"),
			      decoded[k]);
		for (unsigned int i = 0; i < types->nr; i++) {
			if (isnan(types->decode[i][k]))
				table__figure(&table, "%s",
					      table__is_for_people(&table) ? "-" : "");
			else
				table__figure(&table, "%.0f", types->decode[i][k]);
		}
	}
	table__put(&table, out, NULL);
	table__free(&table);
}

static void say_control(const struct types *types, FILE *out, const char *bullet)
{
	double kvm = figure(types, "svm", "cpuid"), xen = figure(types, "xen-domu", "cpuid");
	double nrips = figure(types, "svm-bochs", "cpuid");
	double kvm_decode = decoding_of(types, "svm"), xen_decode = decoding_of(types, "xen-domu");

	if (isnan(kvm) || isnan(xen))
		return;
	fprintf(out,
		"%sWhere both have to decode the instruction, a CPUID exit takes %.0f instructions "
		"in "
		"KVM and %.0f in Xen, %.2f times as many.",
		bullet, kvm, xen, xen / kvm);
	if (!isnan(nrips))
		fprintf(out, " Where the CPU tells its length, KVM's takes %.0f.", nrips);
	if (!isnan(kvm_decode) && !isnan(xen_decode))
		fprintf(out,
			" Of these %.0f and %.0f find out how long the instruction is, which a CPU "
			"with NRIPS "
			"tells: without that it is %.0f against %.0f, and %s's path is the shorter "
			"one.",
			kvm_decode, xen_decode, kvm - kvm_decode, xen - xen_decode,
			kvm - kvm_decode < xen - xen_decode ? "KVM" : "Xen");
	else
		fprintf(out, " Most of both is decoding the instruction in software, which only "
			     "CPUs without NRIPS "
			     "make necessary: --decoding tells it apart.");
	fprintf(out, "\n");
}

/* Accesses to devices are not decoded, or in any lane. */
static double kvm_device(const struct types *types, const char *workload)
{
	double svm = figure(types, "svm", workload);

	return isnan(svm) ? figure(types, "svm-bochs", workload) : svm;
}

static void say_devices(const struct types *types, FILE *out, const char *bullet)
{
	static const struct {
		const char *workload, *what;
	} table[] = {
		{ "pio-user", "port" },
		{ "mmio-user", "MMIO" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double kvm = kvm_device(types, table[i].workload);
		double dom0 = figure(types, "xen-dm", table[i].workload);
		double xen = figure(types, "xen-domu", table[i].workload);

		if (isnan(kvm) || isnan(dom0))
			continue;
		fprintf(out,
			"%sA%s %s access that a device model answers takes %.0f instructions under "
			"KVM, whose "
			"device model is the process that runs the vCPU, and %.0f under Xen, whose "
			"is a process "
			"of another domain: %.1f times as many.",
			bullet, i ? "n" : "", table[i].what, kvm, dom0, dom0 / kvm);
		if (!isnan(xen))
			fprintf(out,
				" %.0f of these are Xen's own for an access that nobody claims; "
				"the rest is the way "
				"to dom0 and back.",
				xen);
		fprintf(out, "\n");
	}
}

static void say_rest(const struct types *types, FILE *out, const char *bullet)
{
	double vmx = figure(types, "vmx", "cpuid"), svm = figure(types, "svm", "cpuid");
	double nrips = figure(types, "svm-bochs", "cpuid");
	double tcg = figure(types, "tcg", "cpuid");

	if (!isnan(vmx) && !isnan(svm) && isnan(nrips))
		fprintf(out,
			"%sOn VMX, where the CPU tells the length of the instruction, KVM's CPUID "
			"exit takes %.0f "
			"instructions instead of %.0f.\n",
			bullet, vmx, svm);
	if (!isnan(vmx) && !isnan(nrips))
		fprintf(out, "%sOn VMX KVM's CPUID exit takes %.0f instructions, on SVM %.0f.\n",
			bullet, vmx, nrips);
	if (!isnan(tcg))
		fprintf(out,
			"%sTCG has no exits: the guest runs %.1f instructions for a CPUID. What it "
			"costs is time "
			"in the emulator, which this clock does not count ('lab run tcg "
			"--no-icount' does).\n",
			bullet, tcg);
}

static void put_reading(const struct types *types, FILE *out, const char *bullet)
{
	bool markdown = *bullet != ' ';

	fprintf(out, "\nWhat a figure holds:\n%s", markdown ? "\n" : "");
	for (unsigned int i = 0; i < types->nr; i++)
		fprintf(out, "%s%s: %s. Device accesses: %s.\n", bullet, types->list[i]->title,
			types->list[i]->kernel_part, types->list[i]->device_part);
	fprintf(out, "\nReading:\n%s", markdown ? "\n" : "");
	say_control(types, out, bullet);
	say_devices(types, out, bullet);
	say_rest(types, out, bullet);
	for (unsigned int r = 0; r < types->paths.nr_rows; r++)
		for (unsigned int i = 0; i < types->nr; i++) {
			const struct path_figure *f = &types->paths.rows[r].figures[i];

			if (!f->ok)
				fprintf(out, "%s%s under %s: %s\n", bullet,
					types->paths.rows[r].label, types->list[i]->title,
					*f->why ? f->why : "not measured");
		}
	fprintf(out, "\nInstructions of software, counted on emulated hosts: not time. What the "
		     "world switch costs "
		     "the hardware is not in them.\n");
}

static json_t *to_json(const struct types *types)
{
	json_t *lanes = json_array();

	for (unsigned int i = 0; i < types->nr; i++) {
		json_t *lane = json_pack("{s:s, s:s, s:O}", "lane", types->list[i]->lane, "title",
					 types->list[i]->title, "result", types->paths.docs[i]);

		for (unsigned int k = 0; lane && k < 3; k++)
			if (!isnan(types->decode[i][k])) {
				json_t *d = json_object_get(lane, "decoding");

				if (!d) {
					d = json_object();
					json_object_set_new(lane, "decoding", d);
				}
				json_object_set_new(d, decoded[k], json_real(types->decode[i][k]));
			}
		json_array_append_new(lanes, lane);
	}
	return json_pack("{s:s, s:o}", "schema", "hvbench.lab-types/1", "lanes", lanes);
}

static int put(FILE *out, const struct renderer *format, void *arg)
{
	const struct types *types = arg;

	put_table(types, out, format);
	if (lab_bullet(format))
		paths__note_decoding(&types->paths, "\n", out);
	if (lab_bullet(format))
		put_reading(types, out, lab_bullet(format));
	return ferror(out) ? -EIO : 0;
}

static int report(struct lab_command *cmd, struct types *types)
{
	json_t *doc = to_json(types);
	int code = doc ? lab_command__report(cmd, doc, put, types) :
			 error__set(&cmd->err, -ENOMEM, "out of memory");

	json_decref(doc);
	return code;
}

static int run_types(struct lab_command *cmd, struct types *types)
{
	int code;

	cmd->lane = lab__find_lane(types->list[0]->lane, &cmd->err);
	cmd->job = JOB;
	if (lab_command__plan(cmd, "lab " JOB) || lab_command__open(cmd, "lab " JOB))
		return cmd->status;
	code = check(cmd, types);
	for (unsigned int i = 0; i < types->nr && !code; i++)
		code = measure(cmd, types, i);
	for (unsigned int i = 0; i < types->nr && !code && types->decoding; i++)
		code = trace_decoding(cmd, types, i);
	if (!code) {
		code = report(cmd, types);
		if (code)
			lab_command__failed(cmd, NULL);
		code |= fflush(stdout) || ferror(stdout);
	}
	if (code && !cmd->output.path)
		keep(cmd, types);
	lab_command__close(cmd);
	return cmd->status;
}

static int cmd_types(int argc, char **argv)
{
	struct types types = { .nr = 0 };
	struct lab_command cmd;
	struct opts opts;
	const char *equals, *lanes = NULL;
	bool fast = false;
	int id, code = 0;

	for (size_t i = 0; i < NR_CONTENDERS; i++)
		for (unsigned int k = 0; k < 3; k++)
			types.decode[i][k] = NAN;
	opts__init(&opts, &usage, argc, argv);
	lab_command__init(&cmd);
	while (!code && (id = opts__next(&opts)) > 0) {
		equals = opts.arg ? strchr(opts.arg, '=') : NULL;
		if (id == OPT_LANES)
			code = add_lanes(&types, lanes = opts.arg, &opts);
		else if (id == OPT_RESULT && !equals)
			code = opts__misuse(&opts, "--result: '%s' is not LANE=FILE", opts.arg);
		else if (id == OPT_RESULT)
			code = add_lane(&types, opts.arg, equals - opts.arg, equals + 1, &opts);
		else if (id == OPT_FAST)
			fast = !(code = add_lanes(&types, FAST_LANES, &opts));
		else if (id == OPT_DECODING)
			types.decoding = true;
		else
			code = lab_command__option(&cmd, &opts, id);
	}
	if (code || id < 0 || opts__no_more(&opts) || output__settle(&cmd.output, &opts))
		return opts.status;
	if (fast && lanes) {
		opts__misuse(&opts, "--fast chooses the lanes, and so does --lanes %s", lanes);
		return opts.status;
	}
	if (!types.nr && add_lanes(&types, DEFAULT_LANES, &opts))
		return opts.status;
	paths__init(&types.paths);
	run_types(&cmd, &types);
	paths__free(&types.paths);
	return cmd.status;
}

const struct command command_lab_types = {
	.name = JOB,
	.usage = &usage,
	.run = cmd_types,
};
