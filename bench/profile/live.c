// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The live view: what happened in the last second, by reason, by VM or by vCPU. The session has to
 * group by vCPU; the other views are sums over those groups.
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
#define HISTORY	       64
#define NAME_COLUMNS   22
#define MORE_NAME      40 /* on a wide terminal */
#define NUMBER_COLUMNS 9

enum view { VIEW_REASONS, VIEW_VMS, VIEW_VCPUS, NR_VIEWS };
enum order { ORDER_RATE, ORDER_TIME, ORDER_P99, ORDER_MAX, ORDER_NAME, NR_ORDERS };

static const char *const view_names[NR_VIEWS] = { "reasons", "VMs", "vCPUs" };
static const char *const order_names[NR_ORDERS] = { "rate", "time", "p99", "max", "name" };

/* Rates of one line of one view over the last ticks, newest last. */
struct track {
	enum view view;
	char name[PROFILE_NAME_LEN];
	float rate[HISTORY];
	bool seen; /* in this tick */
};

struct row {
	char name[PROFILE_NAME_LEN];
	double rate, share, time, p50, p99, max, kernel, user, off;
};

struct live {
	struct profile *p;
	enum view view;
	enum order order;
	bool frozen, utf8, timed;
	int top; /* first row shown */
	struct row *rows[NR_VIEWS];
	size_t nr_rows[NR_VIEWS];
	struct track *tracks;
	size_t nr_tracks, room_tracks;
	double rate; /* of all lines together */
};

/*
 * ---- what there is to show --------------------------------------------------------------------
 */

static int64_t group_of(const struct live *l, enum view view, const struct exits_sum *s)
{
	switch (view) {
	case VIEW_VMS:
		return l->p->vcpus[s->group].tgid;
	case VIEW_VCPUS:
		return s->group;
	default:
		return 0;
	}
}

static void name_row(const struct live *l, enum view view, const struct exits_sum *s, char *name,
		     size_t len)
{
	const struct profile_vcpu *vcpu;

	/* What tells two lines apart comes first: a narrow terminal cuts the rest off. */
	switch (view) {
	case VIEW_VMS:
		snprintf(name, len, "%d %s", profile__number((pid_t)s->group),
			 profile__vm_name(l->p, (pid_t)s->group));
		break;
	case VIEW_VCPUS:
		vcpu = &l->p->vcpus[s->group];
		if (vcpu->id >= 0)
			snprintf(name, len, "%d/%d %s", profile__number(vcpu->tgid), vcpu->id,
				 profile__vm_name(l->p, vcpu->tgid));
		else
			snprintf(name, len, "%d thread %d %s", profile__number(vcpu->tgid),
				 vcpu->tid, profile__vm_name(l->p, vcpu->tgid));
		break;
	default:
		snprintf(name, len, "%s", s->name);
	}
}

static struct track *find_track(struct live *l, enum view view, const char *name)
{
	struct track *t;

	for (size_t i = 0; i < l->nr_tracks; i++)
		if (l->tracks[i].view == view && !strcmp(l->tracks[i].name, name))
			return &l->tracks[i];
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
	t->view = view;
	snprintf(t->name, sizeof(t->name), "%s", name);
	return t;
}

static void fill_row(struct live *l, enum view view, const struct exits_sum *s, double seconds,
		     double all, struct row *row)
{
	double n = (double)s->hist.count, vcpus = view == VIEW_VCPUS ? 1 : l->p->nr_vcpus;
	struct track *t;

	memset(row, 0, sizeof(*row));
	name_row(l, view, s, row->name, sizeof(row->name));
	if (view == VIEW_VMS) {
		const struct profile_vm *vm = profile__vm(l->p, (pid_t)s->group);

		vcpus = vm && vm->nr_seen_vcpus ? vm->nr_seen_vcpus : 1;
	}
	row->rate = (double)s->count / seconds;
	row->share = all > 0 && !s->repeats ? 100 * (double)s->count / all : 0;
	t = find_track(l, view, row->name);
	if (t) {
		t->rate[HISTORY - 1] = (float)row->rate;
		t->seen = true;
	}
	row->time = 100 * (double)((int64_t)s->ns + s->clip_ns) /
		    (seconds * 1e9 * (vcpus > 0 ? vcpus : 1));
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
	return d < 0 ? -1 : d > 0 ? 1 : strcmp(x->name, y->name);
}

