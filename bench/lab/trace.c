// SPDX-License-Identifier: GPL-2.0-or-later
/* One exit, instruction by instruction; see trace.h. */
#include "bench/lab/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/sources.h"

#define MAX_STACK 256
/* Bits of QEMU's hflags (target/i386/cpu.h): the ring, and whether an SVM guest runs. */
#define FLAG_CPL   3u
#define FLAG_GUEST (1u << 21)
#define UNKNOWN	   "[unknown]"

struct step {
	uint64_t pc;
	uint32_t flags;
};

struct steps {
	struct step *list;
	size_t nr, room;
};

/* Parses "Trace 0: 0x7f… [CS_BASE/PC/FLAGS/CFLAGS] …"; other lines are not steps. */
static bool parse_step(const char *line, struct step *step)
{
	unsigned long long base, pc;
	unsigned int flags;
	const char *p;

	if (strncmp(line, "Trace ", 6))
		return false;
	p = strchr(line, '[');
	if (!p || sscanf(p, "[%llx/%llx/%x/", &base, &pc, &flags) != 3)
		return false;
	step->pc = pc;
	step->flags = flags;
	return true;
}

static int read_steps(struct steps *steps, const char *path, struct error *err)
{
	FILE *f = fopen(path, "re");
	char line[256];
	int code = 0;

	memset(steps, 0, sizeof(*steps));
	if (!f)
		return error__set(err, -errno, "cannot read %s: %s", path, strerror(errno));
	while (!code && fgets(line, sizeof(line), f)) {
		struct step step;

		if (!parse_step(line, &step))
			continue;
		if (steps->nr == steps->room) {
			size_t room = steps->room ? 2 * steps->room : 1 << 16;
			struct step *list = reallocarray(steps->list, room, sizeof(*list));

			if (!list) {
				code = error__set(err, -ENOMEM, "out of memory");
				break;
			}
			steps->list = list;
			steps->room = room;
		}
		steps->list[steps->nr++] = step;
	}
	fclose(f);
	return code;
}

/* An exit: steps[first .. first + nr) do not belong to the guest, those around them do. */
struct span {
	size_t first, nr;
	uint64_t guest; /* the instruction before it */
};

static bool in_guest(const struct step *s)
{
	return s->flags & FLAG_GUEST;
}

static size_t find_spans(const struct steps *steps, struct span **out)
{
	struct span *spans = NULL;
	size_t nr = 0, room = 0, first = 0;
	bool known = false;

	for (size_t i = 0; i < steps->nr; i++) {
		bool guest = in_guest(&steps->list[i]), was = i && in_guest(&steps->list[i - 1]);

		if (i && !guest && was) {
			first = i;
			known = true;
		}
		if (!guest || was || !known)
			continue;
		if (nr == room) {
			struct span *more =
				reallocarray(spans, room ? 2 * room : 256, sizeof(*more));

			if (!more)
				break;
			spans = more;
			room = room ? 2 * room : 256;
		}
		spans[nr++] = (struct span){ first, i - first, steps->list[first - 1].pc };
		known = false;
	}
	*out = spans;
	return nr;
}

static bool alike(const struct span *a, const struct span *b)
{
	return a->nr == b->nr && a->guest == b->guest;
}

/* The exit that most others are like; NULL if no two are alike. */
static const struct span *typical(const struct span *spans, size_t nr, unsigned int *count)
{
	const struct span *best = NULL;

	*count = 1;
	for (size_t i = 0; i < nr; i++) {
		unsigned int n = 0;

		for (size_t k = 0; k < nr; k++)
			n += alike(&spans[i], &spans[k]);
		if (n > *count) {
			*count = n;
			best = &spans[i];
		}
	}
	return best;
}

/*
 * The guest's own steps after such an exit: the least number, since between two samples there are
 * more.
 */
static size_t guest_between(const struct steps *steps, const struct span *spans, size_t nr,
			    const struct span *like)
{
	size_t least = 0;

	for (size_t k = 0; k + 1 < nr; k++) {
		size_t from = spans[k].first + spans[k].nr, guest = spans[k + 1].first - from;

		if (alike(&spans[k], like) && (!least || guest < least))
			least = guest;
	}
	return least ?: steps->nr - like->first - like->nr;
}

static struct trace_node *child_of(struct trace_node *parent, const char *name)
{
	struct trace_node **p = &parent->child;

