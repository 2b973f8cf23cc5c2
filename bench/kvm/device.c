// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/kvm/device.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The advice depends on the device's owner: its group may be root's, or have no access either. */
static int no_permission(struct error *err)
{
	const int code = -errno;
	const struct group *group;
	struct stat st;

	if (stat("/dev/kvm", &st) || !st.st_gid || (~st.st_mode & (S_IRGRP | S_IWGRP)))
		return error__set(
			err, code,
			"no permission to open /dev/kvm, which is not open to a group: run as "
			"root, or have "
			"root let you use it (setfacl -m u:USER:rw /dev/kvm, until the next boot)");
	group = getgrgid(st.st_gid);
	if (!group)
		return error__set(err, code,
				  "no permission to open /dev/kvm: join its group, which is %u and "
				  "has no name "
				  "here, or run as root",
				  (unsigned int)st.st_gid);
	return error__set(err, code,
			  "no permission to open /dev/kvm: join its group (usermod -aG %.64s USER, "
			  "then log in "
			  "anew) or run as root",
			  group->gr_name);
}

int kvm_device__open(struct error *err)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), version;

	if (fd < 0 && errno == ENOENT)
		return error__set(err, -ENOENT,
				  "there is no /dev/kvm: load KVM (modprobe kvm_intel or "
				  "kvm_amd), switch virtualization on in the firmware, or use "
				  "--backend native");
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return no_permission(err);
	if (fd < 0)
		return error__set(err, errno == EMFILE || errno == ENFILE ? -errno : -ENODEV,
				  "opening /dev/kvm: %s", strerror(errno));
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version < 0) {
		error__set(err, -ENODEV, "asking /dev/kvm for its API's version: %s",
			   strerror(errno));
		close(fd);
		return err->code;
	}
	if (version != KVM_API_VERSION) {
		close(fd);
		return error__set(err, -ENODEV,
				  "/dev/kvm does not speak KVM's API (version %d, "
				  "wanted %d)",
				  version, KVM_API_VERSION);
	}
	return fd;
}

uint64_t kvm_device__host_tsc_khz(void)
{
	struct error ignored;
	int kvm = kvm_device__open(&ignored), vm, khz = 0;

	if (kvm < 0)
		return 0;
	do {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	} while (vm < 0 && errno == EINTR);
	if (vm >= 0) {
		khz = ioctl(vm, KVM_GET_TSC_KHZ, 0);
		close(vm);
	}
	close(kvm);
	return khz > 0 ? (uint64_t)khz : 0;
}