static int build_view(struct live *l, enum view view, double seconds)
{
	struct exits_profile sums = { 0 };
	struct exits_sum *copy = malloc(sizeof(*copy));
	double all = 0;
	int code = copy ? 0 : -ENOMEM;

	for (size_t i = 0; !code && i < l->p->interval.nr; i++) {
		const struct exits_sum *s = l->p->interval.list[i];

		if (s->kind != EXITS_BY_REASON || (!s->count && !s->clip_ns))
			continue;
		all += s->repeats ? 0 : (double)s->count;
		/* In sums over all reasons each exit must be counted only once. */
		if (s->repeats && view != VIEW_REASONS)
			continue;
		memcpy(copy, s, sizeof(*copy));
		if (view != VIEW_REASONS)
			copy->key = copy->isa = 0; /* merge all reasons into one */
		code = exits_profile__merge(&sums, copy, group_of(l, view, s));
	}
	free(copy);
	free(l->rows[view]);
	l->nr_rows[view] = 0;
	l->rows[view] = calloc(sums.nr + 1, sizeof(*l->rows[view]));
	if (!l->rows[view])
		code = -ENOMEM;
	for (size_t i = 0; !code && i < sums.nr; i++)
		fill_row(l, view, sums.list[i], seconds, all, &l->rows[view][l->nr_rows[view]++]);
	exits_profile__free(&sums);
	if (view == VIEW_REASONS)
		l->rate = (double)exits_profile__count(&l->p->interval) / seconds;
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
		t->seen = false;
		for (int k = 0; k < HISTORY; k++)
			any |= t->rate[k] > 0;
		if (any)
			l->tracks[kept++] = *t;
	}
	l->nr_tracks = kept;
}

static int tick(struct live *l, struct error *err)
{
	double seconds;
	int code = profile__collect(l->p, err);

	if (code || l->frozen)
		return code;
	seconds = profile__interval_seconds(l->p);
	if (seconds <= 0)
		return 0;
	age_tracks(l);
	for (int view = 0; !code && view < NR_VIEWS; view++)
		code = build_view(l, view, seconds);
	return code ? error__set(err, code, "showing exits: out of memory") : 0;
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

static void put_sparkline(const struct live *l, const char *name, int columns)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
	const struct track *t = NULL;
	float top = 0;

	for (size_t i = 0; !t && i < l->nr_tracks; i++)
		if (l->tracks[i].view == l->view && !strcmp(l->tracks[i].name, name))
			t = &l->tracks[i];
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
static bool is_wide(int columns)
{
	return columns >= 73 + 3 * NUMBER_COLUMNS + 8;
}

/* Names take a part of the room that a wide terminal has. */
static int name_columns(int columns)
{
	int spare = (columns - 73 - 3 * NUMBER_COLUMNS - 24) / 2;

	return NAME_COLUMNS + (spare < 0 ? 0 : spare > MORE_NAME ? MORE_NAME : spare);
}

static void draw_header(const struct live *l, int columns)
{
	static const struct {
		int width;
		const char *text;
	} titles[] = {
		{ 7, "%" },
		{ 8, "%TIME" },
		{ NUMBER_COLUMNS, "p50" },
		{ NUMBER_COLUMNS, "p99" },
		{ NUMBER_COLUMNS, "max" },
		{ NUMBER_COLUMNS, "kernel" },
		{ NUMBER_COLUMNS, "user" },
		{ NUMBER_COLUMNS, "off-CPU" },
	};
	char line[256];

	snprintf(line, sizeof(line),
		 " hvbench profile  %.0f exits/s  %u vCPUs, %zu VMs  %s  %.0f s%s", l->rate,
		 l->p->nr_vcpus, l->p->nr_vms, exits_source__name(l->p->choice.source),
		 profile__seconds(l->p), l->frozen ? "  FROZEN" : "");
	attron(A_REVERSE);
	mvprintw(0, 0, "%-*.*s", columns, columns, line);
	attroff(A_REVERSE);
	attron(A_BOLD);
	mvprintw(2, 0, "%-*s%*s", name_columns(columns),
		 l->view == VIEW_REASONS ? "REASON" :
		 l->view == VIEW_VMS	 ? "VM" :
					   "vCPU",
		 NUMBER_COLUMNS, "/s");
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles) - (is_wide(columns) ? 0 : 3); i++)
		put_column(columns, titles[i].width, titles[i].text);
	attroff(A_BOLD);
}

