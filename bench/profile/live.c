// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The live view: what happened in the last second, by reason, by VM or by vCPU, of all VMs or of
 * what a line consists of. The session has to group by vCPU; the other views are sums over those
 * groups.
 */
#include "bench/profile/live.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/charset.h"
#include "bench/base/clock.h"
#include "probes/exits_profile.h"
#include "probes/exits_source.h"

#define TICK_NS	       1000000000ull
#define KEY_WAIT_MS    100
#define RECORD_WAIT_MS 10
#define ESCAPE_MS      25 /* what of a key's sequence has not come by then does not */
#define KEY_ESCAPE     27
#define HISTORY	       64
#define NAME_COLUMNS   22
#define MORE_NAME      40 /* on a wide terminal */
#define NUMBER_COLUMNS 9

enum view { VIEW_REASONS, VIEW_VMS, VIEW_VCPUS, NR_VIEWS };
enum order { ORDER_COST, ORDER_RATE, ORDER_TIME, ORDER_P99, ORDER_MAX, ORDER_NAME, NR_ORDERS };

static const char *const view_names[NR_VIEWS] = { "reasons", "VMs", "vCPUs" };
static const char *const order_names[NR_ORDERS] = { "cost", "rate", "time", "p99", "max", "name" };

#define TRACK_NAME_LEN (PROFILE_NAME_LEN + 128)

/* Rates of one line over the last ticks, newest last. */
struct track {
	char name[TRACK_NAME_LEN]; /* track_name() */
	float rate[HISTORY];
};

struct row {
	char name[PROFILE_NAME_LEN];
	int64_t group; /* of VIEW_VMS the process, of VIEW_VCPUS the place in p->vcpus */
	double rate, share, cost, time, p50, p99, max, kernel, user, off;
};

/* What the lines are part of: all of it, or one VM, vCPU or reason. */
struct scope {
	enum view came_from;
	bool of_vm, of_vcpu, of_reason;
	pid_t vm;
	unsigned int vcpu;
	char reason[64];
};

#define MAX_SCOPES 4 /* one inside the other */

struct live {
	struct profile *p;
	enum view view;
	enum order order;
	bool frozen, utf8, timed, help;
	bool typing; /* the filter */
	char filter[64];
	struct scope scopes[MAX_SCOPES]; /* the first: all of it */
	unsigned int nr_scopes;
	int top;			/* first row shown */
	int at;				/* the row that is chosen */
	struct exits_profile *interval; /* what is shown: p's, or `kept` */
	struct exits_profile kept;	/* while frozen */
	double seconds;			/* of that */
	struct row *rows;
	size_t nr_rows;
	struct track *tracks;
	size_t nr_tracks, room_tracks;
	double rate;	   /* of all lines together */
	size_t vms, vcpus; /* that are there now */
};

/*
 * ---- what there is to show --------------------------------------------------------------------
 */

static struct scope *scope_of(struct live *l)
{
	return &l->scopes[l->nr_scopes - 1];
}

static int64_t group_of(const struct live *l, const struct exits_sum *s)
{
	switch (l->view) {
	case VIEW_VMS:
		return l->p->vcpus[s->group].tgid;
	case VIEW_VCPUS:
		return s->group;
	default:
		return 0;
	}
}

static bool is_inside(const struct live *l, const struct scope *scope, const struct exits_sum *s)
{
	return (!scope->of_vm || l->p->vcpus[s->group].tgid == scope->vm) &&
	       (!scope->of_vcpu || s->group == scope->vcpu) &&
	       (!scope->of_reason || !strcmp(s->name, scope->reason));
}

/* What tells two lines apart comes first: a narrow terminal cuts the rest off. */
static void name_vcpu(const struct live *l, int64_t group, char *name, size_t len)
{
	const struct profile_vcpu *vcpu = &l->p->vcpus[group];
	const struct profile_vm *vm = profile__vm(l->p, vcpu->tgid);
	int number = profile__number(vcpu->tgid);
	const char *of = profile__vm_name(l->p, vcpu->tgid);

	if (vcpu->id < 0)
		snprintf(name, len, "%d thread %d %s", number, vcpu->tid, of);
	else if (vm && vm->process.nr_vms > 1)
		snprintf(name, len, "%d/%u.%d %s", number, profile__vm_number(l->p, vcpu), vcpu->id,
			 of);
	else
		snprintf(name, len, "%d/%d %s", number, vcpu->id, of);
}

