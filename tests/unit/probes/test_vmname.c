// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of VMs, from command lines and control groups as QEMU, libvirt, Kubernetes, Docker,
 * Podman, Firecracker, crosvm and others make them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/vmname.h"

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test-vmname.XXXXXX");
	return !mkdtemp(root);
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void put(const char *path, const char *text, size_t len)
{
	char file[512];
	FILE *f;

	snprintf(file, sizeof(file), "%s%s", root, path);
	for (char *at = strchr(file + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(file, 0755);
		*at = '/';
	}
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

#define ID_A	 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B	 "fedcba98765432100123456789abcdef0123456789abcdef0123456789abcdef"
#define UID	 "5a7b1c2d-0e1f-4a2b-8c3d-0123456789ab"
#define UID_	 "5a7b1c2d_0e1f_4a2b_8c3d_0123456789ab"
#define V1(path) "12:pids:" path "\n11:cpu,cpuacct:" path "\n1:name=systemd:" path "\n0::/\n"

static const struct {
	const char *args; /* with '|' between them */
	const char *groups;
	struct vm_name is;
} table[] = {
	{ "qemu-system-x86_64|-name|web1|-uuid|00000000-0000-0000-0000-00000000002a",
	  "0::/user.slice/user-0.slice/session-1.scope\n",
	  { .vmm = "qemu", .name = "web1", .uuid = "00000000-0000-0000-0000-00000000002a" } },
	{ "/usr/bin/qemu-system-x86_64|-m|64|-name|process=p1,guest=a,,b,debug-threads=on",
	  "",
	  { .vmm = "qemu", .name = "a,b" } },
	{ "/usr/bin/kvm|--name|db|-append|-name x", "", { .vmm = "qemu", .name = "db" } },
	{ "qemu-system-x86_64|-name|debug-threads=on", "", { .vmm = "qemu" } },
	{ "qemu-system-x86_64|-name", "", { .vmm = "qemu" } },
	{ "qemu-kvm|-name|guest=\033[31m", "", { .vmm = "qemu", .name = "\\x1b[31m" } },
	/* libvirt, by its command line and by systemd's scope, in both versions */
	{ "/usr/bin/qemu-system-x86_64|-name|guest=web-1,debug-threads=on|-S|-uuid|"
	  "d0f4c2a0-6d3a-4b2e-9d6c-0a1b2c3d4e5f",
	  "0::/machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d1.scope/libvirt/emulator\n",
	  { .vmm = "qemu",
	    .name = "web-1",
	    .domain = "web-1",
	    .uuid = "d0f4c2a0-6d3a-4b2e-9d6c-0a1b2c3d4e5f" } },
	{ "/usr/libexec/qemu-kvm",
	  V1("/machine.slice/machine-qemu\\x2d12\\x2da.b.scope"),
	  { .vmm = "qemu", .name = "a.b", .domain = "a.b" } },
	{ "qemu-system-x86_64",
	  V1("/machine/old.libvirt-qemu/emulator"),
	  { .vmm = "qemu", .name = "old", .domain = "old" } },
	/* pods, by systemd's and cgroupfs's drivers, in both versions, with and without logs */
	{ "/usr/bin/qemu-kvm|-name|guest=default_vm1",
	  "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice/"
	  "cri-containerd-" ID_A ".scope\n",
	  { .vmm = "qemu",
	    .name = "default_vm1",
	    .pod = "default/virt-launcher-vm1-x7",
	    .pod_uid = UID,
	    .container = "compute",
	    .container_id = ID_A } },
	{ "/opt/vmm",
	  V1("/kubepods/besteffort/pod" UID "/" ID_A),
	  { .name = "default/virt-launcher-vm1-x7",
	    .pod = "default/virt-launcher-vm1-x7",
	    .pod_uid = UID,
	    .container = "compute",
	    .container_id = ID_A } },
	{ "/opt/vmm",
	  "0::/../../kubepods-pod11111111_0e1f_4a2b_8c3d_0123456789ab.slice:cri-containerd:" ID_B
	  "\n",
	  { .name = "11111111-0e1f-4a2b-8c3d-0123456789ab",
	    .pod = "11111111-0e1f-4a2b-8c3d-0123456789ab",
	    .pod_uid = "11111111-0e1f-4a2b-8c3d-0123456789ab",
	    .container = "fedcba987654",
	    .container_id = ID_B } },
	{ "/opt/vmm", "0::/kubepods.slice/kubepods-poddeadbeef.slice\n", {} },
	{ "/opt/vmm",
	  "0::/system.slice/docker-" ID_A ".scope\n",
	  { .name = "0123456789ab", .container = "0123456789ab", .container_id = ID_A } },
	{ "/opt/vmm",
	  "0::/machine.slice/libpod-" ID_A ".scope/container\n",
	  { .name = "0123456789ab", .container = "0123456789ab", .container_id = ID_A } },
	/* other VMMs */
	{ "/firecracker|--id|551e7604-e35c|--api-sock|/run/f.sock",
	  "0::/firecracker/551e\n",
	  { .vmm = "firecracker", .name = "551e7604-e35c" } },
	{ "/usr/bin/crosvm|run|--mem|512|-s|/run/vm/arcvm.sock|bzImage",
	  "",
	  { .vmm = "crosvm", .name = "arcvm" } },
	{ "crosvm|run|--name|termina|--socket=/tmp/x.sock",
	  "",
	  { .vmm = "crosvm", .name = "termina" } },
	{ "cloud-hypervisor|--api-socket|path=/run/ch/vm7.sock|--platform|"
	  "num_pci_segments=1,uuid=00000000-0000-0000-0000-000000000007",
	  "",
	  { .vmm = "cloud-hypervisor",
	    .name = "vm7",
	    .uuid = "00000000-0000-0000-0000-000000000007" } },
	{ "lkvm|run|--name|guest-5", "", { .vmm = "kvmtool", .name = "guest-5" } },
	{ "vmware-vmx|-s|x", "", {} },
	{ "", "", {} },
};

static void names_are_found(void **state)
{
	struct vm_name is;

	(void)state;
	put("/var/log/pods/default_virt-launcher-vm1-x7_" UID "/x", "", 0);
	put("/var/log/containers/virt-launcher-vm1-x7_default_compute-" ID_A ".log", "", 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char args[512];
		size_t len = strlen(table[i].args) + 1;

		memcpy(args, table[i].args, len);
		for (char *at = args; at < args + len; at++)
			*at = *at == '|' ? '\0' : *at;
		put("/proc/7/cmdline", args, len > 1 ? len : 0);
		put("/proc/7/cgroup", table[i].groups, strlen(table[i].groups));
		vmname__find(&is, root, 7);
		assert_string_equal(is.vmm, table[i].is.vmm);
		assert_string_equal(is.name, table[i].is.name);
		assert_string_equal(is.uuid, table[i].is.uuid);
		assert_string_equal(is.domain, table[i].is.domain);
		assert_string_equal(is.pod, table[i].is.pod);
		assert_string_equal(is.pod_uid, table[i].is.pod_uid);
		assert_string_equal(is.container, table[i].is.container);
		assert_string_equal(is.container_id, table[i].is.container_id);
	}
}

static void any_of_the_names_finds_it(void **state)
{
	const struct vm_name vm = { .name = "web1",
				    .uuid = "D0F4",
				    .domain = "dom",
				    .pod = "default/web-0",
				    .pod_uid = UID,
				    .container = "compute",
				    .container_id = ID_A };
	static const char *const names[] = { "web1",  "d0f4",	 "dom", "default/web-0",
					     "web-0", "compute", UID,	"0123456789ab",
					     ID_A };
	static const char *const others[] = { "", "web", "web10", "default", "0123456789a", "pod" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_true(vmname__is(&vm, names[i]));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(vmname__is(&vm, others[i]));
	assert_false(vmname__is(&(struct vm_name){ .vmm = "qemu" }, ""));
}

static void a_long_command_line_is_read(void **state)
{
	struct vm_name is;
	char *args = calloc(1, 40000);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 2000; i++)
		len += (size_t)sprintf(args + len, "-device%cx,id=%d", 0, i) + 1;
	len += (size_t)sprintf(args + len, "-uuid%cabc", 0) + 1;
	put("/proc/8/cmdline", args, len);
	vmname__find(&is, root, 8);
	assert_string_equal(is.uuid, "abc");
	free(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_found, make_root, remove_root),
		cmocka_unit_test(any_of_the_names_finds_it),
		cmocka_unit_test_setup_teardown(a_long_command_line_is_read, make_root,
						remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
