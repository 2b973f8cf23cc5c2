/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/vmm/placement.h"
#include "bench/vmm/vm.h"

#define SLOT_LOW	0
#define SLOT_ARENA	1
#define GIB		(1ull << 30)
#define PAGE_2M		(2ull << 20)
/* Only VMX without unrestricted guests uses these; they must lie outside all slots. */
#define TSS_ADDRESS	0xfffbd000ull
#define IDENTITY_MAP	0xfffbc000ull

/* What helps depends on whose the device is: its group may be root's, or have no right to it either. */
static int no_permission(struct error *err)
{
	const int code = -errno;
	const struct group *group;
	struct stat st;

	if (stat("/dev/kvm", &st) || !st.st_gid || (~st.st_mode & (S_IRGRP | S_IWGRP)))
		return error__set(err, code, "no permission to open /dev/kvm, which is not open to a group: run as root, or have "
				  "root let you use it (setfacl -m u:USER:rw /dev/kvm, until the next boot)");
	group = getgrgid(st.st_gid);
	if (!group)
		return error__set(err, code, "no permission to open /dev/kvm: join its group, which is %u and has no name "
				  "here, or run as root", (unsigned int)st.st_gid);
	return error__set(err, code, "no permission to open /dev/kvm: join its group (usermod -aG %.64s USER, then log in "
			  "anew) or run as root", group->gr_name);
}

int vm__open_kvm(struct error *err)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC), version;

	if (fd < 0 && errno == ENOENT)
		return error__set(err, -ENOENT, "there is no /dev/kvm: load KVM (modprobe kvm_intel or "
				  "kvm_amd), switch virtualization on in the firmware, or use "
				  "--backend native");
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return no_permission(err);
	if (fd < 0)
		return error__set(err, errno == EMFILE || errno == ENFILE ? -errno : -ENODEV,
				  "opening /dev/kvm: %s", strerror(errno));
	version = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION) {
		close(fd);
		return error__set(err, -ENODEV, "/dev/kvm does not speak KVM's API (version %d, "
				  "wanted %d)", version, KVM_API_VERSION);
	}
	return fd;
}

uint64_t vm__host_tsc_khz(void)
{
	struct error ignored;
	int kvm = vm__open_kvm(&ignored), vm, khz = 0;

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

static int set_memory(struct vm *vm, uint32_t slot, uint32_t flags, struct error *err)
{
	const struct memory *mem = slot == SLOT_LOW ? &vm->low : &vm->arena;
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = slot == SLOT_LOW ? 0 : HV_ARENA_GPA,
		.memory_size = mem->bytes,
		.userspace_addr = (uintptr_t)mem->host,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return error__set(err, -errno, "giving the VM %llu MiB of memory: %s",
				  (unsigned long long)(mem->bytes >> 20), strerror(errno));
	return 0;
}

/* Page tables for the arena: a page a GiB, and one for every 2 MiB where 4 KiB pages are mapped. */
uint64_t vm__table_bytes(uint64_t arena_bytes)
{
	uint64_t pages = arena_bytes / GIB + 1 + arena_bytes / PAGE_2M + 1;

	return arena_bytes ? (pages * 4096 + PAGE_2M - 1) & ~(PAGE_2M - 1) : 0;
}

static int setup_memory(struct vm *vm, const struct vm_request *req, struct error *err)
{
	uint64_t tables = vm__table_bytes(req->arena_bytes);
	int ret;

	if (HV_LOW_BYTES + tables > 3 * GIB)
		return error__set(err, -ERANGE, "%llu GiB of working set need more page tables than "
				  "fit below 3 GiB", (unsigned long long)(req->arena_bytes / GIB));
	vm->tables_gpa = HV_LOW_BYTES;
	vm->tables_bytes = tables;
	ret = memory__alloc(&vm->low, HV_LOW_BYTES + tables, PAGES_4K, err);
	if (!ret)
		ret = memory__bind(&vm->low, vm->config.numa, err);
	if (ret)
		return ret;
	ret = payload__load(req->payload, vm->low.host, HV_LOW_BYTES, err);
	if (ret)
		return ret;
	ret = set_memory(vm, SLOT_LOW, 0, err);
	if (ret || !req->arena_bytes)
		return ret;
	/* Where the guest has it too, so that a process can follow its pointers: see reference.h. */
	ret = memory__alloc_at(&vm->arena, HV_ARENA_VA, req->arena_bytes, req->arena_pages, err);
	if (!ret)
		ret = memory__bind(&vm->arena, vm->config.numa, err);
	if (!ret)
		ret = memory__prove(&vm->arena, err);
	if (ret)
		return ret;
	if (req->populate) {
		ret = memory__populate(&vm->arena, err);
		if (ret)
			return ret;
	}
	return set_memory(vm, SLOT_ARENA, 0, err);
}

const struct memory *vm__slot(const struct vm *vm, uint32_t slot)
{
	const struct memory *mem = slot == SLOT_LOW ? &vm->low : slot == SLOT_ARENA ? &vm->arena : NULL;

	return mem && mem->host ? mem : NULL;
}

int vm__log_slots(struct vm *vm, bool on, struct error *err)
{
	int ret = 0;

	for (uint32_t slot = 0; slot < VM_MAX_SLOTS && !ret; slot++)
		if (vm__slot(vm, slot))
			ret = set_memory(vm, slot, on ? KVM_MEM_LOG_DIRTY_PAGES : 0, err);
	return ret ? error__prefix(err, "dirty_log") : 0;
}

static int enable_cap(struct vm *vm, uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { arg } };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) < 0 ? -errno : 0;
}

