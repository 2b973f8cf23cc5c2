// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/plan/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES CONFIG_VALUE_BYTES

static bool has_commas(const char *key)
{
	for (const struct config_key *k = config_keys; k->name; k++) {
		if (!strcmp(k->name, key))
			return k->has_commas;
	}
	return false;
}

void values__free(struct values *values)
{
	for (size_t i = 0; i < values->nr; i++)
		free(values->value[i]);
	free(values->value);
	*values = (struct values){ 0 };
}

static int no_memory(struct error *err)
{
	return error__set(err, -ENOMEM, "no memory for the matrix");
}

static int values__add(struct values *values, const char *text, size_t len, struct error *err)
{
	char **grown = reallocarray(values->value, values->nr + 1, sizeof(*grown));

	if (!grown)
		return no_memory(err);
	values->value = grown;
	grown[values->nr] = strndup(text, len);
	if (!grown[values->nr])
		return no_memory(err);
	values->nr++;
	return 0;
}

int values__split(struct values *values, const char *key, const char *text, struct error *err)
{
	bool by_blanks = has_commas(key);
	int ret = 0;

	*values = (struct values){ 0 };
	for (const char *p = text; !ret;) {
		size_t len, next;

		p += strspn(p, " \t");
		next = len = strcspn(p, by_blanks ? " \t" : ",");
		while (len && (p[len - 1] == ' ' || p[len - 1] == '\t'))
			len--;
		/* A single empty value is left to the key to refuse. */
		if (!len && (values->nr || p[next]) && !by_blanks)
			ret = error__set(err, -EINVAL,
					 "'%.64s' for '%s': there is no value between its commas",
					 text, key);
		else if (len || !values->nr)
			ret = values__add(values, p, len, err);
		if (!p[next])
			break;
		p += next + 1;
	}
	if (ret)
		values__free(values);
	return ret;
}

static struct setting *find_setting(struct matrix *matrix, const char *key)
{
	for (size_t i = 0; i < matrix->nr; i++) {
		if (!strcmp(matrix->settings[i].key, key))
			return &matrix->settings[i];
	}
	return NULL;
}

static struct setting *add_setting(struct matrix *matrix, const char *key)
{
	struct setting *grown =
		reallocarray(matrix->settings, matrix->nr + 1, sizeof(*matrix->settings));

	if (!grown)
		return NULL;
	matrix->settings = grown;
	grown[matrix->nr] = (struct setting){ .key = strdup(key) };
	return grown[matrix->nr].key ? &grown[matrix->nr++] : NULL;
}

/* Values written differently may be equal: 50us and 50000. */
static int check_values(const struct values *values, struct cell *cell, const char *key,
			struct error *err)
{
	char(*seen)[VALUE_BYTES] = calloc(values->nr, sizeof(*seen));
	int ret = seen ? 0 : no_memory(err);

	for (size_t i = 0; i < values->nr && !ret; i++) {
		ret = cell__set(cell, key, values->value[i], err);
		if (ret)
			break;
		cell__get(cell, key, seen[i], sizeof(seen[i]));
		for (size_t k = 0; k < i && !ret; k++) {
			if (!strcmp(seen[k], seen[i]))
				ret = error__set(err, -EINVAL, "'%.64s' is listed twice for '%s'",
						 values->value[i], key);
		}
	}
	free(seen);
	return ret;
}

int matrix__set(struct matrix *matrix, struct cell *cell, const char *key, const char *text,
		struct error *err)
{
	struct setting *setting;
	struct values values;
	int ret;

	ret = values__split(&values, key, text, err);
	if (ret)
		return ret;
	ret = check_values(&values, cell, key, err);
	if (ret)
		goto fail;
	setting = find_setting(matrix, key);
	if (!setting)
		setting = add_setting(matrix, key);
	if (!setting) {
		ret = no_memory(err);
		goto fail;
	}
	values__free(&setting->values);
	setting->values = values;
	setting->at = 0;
	return 0;
fail:
	values__free(&values);
	return ret;
}

