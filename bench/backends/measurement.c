/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/measurement.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct measurement *measurement__new(void)
{
	return calloc(1, sizeof(struct measurement));
}

void measurement__free(struct measurement *m)
{
	if (!m)
		return;
	free(m->samples);
	free(m->beside);
	free(m->empty);
	free(m->singles);
	free(m->gaps);
	free(m->shares);
	kvm_figures__free(&m->figures);
	free(m);
}

int kvm_figures__fill(struct kvm_figures *figures, const struct kvmstats *vcpu,
		      unsigned int nr_vcpus, const struct kvmstats *vm, const uint64_t *begin,
		      const uint64_t *end)
{
	size_t step = vcpu->nr_values, all = step * nr_vcpus;
	int ret = 0;

	figures->rounds = 1;
	for (unsigned int i = 0; i < nr_vcpus && !ret; i++)
		ret = kvmstats_window__add(&figures->vcpus, vcpu, begin + i * step, end + i * step);
	if (!ret && vm)
		ret = kvmstats_window__add(&figures->vm, vm, begin + all, end + all);
	if (ret || nr_vcpus < 2)
		return ret;
	figures->each = calloc(nr_vcpus, sizeof(*figures->each));
	if (!figures->each)
		return -ENOMEM;
	figures->nr_each = nr_vcpus;
	for (unsigned int i = 0; i < nr_vcpus && !ret; i++) {
		ret = kvmstats_window__add(&figures->each[i], vcpu, begin + i * step,
					   end + i * step);
		kvmstats_window__prune(&figures->each[i]);
	}
	return ret;
}

int kvm_figures__merge(struct kvm_figures *into, const struct kvm_figures *from)
{
	int ret = kvmstats_window__merge(&into->vcpus, &from->vcpus);

	if (!ret)
		ret = kvmstats_window__merge(&into->vm, &from->vm);
	into->rounds += from->rounds;
	if (!into->each && from->nr_each) {
		into->each = calloc(from->nr_each, sizeof(*into->each));
		if (!into->each)
			return -ENOMEM;
		into->nr_each = from->nr_each;
	}
	for (unsigned int i = 0; i < into->nr_each && i < from->nr_each && !ret; i++)
		ret = kvmstats_window__merge(&into->each[i], &from->each[i]);
	return ret;
}

void kvm_figures__free(struct kvm_figures *figures)
{
	kvmstats_window__free(&figures->vcpus);
	kvmstats_window__free(&figures->vm);
	for (unsigned int i = 0; i < figures->nr_each; i++)
		kvmstats_window__free(&figures->each[i]);
	free(figures->each);
	*figures = (struct kvm_figures){ .each = NULL };
}

void measurement__count_figures(struct measurement *m, int64_t own)
{
	const struct kvmstats_window *w = &m->figures.vcpus;
	char name[64];

	for (unsigned int i = 0; i < w->nr; i++) {
		const struct kvmstats_figure *f = &w->list[i];
		int64_t n;

		if (f->desc.type != KVMSTATS_CUMULATIVE || f->backwards)
			continue;
		n = (int64_t)f->gained[0];
		if (!strcmp(f->desc.name, "exits")) {
			n -= own;
			m->exits_known = true;
			m->exits += n;
		}
		if (!strcmp(f->desc.name, "irq_exits")) {
			m->host_interrupts = n;
			m->exits -= n;
		}
		if (!n)
			continue;
		snprintf(name, sizeof(name), "kvm.%s", f->desc.name);
		measurement__count(m, name, n);
	}
	if (!m->exits_known)
		snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "%s",
			 kvmstats_window__find(w, "exits") ?
				 "KVM's statistic 'exits' was reset meanwhile" :
				 "KVM's statistics have no 'exits'");
}

void measurement__warn(struct measurement *m, const char *fmt, ...)
{
	va_list ap;

	if (m->nr_warnings == MAX_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(m->warnings[m->nr_warnings++], sizeof(m->warnings[0]), fmt, ap);
	va_end(ap);
}

int measurement__by_host(struct measurement *m)
{
	m->ops_per_sample = 1;
	m->window_ops = m->nr_samples;
	snprintf(m->exits_unknown_why, sizeof(m->exits_unknown_why), "measured by the host");
	return 0;
}

int measurement__fail(struct measurement *m, enum measure_status status, const char *fmt, ...)
{
	va_list ap;

	m->status = status;
	va_start(ap, fmt);
	vsnprintf(m->reason, sizeof(m->reason), fmt, ap);
	va_end(ap);
	return 0;
}

void measurement__count(struct measurement *m, const char *name, int64_t value)
{
	for (unsigned int i = 0; i < m->nr_counters; i++) {
		if (!strcmp(m->counters[i].name, name)) {
			m->counters[i].value += value;
			return;
		}
	}
	if (m->nr_counters == MAX_COUNTERS)
		return;
	snprintf(m->counters[m->nr_counters].name, sizeof(m->counters[0].name), "%s", name);
	m->counters[m->nr_counters++].value = value;
}
