// SPDX-License-Identifier: GPL-2.0-or-later
/* Offsets and argument lists of the running kernel, from BTF. */
#include <bpf/btf.h>
#include <ctype.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "probes/kernel_types.h"

static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The byte offset of a member, also searched in anonymous structures and unions; -1: none. */
static int member_off(const struct btf *btf, const struct btf_type *t, const char *name,
		      const struct btf_type **type)
{
	const struct btf_member *m;

	if (!t || !btf_is_composite(t))
		return -1;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(btf, m[i].name_off);
		const struct btf_type *sub = strip(btf, m[i].type);
		int off = btf_member_bit_offset(t, i) / 8, inner;

		if (member && !strcmp(member, name)) {
			*type = sub;
			return off;
		}
		if ((!member || !*member) && sub && btf_is_composite(sub)) {
			inner = member_off(btf, sub, name, type);
			if (inner >= 0)
				return off + inner;
		}
	}
	return -1;
}

/* The offset of "a.b.c" in struct `name`; -1: there is none. */
static int field_off(const struct btf *btf, const char *name, const char *path)
{
	int32_t id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *t;
	char part[64];
	int off = 0, here;

	if (id < 0)
		return -1;
	t = btf__type_by_id(btf, id);
	while (*path) {
		size_t len = strcspn(path, ".");

		if (len >= sizeof(part))
			return -1;
		memcpy(part, path, len);
		part[len] = 0;
		here = member_off(btf, t, part, &t);
		if (here < 0)
			return -1;
		off += here;
		path += len;
		path += *path == '.';
	}
	return off;
}

/*
 * How many arguments a raw tracepoint has (without the first, the registration's data); 0: not
 * known.
 */
static unsigned int tracepoint_args(const struct btf *btf, const char *name, bool *first_is_pointer)
{
	int32_t id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	const struct btf_type *t = id < 0 ? NULL : strip(btf, id);
	const struct btf_type *arg;

	if (!t || !btf_is_ptr(t))
		return 0;
	t = strip(btf, t->type);
	if (!t || !btf_is_func_proto(t) || btf_vlen(t) < 2)
		return 0;
	arg = strip(btf, btf_params(t)[1].type);
	*first_is_pointer = arg && btf_is_ptr(arg);
	return btf_vlen(t) - 1;
}

/* APICV_INHIBIT_REASON_IRQWIN becomes "irqwin". */
static void find_apicv_reasons(struct kernel_types *types, const struct btf *btf)
{
	static const char prefix[] = "APICV_INHIBIT_REASON_";
	int32_t id = btf__find_by_name_kind(btf, "kvm_apicv_inhibit", BTF_KIND_ENUM);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	for (int i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_enum *e = &btf_enum(t)[i];
		const char *name = btf__name_by_offset(btf, e->name_off);
		char *to;

		if (!name || strncmp(name, prefix, sizeof(prefix) - 1) || e->val < 0 ||
		    e->val >= KERNEL_APICV_REASONS)
			continue;
		to = types->apicv_reasons[e->val];
		snprintf(to, KERNEL_APICV_NAME, "%s", name + sizeof(prefix) - 1);
		for (; *to; to++)
			*to = (char)tolower(*to);
	}
}