size_t matrix__count(const struct matrix *matrix)
{
	size_t count = 1;

	for (size_t i = 0; i < matrix->nr; i++) {
		if (__builtin_mul_overflow(count, matrix->settings[i].values.nr, &count))
			return SIZE_MAX;
	}
	return count;
}

int matrix__apply(const struct matrix *matrix, struct cell *cell, struct error *err)
{
	for (size_t i = 0; i < matrix->nr; i++) {
		const struct setting *s = &matrix->settings[i];
		int ret = cell__set(cell, s->key, s->values.value[s->at], err);

		if (ret)
			return ret;
	}
	config__name(&cell->config);
	return 0;
}

bool matrix__next(struct matrix *matrix)
{
	for (size_t i = matrix->nr; i-- > 0;) {
		struct setting *s = &matrix->settings[i];

		if (++s->at < s->values.nr)
			return true;
		s->at = 0;
	}
	return false;
}

char *matrix__describe(const struct matrix *matrix, char *buf, size_t len)
{
	size_t used = 0;

	snprintf(buf, len, "%s", "");
	for (size_t i = 0; i < matrix->nr && used < len; i++) {
		const struct setting *s = &matrix->settings[i];

		if (s->values.nr > 1)
			used += (size_t)snprintf(buf + used, len - used, "%s%s(%zu)",
						 used ? " × " : "", s->key, s->values.nr);
	}
	return buf;
}

void matrix__free(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->nr; i++) {
		free(matrix->settings[i].key);
		values__free(&matrix->settings[i].values);
	}
	free(matrix->settings);
	*matrix = (struct matrix){ 0 };
}

static void exclusion__free(struct exclusion *exclusion)
{
	for (size_t i = 0; i < exclusion->nr; i++) {
		free(exclusion->pairs[i].key);
		values__free(&exclusion->pairs[i].values);
	}
	free(exclusion->pairs);
	*exclusion = (struct exclusion){ 0 };
}

void exclusions__free(struct exclusions *exclusions)
{
	for (size_t i = 0; i < exclusions->nr; i++)
		exclusion__free(&exclusions->list[i]);
	free(exclusions->list);
	*exclusions = (struct exclusions){ 0 };
}

/* A value of pin is taken whole: here blanks separate the pairs. */
static int split_pair(struct exclusion_pair *pair, const char *key, const char *value,
		      struct error *err)
{
	int ret = 0;

	*pair = (struct exclusion_pair){ .key = strdup(key) };
	if (!pair->key)
		return no_memory(err);
	if (has_commas(key))
		ret = values__add(&pair->values, value, strlen(value), err);
	else
		ret = values__split(&pair->values, key, value, err);
	if (ret)
		free(pair->key);
	return ret;
}

static int add_pair(struct exclusion *x, char *text, struct error *err)
{
	struct exclusion_pair *pairs;
	char *value = strchr(text, '=');
	int ret;

	if (!value || value == text || !value[1])
		return error__set(err, -EINVAL,
				  "'%.64s' is not KEY=VALUE: write exclude = KEY=VALUE KEY=VALUE…",
				  text);
	*value++ = '\0';
	for (size_t i = 0; i < x->nr; i++) {
		if (!strcmp(x->pairs[i].key, text))
			return error__set(err, -EINVAL,
					  "'%.64s' stands twice: no cell has two values (either of "
					  "two is %.64s=VALUE,VALUE)",
					  text, text);
	}
	pairs = reallocarray(x->pairs, x->nr + 1, sizeof(*pairs));
	if (!pairs)
		return no_memory(err);
	x->pairs = pairs;
	ret = split_pair(&pairs[x->nr], text, value, err);
	if (!ret)
		x->nr++;
	return ret;
}

