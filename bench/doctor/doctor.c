// SPDX-License-Identifier: GPL-2.0-or-later
/* All checks of a host; see doctor.h. */
#include "bench/doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/alloc.h"
#include "bench/base/json.h"
#include "bench/base/nearest.h"
#include "bench/doctor/doctor_host.h"
#include "bench/doctor/finding.h"
#include "bench/doctor/vm_threads.h"
#include "bench/host/files.h"
#include "bench/host/fingerprint.h"
#include "bench/kvm/device.h"
#include "version.h"

extern const struct doctor_check *const __start_check_table[];
extern const struct doctor_check *const __stop_check_table[];

/* What is to be looked at first. */
static const enum doctor_outcome order[] = {
	DOCTOR_CONTRADICTS, DOCTOR_WARNING, DOCTOR_ADVICE,
	DOCTOR_UNREADABLE,  DOCTOR_OK,	    DOCTOR_NOT_APPLICABLE,
};

static int by_rank(const void *a, const void *b)
{
	const struct doctor_check *x = *(const struct doctor_check *const *)a;
	const struct doctor_check *y = *(const struct doctor_check *const *)b;

	return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) :
				    strcmp(x->id, y->id);
}

const struct doctor_check **doctor__checks(void)
{
	size_t nr = (size_t)(__stop_check_table - __start_check_table);
	const struct doctor_check **list = alloc__need_zeroed(nr + 1, sizeof(*list));

	memcpy(list, __start_check_table, nr * sizeof(*list));
	qsort(list, nr, sizeof(*list), by_rank);
	return list;
}

static bool is_wanted(const char *const *ids, const char *id)
{
	if (!ids)
		return true;
	for (; *ids; ids++)
		if (!strcmp(*ids, id))
			return true;
	return false;
}

static int check_ids(const char *const *ids, const struct doctor_check **checks, struct error *err)
{
	const char *names[128] = { NULL };
	char hint[NEAREST_ROOM];

	for (size_t i = 0; checks[i] && i < 127; i++)
		names[i] = checks[i]->id;
	for (; ids && *ids; ids++) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], *ids))
			i++;
		if (names[i])
			continue;
		return error__set(err, -EINVAL, "no check is called '%s'%s", *ids,
				  nearest__hint(hint, sizeof(hint), *ids, names, "",
						": 'hvbench doctor --list' shows them"));
	}
	return 0;
}

static void open_host(struct doctor_host *host, const struct doctor_options *options)
{
	struct error err = { 0 };

	*host = (struct doctor_host){
		.root = options->root,
		.here = !*options->root,
		.is_root = geteuid() == 0,
		.goals = options->goals,
		.extension = options->extension,
		.vms = alloc__need_zeroed(1, sizeof(struct vm_threads)),
		.vendor = host__kvm_vendor(options->root),
		.kvm = -1,
		.cmdline = host_file__read(options->root, "/proc/cmdline") ?: alloc__text(""),
		.cpuinfo = host_file__read(options->root, "/proc/cpuinfo") ?: alloc__text(""),
	};
	host->guest = host->here ? host__is_guest(NULL, 0) :
				   doctor_host__has(host, "flags", "hypervisor");
	if (host->here)
		host->kvm = kvm_device__open(&err);
	host->no_kvm = alloc__text(host->kvm < 0 && host->here ? err.text : "");
}

static void close_host(struct doctor_host *host)
{
	if (host->kvm >= 0)
		close(host->kvm);
	free((char *)host->cmdline);
	free((char *)host->cpuinfo);
	free((char *)host->no_kvm);
	vm_threads__free(host->vms);
	free(host->vms);
}

static void look(const struct doctor_host *host, const struct doctor_check *check,
		 struct finding *f)
{
	finding__init(f, host, check);
	if (check->needs_kvm && !strcmp(host->vendor, "none"))
		finding__not_applicable(f, "KVM is not loaded here%s%s", *host->no_kvm ? ": " : "",
					host->no_kvm);
	else
		check->look(host, f);
}