static void name_vm(const struct live *l, pid_t pid, char *name, size_t len)
{
	snprintf(name, len, "%d %s", profile__number(pid), profile__vm_name(l->p, pid));
}

static void name_row(const struct live *l, const struct exits_sum *s, char *name, size_t len)
{
	if (l->view == VIEW_VMS)
		name_vm(l, (pid_t)s->group, name, len);
	else if (l->view == VIEW_VCPUS)
		name_vcpu(l, s->group, name, len);
	else
		snprintf(name, len, "%s", s->name);
}

/* A line of a view, and of what it is part of. */
static void track_name(const struct live *l, const char *line, char *name, size_t len)
{
	const struct scope *scope = &l->scopes[l->nr_scopes - 1];

	snprintf(name, len, "%d %d %u %s %s", (int)l->view, scope->of_vm ? scope->vm : 0,
		 scope->of_vcpu ? scope->vcpu + 1 : 0, scope->of_reason ? scope->reason : "", line);
}

/* NULL: there is none, and `make` is false or there is no memory. */
static struct track *find_track(struct live *l, const char *line, bool make)
{
	char name[TRACK_NAME_LEN];
	struct track *t;

	track_name(l, line, name, sizeof(name));
	for (size_t i = 0; i < l->nr_tracks; i++)
		if (!strcmp(l->tracks[i].name, name))
			return &l->tracks[i];
	if (!make)
		return NULL;
	if (l->nr_tracks == l->room_tracks) {
		size_t room = l->room_tracks ? 2 * l->room_tracks : 64;

		t = realloc(l->tracks, room * sizeof(*t));
		if (!t)
			return NULL;
		l->tracks = t;
		l->room_tracks = room;
	}
	t = &l->tracks[l->nr_tracks++];
	memset(t, 0, sizeof(*t));
	memcpy(t->name, name, sizeof(t->name));
	return t;
}

static void fill_row(struct live *l, const struct exits_sum *s, double all, struct row *row)
{
	double n = (double)s->hist.count, vcpus = 1;
	const struct profile_vm *vm;
	struct track *t;

	memset(row, 0, sizeof(*row));
	row->group = s->group;
	name_row(l, s, row->name, sizeof(row->name));
	vm = l->view == VIEW_VMS ? profile__vm(l->p, (pid_t)s->group) :
				   profile__vm(l->p, scope_of(l)->vm);
	if (l->view == VIEW_VMS || (l->view == VIEW_REASONS && scope_of(l)->of_vm))
		vcpus = vm && vm->nr_seen_vcpus ? vm->nr_seen_vcpus : 1;
	else if (l->view == VIEW_REASONS && !scope_of(l)->of_vcpu)
		vcpus = l->vcpus ? (double)l->vcpus : 1;
	row->rate = (double)s->count / l->seconds;
	row->share = all > 0 && !s->repeats ? 100 * (double)s->count / all : 0;
	t = find_track(l, row->name, true);
	if (t) {
		t->rate[HISTORY - 1] = (float)row->rate;
	}
	row->time = 100 * (double)((int64_t)s->ns + s->clip_ns) / (l->seconds * 1e9 * vcpus);
	row->time = row->time > 0 ? row->time : 0;
	if (n <= 0)
		return;
	row->p50 = hist__quantile(&s->hist, 0.5);
	row->p99 = hist__quantile(&s->hist, 0.99);
	row->max = (double)s->hist.max;
	row->user = (double)s->user_ns / n;
	row->off = (double)(s->off_ns + s->user_off_ns) / n;
	row->kernel = (double)s->ns / n - row->user - row->off;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct row *x = a, *y = b;
	double d = 0;

	switch (*(const enum order *)ctx) {
	case ORDER_COST:
		d = y->cost - x->cost;
		break;
	case ORDER_RATE:
		d = y->rate - x->rate;
		break;
	case ORDER_TIME:
		d = y->time - x->time;
		break;
	case ORDER_P99:
		d = y->p99 - x->p99;
		break;
	case ORDER_MAX:
		d = y->max - x->max;
		break;
	default:
		break;
	}
	if (!(d < 0) && !(d > 0) && *(const enum order *)ctx != ORDER_NAME)
		d = y->rate - x->rate;
	return d < 0 ? -1 : d > 0 ? 1 : strcmp(x->name, y->name);
}

