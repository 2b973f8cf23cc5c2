// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/result/metrics_json.h"

#include "bench/base/json.h"
#include "bench/base/stats.h"
#include "probes/exits_choose.h"
#include "probes/exits_profile.h"
#include "probes/exits_source.h"

/* An object with n, mean, p50 … max, and buckets [low, high, count]. */
static json_t *hist_json(const struct hist *hist)
{
	json_t *object = json_object(), *buckets = json_array();

	json_object_set_new(object, "n", json__u64(hist->count));
	json_object_set_new(object, "mean",
			    hist->count ? json__number(hist__mean(hist)) : json_null());
	json_object_set_new(object, "p50",
			    hist->count ? json__number(hist__quantile(hist, 0.5)) : json_null());
	json_object_set_new(object, "p99",
			    hist->count >= STATS_ENOUGH_FOR_P99 ?
				    json__number(hist__quantile(hist, 0.99)) :
				    json_null());
	json_object_set_new(object, "p999",
			    hist->count >= STATS_ENOUGH_FOR_P999 ?
				    json__number(hist__quantile(hist, 0.999)) :
				    json_null());
	json_object_set_new(object, "max", hist->count ? json__u64(hist->max) : json_null());
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		if (hist->bucket[i])
			json_array_append_new(buckets,
					      json_pack("[o, o, o]", json__u64(hist__low(i)),
							json__u64(hist__high(i)),
							json__u64(hist->bucket[i])));
	json_object_set_new(object, "buckets", buckets);
	return object;
}

/* An element of by_reason. */
static json_t *sum_json(const struct exits_sum *sum, double ops)
{
	json_t *object = json_object(), *ns;

	json_object_set_new(object, "reason", json__text(sum->name));
	json_object_set_new(object, "count", json__u64(sum->count));
	json_object_set_new(object, "per_op",
			    ops > 0 ? json__number((double)sum->count / ops) : json_null());
	if (sum->clip_ns)
		json_object_set_new(object, "window_ns",
				    json__number((double)((int64_t)sum->ns + sum->clip_ns)));
	if (!sum->hist.count) {
		json_object_set_new(object, "ns", json_null());
		return object;
	}
	ns = hist_json(&sum->hist);
	json_object_set_new(ns, "mean", json__number((double)sum->ns / (double)sum->hist.count));
	json_object_set_new(object, "ns", ns);
	json_object_set_new(object, "total_ns", json__u64(sum->ns));
	json_object_set_new(object, "user_ns", json__u64(sum->user_ns));
	json_object_set_new(object, "off_cpu_ns", json__u64(sum->off_ns + sum->user_off_ns));
	return object;
}

json_t *metrics_json__by_reason(const struct exits_profile *profile, enum exits_kind kind,
				int64_t group, double ops)
{
	json_t *array = json_array();

	for (size_t i = 0; i < profile->nr; i++) {
		const struct exits_sum *s = profile->list[i];

		if (s->kind == kind && s->group == group && (s->count || s->clip_ns))
			json_array_append_new(array, sum_json(s, ops));
	}
	return array;
}

json_t *metrics_json__cost(const struct exits_time *time, double ops)
{
	double user = (double)time->user_ns, off = (double)time->off_ns;
	json_t *object;

	if (!time->timed || ops <= 0)
		return json_null();
	object = json_object();
	json_object_set_new(object, "kernel", json__number(((double)time->ns - user - off) / ops));
	json_object_set_new(object, "user", json__number(user / ops));
	json_object_set_new(object, "off_cpu", json__number(off / ops));
	json_object_set_new(object, "switch", json_null());
	return object;
}

json_t *metrics_json__source(const struct exits_choice *choice)
{
	bool known = choice->expected;

	return json_pack("{s:s, s:o, s:o, s:o}", "name", exits_source__name(choice->source),
			 "expected", known ? json__u64(choice->expected) : json_null(), "seen",
			 known ? json__u64(choice->seen) : json_null(), "why",
			 json__text(choice->why));
}

static json_t *text_or_null(const char *text)
{
	return *text ? json__text(text) : json_null();
}

json_t *metrics_json__contention(const struct contention *c)
{
	char busy[256], quota[256];

	contention__busy_text(c, busy, sizeof(busy));
	contention__quota_text(c, quota, sizeof(quota));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cpus",
			 c->known ? json__u64(c->cpus) : json_null(), "others_cpus",
			 c->known ? json__number(contention__others(c)) : json_null(), "own_cpus",
			 json__number(contention__own(c)), "stolen_cpus",
			 c->known ? json__number(contention__stolen(c)) : json_null(), "quota",
			 c->has_quota ?
				 json_pack("{s:o, s:o, s:o}", "periods", json__u64(c->periods),
					   "throttled", json__u64(c->throttled), "throttled_ns",
					   json__u64(c->throttled_ns)) :
				 json_null(),
			 "busy_warning", text_or_null(busy), "quota_warning", text_or_null(quota));
}

json_t *metrics_json__metrics(const struct metrics *metrics)
{
	json_t *object = json_object(), *missing = json_object();

	for (size_t i = 0; i < metrics->nr; i++) {
		const struct metric *m = &metrics->list[i];

		if (!m->known) {
			json_object_set_new(object, m->name, json_null());
			json_object_set_new(missing, m->name, json__text(m->why));
		} else if (m->hist) {
			json_object_set_new(object, m->name, hist_json(m->hist));
		} else {
			json_object_set_new(object, m->name, json__number(m->value));
		}
	}
	if (json_object_size(missing))
		json_object_set(object, "not_measured", missing);
	json_decref(missing);
	return object;
}