	while (*p && strcmp((*p)->name, name))
		p = &(*p)->next;
	if (!*p) {
		*p = calloc(1, sizeof(**p));
		if (*p) {
			(*p)->name = name;
			(*p)->parent = parent;
		}
	}
	return *p;
}

/* The functions that the processor is in, by name, outermost first. */
struct stack {
	const char *names[MAX_STACK];
	unsigned int depth;
};

enum move { MOVE_NONE, MOVE_CALL, MOVE_RETURN, MOVE_UNKNOWN };

static enum move stack__move(struct stack *s, const char *name, bool at_start)
{
	if (!at_start)
		for (unsigned int d = s->depth; d--;)
			if (!strcmp(s->names[d], name)) {
				enum move how = d + 1 == s->depth ? MOVE_NONE : MOVE_RETURN;

				s->depth = d + 1;
				return how;
			}
	if (s->depth == MAX_STACK)
		return MOVE_NONE;
	s->names[s->depth++] = name;
	return at_start ? MOVE_CALL : MOVE_UNKNOWN;
}

static void add_totals(struct trace_node *node)
{
	node->total = node->self;
	for (struct trace_node *c = node->child; c; c = c->next) {
		add_totals(c);
		node->total += c->total;
	}
}

static struct trace_node *sort_children(struct trace_node *list)
{
	struct trace_node *sorted = NULL;

	while (list) {
		struct trace_node *node = list, **p = &sorted;

		list = list->next;
		node->child = sort_children(node->child);
		while (*p && (*p)->total >= node->total)
			p = &(*p)->next;
		node->next = *p;
		*p = node;
	}
	return sorted;
}

/*
 * Parts that the compiler moved away count as part of their function, and labels within assembly
 * code as part of the routine that begins before them.
 */
static const char *whole_name(const struct symbols *symbols, const char *name)
{
	static const char *const labels[][2] = {
		{ "entry_SYSCALL_64_", "entry_SYSCALL_64" },
		{ "entry_SYSRETQ_", "entry_SYSCALL_64" },
		{ "syscall_return_via_sysret", "entry_SYSCALL_64" },
	};
	const char *cold = strstr(name, ".cold");
	size_t len = cold ? (size_t)(cold - name) : 0;

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!strncmp(name, labels[i][0], strlen(labels[i][0])))
			return labels[i][1];
	for (size_t i = 0; cold && i < symbols->nr; i++)
		if (!strncmp(symbols->list[i].name, name, len) && !symbols->list[i].name[len])
			return symbols->list[i].name;
	return name;
}

/*
 * The function that a step is in (NULL: the same as before), and whether this is its first
 * instruction.
 */
static const char *name_of(const struct symbols *symbols, const struct step *step, const char *user,
			   bool *at_start)
{
	const struct symbol *s;
	const char *name;

	*at_start = false;
	if (*user && (step->flags & FLAG_CPL) == 3)
		return user;
	s = symbols__find(symbols, step->pc);
	if (!s)
		return UNKNOWN;
	/* Thunks for indirect calls and returns count as part of their caller. */
	if (!strncmp(s->name, "__x86_indirect_", 15) || !strncmp(s->name, "__x86_return_thunk", 18))
		return NULL;
	name = whole_name(symbols, s->name);
	*at_start = s->address == step->pc && name == s->name;
	return name;
}

/*
 * The stack at the end of the exit, which is also that at the beginning of the next. A jump into
 * the middle of a function whose call was not seen is a return to it, so it is the outermost one
 * known.
 */
static void final_stack(struct stack *stack, const struct step *steps, size_t nr,
			const struct symbols *symbols, const char *user)
{
	stack->depth = 0;
	for (size_t i = 0; i < nr; i++) {
		bool at_start;
		const char *name = name_of(symbols, &steps[i], user, &at_start);

		if (name && stack__move(stack, name, at_start) == MOVE_UNKNOWN) {
			stack->names[0] = name;
			stack->depth = 1;
		}
	}
}

static struct trace_node *node_of(struct trace_node *root, const struct stack *stack)
{
	struct trace_node *node = root;

	for (unsigned int d = 0; node && d < stack->depth; d++)
		node = child_of(node, stack->names[d]);
	return node;
}

/* Only an instruction with a rep prefix is followed by itself. */
static void count_repetition(struct trace *trace, uint64_t address, const char *function)
{
	struct trace_rep *rep = trace->reps;

	trace->repetitions++;
	while (rep < trace->reps + trace->nr_reps && rep->address != address)
		rep++;
	if (rep == trace->reps + TRACE_MAX_REPS)
		return;
	if (rep == trace->reps + trace->nr_reps)
		trace->reps[trace->nr_reps++] =
			(struct trace_rep){ .address = address, .function = function };
	rep->repetitions++;
}