static int setup_capabilities(struct vm *vm, struct error *err)
{
	const struct config *config = &vm->config;
	int ret;

	if (config->disable_exits) {
		int can = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_X86_DISABLE_EXITS);
		uint32_t refused = config->disable_exits & ~(can > 0 ? (uint32_t)can : 0);

		if (refused)
			snprintf(vm->disable_exits_refused, sizeof(vm->disable_exits_refused),
				 "%s%s%s%s", refused & DISABLE_EXIT_MWAIT ? "mwait " : "",
				 refused & DISABLE_EXIT_HLT ? "hlt " : "",
				 refused & DISABLE_EXIT_PAUSE ? "pause " : "",
				 refused & DISABLE_EXIT_CSTATE ? "cstate " : "");
		ret = enable_cap(vm, KVM_CAP_X86_DISABLE_EXITS, config->disable_exits & ~refused);
		if (ret && !refused)
			return error__set(err, ret, "disable_exits (KVM_CAP_X86_DISABLE_EXITS): %s",
					  strerror(-ret));
	}
	if (config->halt_poll_ns != HALT_POLL_DEFAULT) {
		ret = enable_cap(vm, KVM_CAP_HALT_POLL, (uint64_t)config->halt_poll_ns);
		if (ret)
			return error__set(err, ret, "halt_poll_ns (KVM_CAP_HALT_POLL): %s",
					  strerror(-ret));
	}
	return 0;
}

int vm__create_fd(struct vm *vm, struct error *err)
{
	*vm = (struct vm){ .kvm_fd = -1, .fd = -1, .ioeventfd = -1, .irqfd = -1,
			   .stats.fd = -1 };
	vm->kvm_fd = vm__open_kvm(err);
	if (vm->kvm_fd < 0)
		return vm->kvm_fd;
	/* A signal can interrupt it: there is nothing wrong then. */
	do {
		vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
	} while (vm->fd < 0 && errno == EINTR);
	if (vm->fd < 0) {
		int code = -errno;

		vm__destroy(vm);
		return error__set(err, code, "creating a VM (KVM_CREATE_VM): %s", strerror(-code));
	}
	return 0;
}