static void look_into(struct kernel_types *types, const struct btf *btf)
{
	bool pointer = false;
	unsigned int args;
	int off, code;

	args = tracepoint_args(btf, "btf_trace_kvm_exit", &pointer);
	if (args) {
		types->exit_args = args;
		types->exit_has_reason = !pointer;
	}
	args = tracepoint_args(btf, "btf_trace_kvm_entry", &pointer);
	if (args) {
		types->entry_args = args;
		types->entry_has_vcpu = pointer;
	}
	off = field_off(btf, "kvm_vcpu", "vcpu_id");
	if (off > 0)
		types->vcpu_id_off = off;
	off = field_off(btf, "kvm_vcpu", "kvm");
	if (off >= 0) {
		types->vcpu_kvm_off = off;
		types->vcpu_kvm_known = true;
	}
	off = field_off(btf, "vcpu_vmx", "exit_reason.full");
	if (off < 0)
		off = field_off(btf, "vcpu_vmx", "vt.exit_reason.full");
	if (off > 0)
		types->vmx_reason_off = off;
	off = field_off(btf, "vcpu_svm", "vmcb");
	code = field_off(btf, "vmcb", "control.exit_code");
	if (off > 0 && code >= 0) {
		types->svm_vmcb_off = off;
		types->svm_code_off = code;
	}
	code = field_off(btf, "vmcb", "save.cpl");
	if (off > 0 && code >= 0)
		types->svm_cpl_off = code;
	off = field_off(btf, "kvm_vcpu", "arch.guest_state_protected");
	if (off > 0)
		types->vcpu_protected_off = off;
	off = field_off(btf, "kvm", "arch.apicv_inhibit_reasons");
	if (off > 0) {
		types->kvm_apicv_off = off;
		find_apicv_reasons(types, btf);
	}
	off = field_off(btf, "vcpu_svm", "vmcb01.ptr");
	if (off > 0)
		types->svm_vmcb01_off = off;
	if (btf__find_by_name_kind(btf, "svm_invoke_exit_handler", BTF_KIND_FUNC) > 0)
		types->invoke_exit_handler = true;
}

/* If KVM is built into the kernel, both vendors' types exist; the CPU decides. */
static bool cpu_has_svm(void)
{
#ifdef __x86_64__
	unsigned int a, b, c, d;

	return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & 1 << 2);
#else
	return false;
#endif
}

void kernel_types__find(struct kernel_types *types, const char *root)
{
	static const char *const modules[] = { "kvm", "kvm_intel", "kvm_amd" };
	struct btf *base, *btf;
	int32_t cast, number;
	char path[256];
	int off;

	memset(types, 0, sizeof(*types));
	types->entry_has_vcpu = true;
	snprintf(path, sizeof(path), "%s/sys/kernel/btf/vmlinux", root);
	base = btf__parse(path, NULL);
	if (!base) {
		snprintf(types->why, sizeof(types->why),
			 "the kernel has no type information (%s: %s)", path, strerror(errno));
		return;
	}
	types->btf = true;
	/* For a KVM built into the kernel; modules override it, since they are what is in use. */
	look_into(types, base);
	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
		snprintf(path, sizeof(path), "%s/sys/kernel/btf/%s", root, modules[i]);
		if (access(path, R_OK))
			continue;
		btf = btf__parse_split(path, base);
		if (!btf)
			continue;
		look_into(types, btf);
		btf__free(btf);
	}
	cast = btf__find_by_name_kind(base, "bpf_rdonly_cast", BTF_KIND_FUNC);
	number = btf__find_by_name_kind(base, "timespec64", BTF_KIND_STRUCT);
	types->cast_function = cast > 0 && number > 0 ? (uint32_t)cast : 0;
	types->cast_type = number > 0 ? (uint32_t)number : 0;
	off = field_off(base, "task_struct", "real_parent");
	types->task_parent_off = off > 0 ? off : 0;
	off = field_off(base, "task_struct", "tgid");
	types->task_tgid_off = off > 0 ? off : 0;
	off = field_off(base, "task_struct", "__state");
	if (off <= 0) /* its name up to 5.13 */
		off = field_off(base, "task_struct", "state");
	types->task_state_off = off > 0 ? off : 0;
	btf__free(base);
	if (types->vmx_reason_off && types->svm_vmcb_off) {
		if (cpu_has_svm())
			types->vmx_reason_off = 0;
		else
			types->svm_vmcb_off = 0;
	}
	types->kvm_btf = types->exit_args &&
			 (types->exit_has_reason || types->vmx_reason_off || types->svm_vmcb_off);
	if (types->kvm_btf)
		return;
	snprintf(path, sizeof(path), "%s/sys/module/kvm", root);
	snprintf(types->why, sizeof(types->why),
		 access(path, F_OK) ? "the kvm module is not loaded" :
				      "the kernel has no type information about its KVM modules");
}