/* A halted vCPU asks for nothing: its sleep is no cost. */
static double cost_of(const struct exits_sum *s)
{
	double ns = (double)s->ns;

	return strcasecmp(s->name, "hlt") ? ns + (double)s->clip_ns :
					    ns - (double)(s->off_ns + s->user_off_ns);
}

/* Merges what is inside the scope by the groups of the view. */
static int sum_up(struct live *l, struct exits_profile *sums, double *all)
{
	struct exits_sum *copy = malloc(sizeof(*copy));
	int code = copy ? 0 : -ENOMEM;

	for (size_t i = 0; !code && i < l->interval->nr; i++) {
		const struct exits_sum *s = l->interval->list[i];

		if (s->kind != EXITS_BY_REASON || (!s->count && !s->clip_ns) ||
		    !is_inside(l, scope_of(l), s))
			continue;
		*all += s->repeats && !scope_of(l)->of_reason ? 0 : (double)s->count;
		/* In sums over all reasons each exit must be counted only once. */
		if (s->repeats && l->view != VIEW_REASONS && !scope_of(l)->of_reason)
			continue;
		memcpy(copy, s, sizeof(*copy));
		if (l->view != VIEW_REASONS)
			copy->key = copy->isa = 0; /* merge all reasons into one */
		code = exits_profile__merge(sums, copy, group_of(l, s));
	}
	free(copy);
	return code;
}

static int by_group(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->group > y->group) - (x->group < y->group);
}

/* The costs of the rows of groups: the sums over all reasons no longer tell halts apart. */
static void add_costs(struct live *l)
{
	qsort(l->rows, l->nr_rows, sizeof(*l->rows), by_group);
	for (size_t i = 0; i < l->nr_rows; i++)
		l->rows[i].cost = 0;
	for (size_t i = 0; i < l->interval->nr; i++) {
		const struct exits_sum *s = l->interval->list[i];
		struct row key = { .group = 0 }, *row;

		if (s->kind != EXITS_BY_REASON || s->repeats || (!s->count && !s->clip_ns) ||
		    !is_inside(l, scope_of(l), s))
			continue;
		key.group = group_of(l, s);
		row = bsearch(&key, l->rows, l->nr_rows, sizeof(*row), by_group);
		if (row)
			row->cost += cost_of(s);
	}
}

static bool is_filtered(const struct live *l, const char *name)
{
	return *l->filter && !strcasestr(name, l->filter);
}

static int build(struct live *l)
{
	struct exits_profile sums = { 0 };
	double all = 0;
	int code;

	if (l->seconds <= 0)
		return 0;
	code = sum_up(l, &sums, &all);
	free(l->rows);
	l->nr_rows = 0;
	l->rows = calloc(sums.nr + 1, sizeof(*l->rows));
	if (!l->rows)
		code = -ENOMEM;
	for (size_t i = 0; !code && i < sums.nr; i++) {
		struct row *row = &l->rows[l->nr_rows];

		fill_row(l, sums.list[i], all, row);
		row->cost = cost_of(sums.list[i]);
		l->nr_rows += !is_filtered(l, row->name);
	}
	exits_profile__free(&sums);
	if (!code && l->view != VIEW_REASONS)
		add_costs(l);
	return code;
}

/* Drops the tracks of lines that will not come back. */
static void age_tracks(struct live *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->nr_tracks; i++) {
		struct track *t = &l->tracks[i];
		bool any = false;

		memmove(t->rate, t->rate + 1, sizeof(t->rate) - sizeof(*t->rate));
		t->rate[HISTORY - 1] = 0;
		for (int k = 0; k < HISTORY; k++)
			any |= t->rate[k] > 0;
		if (any)
			l->tracks[kept++] = *t;
	}
	l->nr_tracks = kept;
}

/* How many are there now: the lists have those that are gone as well. */
static void count_those_there(struct live *l)
{
	const struct profile *p = l->p;

	profile__find_gone(l->p);
	l->vms = l->vcpus = 0;
	for (size_t i = 0; i < p->nr_vms; i++)
		l->vms += !p->vms[i].gone_ns;
	for (unsigned int i = 0; i < p->nr_vcpus; i++) {
		const struct profile_vm *vm = p->vcpus[i].end_ns ? NULL :
								   profile__vm(p, p->vcpus[i].tgid);

		l->vcpus += vm && !vm->gone_ns;
	}
}