static int setup_devices(struct vm *vm, const struct vm_request *req, struct error *err)
{
	int ret = 0;

	if (req->ioeventfd)
		ret = irqchip__add_ioeventfds(vm, err);
	if (!ret && req->coalesced_mmio)
		ret = irqchip__add_coalesced(vm, err);
	if (!ret && req->irqfd)
		ret = irqchip__route_msi(vm, HV_IRQFD_GSI, HV_VECTOR_INJECT, err);
	if (!ret && req->irqfd)
		ret = irqchip__add_irqfd(vm, HV_IRQFD_GSI, err);
	return ret;
}

int vm__setup(struct vm *vm, const struct vm_request *req, struct error *err)
{
	uint64_t identity_map = IDENTITY_MAP;
	struct hv_mailbox *mb;
	struct error ignored;
	int max = ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS), ret;

	vm->config = *req->config;
	ret = placement__settle(&vm->config, err);
	if (ret)
		return ret;
	vm->payload = req->payload;
	vm->first_pin = req->first_pin;
	if (req->nr_vcpus > HV_MAX_VCPUS || (max > 0 && req->nr_vcpus > (unsigned int)max))
		return error__set(err, -ERANGE, "%u vCPUs are more than %s allows (%d)", req->nr_vcpus,
				  max > 0 && max < HV_MAX_VCPUS ? "this host's KVM" : "the payload",
				  max > 0 && max < HV_MAX_VCPUS ? max : HV_MAX_VCPUS);
	vm->vcpus = calloc(req->nr_vcpus, sizeof(*vm->vcpus));
	if (!vm->vcpus)
		return error__set(err, -ENOMEM, "no memory for %u vCPUs", req->nr_vcpus);
	/* Failure means that nobody needs them. */
	ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDRESS);
	ioctl(vm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
	ret = setup_capabilities(vm, err);
	if (!ret)
		ret = dirty__setup(vm, err);
	/* Memory first: a slot that follows the irqchip closely waits some ms for KVM's SRCU. */
	if (!ret)
		ret = setup_memory(vm, req, err);
	if (!ret)
		ret = irqchip__create(vm, err);
	if (!ret)
		ret = setup_devices(vm, req, err);
	if (ret)
		return ret;
	vm->has_stats = kvmstats__open(&vm->stats, vm->fd, &ignored) == 0;

	mb = vm__mailbox(vm);
	mb->host_magic = HV_HOST_MAGIC;
	mb->doorbell_port = HV_PORT_DOORBELL;
	mb->nr_vcpus = req->nr_vcpus;
	mb->boot_flags = (req->x2apic ? HV_BOOT_X2APIC : 0) |
			 (irqchip__has_lapic(req->config) ? 0 : HV_BOOT_NO_LAPIC);
	return 0;
}

int vm__add_vcpu(struct vm *vm, unsigned int index, struct error *err)
{
	struct error ignored;
	int ret = vcpu__create(vm, index, err);

	/* Counted in any case: what there is of it has to be taken down. */
	vm->nr_vcpus = index + 1;
	if (!ret) {
		kvmstats__open(&vm->vcpus[index].stats, vm->vcpus[index].fd, &ignored);
		ret = vcpu__reset(&vm->vcpus[index], err);
	}
	if (!ret && index == 0)
		vm__mailbox(vm)->tsc_khz = vm->tsc_khz;
	return ret;
}

int vm__create(struct vm *vm, const struct vm_request *req, struct error *err)
{
	int ret = vm__create_fd(vm, err);

	if (ret)
		return ret;
	ret = vm__setup(vm, req, err);
	for (unsigned int i = 0; !ret && i < req->nr_vcpus; i++)
		ret = vm__add_vcpu(vm, i, err);
	if (ret)
		vm__destroy(vm);
	return ret;
}

