/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/backends/qemu/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/backends/setup.h"
#include "bench/base/clock.h"
#include "bench/base/json.h"
#include "bench/vmm/payload.h"
#include "bench/vmm/placement.h"
#include "bench/vmm/slots.h"

#define MAX_ARGS    64
#define MIB	    ((uint64_t)1 << 20)
#define GIB	    ((uint64_t)1 << 30)
#define SPLIT	    (3 * GIB) /* on microvm, RAM beyond this continues at 4 GiB */
#define DESCRIBE_NS 2000000000ull

struct args {
	char *arg[MAX_ARGS + 1];
	unsigned int nr;
	bool failed;
};

/* Files that QEMU inherits. */
struct files {
	int control, low, kernel;
};

static void add(struct args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct args *args, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (args->nr == MAX_ARGS || vasprintf(&args->arg[args->nr], fmt, ap) < 0)
		args->failed = true;
	else
		args->arg[++args->nr] = NULL;
	va_end(ap);
}

static void add_words(struct args *args, const char *const *words)
{
	while (*words)
		add(args, "%s", *words++);
}

int qemu_vm__find(char *path, size_t len, struct error *err)
{
	const char *own = getenv(QEMU_VARIABLE);
	struct utsname host;
	char name[128];

	if (uname(&host))
		snprintf(host.machine, sizeof(host.machine), "%s", "x86_64");
	snprintf(name, sizeof(name), "qemu-system-%.64s", host.machine);
	if (!own || !*own) {
		if (program__find(name, path, len))
			return 0;
		return error__set(err, -ENOENT,
				  "no %s in PATH: install QEMU (Debian: qemu-system-x86, "
				  "Fedora: qemu-system-x86-core, Arch: qemu-system-x86, openSUSE: "
				  "qemu-x86), or "
				  "name it in " QEMU_VARIABLE,
				  name);
	}
	snprintf(path, len, "%s", own);
	if (strchr(own, '/') ? !access(own, X_OK) : program__find(own, path, len))
		return 0;
	return error__set(err, -ENOENT, QEMU_VARIABLE "=%.200s: no such program", own);
}

/* The arena comes right above low memory or, if it does not fit there, in the RAM above 4 GiB. */
static int lay_out(struct qemu_vm *vm, const struct cell *cell, struct error *err)
{
	uint64_t align = setup__pages(cell) == PAGES_1G ? GIB : 2 * MIB;
	uint64_t bytes = setup__arena_bytes(cell);

	vm->low_bytes = HV_LOW_BYTES;
	if (!bytes)
		return 0;
	if (bytes > UINT64_MAX - align)
		return error__set(err, -EINVAL, "%" PRIu64 " bytes of guest memory make no sense",
				  bytes);
	vm->arena_bytes = (bytes + align - 1) & ~(align - 1);
	vm->tables_gpa = HV_LOW_BYTES;
	vm->tables_bytes = vm__table_bytes(vm->arena_bytes);
	if (HV_LOW_BYTES + vm->tables_bytes > SPLIT)
		return error__set(err, -ERANGE,
				  "%" PRIu64 " GiB of working set need more page tables than "
				  "fit below 3 GiB",
				  vm->arena_bytes / GIB);
	vm->low_bytes = (HV_LOW_BYTES + vm->tables_bytes + align - 1) & ~(align - 1);
	vm->arena_gpa = vm->low_bytes;
	if (vm->arena_bytes > SPLIT - vm->low_bytes) {
		vm->low_bytes = SPLIT;
		vm->arena_gpa = 4 * GIB;
	}
	return 0;
}

/*
 * Sparse: pages that are never touched take no memory. Sealed, so that the mapping here stays
 * valid.
 */