static int tick(struct live *l, struct error *err)
{
	int code = profile__collect(l->p, err);

	if (code || l->frozen)
		return code;
	l->seconds = profile__interval_seconds(l->p);
	l->rate = l->seconds > 0 ? (double)exits_profile__count(&l->p->interval) / l->seconds : 0;
	count_those_there(l);
	age_tracks(l);
	/* All views, so that each has a graph when it is looked at; in the end the present one. */
	for (unsigned int i = 0; !code && i < NR_VIEWS; i++) {
		l->view = (l->view + 1) % NR_VIEWS;
		code = build(l);
	}
	return code ? error__set(err, code, "showing exits: out of memory") : 0;
}

/* What is frozen stays what it is while watching goes on. */
static int freeze(struct live *l)
{
	int code = 0;

	l->frozen = !l->frozen;
	exits_profile__free(&l->kept);
	l->interval = &l->p->interval;
	if (!l->frozen)
		return 0;
	for (size_t i = 0; !code && i < l->p->interval.nr; i++)
		code = exits_profile__merge(&l->kept, l->p->interval.list[i],
					    l->p->interval.list[i]->group);
	l->interval = &l->kept;
	return code;
}

/*
 * ---- the screen -------------------------------------------------------------------------------
 */

/* Leaves out a column that does not fit completely. */
static void put_column(int columns, int width, const char *text)
{
	if (getcurx(stdscr) + width <= columns)
		printw("%*s", width, text);
}

static void put_ns(int columns, double ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	char text[16];
	int unit = 0;

	while (ns >= 999.5 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(text, sizeof(text), "%.*f%s",
		 unit == 0 || ns >= 99.95 ? 0 :
		 ns >= 9.995		  ? 1 :
					    2,
		 ns, units[unit]);
	put_column(columns, NUMBER_COLUMNS, ns > 0 ? text : "-");
}

static void put_sparkline(struct live *l, const char *line, int columns)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	const struct track *t = find_track(l, line, false);
	float top = 0;

	if (columns > HISTORY)
		columns = HISTORY;
	if (!t || columns <= 0)
		return;
	for (int i = HISTORY - columns; i < HISTORY; i++)
		if (t->rate[i] > top)
			top = t->rate[i];
	for (int i = HISTORY - columns; i < HISTORY; i++) {
		int level = top > 0 ? (int)(t->rate[i] / top * 8 + 0.5f) : 0;

		addstr((l->utf8 ? blocks : ascii)[level]);
	}
}

/* Whether there is room for the parts of the time and a graph of the rate. */
static bool is_wide(const struct live *l, int columns)
{
	return l->timed && columns >= 73 + 3 * NUMBER_COLUMNS + 8;
}

/* Names take a part of the room that a wide terminal has. */
static int name_columns(const struct live *l, int columns)
{
	int figures = l->timed ? 51 + (is_wide(l, columns) ? 3 * NUMBER_COLUMNS : 0) : 16;
	int spare = columns - NAME_COLUMNS - figures - 24;

	if (l->timed)
		spare /= 2;
	return NAME_COLUMNS + (spare < 0 ? 0 : spare > MORE_NAME ? MORE_NAME : spare);
}

static void draw_title(const struct live *l, int columns)
{
	size_t gone = l->p->nr_vms > l->vms ? l->p->nr_vms - l->vms : 0;
	char ended[40] = "", line[256];

	if (gone)
		snprintf(ended, sizeof(ended), " (%zu more ended)", gone);
	snprintf(line, sizeof(line),
		 " hvbench profile  %.0f exits/s  %zu VMs%s, %zu vCPUs  %s  %.0f s%s", l->rate,
		 l->vms, ended, l->vcpus, exits_source__name(l->p->choice.source),
		 profile__seconds(l->p), l->frozen ? "  FROZEN" : "");
	attron(A_REVERSE);
	mvprintw(0, 0, "%-*.*s", columns, columns, line);
	attroff(A_REVERSE);
}

