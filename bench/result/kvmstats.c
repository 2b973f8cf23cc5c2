/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KVM's statistics in a cell: histograms, gauges, the VM's own, those of each vCPU, halt polling.
 */
#include "bench/result/kvmstats.h"

#include <math.h>

#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "bench/result/rounds.h"

/* Over the good rounds; 0, or the first error. */
static int sum_figures(const struct cell_rounds *r, struct kvm_figures *sum)
{
	int ret = 0;

	for (unsigned int i = 0; i < r->nr_rounds && !ret; i++)
		if (r->rounds[i]->status == MEASURE_OK)
			ret = kvm_figures__merge(sum, &r->rounds[i]->figures);
	return ret;
}

static bool is_hist(const struct kvmstats_figure *f)
{
	return f->desc.type == KVMSTATS_LINEAR_HIST || f->desc.type == KVMSTATS_LOG_HIST;
}

static json_t *new_hist(const struct kvmstats_figure *f)
{
	uint64_t n = kvmstats_figure__count(f);
	bool linear = f->desc.type == KVMSTATS_LINEAR_HIST;
	json_t *hist, *buckets = json_array();
	double low, above;

	for (unsigned int k = 0; k < f->desc.size; k++) {
		if (!f->gained[k])
			continue;
		kvmstats_desc__bucket(&f->desc, k, &low, &above);
		json_array_append_new(buckets,
				      json_pack("[o, o, o]", json__number(low), json__number(above),
						json__u64(f->gained[k])));
	}
	hist = json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o}", "kind", linear ? "linear" : "log", "unit",
		kvmstats_desc__unit(&f->desc), "n", json__u64(n), "p50",
		json__number(kvmstats_figure__quantile(f, 0.5)), "p99",
		json__number(n >= STATS_ENOUGH_FOR_P99 ? kvmstats_figure__quantile(f, 0.99) : NAN),
		"buckets", buckets);
	json_object_set_new(
		hist, "bucket_size",
		json__number(linear ? f->desc.bucket_size * kvmstats_desc__scale(&f->desc) : NAN));
	return hist;
}

static void add_hists(json_t *to, const struct kvmstats_window *w)
{
	for (unsigned int i = 0; i < w->nr; i++)
		if (is_hist(&w->list[i]))
			json_object_set_new(to, w->list[i].desc.name,
					    w->list[i].backwards ? json_null() :
								   new_hist(&w->list[i]));
}

/* Gauges: the mean over the rounds of a current value, the highest of a peak. */
static void add_gauges(json_t *to, const struct kvmstats_window *w, const char *of,
		       unsigned int rounds)
{
	for (unsigned int i = 0; i < w->nr; i++) {
		const struct kvmstats_figure *f = &w->list[i];
		bool peak = f->desc.type == KVMSTATS_PEAK;
		double scale = kvmstats_desc__scale(&f->desc) / (peak ? 1 : rounds);

		if (!f->gained)
			json_object_set_new(to, f->desc.name,
					    json_pack("{s:s, s:s, s:s, s:o, s:o}", "of", of, "kind",
						      peak ? "peak" : "instant", "unit",
						      kvmstats_desc__unit(&f->desc), "begin",
						      json__number((double)f->begin * scale), "end",
						      json__number((double)f->end * scale)));
	}
}

static json_t *new_counters(const struct kvmstats_window *w)
{
	json_t *counters = json_object();

	for (unsigned int i = 0; i < w->nr; i++) {
		const struct kvmstats_figure *f = &w->list[i];

		if (f->desc.type == KVMSTATS_CUMULATIVE)
			json_object_set_new(counters, f->desc.name,
					    f->backwards ? json_null() : json__u64(f->gained[0]));
	}
	return counters;
}

static json_t *new_vcpus(const struct kvm_figures *sum)
{
	json_t *vcpus;

	if (!sum->nr_each)
		return json_null();
	vcpus = json_array();
	for (unsigned int i = 0; i < sum->nr_each; i++)
		json_array_append_new(vcpus, new_counters(&sum->each[i]));
	return vcpus;
}

static double statistic(const struct kvm_figures *sum, const char *name)
{
	const struct kvmstats_figure *f = kvmstats_window__find(&sum->vcpus, name);

	if (!f || !f->gained || f->backwards)
		return NAN;
	return (double)kvmstats_figure__count(f) *
	       (is_hist(f) ? 1 : kvmstats_desc__scale(&f->desc));
}

static json_t *new_halt_polling(const struct cell_rounds *r, const struct kvm_figures *sum)
{
	static const char *const names[][2] = {
		{ "halts", "halt_exits" },
		{ "attempted", "halt_attempted_poll" },
		{ "successful", "halt_successful_poll" },
		{ "invalid", "halt_poll_invalid" },
		{ "success_ns", "halt_poll_success_ns" },
		{ "wasted_ns", "halt_poll_fail_ns" },
		{ "wait_ns", "halt_wait_ns" },
		{ "wakeups", "halt_wakeup" },
	};
	double attempted = statistic(sum, "halt_attempted_poll"), ops = 0;
	json_t *object;

	if (!isfinite(attempted))
		return json_null();
	for (unsigned int i = 0; i < r->nr_rounds; i++)
		if (r->rounds[i]->status == MEASURE_OK && r->rounds[i]->exits_known)
			ops += (double)r->rounds[i]->window_ops;
	object = json_object();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_object_set_new(object, names[i][0], json__number(statistic(sum, names[i][1])));
	json_object_set_new(object, "waits", json__number(statistic(sum, "halt_wait_hist")));
	json_object_set_new(object, "success_share",
			    json__number(attempted > 0 ? statistic(sum, "halt_successful_poll") /
								 attempted :
							 NAN));
	json_object_set_new(object, "window_ops", json__number(ops));
	return object;
}

void result_kvmstats__add(json_t *cell, const struct cell_rounds *r)
{
	struct kvm_figures sum = { .each = NULL };
	json_t *hists = json_object(), *gauges = json_object();
	bool known = !sum_figures(r, &sum) && sum.rounds;

	if (known) {
		add_hists(hists, &sum.vcpus);
		add_hists(hists, &sum.vm);
		add_gauges(gauges, &sum.vcpus, "vcpu", sum.rounds);
		add_gauges(gauges, &sum.vm, "vm", sum.rounds);
	}
	json_object_set(cell, "kvm_histograms", known ? hists : json_null());
	json_object_set(cell, "kvm_gauges", known ? gauges : json_null());
	json_object_set_new(cell, "kvm_vm_stats",
			    known && sum.vm.times ? new_counters(&sum.vm) : json_null());
	json_object_set_new(cell, "kvm_vcpu_stats", known ? new_vcpus(&sum) : json_null());
	json_object_set_new(cell, "halt_polling", new_halt_polling(r, &sum));
	json_decref(hists);
	json_decref(gauges);
	kvm_figures__free(&sum);
}