static int exclusion__parse(struct exclusion *exclusion, const char *text, struct error *err)
{
	char *copy = strdup(text), *rest = NULL;
	int ret = copy ? 0 : no_memory(err);

	for (char *pair = ret ? NULL : strtok_r(copy, " \t", &rest); pair && !ret;
	     pair = strtok_r(NULL, " \t", &rest))
		ret = add_pair(exclusion, pair, err);
	if (!ret && !exclusion->nr)
		ret = error__set(err, -EINVAL, "nothing to exclude: write KEY=VALUE KEY=VALUE…");
	free(copy);
	return ret;
}

int exclusions__add(struct exclusions *exclusions, const char *text, const char *section,
		    unsigned int line, struct error *err)
{
	struct exclusion *grown =
		reallocarray(exclusions->list, exclusions->nr + 1, sizeof(*grown));

	if (!grown)
		return no_memory(err);
	exclusions->list = grown;
	grown[exclusions->nr] = (struct exclusion){ .section = section, .line = line };
	return exclusion__parse(&grown[exclusions->nr++], text, err);
}

static int match_workload(const struct exclusion_pair *pair, const struct cell *cell, bool *matches,
			  struct error *err)
{
	for (size_t i = 0; i < pair->values.nr; i++) {
		const struct workload *w = plan__find_workload(pair->values.value[i], err);

		if (!w)
			return -EINVAL;
		*matches |= w == cell->workload;
	}
	return 0;
}

static int match_pair(struct exclusion_pair *pair, const struct cell *cell, bool *matches,
		      struct error *err)
{
	char want[VALUE_BYTES], have[VALUE_BYTES];
	struct cell scratch = *cell;

	*matches = false;
	if (!strcmp(pair->key, "workload")) {
		pair->known = true;
		return match_workload(pair, cell, matches, err);
	}
	if (!cell__takes(cell, pair->key))
		return 0;
	pair->known = true;
	cell__get(cell, pair->key, have, sizeof(have));
	for (size_t i = 0; i < pair->values.nr; i++) {
		int ret = cell__set(&scratch, pair->key, pair->values.value[i], err);

		if (ret)
			return ret;
		cell__get(&scratch, pair->key, want, sizeof(want));
		*matches |= !strcmp(want, have);
	}
	return 0;
}

static int exclusion__match(struct exclusion *exclusion, const struct cell *cell, bool *matches,
			    struct error *err)
{
	*matches = true;
	/* Go through all pairs, so that a wrong value is found whatever the other pairs are. */
	for (size_t i = 0; i < exclusion->nr; i++) {
		bool one;
		int ret = match_pair(&exclusion->pairs[i], cell, &one, err);

		if (ret)
			return ret;
		*matches &= one;
	}
	exclusion->dropped += *matches;
	return 0;
}

int exclusions__match(struct exclusions *exclusions, const struct cell *cell, bool *drops,
		      const struct exclusion **culprit, struct error *err)
{
	*drops = false;
	for (size_t i = 0; i < exclusions->nr; i++) {
		struct exclusion *x = &exclusions->list[i];
		bool matches;

		if (x->section && strcmp(x->section, cell->section))
			continue;
		if (exclusion__match(x, cell, &matches, err)) {
			*culprit = x;
			return -EINVAL;
		}
		*drops |= matches;
	}
	return 0;
}

static int exclusion__check(const struct exclusion *x, bool strict, struct error *err)
{
	for (size_t i = 0; i < x->nr; i++) {
		if (!x->pairs[i].known)
			return error__set(
				err, -EINVAL,
				"no cell here has '%.64s': 'hvbench list' shows parameters "
				"and configuration keys",
				x->pairs[i].key);
	}
	if (strict && !x->dropped)
		return error__set(err, -EINVAL,
				  "this drops nothing: no cell has all of these values");
	return 0;
}

int exclusions__check(const struct exclusions *exclusions, bool strict,
		      const struct exclusion **culprit, struct error *err)
{
	for (size_t i = 0; i < exclusions->nr; i++) {
		*culprit = &exclusions->list[i];
		if (exclusion__check(*culprit, strict, err))
			return -EINVAL;
	}
	*culprit = NULL;
	return 0;
}