static int build(struct trace *trace, const struct step *steps, size_t nr,
		 const struct symbols *symbols, const char *user, struct error *err)
{
	struct stack *stack = calloc(1, sizeof(*stack));
	struct trace_node *node;

	trace->root = calloc(1, sizeof(*trace->root));
	if (!stack || !trace->root) {
		free(stack);
		return error__set(err, -ENOMEM, "out of memory");
	}
	trace->root->name = "exit";
	final_stack(stack, steps, nr, symbols, user);
	node = node_of(trace->root, stack);
	for (size_t i = 0; i < nr && node; i++) {
		bool at_start;
		const char *name = name_of(symbols, &steps[i], user, &at_start);
		enum move how = name ? stack__move(stack, name, at_start) : MOVE_NONE;

		if (how != MOVE_NONE)
			node = node_of(trace->root, stack);
		if (!node)
			break;
		node->calls += how == MOVE_CALL || how == MOVE_UNKNOWN;
		node->self++;
		if (i && steps[i].pc == steps[i - 1].pc)
			count_repetition(trace, steps[i].pc, node->name);
		trace->user_instructions += name && *user && !strcmp(name, user);
	}
	free(stack);
	if (!node)
		return error__set(err, -ENOMEM, "out of memory");
	add_totals(trace->root);
	trace->root = sort_children(trace->root);
	return 0;
}

int trace__read(struct trace *trace, const char *log, const struct symbols *symbols,
		const char *user, struct error *err)
{
	struct span *spans = NULL;
	const struct span *best;
	struct steps steps;
	unsigned int count;
	size_t nr;
	int code = read_steps(&steps, log, err);

	memset(trace, 0, sizeof(*trace));
	if (code)
		goto out;
	nr = find_spans(&steps, &spans);
	best = typical(spans, nr, &count);
	if (!best) {
		code = error__set(err, -ENODATA,
				  "%zu instructions were traced, and no two exits among them "
				  "were alike",
				  steps.nr);
		goto out;
	}
	trace->loop = TRACE_LOOP;
	trace->exits = nr;
	trace->alike = count;
	trace->instructions = best->nr;
	trace->guest_instructions = guest_between(&steps, spans, nr, best);
	trace->guest_address = best->guest;
	code = build(trace, steps.list + best->first, best->nr, symbols, user, err);
out:
	free(spans);
	free(steps.list);
	return code;
}

int trace__of_path(struct trace *trace, const uint64_t *path, size_t nr,
		   const struct symbols *symbols, const char *user, struct error *err)
{
	struct step *steps = calloc(nr ? nr : 1, sizeof(*steps));
	int code;

	memset(trace, 0, sizeof(*trace));
	if (!steps)
		return error__set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr; i++)
		steps[i] = (struct step){ path[i], path[i] >> 63 ? 0 : FLAG_CPL };
	trace->loop = TRACE_LOOP;
	trace->exits = trace->alike = 1;
	trace->instructions = nr;
	code = build(trace, steps, nr, symbols, user, err);
	free(steps);
	return code;
}

static void free_node(struct trace_node *node)
{
	while (node) {
		struct trace_node *next = node->next;

		free_node(node->child);
		free(node);
		node = next;
	}
}

void trace__free(struct trace *trace)
{
	free_node(trace->root);
	memset(trace, 0, sizeof(*trace));
}

uint64_t trace__path(const struct trace *trace)
{
	return trace->instructions + trace->guest_instructions - trace->loop;
}

static uint64_t total_in(const struct trace_node *node, const char *function)
{
	uint64_t sum = 0;

	if (!strcmp(node->name, function))
		return node->total;
	for (const struct trace_node *c = node->child; c; c = c->next)
		sum += total_in(c, function);
	return sum;
}

uint64_t trace__total(const struct trace *trace, const char *function)
{
	return trace->root ? total_in(trace->root, function) : 0;
}

void trace__place(struct trace_node *node, const struct symbols *symbols, struct sources *sources)
{
	for (size_t i = 0; i < symbols->nr && !node->file; i++)
		if (!strcmp(symbols->list[i].name, node->name))
			sources__find(sources, &symbols->list[i], symbols->list[i].address,
				      &node->file, &node->line);
	for (struct trace_node *c = node->child; c; c = c->next)
		trace__place(c, symbols, sources);
}