static int create_low(struct qemu_vm *vm, int *fd, struct error *err)
{
	void *map;

	*fd = memfd_create("hvbench-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0 || ftruncate(*fd, (off_t)vm->low_bytes) ||
	    fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return error__set(err, -errno, "a file for guest memory: %s", strerror(errno));
	map = mmap(NULL, HV_LOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (map == MAP_FAILED)
		return error__set(err, -errno, "mapping guest memory: %s", strerror(errno));
	vm->low = map;
	return 0;
}

static int create_kernel(const struct payload *payload, int *fd, struct error *err)
{
	size_t done = 0;

	*fd = memfd_create("hvbench-payload", MFD_CLOEXEC);
	while (*fd >= 0 && done < payload->bytes) {
		ssize_t n = write(*fd, payload->image + done, payload->bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (*fd < 0 || done < payload->bytes)
		return error__set(err, errno ? -errno : -EIO, "a file for the payload: %s",
				  strerror(errno));
	return 0;
}

static void add_machine(struct args *args, const struct qemu_request *req, bool numa)
{
	static const char *const irqchips[] = {
		[IRQCHIP_KERNEL] = "on",
		[IRQCHIP_SPLIT] = "split",
		[IRQCHIP_USER] = "off",
	};
	const struct config *config = &req->cell->config;
	const char *memory = numa ? "" : ",memory-backend=low";

	add(args, "-machine");
	/*
	 * Without ACPI the machine uses qboot instead of a real-mode BIOS, which is slow where CPL0
	 * is emulated.
	 */
	if (req->kvm)
		add(args, "microvm,acpi=off,pit=off,rtc=off,isa-serial=off,kernel-irqchip=%s%s",
		    irqchips[config->irqchip], memory);
	else
		add(args, "microvm,acpi=off,pit=off,rtc=off,isa-serial=off%s", memory);
	add(args, "-accel");
	add(args, "%s", req->kvm ? "kvm" : "tcg,thread=multi");
	add(args, "-cpu");
	/* Some KVMs do not accept all that the models that pass on the host's CPU set. */
	add(args, "%s", req->kvm ? "qemu64,+tsc-deadline,+x2apic" : "max");
	if (config->disable_exits) {
		add(args, "-overcommit");
		add(args, "cpu-pm=on");
	}
}

static void add_memory(struct args *args, const struct qemu_vm *vm, const struct cell *cell,
		       int low_fd)
{
	enum config_pages pages = setup__pages(cell);
	const char *prealloc = cell->workload->populate && cell->workload->populate(cell->params) ?
				       ",prealloc=on" :
				       "";
	char bind[48] = "";

	if (cell->config.numa != NUMA_NONE)
		snprintf(bind, sizeof(bind), ",host-nodes=%d,policy=bind", cell->config.numa);
	add(args, "-m");
	add(args, "%" PRIu64 "M", (vm->low_bytes + vm->arena_bytes) / MIB);
	add(args, "-object");
	add(args,
	    "memory-backend-file,id=low,size=%" PRIu64 "M,mem-path=/proc/self/fd/%d,share=on%s",
	    vm->low_bytes / MIB, low_fd, bind);
	if (!vm->arena_bytes)
		return;
	add(args, "-object");
	if (pages == PAGES_2M || pages == PAGES_1G)
		add(args,
		    "memory-backend-memfd,id=arena,size=%" PRIu64 "M,hugetlb=on,hugetlbsize=%s%s%s",
		    vm->arena_bytes / MIB, pages == PAGES_1G ? "1G" : "2M", prealloc, bind);
	else
		add(args, "memory-backend-ram,id=arena,size=%" PRIu64 "M%s%s",
		    vm->arena_bytes / MIB, prealloc, bind);
	/* Two NUMA nodes are the way to give a machine memory from two backends. */
	add(args, "-numa");
	add(args, "node,memdev=low,cpus=0-%u", setup__vcpus(cell) - 1);
	add(args, "-numa");
	add(args, "node,memdev=arena");
}

static void add_all(struct args *args, const char *path, const struct qemu_vm *vm,
		    const struct qemu_request *req, const struct files *files)
{
	static const char *const always[] = {
		"-nodefaults", "-no-user-config", "-display",	  "none",
		"-S",	       "-no-reboot",	  "-no-shutdown", NULL,
	};
	const struct cell *cell = req->cell;
	/*
	 * QEMU's own local APIC has no x2APIC mode with KVM, and the guest may see the host's
	 * CPUID.
	 */
	bool x2apic = cell->config.x2apic && !(cell->workload->needs & NEEDS_XAPIC) &&
		      !(req->kvm && cell->config.irqchip == IRQCHIP_USER);

	add(args, "%s", path);
	add_words(args, always);
	add_machine(args, req, vm->arena_bytes != 0);
	add_memory(args, vm, cell, files->low);
	add(args, "-smp");
	add(args, "%u", setup__vcpus(cell));
	add(args, "-kernel");
	add(args, "/proc/self/fd/%d", files->kernel);
	add(args, "-append");
	add(args, "mailbox tsc_khz=%" PRIu64 " vcpus=%u%s", req->tsc_khz, setup__vcpus(cell),
	    x2apic ? " x2apic" : "");
	add(args, "-chardev");
	add(args, "socket,id=qmp,fd=%d", files->control);
	add(args, "-mon");
	add(args, "chardev=qmp,mode=control");
}

static int launch(struct qemu_vm *vm, const struct qemu_request *req, struct files *files,
		  struct error *err)
{
	int keep[] = { files->control, files->low, files->kernel, -1 };
	struct program_options opts = {
		.fds = keep,
		.no_thp = setup__pages(req->cell) == PAGES_4K,
	};
	struct args args = { 0 };
	char path[PATH_MAX];
	int ret = qemu_vm__find(path, sizeof(path), err);

	if (ret)
		return ret;
	add_all(&args, path, vm, req, files);
	if (args.failed)
		ret = error__set(err, -ENOMEM, "out of memory");
	else
		ret = program__start(&vm->program, (const char *const *)args.arg, &opts, err);
	while (args.nr)
		free(args.arg[--args.nr]);
	return ret;
}

/* The vCPU threads belong to QEMU, which runs them, but we place them. */
static int place_vcpus(struct qemu_vm *vm, const struct qemu_request *req, struct error *err)
{
	struct config config = req->cell->config;
	json_t *vcpus, *vcpu;
	size_t i;
	int ret;

	if (!config.pinned && config.numa == NUMA_NONE && config.sched == SCHED_CLASS_OTHER)
		return 0;
	ret = placement__settle(&config, err);
	if (ret)
		return ret;
	ret = qmp__call(&vm->qmp, "query-cpus-fast", NULL, &vcpus, req->deadline_ns, err);
	if (ret)
		return ret;
	json_array_foreach(vcpus, i, vcpu) {
		pid_t tid = (pid_t)json_integer_value(json_object_get(vcpu, "thread-id"));
		int number = (int)json_integer_value(json_object_get(vcpu, "cpu-index"));

		if (tid <= 0 || number < 0)
			ret = error__set(err, -EPROTO,
					 "QEMU does not name the threads of its vCPUs");
		if (!ret)
			ret = placement__set_class(&config, tid, err);
		if (!ret)
			ret = placement__pin_thread(&config, tid, (unsigned int)number, err);
		if (ret)
			break;
	}
	json_decref(vcpus);
	return ret;
}

static int connect_to(struct qemu_vm *vm, int fd, const struct qemu_request *req, struct error *err)
{
	enum config_pages pages = setup__pages(req->cell);
	int ret = qmp__open(&vm->qmp, fd, req->deadline_ns, err);
	struct error why = { 0 };

	if (!ret)
		ret = place_vcpus(vm, req, err);
	if (ret == -EPIPE)
		qemu_vm__describe(vm, err);
	if (ret == -EPIPE && (pages == PAGES_2M || pages == PAGES_1G))
		ret = error__set(
			&why, -EOPNOTSUPP,
			"%.600s; are enough huge pages reserved? 'echo %" PRIu64
			" >/sys/kernel/mm/hugepages/hugepages-%ukB/nr_hugepages', or use pages=thp",
			err->text, vm->arena_bytes / (pages == PAGES_1G ? GIB : 2 * MIB),
			pages == PAGES_1G ? 1048576 : 2048);
	if (why.code)
		*err = why;
	return ret;
}

int qemu_vm__start(struct qemu_vm *vm, const struct qemu_request *req, struct error *err)
{
	struct files files = { -1, -1, -1 };
	int control[2] = { -1, -1 }, ret;

	*vm = (struct qemu_vm){ .qmp.fd = -1 };
	ret = payload__check(req->payload, HV_LOW_BYTES, err);
	if (!ret)
		ret = lay_out(vm, req->cell, err);
	if (!ret)
		ret = create_low(vm, &files.low, err);
	if (!ret)
		ret = create_kernel(req->payload, &files.kernel, err);
	if (!ret && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control))
		ret = error__set(err, -errno, "a socket to control QEMU by: %s", strerror(errno));
	files.control = control[1];
	if (!ret)
		ret = launch(vm, req, &files, err);
	for (int *fd = &files.control; fd <= &files.kernel; fd++)
		if (*fd >= 0)
			close(*fd);
	if (!ret) {
		vm->mailbox = (struct hv_mailbox *)(vm->low + req->payload->note.mailbox);
		ret = connect_to(vm, control[0], req, err);
	} else if (control[0] >= 0) {
		close(control[0]);
	}
	if (ret)
		qemu_vm__destroy(vm);
	return ret;
}

int qemu_vm__go(struct qemu_vm *vm, uint64_t deadline_ns, struct error *err)
{
	return qmp__call(&vm->qmp, "cont", NULL, NULL, deadline_ns, err);
}

static bool has_memory(const struct qemu_vm *vm, uint64_t gpa, uint64_t bytes)
{
	for (unsigned int i = 0; i < HV_MAX_RAM; i++) {
		struct hv_range ram = vm->mailbox->ram[i];

		if (bytes <= ram.bytes && gpa >= ram.gpa && gpa - ram.gpa <= ram.bytes - bytes)
			return true;
	}
	return false;
}

int qemu_vm__check_memory(const struct qemu_vm *vm, struct error *err)
{
	if (!vm->arena_bytes || (has_memory(vm, vm->arena_gpa, vm->arena_bytes) &&
				 has_memory(vm, vm->tables_gpa, vm->tables_bytes)))
		return 0;
	return error__set(err, -EOPNOTSUPP,
			  "this QEMU's machine has no %" PRIu64 " MiB of memory at 0x%" PRIx64
			  ", by the memory map its firmware gives to the guest",
			  vm->arena_bytes / MIB, vm->arena_gpa);
}

static void describe_end(struct qemu_vm *vm, struct error *err)
{
	char said[600], how[160] = "ended";
	int status;

	/* Its socket closes a moment before the process has ended. */
	if (program__wait(&vm->program, 1000))
		snprintf(how, sizeof(how), "closed its control socket");
	program__said(&vm->program, said, sizeof(said));
	status = program__kill(&vm->program);
	if (how[0] == 'e' && WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (how[0] == 'e')
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	error__set(err, err->code, "QEMU %s%s%s", how, said[0] ? ": " : "", said);
}

void qemu_vm__describe(struct qemu_vm *vm, struct error *err)
{
	json_t *answer = NULL;
	struct error unused;
	const char *text, *rip, *cpl;
	char said[160];
	size_t used;

	if (err->code == -EPIPE) {
		describe_end(vm, err);
		return;
	}
	program__said(&vm->program, said, sizeof(said));
	if (qmp__call(&vm->qmp, "human-monitor-command",
		      json_pack("{s:s}", "command-line", "info registers"), &answer,
		      clock__ns() + DESCRIBE_NS, &unused))
		return;
	text = json_string_value(answer);
	rip = text ? strstr(text, "RIP=") : NULL;
	cpl = text ? strstr(text, "CPL=") : NULL;
	used = strlen(err->text);
	if (rip && cpl)
		snprintf(err->text + used, sizeof(err->text) - used,
			 " [vCPU 0 at RIP 0x%" PRIx64 ", CPL %u]%s%s",
			 (uint64_t)strtoull(rip + 4, NULL, 16),
			 (unsigned int)strtoul(cpl + 4, NULL, 10) & 3, said[0] ? "; QEMU: " : "",
			 said);
	json_decref(answer);
}

int64_t qemu_vm__huge_bytes(const struct qemu_vm *vm)
{
	char path[64], line[256];
	int64_t bytes = -ENODATA;
	uint64_t kb;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)vm->program.pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "AnonHugePages: %" SCNu64, &kb) == 1)
			bytes = (int64_t)(kb * 1024);
	fclose(f);
	return bytes;
}

void qemu_vm__destroy(struct qemu_vm *vm)
{
	program__kill(&vm->program);
	qmp__close(&vm->qmp);
	if (vm->low)
		munmap(vm->low, HV_LOW_BYTES);
	*vm = (struct qemu_vm){ .qmp.fd = -1 };
}