/* Which part is shown, and what is missing. */
static void draw_scope(struct live *l, int columns)
{
	const struct scope *scope = scope_of(l);
	char line[1400], name[PROFILE_NAME_LEN] = "";

	if (scope->of_vcpu)
		name_vcpu(l, scope->vcpu, name, sizeof(name));
	else if (scope->of_vm)
		name_vm(l, scope->vm, name, sizeof(name));
	snprintf(line, sizeof(line), " %s%s%s%s%s%s%s%s", view_names[l->view],
		 scope->of_vm || scope->of_vcpu ? " of " : "", name,
		 scope->of_reason ? " with " : "", scope->of_reason ? scope->reason : "",
		 *l->filter || l->typing ? ", only /" : "", l->filter,
		 l->timed		 ? "" :
		 l->p->opts->counts_only ? " (counts only, as asked for)" :
					   " (this source has no times)");
	mvprintw(1, 0, "%.*s%s", columns - 2, line, l->typing ? "_" : "");
}

static void draw_header(const struct live *l, int columns)
{
	static const struct {
		int width;
		const char *text;
		enum order order;
	} titles[] = {
		{ 7, "%", NR_ORDERS },
		{ 8, "%TIME", ORDER_TIME },
		{ NUMBER_COLUMNS, "p50", NR_ORDERS },
		{ NUMBER_COLUMNS, "p99", ORDER_P99 },
		{ NUMBER_COLUMNS, "max", ORDER_MAX },
		{ NUMBER_COLUMNS, "kernel", NR_ORDERS },
		{ NUMBER_COLUMNS, "user", NR_ORDERS },
		{ NUMBER_COLUMNS, "off-CPU", NR_ORDERS },
	};
	size_t nr = !l->timed ? 1 : is_wide(l, columns) ? 8 : 5;

	attron(A_BOLD);
	mvprintw(2, 0, "%-*s%*s", name_columns(l, columns),
		 l->view == VIEW_REASONS ? "REASON" :
		 l->view == VIEW_VMS	 ? "VM" :
					   "vCPU",
		 NUMBER_COLUMNS, "/s");
	for (size_t i = 0; i < nr; i++)
		put_column(columns, titles[i].width, titles[i].text);
	attroff(A_BOLD);
}

static void draw_row(struct live *l, int y, const struct row *r, bool chosen, int columns)
{
	int names = name_columns(l, columns);
	char text[16];

	if (chosen)
		attron(A_REVERSE);
	mvprintw(y, 0, "%-*.*s%*.0f", names, names - 1, r->name, NUMBER_COLUMNS, r->rate);
	snprintf(text, sizeof(text), "%.1f", r->share);
	put_column(columns, 7, text);
	if (l->timed) {
		snprintf(text, sizeof(text), "%.2f", r->time);
		put_column(columns, 8, text);
		put_ns(columns, r->p50);
		put_ns(columns, r->p99);
		put_ns(columns, r->max);
	}
	if (is_wide(l, columns)) {
		put_ns(columns, r->kernel);
		put_ns(columns, r->user);
		put_ns(columns, r->off);
	}
	if (getcurx(stdscr) + 3 < columns) {
		addch(' ');
		put_sparkline(l, r->name, columns - getcurx(stdscr) - 1);
	}
	if (chosen)
		attroff(A_REVERSE);
}

static void draw_rows(struct live *l, int lines, int columns)
{
	int nr = (int)l->nr_rows, room = lines - 4;

	if (l->at >= nr)
		l->at = nr - 1;
	if (l->at < 0)
		l->at = 0;
	if (l->top > l->at)
		l->top = l->at;
	if (l->top < l->at - room + 1)
		l->top = l->at - room + 1;
	if (l->top > nr - room)
		l->top = nr - room;
	if (l->top < 0)
		l->top = 0;
	for (int i = 0; i < room && l->top + i < nr; i++)
		draw_row(l, 3 + i, &l->rows[l->top + i], l->top + i == l->at, columns);
	if (!nr)
		mvaddstr(3, 0,
			 l->seconds <= 0     ? "the first second" :
			 *l->filter	     ? "nothing has this in its name" :
			 l->nr_scopes > 1    ? "no exits in the last second" :
			 l->vms		     ? "no exits" :
			 l->p->opts->nr_pids ? "no exits yet" :
					       "no VM runs here yet");
}