static json_t *host_json(const struct doctor_host *host)
{
	json_t *print = host__fingerprint(host->root), *json;

	json = json_pack("{s:O, s:O, s:O?, s:O, s:O, s:O, s:b, s:s}", "kernel",
			 json_object_get(print, "kernel"), "os", json_object_get(print, "os"),
			 "cpu", json__at(print, "cpu.model"), "fingerprint",
			 json_object_get(print, "fingerprint"), "setup",
			 json_object_get(print, "setup"), "container",
			 json__at(print, "virtualization.container"), "guest", host->guest, "kvm",
			 host->vendor);
	json_decref(print);
	return json;
}

static json_t *time_json(void)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return json_string(text);
}

/* 1: something is advised; 2: nothing is, but something could not be looked at. */
static int status_of(const unsigned int *counts)
{
	if (counts[DOCTOR_ADVICE] || counts[DOCTOR_WARNING] || counts[DOCTOR_CONTRADICTS])
		return EXIT_REGRESSION;
	return counts[DOCTOR_UNREADABLE] ? EXIT_INCONCLUSIVE : EXIT_OK;
}

static json_t *goals_json(unsigned int goals)
{
	json_t *names = json_array();

	for (unsigned int i = 0; i < NR_GOALS; i++)
		if (goals & 1u << i)
			json_array_append_new(names, json_string(doctor_goals[i]));
	return names;
}

json_t *doctor__examine(const struct doctor_options *options, struct error *err)
{
	const struct doctor_check **checks = doctor__checks();
	json_t *sorted = json_array(), *counts = json_object(), *doc = NULL;
	json_t *by_outcome[NR_OUTCOMES];
	unsigned int nr[NR_OUTCOMES] = { 0 };
	struct doctor_host host;

	if (check_ids(options->ids, checks, err))
		goto out;
	if (!host_file__exists(options->root, "/proc/sys")) {
		if (errno == ENOENT || errno == ENOTDIR)
			error__set(err, -ENOENT, "there is no %s/proc/sys: is /proc mounted?",
				   options->root);
		else
			error__set(err, -errno, "%s/proc/sys: %s", options->root, strerror(errno));
		goto out;
	}
	open_host(&host, options);
	for (unsigned int i = 0; i < NR_OUTCOMES; i++)
		by_outcome[i] = json_array();
	for (size_t i = 0; checks[i]; i++) {
		enum doctor_outcome outcome;
		struct finding f;

		if (!is_wanted(options->ids, checks[i]->id))
			continue;
		look(&host, checks[i], &f);
		outcome = finding__outcome(&f);
		nr[outcome]++;
		json_array_append_new(by_outcome[outcome], finding__json(&f));
		finding__destroy(&f);
	}
	for (unsigned int i = 0; i < NR_OUTCOMES; i++) {
		json_array_extend(sorted, by_outcome[order[i]]);
		json_object_set_new(counts, doctor_outcomes[order[i]], json_integer(nr[order[i]]));
	}
	for (unsigned int i = 0; i < NR_OUTCOMES; i++)
		json_decref(by_outcome[i]);
	doc = json_pack("{s:s, s:{s:s}, s:o, s:s, s:o, s:b, s:o, s:i, s:O, s:O}", "schema",
			"hvbench.doctor/1", "tool", "version", HVBENCH_VERSION, "started",
			time_json(), "root", *options->root ? options->root : "/", "host",
			host_json(&host), "privileged", host.is_root, "goals",
			goals_json(options->goals), "status", status_of(nr), "counts", counts,
			"checks", sorted);
	close_host(&host);
out:
	json_decref(sorted);
	json_decref(counts);
	free(checks);
	return doc;
}

json_t *doctor__health(void)
{
	const struct doctor_options options = { .root = "", .goals = FOR_ALL };
	struct error err = { 0 };
	json_t *doc = doctor__examine(&options, &err), *checks = json_array(), *health;
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(doc, "checks"), i, check) {
		const char *outcome = json_string_value(json_object_get(check, "outcome"));

		if (strcmp(outcome, doctor_outcomes[DOCTOR_OK]) &&
		    strcmp(outcome, doctor_outcomes[DOCTOR_NOT_APPLICABLE]))
			json_array_append(checks, (json_t *)check);
	}
	health = doc ? json_pack("{s:O, s:O, s:O, s:O}", "privileged",
				 json_object_get(doc, "privileged"), "goals",
				 json_object_get(doc, "goals"), "counts",
				 json_object_get(doc, "counts"), "checks", checks) :
		       json_null();
	json_decref(checks);
	json_decref(doc);
	return health;
}