/* "file" and "line" where they are known. */
static json_t *with_place(json_t *o, const struct trace_node *node)
{
	if (!node->file)
		return o;
	json_object_set_new(o, "file", json_string(node->file));
	json_object_set_new(o, "line", json_integer(node->line));
	return o;
}

static void add_function(json_t *by_name, const struct trace_node *node)
{
	json_t *f = json_object_get(by_name, node->name);
	json_int_t insn = json_integer_value(json_object_get(f, "insn"));
	json_int_t calls = json_integer_value(json_object_get(f, "calls"));

	if (node->self || node->calls)
		json_object_set_new(by_name, node->name,
				    with_place(json_pack("{s:s, s:I, s:I}", "name", node->name,
							 "insn", insn + (json_int_t)node->self,
							 "calls", calls + (json_int_t)node->calls),
					       node));
	for (const struct trace_node *c = node->child; c; c = c->next)
		add_function(by_name, c);
}

static int by_instructions(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	json_int_t n = json_integer_value(json_object_get(x, "insn"));
	json_int_t m = json_integer_value(json_object_get(y, "insn"));

	if (n != m)
		return n > m ? -1 : 1;
	return strcmp(json_string_value(json_object_get(x, "name")),
		      json_string_value(json_object_get(y, "name")));
}

json_t *trace__functions(const struct trace *trace)
{
	json_t *by_name = json_object(), *list = json_array(), *f, **sorted;
	const char *name;
	size_t n = 0;

	add_function(by_name, trace->root);
	sorted = calloc(json_object_size(by_name) + 1, sizeof(json_t *));
	if (!sorted) {
		json_decref(by_name);
		json_decref(list);
		return NULL;
	}
	json_object_foreach(by_name, name, f)
		sorted[n++] = f;
	qsort(sorted, n, sizeof(json_t *), by_instructions);
	for (size_t i = 0; i < n; i++)
		json_array_append(list, sorted[i]);
	free(sorted);
	json_decref(by_name);
	return list;
}

static void print_node(const struct trace_node *node, unsigned int depth, uint64_t all, double min,
		       FILE *out)
{
	uint64_t hidden = 0;

	fprintf(out, "%7llu %7llu %6.1f %%  %*s%s%s", (unsigned long long)node->total,
		(unsigned long long)node->self, 100.0 * node->total / all, 2 * depth, "",
		node->name, "");
	if (node->calls > 1)
		fprintf(out, " (%llu calls)", (unsigned long long)node->calls);
	fputc('\n', out);
	for (const struct trace_node *c = node->child; c; c = c->next) {
		if (100.0 * c->total / all >= min)
			print_node(c, depth + 1, all, min, out);
		else
			hidden += c->total;
	}
	if (hidden && 100.0 * hidden / all >= min)
		fprintf(out, "%7llu         %6.1f %%  %*s(smaller ones)\n",
			(unsigned long long)hidden, 100.0 * hidden / all, 2 * (depth + 1), "");
}

void trace__print_tree(const struct trace *trace, double min_percent, FILE *out)
{
	fprintf(out, "  total    self\n");
	print_node(trace->root, 0, trace->instructions, min_percent, out);
}

static json_t *node_json(const struct trace_node *node)
{
	json_t *children = json_array();

	for (const struct trace_node *c = node->child; c; c = c->next)
		json_array_append_new(children, node_json(c));
	return with_place(json_pack("{s:s, s:I, s:I, s:I, s:o}", "function", node->name, "total",
				    (json_int_t)node->total, "self", (json_int_t)node->self,
				    "calls", (json_int_t)node->calls, "children", children),
			  node);
}

json_t *trace__reps(const struct trace *trace)
{
	json_t *reps = json_array();

	for (unsigned int i = 0; i < trace->nr_reps; i++) {
		const struct trace_rep *rep = &trace->reps[i];

		json_array_append_new(
			reps, json_pack("{s:s, s:I, s:o}", "function", rep->function, "repetitions",
					(json_int_t)rep->repetitions, "bytes",
					rep->width ? json_integer((json_int_t)(rep->repetitions *
									       rep->width)) :
						     json_null()));
	}
	return reps;
}

static void add_nodes(json_t *list, const struct trace_node *node, json_int_t parent)
{
	json_int_t own = (json_int_t)json_array_size(list);

	json_array_append_new(
		list,
		with_place(json_pack("{s:s, s:o, s:I, s:I}", "function", node->name, "parent",
				     parent < 0 ? json_null() : json_integer(parent), "self",
				     (json_int_t)node->self, "calls", (json_int_t)node->calls),
			   node));
	for (const struct trace_node *c = node->child; c; c = c->next)
		add_nodes(list, c, own);
}

