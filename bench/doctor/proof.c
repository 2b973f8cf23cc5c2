// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/doctor/proof.h"

#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/error.h"
#include "bench/host/files.h"
#include "bench/kvm/device.h"

/* Where nobody can be asked it is taken for granted: measuring then says what is missing. */
static bool has_extension(const char *root, int number)
{
	struct error err = { 0 };
	int kvm = *root ? -1 : kvm_device__open(&err), value;

	if (kvm < 0)
		return true;
	value = ioctl(kvm, KVM_CHECK_EXTENSION, number);
	close(kvm);
	return value > 0;
}

static bool file_is_there(const char *root, const char *side)
{
	return host_file__exists(root, "%.*s", (int)strcspn(side, "="), side);
}

const char *doctor_proof__side(const struct doctor_proof *proof, const char *root, int side)
{
	const char *a = side ? proof->b : proof->a;

	if (proof->instead[0] &&
	    (!proof->instead_needs || has_extension(root, proof->instead_needs)))
		return proof->instead[side];
	if (proof->elsewhere[0] && !file_is_there(root, a) &&
	    file_is_there(root, proof->elsewhere[side]))
		return proof->elsewhere[side];
	return a;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool doctor_proof__same(const struct doctor_proof *a, const struct doctor_proof *b)
{
	return same_text(a->workloads, b->workloads) && same_text(a->config, b->config) &&
	       same_text(a->instead[0] ?: a->a, b->instead[0] ?: b->a) &&
	       same_text(a->instead[1] ?: a->b, b->instead[1] ?: b->b);
}