static const char *const help[] = {
	"up, down, j, k  choose a line; page up, page down, home, end",
	"enter, right    what it consists of: of a VM its reasons, of a reason the VMs that",
	"                have it, of a vCPU its reasons; then v shows that by vCPU too",
	"esc, left       back",
	"v, tab          reasons, VMs, vCPUs",
	"s               sort by cost, rate, time, p99, max, name",
	"/               only names with this in it; enter keeps it, esc drops it",
	"space, f        freeze: watching goes on",
	"q               quit; what was seen in all is shown then",
	"",
	"/s, %           exits a second, and of all exits here",
	"%TIME           of the vCPUs' time out of the guest; exits under way included",
	"p50, p99, max   from exit to entry; kernel, user, off-CPU: mean parts of it, and the",
	"                graph the rate of the last minute, where there is room",
	"cost            that time without the sleep of halts; without times the rate",
};

static void draw_help(int lines, int columns)
{
	for (size_t i = 0; i < sizeof(help) / sizeof(*help) && (int)i + 3 < lines - 1; i++)
		mvprintw(3 + (int)i, 1, "%.*s", columns - 2, help[i]);
}

static void draw_keys(const struct live *l, int lines, int columns)
{
	char state[64];
	int room = columns - 1;

	snprintf(state, sizeof(state), "  [%s by %s]", view_names[l->view], order_names[l->order]);
	if (columns >= 80)
		room -= (int)strlen(state);
	mvprintw(lines - 1, 0, "%.*s", room,
		 l->typing ? "enter keep  esc drop" :
		 l->help   ? "any key: back" :
			     "q quit  ? help  v view  s sort  enter into  esc back  / only  space "
			     "freeze");
	if (columns >= 80)
		mvprintw(lines - 1, room, "%s", state);
}

static void draw(struct live *l)
{
	int lines, columns;

	getmaxyx(stdscr, lines, columns);
	erase();
	if (lines < 6 || columns < 40) {
		mvaddnstr(0, 0, "too small", columns);
	} else {
		if (l->nr_rows)
			qsort_r(l->rows, l->nr_rows, sizeof(struct row), compare_rows, &l->order);
		draw_title(l, columns);
		if (l->help) {
			draw_help(lines, columns);
		} else {
			draw_scope(l, columns);
			draw_header(l, columns);
			draw_rows(l, lines, columns);
		}
		draw_keys(l, lines, columns);
	}
	refresh();
}

/*
 * ---- keys -------------------------------------------------------------------------------------
 */

/* Shows what the chosen line consists of. */
static void go_into(struct live *l)
{
	const struct row *row = &l->rows[l->at];
	struct scope *scope;

	if (l->at >= (int)l->nr_rows || l->nr_scopes == MAX_SCOPES ||
	    (l->view == VIEW_REASONS && scope_of(l)->of_reason))
		return;
	scope = &l->scopes[l->nr_scopes++];
	*scope = l->scopes[l->nr_scopes - 2];
	scope->came_from = l->view;
	switch (l->view) {
	case VIEW_REASONS:
		scope->of_reason = true;
		snprintf(scope->reason, sizeof(scope->reason), "%.*s",
			 (int)sizeof(scope->reason) - 1, row->name);
		l->view = scope->of_vm ? VIEW_VCPUS : VIEW_VMS;
		break;
	case VIEW_VMS:
		scope->of_vm = true;
		scope->vm = (pid_t)row->group;
		l->view = scope->of_reason ? VIEW_VCPUS : VIEW_REASONS;
		break;
	default:
		scope->of_vcpu = scope->of_vm = true;
		scope->vcpu = (unsigned int)row->group;
		scope->vm = l->p->vcpus[row->group].tgid;
		l->view = VIEW_REASONS;
	}
	*l->filter = '\0';
	l->top = l->at = 0;
}

static void go_back(struct live *l)
{
	if (*l->filter) {
		*l->filter = '\0';
		return;
	}
	if (l->nr_scopes == 1)
		return;
	l->view = scope_of(l)->came_from;
	l->nr_scopes--;
	l->top = l->at = 0;
}

