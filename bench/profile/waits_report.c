// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/profile/waits_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/charset.h"
#include "bench/base/clean_text.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/profile/waits.h"
#include "reports/views/table.h"

#define MAX_BRIEF 4 /* that an interval's line names */

/* One wait with what it is shown by; those with the same name and kind become one line. */
struct named {
	char name[192];
	bool of_vm; /* the name says whose */
	const struct wait *wait;
	uint64_t ns, turns;
};

struct line {
	char name[192];
	bool of_vm;
	enum culprit_kind kind;
	const struct wait *one; /* any of its waits */
	unsigned int processes;
	uint64_t ns, turns, max_ns;
	/* the vCPU that waited longest for it, and how long */
	const struct wait *worst;
	uint64_t worst_ns;
};

struct lines {
	struct named *named;
	struct line *list;
	size_t nr;
	uint64_t ns; /* of all */
};

static const struct profile_vcpu *vcpu_of(const struct profile *p, pid_t pid, pid_t tid)
{
	for (unsigned int i = 0; i < p->nr_vcpus; i++)
		if (p->vcpus[i].tgid == pid && p->vcpus[i].tid == tid)
			return &p->vcpus[i];
	return NULL;
}

/* "web1 vCPU 2", or what else is known of the thread. */
static void name_vcpu(const struct profile *p, const char *vm, pid_t pid, pid_t tid, char *name,
		      size_t len)
{
	const struct profile_vcpu *vcpu = vcpu_of(p, pid, tid);

	if (vcpu && vcpu->id >= 0)
		snprintf(name, len, "%d %s vCPU %d", profile__number(pid), vm, vcpu->id);
	else
		snprintf(name, len, "%d %s thread %d", profile__number(pid), vm, tid);
}

static void name_wait(const struct profile *p, struct named *n)
{
	const struct culprit_who *who = &n->wait->who;
	const struct profile_vm *vm = profile__vm(p, (pid_t)who->tgid);
	char comm[4 * CULPRITS_COMM];

	/* Whoever starts a thread chooses what it is called. */
	clean_text(comm, sizeof(comm), who->comm, strnlen(who->comm, sizeof(who->comm)));
	switch ((enum culprit_kind)who->kind) {
	case CULPRIT_VCPU:
		name_vcpu(p, n->wait->vm, (pid_t)who->tgid, (pid_t)who->tid, n->name,
			  sizeof(n->name));
		return;
	case CULPRIT_KERNEL:
		snprintf(n->name, sizeof(n->name), "%s (kernel)", comm);
		return;
	case CULPRIT_IDLE:
		snprintf(n->name, sizeof(n->name), "nobody: an idle CPU that wakes up");
		return;
	case CULPRIT_UNKNOWN:
		snprintf(n->name, sizeof(n->name), "others, too many to remember");
		return;
	case CULPRIT_PENDING:
		snprintf(n->name, sizeof(n->name), "not known: still waiting at the end");
		return;
	default:
		break;
	}
	n->of_vm = vm;
	if (vm)
		snprintf(n->name, sizeof(n->name), "%d %s %s", profile__number(vm->process.pid),
			 profile__vm_name(p, vm->process.pid), comm);
	else
		snprintf(n->name, sizeof(n->name), "%s", comm);
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order :
		       (x->wait->who.kind > y->wait->who.kind) -
			       (x->wait->who.kind < y->wait->who.kind);
}

static int by_process(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->wait->who.tgid > y->wait->who.tgid) - (x->wait->who.tgid < y->wait->who.tgid);
}

