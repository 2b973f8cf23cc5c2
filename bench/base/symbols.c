// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of functions; see symbols.h. */
#include "bench/base/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add(struct symbols *symbols, uint64_t address, const char *name, const char *module)
{
	if (symbols->nr == symbols->room) {
		size_t room = symbols->room ? 2 * symbols->room : 1 << 15;
		struct symbol *list = reallocarray(symbols->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		symbols->list = list;
		symbols->room = room;
	}
	symbols->list[symbols->nr++] = (struct symbol){ address, name, module };
	return 0;
}

int symbols__add(struct symbols *symbols, char *text, struct error *err)
{
	char *save = NULL;

	if (symbols->nr_texts == sizeof(symbols->texts) / sizeof(symbols->texts[0])) {
		free(text);
		return error__set(err, -E2BIG, "too many tables of symbols");
	}
	symbols->texts[symbols->nr_texts++] = text;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *end, *name, *module;
		uint64_t address = strtoull(line, &end, 16);

		if (end == line || end[0] != ' ' || !memchr("tTwW", end[1], 4) || end[2] != ' ' ||
		    !address)
			continue;
		module = end + 3 + strcspn(end + 3, " \t\r");
		module += strcspn(module, "[");
		if (*module)
			module++;
		module[strcspn(module, "]")] = '\0';
		end[3 + strcspn(end + 3, " \t\r")] = '\0';
		/* Xen puts the file name before names that are not unique. */
		name = strrchr(end + 3, '#');
		if (add(symbols, address, name ? name + 1 : end + 3, module))
			return error__set(err, -ENOMEM, "out of memory");
	}
	return 0;
}

int symbols__join(struct symbols *symbols, const struct symbols *others, struct error *err)
{
	for (size_t i = 0; i < others->nr; i++)
		if (add(symbols, others->list[i].address, others->list[i].name,
			others->list[i].module))
			return error__set(err, -ENOMEM, "out of memory");
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	/*
	 * Of several names for an address choose the most readable: first alphabetically,
	 * underscores last.
	 */
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if ((x->name[0] == '_') != (y->name[0] == '_'))
		return x->name[0] == '_' ? 1 : -1;
	return strcmp(x->name, y->name);
}

void symbols__sort(struct symbols *symbols)
{
	size_t n = 0;

	if (symbols->nr)
		qsort(symbols->list, symbols->nr, sizeof(*symbols->list), by_address);
	for (size_t i = 0; i < symbols->nr; i++)
		if (!n || symbols->list[n - 1].address != symbols->list[i].address)
			symbols->list[n++] = symbols->list[i];
	symbols->nr = n;
}

void symbols__free(struct symbols *symbols)
{
	for (unsigned int i = 0; i < symbols->nr_texts; i++)
		free(symbols->texts[i]);
	free(symbols->list);
	memset(symbols, 0, sizeof(*symbols));
}

const struct symbol *symbols__find(const struct symbols *symbols, uint64_t address)
{
	size_t low = 0, high = symbols->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (symbols->list[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	/* No function is that long: an address that far behind one belongs to something else. */
	if (!low || address - symbols->list[low - 1].address > 1 << 20)
		return NULL;
	return &symbols->list[low - 1];
}