static void type_filter(struct live *l, int key)
{
	size_t len = strlen(l->filter);

	if (key == '\n' || key == '\r' || key == KEY_ENTER || key == KEY_ESCAPE)
		l->typing = false;
	if (key == KEY_ESCAPE)
		*l->filter = '\0';
	else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && len)
		l->filter[len - 1] = '\0';
	else if (key >= ' ' && key < 127 && len + 1 < sizeof(l->filter))
		l->filter[len] = (char)key, l->filter[len + 1] = '\0';
	l->top = l->at = 0;
}

static void move_to(struct live *l, int key)
{
	switch (key) {
	case KEY_DOWN:
	case 'j':
		l->at++;
		break;
	case KEY_UP:
	case 'k':
		l->at--;
		break;
	case KEY_NPAGE:
		l->at += LINES - 4;
		break;
	case KEY_PPAGE:
		l->at -= LINES - 4;
		break;
	case KEY_HOME:
		l->at = 0;
		break;
	case KEY_END:
		l->at = (int)l->nr_rows - 1;
		break;
	}
}

/* Keys that change what is shown. -ENOMEM. */
static int on_show_key(struct live *l, int key)
{
	int code = 0;

	switch (key) {
	case 'v':
	case '\t':
		l->view = (l->view + 1) % NR_VIEWS;
		l->top = l->at = 0;
		break;
	case 's':
		/* Without times there is nothing else to sort by. */
		do
			l->order = (l->order + 1) % NR_ORDERS;
		while (!l->timed && l->order != ORDER_RATE && l->order != ORDER_NAME);
		break;
	case ' ':
	case 'f':
		code = freeze(l);
		break;
	case '/':
		l->typing = true;
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
	case KEY_RIGHT:
		go_into(l);
		break;
	case KEY_ESCAPE:
	case KEY_LEFT:
	case KEY_BACKSPACE:
	case 127:
		go_back(l);
		break;
	default:
		move_to(l, key);
		return 0;
	}
	return code ?: build(l);
}

/* 1: to quit; -ENOMEM. */
static int on_key(struct live *l, int key)
{
	if (key == 3)
		return 1;
	if (key == KEY_RESIZE)
		return 0;
	if (l->help) {
		l->help = false;
		return key == 'q';
	}
	if (l->typing) {
		type_filter(l, key);
		return build(l);
	}
	if (key == 'q' || key == 'Q')
		return 1;
	if (key == '?' || key == 'h') {
		l->help = true;
		return 0;
	}
	return on_show_key(l, key);
}

static void watch(struct live *l, const volatile sig_atomic_t *stop, int *code, struct error *err)
{
	struct profile *p = l->p;
	uint64_t next = clock__kernel_ns() + TICK_NS;
	uint64_t end = p->opts->duration_s > 0 ?
			       p->begin_ns + (uint64_t)(p->opts->duration_s * 1e9) :
			       UINT64_MAX;
	int key;

	draw(l);
	while (!*code && !*stop && !p->vms_ended && clock__kernel_ns() < end) {
		key = getch();
		if (key != ERR) {
			int what = on_key(l, key);

			if (what > 0)
				return;
			if (what < 0)
				*code = error__set(err, what, "showing exits: out of memory");
		}
		if (p->record)
			profile__drain(p, NULL, NULL);
		if (clock__kernel_ns() >= next) {
			next += TICK_NS;
			*code = *code ?: tick(l, err);
			draw(l);
			profile__over(p);
		} else if (key != ERR) {
			draw(l);
		}
	}
}

int profile_live(struct profile *p, const volatile sig_atomic_t *stop, struct error *err)
{
	struct live l = {
		.p = p, .timed = profile__timed(p), .interval = &p->interval, .nr_scopes = 1
	};
	SCREEN *screen;
	int code = 0;

	l.order = l.timed ? ORDER_COST : ORDER_RATE;
	setlocale(LC_CTYPE, "");
	l.utf8 = charset__is_utf8();
	/* newterm() returns an error where initscr() would end the program. */
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return error__set(err, -ENOTTY,
				  "the terminal cannot be used (TERM=%s): leave --live out",
				  getenv("TERM") ?: "");
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	timeout(p->record ? RECORD_WAIT_MS : KEY_WAIT_MS);
	count_those_there(&l);
	watch(&l, stop, &code, err);
	endwin();
	delscreen(screen);
	exits_profile__free(&l.kept);
	free(l.rows);
	free(l.tracks);
	return code;
}