static int by_victim(const void *a, const void *b)
{
	const struct wait *x = ((const struct named *)a)->wait;
	const struct wait *y = ((const struct named *)b)->wait;

	if (x->pid != y->pid)
		return x->pid > y->pid ? 1 : -1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns > y->ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void sum_up(struct line *line, struct named *of, size_t nr)
{
	uint64_t ns = 0;

	memcpy(line->name, of->name, sizeof(line->name));
	line->of_vm = of->of_vm;
	line->kind = of->wait->who.kind;
	line->one = of->wait;
	qsort(of, nr, sizeof(*of), by_process);
	for (size_t i = 0; i < nr; i++)
		line->processes += !i || by_process(&of[i - 1], &of[i]);
	qsort(of, nr, sizeof(*of), by_victim);
	for (size_t i = 0; i < nr; i++) {
		ns = i && !by_victim(&of[i - 1], &of[i]) ? ns + of[i].ns : of[i].ns;
		if (!line->worst || ns > line->worst_ns) {
			line->worst = of[i].wait;
			line->worst_ns = ns;
		}
		line->ns += of[i].ns;
		line->turns += of[i].turns;
		if (of[i].wait->max_ns > line->max_ns)
			line->max_ns = of[i].wait->max_ns;
	}
}

static bool is_shown(const struct profile *p, const struct wait *wait, pid_t pid)
{
	const struct profile_vcpu *vcpu;

	if (pid)
		return wait->pid == pid;
	/* The probe watches more than a command's descendants, and all vCPUs. */
	if (p->opts->child && !profile__vm(p, wait->pid))
		return false;
	if (p->opts->vcpu < 0)
		return true;
	vcpu = vcpu_of(p, wait->pid, wait->tid);
	return vcpu && vcpu->id == p->opts->vcpu;
}

/* Those that the VM of the process waited for, 0: all VMs; who had most first. */
static int find_lines(const struct profile *p, pid_t pid, bool interval, struct lines *lines)
{
	const struct waits *w = p->waits;
	size_t nr = 0, next;

	memset(lines, 0, sizeof(*lines));
	lines->named = calloc(w->nr + 1, sizeof(*lines->named));
	lines->list = calloc(w->nr + 1, sizeof(*lines->list));
	if (!lines->named || !lines->list)
		return -ENOMEM;
	for (size_t i = 0; i < w->nr; i++) {
		struct named *n = &lines->named[nr];

		n->wait = &w->list[i];
		n->ns = interval ? n->wait->new_ns : n->wait->ns;
		n->turns = interval ? n->wait->new_turns : n->wait->turns;
		if (!n->ns || !is_shown(p, n->wait, pid))
			continue;
		name_wait(p, n);
		lines->ns += n->ns;
		nr++;
	}
	qsort(lines->named, nr, sizeof(*lines->named), by_name);
	for (size_t i = 0; i < nr; i = next) {
		for (next = i + 1; next < nr && !by_name(&lines->named[i], &lines->named[next]);)
			next++;
		sum_up(&lines->list[lines->nr++], &lines->named[i], next - i);
	}
	qsort(lines->list, lines->nr, sizeof(*lines->list), by_time);
	return 0;
}

static void free_lines(struct lines *lines)
{
	free(lines->named);
	free(lines->list);
}

static bool is_of_namespace(const struct culprit_who *who)
{
	return !(who->tgid & PIDNS_ELSEWHERE);
}

/* "stress-ng 4711", "cc1 (312 processes)"; the others are called by what they are. */
static void describe(const struct line *line, char *text, size_t len)
{
	const struct culprit_who *who = &line->one->who;

	if (line->kind != CULPRIT_TASK || line->of_vm || !is_of_namespace(who))
		snprintf(text, len, "%s", line->name);
	else if (line->processes > 1)
		snprintf(text, len, "%s (%u processes)", line->name, line->processes);
	else
		snprintf(text, len, "%s %u", line->name, who->tgid);
}

static void add_line(const struct profile *p, const struct line *line, struct table *table,
		     const char *blank)
{
	char text[256], worst[256 + 16], ns[16], max[16];
	double all = profile__vcpus_ns(p);

	describe(line, text, sizeof(text));
	table__row(table);
	table__text(table, text);
	table__figure(table, "%s", units__format_brief_ns((double)line->ns, ns, sizeof(ns)));
	if (all > 0)
		table__figure(table, "%.2f", 100.0 * (double)line->ns / all);
	else
		table__figure(table, "-");
	table__figure(table, "%" PRIu64, line->turns);
	table__figure(table, "%s", units__format_brief_ns((double)line->max_ns, max, sizeof(max)));
	name_vcpu(p, profile__vm_name(p, line->worst->pid), line->worst->pid, line->worst->tid,
		  text, sizeof(text));
	snprintf(worst, sizeof(worst), "%s%s, %.0f %%", blank, text,
		 100.0 * (double)line->worst_ns / (double)line->ns);
	table__text(table, worst);
}

static void put_sum(const struct profile *p, const struct lines *lines, FILE *out)
{
	double all = profile__vcpus_ns(p);
	char ns[16];

	if (!lines->nr)
		fprintf(out, "none: no vCPU's thread waited for a CPU\n");
	fprintf(out, "\nRun-queue delay: %s in all",
		units__format_brief_ns((double)lines->ns, ns, sizeof(ns)));
	if (all > 0)
		fprintf(out, ", %.2f %% of the vCPUs' time", 100.0 * (double)lines->ns / all);
	fprintf(out, ". TURNS: how often it had the CPU meanwhile; max: the longest.\n");
}

int waits_report__table(const struct profile *p, FILE *out, const struct renderer *format,
			bool color)
{
	const struct terminal look = { .color = color };
	const char *blank = format->style ? "" : " "; /* on a terminal, behind a number */
	struct lines lines;
	struct table table;
	int code = find_lines(p, 0, false, &lines);
	size_t shown = p->opts->top && lines.nr > p->opts->top ? p->opts->top : lines.nr;

	if (code)
		goto out;
	table__init(&table, format);
	table__space(&table, 0, 1);
	table__column(&table, "WHO HAD THE CPU", "left", 32);
	table__column(&table, "DELAY", "right", 8);
	table__column(&table, "%TIME", "right", 7);
	table__column(&table, "TURNS", "right", 8);
	table__column(&table, "max", "right", 8);
	table__column(&table, *blank ? " WHO WAITED MOST" : "WHO WAITED MOST", "left", 0);
	for (size_t i = 0; i < shown; i++)
		add_line(p, &lines.list[i], &table, blank);
	table__put(&table, out, &look);
	table__free(&table);
	if (lines.nr > shown)
		fprintf(out, "%s and %zu more (--top 0 shows all)\n", charset__dots(),
			lines.nr - shown);
	put_sum(p, &lines, out);
out:
	free_lines(&lines);
	return code;
}

void waits_report__interval(const struct profile *p, FILE *out)
{
	double all = 1e9 * profile__interval_seconds(p);
	struct lines lines;
	char text[256];

	if (!find_lines(p, 0, true, &lines) && all > 0) {
		fprintf(out, "%8.2f s waited %.1f %% of a CPU:", profile__seconds(p),
			100.0 * (double)lines.ns / all);
		for (size_t i = 0; i < lines.nr && i < MAX_BRIEF; i++) {
			describe(&lines.list[i], text, sizeof(text));
			fprintf(out, "%s %s %.1f %%", i ? "," : "", text,
				100.0 * (double)lines.list[i].ns / all);
		}
		fprintf(out, "%s\n", lines.nr ? "" : " none");
		fflush(out);
	}
	free_lines(&lines);
}

int waits_report__each(const struct profile *p, pid_t pid, bool interval, waits_visit visit,
		       void *ctx)
{
	struct lines lines;
	char text[256];
	int code = find_lines(p, pid, interval, &lines);

	for (size_t i = 0; !code && i < lines.nr; i++) {
		const struct line *l = &lines.list[i];

		describe(l, text, sizeof(text));
		visit(text, l->turns, l->ns, l->max_ns, ctx);
	}
	free_lines(&lines);
	return code;
}

static json_t *new_culprit(const struct profile *p, const struct line *line)
{
	static const char *const kinds[CULPRIT_NR_KINDS] = { "task", "vcpu",	"kernel",
							     "idle", "unknown", "pending" };
	const struct culprit_who *who = &line->one->who;
	bool one = line->kind <= CULPRIT_KERNEL && line->processes == 1 && is_of_namespace(who);
	const struct profile_vcpu *vcpu =
		line->kind == CULPRIT_VCPU ? vcpu_of(p, (pid_t)who->tgid, (pid_t)who->tid) : NULL;

	return json_pack("{s:o, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "name",
			 json__text(line->name), "kind", kinds[line->kind], "pid",
			 one ? json_integer(who->tgid) : json_null(), "processes",
			 line->kind <= CULPRIT_KERNEL ? (int)line->processes : 0, "vm",
			 *line->one->vm ? json__text(line->one->vm) : json_null(), "vcpu",
			 vcpu && vcpu->id >= 0 ? json_integer(vcpu->id) : json_null(), "total_ns",
			 json__u64(line->ns), "max_ns", json__u64(line->max_ns), "turns",
			 json__u64(line->turns));
}

json_t *waits_report__object(const struct profile *p, pid_t pid)
{
	struct lines lines;
	json_t *object = NULL, *list = json_array();

	if (list && !find_lines(p, pid, false, &lines)) {
		for (size_t i = 0; i < lines.nr; i++)
			json_array_append_new(list, new_culprit(p, &lines.list[i]));
		object = json_pack("{s:o, s:O}", "total_ns", json__u64(lines.ns), "by", list);
	}
	if (list)
		free_lines(&lines);
	json_decref(list);
	return object;
}