static void draw_rows(struct live *l, int lines, int columns)
{
	size_t nr = l->nr_rows[l->view];
	int room = lines - 4;
	bool wide = is_wide(columns);
	int names = name_columns(columns);
	char text[16];

	if (l->top > (int)nr - room)
		l->top = (int)nr - room;
	if (l->top < 0)
		l->top = 0;
	for (int i = 0; i < room && l->top + i < (int)nr; i++) {
		const struct row *r = &l->rows[l->view][l->top + i];

		mvprintw(3 + i, 0, "%-*.*s%*.0f", names, names - 1, r->name, NUMBER_COLUMNS,
			 r->rate);
		snprintf(text, sizeof(text), "%.1f", r->share);
		put_column(columns, 7, text);
		snprintf(text, sizeof(text), "%.2f", r->time);
		put_column(columns, 8, l->timed ? text : "-");
		put_ns(columns, r->p50);
		put_ns(columns, r->p99);
		put_ns(columns, r->max);
		if (wide) {
			put_ns(columns, r->kernel);
			put_ns(columns, r->user);
			put_ns(columns, r->off);
		}
		if (getcurx(stdscr) + 3 < columns) {
			addch(' ');
			put_sparkline(l, r->name, columns - getcurx(stdscr) - 1);
		}
	}
	if (!nr)
		mvaddstr(3, 0, l->p->nr_vms ? "no exits" : "no VM runs here yet");
}

static void draw(struct live *l)
{
	int lines, columns;

	getmaxyx(stdscr, lines, columns);
	erase();
	if (lines < 6 || columns < 40) {
		mvaddnstr(0, 0, "too small", columns);
	} else {
		qsort_r(l->rows[l->view], l->nr_rows[l->view], sizeof(struct row), compare_rows,
			&l->order);
		draw_header(l, columns);
		draw_rows(l, lines, columns);
		mvprintw(lines - 1, 0, "%.*s", columns - 1,
			 "q quit  v view  s sort  space freeze  arrows scroll");
		if (columns >= 80)
			printw("   [%s by %s]", view_names[l->view], order_names[l->order]);
	}
	refresh();
}

/* Returns false to quit. */
static bool on_key(struct live *l, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
	case 3:
		return false;
	case 'v':
	case '\t':
		l->view = (l->view + 1) % NR_VIEWS;
		l->top = 0;
		break;
	case 's':
		l->order = (l->order + 1) % NR_ORDERS;
		break;
	case ' ':
	case 'f':
		l->frozen = !l->frozen;
		break;
	case KEY_DOWN:
	case 'j':
		l->top++;
		break;
	case KEY_UP:
	case 'k':
		l->top--;
		break;
	case KEY_NPAGE:
		l->top += LINES - 4;
		break;
	case KEY_PPAGE:
		l->top -= LINES - 4;
		break;
	case KEY_HOME:
		l->top = 0;
		break;
	}
	return true;
}

int profile_live(struct profile *p, const volatile sig_atomic_t *stop, struct error *err)
{
	struct live l = { .p = p, .timed = profile__timed(p) };
	uint64_t next = clock__kernel_ns() + TICK_NS;
	uint64_t end = p->opts->duration_s > 0 ?
			       p->begin_ns + (uint64_t)(p->opts->duration_s * 1e9) :
			       UINT64_MAX;
	SCREEN *screen;
	int code = 0, key;

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
	curs_set(0);
	timeout(p->record ? RECORD_WAIT_MS : KEY_WAIT_MS);
	draw(&l);
	while (!code && !*stop && !p->vms_ended && clock__kernel_ns() < end) {
		key = getch();
		if (key != ERR && !on_key(&l, key))
			break;
		if (p->record)
			profile__drain(p, NULL, NULL);
		if (clock__kernel_ns() >= next) {
			next += TICK_NS;
			code = tick(&l, err);
			draw(&l);
			profile__over(p);
		} else if (key != ERR) {
			draw(&l);
		}
	}
	endwin();
	delscreen(screen);
	for (int view = 0; view < NR_VIEWS; view++)
		free(l.rows[view]);
	free(l.tracks);
	return code;
}
