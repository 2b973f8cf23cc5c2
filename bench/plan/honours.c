// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/plan/honours.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/plan/needs.h"

bool honours__key(const struct honours *honours, const char *key)
{
	for (const char *const *k = honours->keys; *k; k++)
		if (!strcmp(*k, key))
			return true;
	return false;
}

/*
 * The first key that is not honoured and has another value than the default; NULL: there is none.
 */
static const struct config_key *refused_key(const struct honours *honours,
					    const struct config *config)
{
	for (const struct config_key *key = config_keys; key->name; key++)
		if (!config__is_usual(config, key) && !honours__key(honours, key->name))
			return key;
	return NULL;
}

static const struct need *refused_need(const struct honours *honours, const struct workload *w)
{
	for (const struct need *need = needs; need->words; need++)
		if (need->bit & needs__of(w) & ~honours->needs)
			return need;
	return NULL;
}

static bool has_vcpus(const struct honours *honours, const struct cell *cell)
{
	unsigned int vcpus = cell->workload->vcpus > cell->config.vcpus ? cell->workload->vcpus :
									  cell->config.vcpus;

	if (vcpus < cell->config.parallel)
		vcpus = cell->config.parallel;
	return !honours->vcpus || vcpus <= honours->vcpus;
}

static bool does(const struct honours *honours, const struct cell *cell,
		 const struct config_key *key, const struct need *need)
{
	if (key)
		return honours__key(honours, key->name);
	return need ? honours->needs & need->bit : has_vcpus(honours, cell);
}

/* Appends "; kvm and qemu-kvm do", if any of them does. */
static void append_others(const struct honourer *others, const struct cell *cell,
			  const struct config_key *key, const struct need *need,
			  const char *singular, const char *plural, struct error *err)
{
	const char *names[32];
	size_t n = 0;

	for (; others && others->name && n < sizeof(names) / sizeof(names[0]); others++)
		if (does(others->honours, cell, key, need))
			names[n++] = others->name;
	for (size_t i = 0; i < n; i++)
		error__append(err, "%s%s", i == 0 ? "; " : i + 1 < n ? ", " : " and ", names[i]);
	if (n)
		error__append(err, " %s", n > 1 ? plural : singular);
}

/* Checks for configurations without something the workload needs, whoever runs it. */
static int check_together(const struct cell *cell, struct error *err)
{
	const struct workload *w = cell->workload;

	for (const struct need *need = needs; need->words; need++)
		if (need->bit & w->needs && need->irqchips &&
		    !(need->irqchips & 1u << cell->config.irqchip))
			return error__set(err, -EOPNOTSUPP, "needs %s%s: %s", need->article,
					  need->words, need->irqchips_text);
	if (cell->config.vcpus && w->vcpus > cell->config.vcpus)
		return error__set(err, -EOPNOTSUPP, "needs vcpus=%u", w->vcpus);
	if (cell->config.parallel > 1 && !workload_is_parallel(w))
		return error__set(err, -EOPNOTSUPP,
				  "parallel=%u: %s, so no vCPU can do the same beside it",
				  cell->config.parallel,
				  w->kind == WORKLOAD_HOST ? "the host measures it" :
				  w->vcpus > 1		   ? "it takes several vCPUs already" :
				  w->one_vcpu ? "what it works on is there once in a VM" :
						"it waits for an event that one vCPU receives");
	return 0;
}

int honours__check(const struct honours *honours, const struct cell *cell, const char *who,
		   const struct honourer *others, struct error *err)
{
	const struct config_key *key = refused_key(honours, &cell->config);
	const struct need *need = refused_need(honours, cell->workload);
	char value[CONFIG_VALUE_BYTES];

	/* If the workload cannot do without it, that is the more basic reason. */
	if (need) {
		error__set(err, -EOPNOTSUPP, "needs %s%s, which %s lacks", need->article,
			   need->words, who);
		append_others(others, cell, NULL, need, "has it", "have it", err);
	} else if (key) {
		error__set(err, -EOPNOTSUPP, "%s does not honour %s=%.200s", who, key->name,
			   config__get(&cell->config, key->name, value, sizeof(value)));
		append_others(others, cell, key, NULL, "does", "do", err);
	} else if (!has_vcpus(honours, cell)) {
		error__set(err, -EOPNOTSUPP, "needs more vCPUs than %s gives a guest (%u)", who,
			   honours->vcpus);
		append_others(others, cell, NULL, NULL, "gives more", "give more", err);
	} else {
		return check_together(cell, err);
	}
	return -EOPNOTSUPP;
}