json_t *trace__tree(const struct trace *trace)
{
	json_t *list = json_array();

	add_nodes(list, trace->root, -1);
	return list;
}

static uint64_t count_of(const json_t *o, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));

	return n < 0 ? 0 : (uint64_t)n;
}

/* Children come after their parents; they are inserted in their order. */
static int take_node(struct trace_node **nodes, size_t *depths, size_t i, const json_t *from)
{
	const json_t *parent = json_object_get(from, "parent");
	json_int_t at = json_integer_value(parent);
	const char *name = json_string_value(json_object_get(from, "function"));
	struct trace_node **last;

	if (!name || json_is_integer(parent) != (i > 0) ||
	    (i && (at < 0 || (size_t)at >= i || depths[at] > MAX_STACK)))
		return -EBADMSG;
	nodes[i] = calloc(1, sizeof(**nodes));
	if (!nodes[i])
		return -ENOMEM;
	nodes[i]->name = name;
	nodes[i]->self = count_of(from, "self");
	nodes[i]->calls = count_of(from, "calls");
	nodes[i]->file = json_string_value(json_object_get(from, "file"));
	nodes[i]->line = (unsigned int)count_of(from, "line");
	if (!i)
		return 0;
	depths[i] = depths[at] + 1;
	nodes[i]->parent = nodes[at];
	for (last = &nodes[at]->child; *last; last = &(*last)->next)
		;
	*last = nodes[i];
	return 0;
}

static void take_reps(struct trace *trace, const json_t *reps)
{
	const json_t *from;
	size_t i;

	json_array_foreach((json_t *)reps, i, from) {
		struct trace_rep *rep = &trace->reps[trace->nr_reps];
		uint64_t n = count_of(from, "repetitions");

		if (trace->nr_reps == TRACE_MAX_REPS || !n)
			return;
		rep->function = json_string_value(json_object_get(from, "function")) ?: UNKNOWN;
		rep->repetitions = n;
		rep->width = (unsigned int)(count_of(from, "bytes") / n);
		trace->nr_reps++;
	}
}

int trace__of_footprint(struct trace *trace, const json_t *footprint, struct error *err)
{
	const json_t *tree = json_object_get(footprint, "tree"), *from;
	size_t n = json_array_size(tree), i;
	struct trace_node **nodes = calloc(n + 1, sizeof(struct trace_node *));
	size_t *depths = calloc(n + 1, sizeof(*depths));
	int code = n ? 0 : -ENODATA;

	memset(trace, 0, sizeof(*trace));
	if (!nodes || !depths)
		code = -ENOMEM;
	json_array_foreach((json_t *)tree, i, from)
		code = code ?: take_node(nodes, depths, i, from);
	if (nodes)
		trace->root = nodes[0];
	free(nodes);
	free(depths);
	if (code)
		return error__set(err, code, "%s",
				  code == -ENOMEM  ? "out of memory" :
				  code == -ENODATA ? "no functions are known of this exit" :
						     "the tree of functions is damaged");
	add_totals(trace->root);
	trace->instructions = count_of(footprint, "insn");
	trace->user_instructions = count_of(footprint, "insn_user");
	trace->guest_instructions = count_of(footprint, "guest_insn");
	/* Results of before have none of Bochs. */
	trace->loop = (unsigned int)count_of(footprint, "loop_insn") ?: TRACE_LOOP;
	trace->exits = (unsigned int)count_of(footprint, "seen");
	trace->alike = (unsigned int)count_of(footprint, "alike");
	trace->repetitions = count_of(footprint, "repetitions");
	take_reps(trace, json_object_get(footprint, "rep"));
	return 0;
}

json_t *trace__to_json(const struct trace *trace)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:i, s:i, s:o}", "schema",
			 "hvbench.lab-trace/1", "instructions", (json_int_t)trace->instructions,
			 "path", (json_int_t)trace__path(trace), "guest_instructions",
			 (json_int_t)trace->guest_instructions, "user_instructions",
			 (json_int_t)trace->user_instructions, "repetitions",
			 (json_int_t)trace->repetitions, "rep", trace__reps(trace), "exits",
			 (int)trace->exits, "alike", (int)trace->alike, "tree",
			 node_json(trace->root));
}