static void *secondary_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;
	uint32_t bell;
	int ret;

	ret = vm__pin_thread(&vm->config, 0, vm->first_pin + vcpu->index, &vcpu->failure);
	if (!ret)
		ret = vcpu__run(vcpu, &bell, &vcpu->failure);
	if (ret == 0)
		error__set(&vcpu->failure, -EPROTO, "vCPU %u rang the doorbell (%u)", vcpu->index, bell);
	else if (ret == -ETIME)
		vcpu->failure.code = 0;
	pthread_mutex_lock(&vcpu->turn);
	vcpu->ended = 1;
	pthread_cond_broadcast(&vcpu->turned);
	pthread_mutex_unlock(&vcpu->turn);
	/* Whoever waits for vCPU 0 must not wait for an answer that cannot come. */
	if (vcpu->failure.code)
		vcpu__kick(&vm->vcpus[0]);
	return NULL;
}

int vm__set_class(const struct config *config, pid_t tid, struct error *err)
{
	static const int policies[] = {
		[SCHED_CLASS_OTHER] = SCHED_OTHER, [SCHED_CLASS_BATCH] = SCHED_BATCH,
		[SCHED_CLASS_IDLE] = SCHED_IDLE, [SCHED_CLASS_FIFO] = SCHED_FIFO,
		[SCHED_CLASS_RR] = SCHED_RR,
	};
	struct sched_param param = { .sched_priority = config->sched_priority };

	if (config->sched == SCHED_CLASS_OTHER ||
	    sched_setscheduler(tid, policies[config->sched], &param) == 0)
		return 0;
	return error__set(err, -errno, "sched=: %s; real-time classes need root or CAP_SYS_NICE",
			  strerror(errno));
}

int vm__pin_thread(const struct config *config, pid_t tid, unsigned int number, struct error *err)
{
	unsigned int nr = cpus__count(&config->pin);
	int cpu, ret;

	if (!nr)
		return 0;
	if (!config->pinned) {
		ret = cpus__set_affinity(tid, &config->pin);
		return ret ? error__set(err, ret, "keeping a vCPU's thread on NUMA node %d: %s", config->numa,
					strerror(-ret)) : 0;
	}
	cpu = cpus__nth(&config->pin, number % nr);
	ret = cpus__set_affinity_to(tid, (unsigned int)cpu);
	return !ret ? 0 : error__set(err, ret, "pinning a vCPU's thread to CPU %d: %s; pin= takes CPUs that "
			  "are online and that this process may use (in a shell: taskset -cp $$)", cpu, strerror(-ret));
}

int vm__start_secondaries(struct vm *vm, struct error *err)
{
	for (unsigned int i = 1; i < vm->nr_vcpus; i++) {
		struct vcpu *vcpu = &vm->vcpus[i];
		char name[16];
		int ret;

		pthread_mutex_init(&vcpu->turn, NULL);
		pthread_cond_init(&vcpu->turned, NULL);
		ret = pthread_create(&vcpu->thread, NULL, secondary_thread, vcpu);

		if (ret)
			return error__set(err, -ret, "starting the thread of vCPU %u: %s", i,
					  strerror(ret));
		vcpu->has_thread = true;
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(vcpu->thread, name);
	}
	return 0;
}

struct hv_mailbox *vm__mailbox(struct vm *vm)
{
	return (struct hv_mailbox *)((uint8_t *)vm->low.host + vm->payload->note.mailbox);
}

void vm__destroy(struct vm *vm)
{
	/* One that ends by itself tells vCPU 0, which has to be there until then. */
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu__join(&vm->vcpus[i]);
	for (unsigned int i = 0; i < vm->nr_vcpus; i++)
		vcpu__destroy(&vm->vcpus[i]);
	free(vm->vcpus);
	if (vm->has_stats)
		kvmstats__close(&vm->stats);
	if (vm->ioeventfd >= 0)
		close(vm->ioeventfd);
	if (vm->irqfd >= 0)
		close(vm->irqfd);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm_fd >= 0)
		close(vm->kvm_fd);
	memory__free(&vm->low);
	memory__free(&vm->arena);
	*vm = (struct vm){ .kvm_fd = -1, .fd = -1, .ioeventfd = -1, .irqfd = -1, .stats.fd = -1 };
}
