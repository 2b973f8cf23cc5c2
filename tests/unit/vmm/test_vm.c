// SPDX-License-Identifier: GPL-2.0-or-later
// timeout: 90
/*
 * The VMM on this machine's /dev/kvm: it gives back all that it took, also if making a VM fails
 * halfway; a vCPU can be stopped wherever it is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "bench/backends/mailbox.h"
#include "bench/base/clock.h"
#include "bench/kvm/device.h"
#include "bench/vmm/devices.h"
#include "bench/vmm/irqchip.h"
#include "bench/vmm/payload.h"
#include "bench/vmm/slots.h"
#include "bench/vmm/vm.h"
#include "bench/vmm/watchdog.h"

static struct payload payload;
static struct config config;

static unsigned int entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* What a VM takes of the process. */
struct holdings {
	unsigned int fds, threads, timers, kvm_mappings;
};

static unsigned int lines_with(const char *path, const char *word)
{
	FILE *f = fopen(path, "re");
	unsigned int n = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return n;
}

static struct holdings holdings(void)
{
	return (struct holdings){
		.fds = entries("/proc/self/fd"),
		.threads = entries("/proc/self/task"),
		.timers = lines_with("/proc/self/timers", "ID:"),
		.kvm_mappings = lines_with("/proc/self/maps", "kvm-vcpu"),
	};
}

static void assert_same_holdings(struct holdings before, const char *after_what)
{
	struct holdings now;

	/* A joined thread may still be visible for a moment. */
	for (int i = 0; i < 100; i++) {
		now = holdings();
		if (now.threads == before.threads)
			break;
		usleep(1000);
	}
	if (memcmp(&now, &before, sizeof(now)))
		fail_msg("%s: descriptors %u -> %u, threads %u -> %u, timers %u -> %u, mappings of "
			 "KVM "
			 "%u -> %u",
			 after_what, before.fds, now.fds, before.threads, now.threads,
			 before.timers, now.timers, before.kvm_mappings, now.kvm_mappings);
}

static struct vm_request request(unsigned int nr_vcpus)
{
	return (struct vm_request){
		.config = &config,
		.payload = &payload,
		.nr_vcpus = nr_vcpus,
		.x2apic = true,
		.arena_pages = PAGES_4K,
	};
}

static int set_up(void **state)
{
	struct error err = { 0 };

	(void)state;
	config__init(&config);
	return payload__open(&payload, NULL, &err) || watchdog__init_signal(&err) ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	payload__close(&payload);
	return 0;
}

/* Runs to the next doorbell, with a time limit. */
static int run(struct vm *vm, uint32_t *bell, struct error *err)
{
	struct watchdog dog;
	int ret = watchdog__start(&dog, &vm->vcpus[0], 5000, err);

	if (!ret)
		ret = vcpu__run(&vm->vcpus[0], bell, err);
	watchdog__stop(&dog);
	return ret;
}

static void run_to(struct vm *vm, uint32_t want)
{
	struct error err = { 0 };
	uint32_t bell = 0;

	if (run(vm, &bell, &err))
		fail_msg("%s", err.text);
	assert_int_equal(bell, want);
}

static void create(struct vm *vm, const struct vm_request *req)
{
	struct error err = { 0 };

	if (vm__create(vm, req, &err))
		fail_msg("%s", err.text);
}

static struct hv_command command(const char *workload, uint32_t seq, uint64_t ops, uint32_t samples)
{
	struct hv_command cmd = {
		.seq = seq, .ops_per_sample = ops, .samples = samples, .ring = 3
	};

	snprintf(cmd.workload, sizeof(cmd.workload), "%s", workload);
	return cmd;
}

/*
 * Measures once; returns the exits to user space by KVM_EXIT_IO between the two bells, without the
 * bells' own.
 */
static uint64_t measure(struct vm *vm, uint32_t seq, uint64_t ops, uint32_t samples)
{
	struct hv_mailbox *mb = vm__mailbox(vm);
	uint64_t begin, end;

	mb->command = command("pio-user", seq, ops, samples);
	run_to(vm, HV_BELL_BEGIN);
	begin = vm->vcpus[0].user_exits[KVM_EXIT_IO];
	run_to(vm, HV_BELL_END);
	end = vm->vcpus[0].user_exits[KVM_EXIT_IO] - 1;
	run_to(vm, HV_BELL_READY);
	assert_int_equal(mb->status.state, HV_STATE_DONE);
	assert_int_equal(mb->status.seq, seq);
	assert_int_equal(mb->status.nr_samples, samples);
	assert_int_equal(mb->status.ops_per_sample, ops);
	return end - begin;
}

static void payload_boots_and_obeys(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(1);
	uint64_t start = arch_clock();
	struct vm vm;

	(void)state;
	create(&vm, &req);
	assert_int_equal(vm__mailbox(&vm)->host_magic, HV_HOST_MAGIC);
	run_to(&vm, HV_BELL_READY);
	assert_int_equal(vm__mailbox(&vm)->status.state, HV_STATE_READY);
	if (vm.tsc_khz)
		assert_true(vm__mailbox(&vm)->status.entry_tsc > start || !vm.tsc_is_host);
	for (uint32_t seq = 1; seq <= 3; seq++)
		assert_int_equal(measure(&vm, seq, 10 * seq, 20), 200 * seq);
	vm__destroy(&vm);
	assert_same_holdings(before, "a VM that measured");
}

static void every_irqchip_boots(void **state)
{
	static const enum config_irqchip chips[] = { IRQCHIP_KERNEL, IRQCHIP_SPLIT, IRQCHIP_USER };
	struct holdings before = holdings();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct vm_request req = request(1);
		struct vm vm;

		config.irqchip = chips[i];
		req.devices = NEEDS_IOEVENTFD | NEEDS_COALESCED_MMIO |
			      (irqchip__has_lapic(&config) ? NEEDS_INJECTOR : 0);
		create(&vm, &req);
		run_to(&vm, HV_BELL_READY);
		assert_int_equal(measure(&vm, 1, 5, 5), 25);
		vm__destroy(&vm);
	}
	config.irqchip = IRQCHIP_KERNEL;
	assert_same_holdings(before, "VMs with every irqchip and device");
}

static void many_vms_leave_nothing(void **state)
{
	struct vm_request req = request(1);
	struct holdings before;
	struct vm vm;

	(void)state;
	create(&vm, &req); /* the C library keeps some things after the first VM */
	vm__destroy(&vm);
	before = holdings();
	for (int i = 0; i < 50; i++) {
		create(&vm, &req);
		if (i % 2)
			run_to(&vm, HV_BELL_READY);
		vm__destroy(&vm);
	}
	assert_same_holdings(before, "50 VMs");
}

static void vms_take_turns_in_one_thread(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(1);
	struct vm vms[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		create(&vms[i], &req);
	for (int i = 0; i < 8; i++)
		run_to(&vms[i], HV_BELL_READY);
	for (uint32_t seq = 1; seq <= 2; seq++)
		for (int i = 0; i < 8; i++)
			assert_int_equal(measure(&vms[i], seq, 3, 4), 12);
	for (int i = 0; i < 8; i++)
		vm__destroy(&vms[i]);
	assert_same_holdings(before, "eight VMs at once");
}

/* By name, since KVM may add threads of its own. */
static unsigned int vcpu_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int n = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		char path[300];

		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		n += lines_with(path, "vcpu");
	}
	closedir(dir);
	return n;
}

static void secondaries_start_and_end(void **state)
{
	static const unsigned int sizes[] = { 2, 4, 16 };
	struct holdings before = holdings();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct vm_request req = request(sizes[i]);
		struct error err = { 0 };
		struct vm vm;

		create(&vm, &req);
		assert_int_equal(vm__start_secondaries(&vm, &err), 0);
		assert_int_equal(vcpu_threads(), sizes[i] - 1);
		run_to(&vm, HV_BELL_READY);
		assert_int_equal(measure(&vm, 1, 5, 5), 25);
		assert_int_equal(vm__mailbox(&vm)->status.vcpus_online, sizes[i]);
		vm__destroy(&vm);
		assert_same_holdings(before, "a VM of several vCPUs");
	}
	/* Destroyed while they start, before vCPU 0 has run. */
	for (int i = 0; i < 10; i++) {
		struct vm_request req = request(3);
		struct error err = { 0 };
		struct vm vm;

		create(&vm, &req);
		assert_int_equal(vm__start_secondaries(&vm, &err), 0);
		vm__destroy(&vm);
	}
	assert_same_holdings(before, "VMs that were destroyed at once");
}

/* CPU time of the thread, in ns: it stays the same while the thread is held. */
static uint64_t cpu_ns(const struct vcpu *vcpu)
{
	struct timespec t;
	clockid_t clock;

	assert_int_equal(pthread_getcpuclockid(vcpu->thread, &clock), 0);
	assert_int_equal(clock_gettime(clock, &t), 0);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void a_held_vcpu_stands_still(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(2);
	struct error err = { 0 };
	struct vm vm;
	struct vcpu *other;
	uint64_t used;

	(void)state;
	create(&vm, &req);
	other = &vm.vcpus[1];
	/* A vCPU without a thread cannot be held. */
	vcpu__hold(&vm.vcpus[0]);
	vcpu__let_go(&vm.vcpus[0]);
	assert_int_equal(vm__start_secondaries(&vm, &err), 0);
	/* Held before it has run and while it runs, again and again. */
	for (int i = 0; i < 200; i++) {
		vcpu__hold(other);
		if (i % 20 == 0) {
			used = cpu_ns(other);
			usleep(2000);
			assert_true(cpu_ns(other) - used < 100000);
		}
		vcpu__let_go(other);
	}
	run_to(&vm, HV_BELL_READY);
	assert_int_equal(measure(&vm, 1, 5, 5), 25);
	assert_int_equal(other->ended, 0);
	/* Destroyed while it is held. */
	vcpu__hold(other);
	vm__destroy(&vm);
	assert_same_holdings(before, "a VM whose vCPU was held");
}

/*
 * A secondary vCPU that cannot go on reports to vCPU 0, whose memory and thread may be going away
 * just then: with nothing to execute at its entry it fails at once, and the VM is destroyed around
 * that moment.
 */
static void secondary_may_fail_while_the_vm_goes(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(16);

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct kvm_regs regs;
		struct error err = { 0 };
		struct vm vm;

		create(&vm, &req);
		for (int k = 1; k < 16; k++) {
			assert_int_equal(ioctl(vm.vcpus[k].fd, KVM_GET_REGS, &regs), 0);
			regs.rip = 0x40000000;
			assert_int_equal(ioctl(vm.vcpus[k].fd, KVM_SET_REGS, &regs), 0);
		}
		assert_int_equal(vm__start_secondaries(&vm, &err), 0);
		usleep(i * 17 % 500);
		vm__destroy(&vm);
	}
	assert_same_holdings(before, "vCPUs that failed");
}

static void most_vcpus_are_made_and_one_more_is_refused(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(HV_MAX_VCPUS);
	struct error err = { 0 };
	struct vm vm;

	(void)state;
	if (vm__create(&vm, &req, &err) == 0)
		vm__destroy(&vm);
	else
		assert_int_equal(err.code, -ERANGE); /* a host that allows fewer */
	req.nr_vcpus = HV_MAX_VCPUS + 1;
	assert_int_equal(vm__create(&vm, &req, &err), -ERANGE);
	assert_non_null(strstr(err.text, "65 vCPUs"));
	assert_same_holdings(before, "too many vCPUs");
}

/* If descriptors run out at any step, nothing of the earlier steps is kept. */
static void every_step_can_fail(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(2);
	struct rlimit old, few;
	unsigned int failed = 0;
	int ret = -1;

	(void)state;
	req.devices = DEVICES_NEEDS;
	req.arena_bytes = 2 << 20;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (unsigned int n = 0; ret && n < 64; n++) {
		struct error err = { 0 };
		struct vm vm;
		int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

		close(lowest);
		few = (struct rlimit){ .rlim_cur = (rlim_t)lowest + n, .rlim_max = old.rlim_max };
		setrlimit(RLIMIT_NOFILE, &few);
		ret = vm__create(&vm, &req, &err);
		setrlimit(RLIMIT_NOFILE, &old);
		if (!ret) {
			vm__destroy(&vm);
			break;
		}
		failed++;
		assert_int_equal(ret, err.code);
		assert_true(strlen(err.text) > 10);
		assert_same_holdings(before, err.text);
	}
	assert_int_equal(ret, 0);
	assert_true(failed >= 5); /* for /dev/kvm, VM, two vCPUs, two eventfds */
	assert_same_holdings(before, "the one that worked");
}

static void bad_memory_is_refused(void **state)
{
	static const uint64_t sizes[] = { 1ull << 45, 1ull << 62, UINT64_MAX, UINT64_MAX - 4095 };
	struct holdings before = holdings();

	(void)state;
	for (int i = 0; i < 4; i++) {
		for (enum config_pages pages = PAGES_4K; pages <= PAGES_1G; pages++) {
			struct vm_request req = request(1);
			struct error err = { 0 };
			struct vm vm;

			req.arena_bytes = sizes[i];
			req.arena_pages = pages;
			if (vm__create(&vm, &req, &err) == 0)
				fail_msg("%llu bytes were given", (unsigned long long)sizes[i]);
			assert_true(strlen(err.text) > 20);
		}
	}
	assert_same_holdings(before, "VMs that were too large");
}

static void bad_payload_leaves_no_vm(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(1);
	struct payload bad = payload;
	struct error err = { 0 };
	struct vm vm;

	(void)state;
	bad.note.mailbox = HV_LOW_BYTES;
	req.payload = &bad;
	assert_int_equal(vm__create(&vm, &req, &err), -EBADMSG);
	assert_same_holdings(before, "a payload outside memory");
}

/* The guest polls for a command that never comes. */
static void spinning_vcpu_is_stopped_in_time(void **state)
{
	struct holdings before = holdings();
	struct vm_request req = request(1);
	struct error err = { 0 };
	struct watchdog dog;
	uint64_t start, took_ms;
	uint32_t bell = 0;
	struct vm vm;

	(void)state;
	create(&vm, &req);
	run_to(&vm, HV_BELL_READY);
	start = clock__ns();
	assert_int_equal(watchdog__start(&dog, &vm.vcpus[0], 200, &err), 0);
	assert_int_equal(vcpu__run(&vm.vcpus[0], &bell, &err), -ETIME);
	watchdog__stop(&dog);
	took_ms = (clock__ns() - start) / 1000000;
	assert_in_range(took_ms, 199, 3000);
	vcpu__describe(&vm.vcpus[0], &err);
	assert_non_null(strstr(err.text, "vCPU 0 at RIP 0x1"));
	assert_non_null(strstr(err.text, "bytes "));
	vm__destroy(&vm);
	assert_same_holdings(before, "a vCPU that was stopped");
}

static void watchdog_that_is_stopped_does_nothing(void **state)
{
	struct vm_request req = request(1);
	struct error err = { 0 };
	struct watchdog dog;
	struct vm vm;

	(void)state;
	create(&vm, &req);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(watchdog__start(&dog, &vm.vcpus[0], 1 + i % 3, &err), 0);
		if (i % 2)
			usleep(1000);
		watchdog__stop(&dog);
		watchdog__stop(&dog);
	}
	vm.vcpus[0].stop = 0;
	vm.vcpus[0].run->immediate_exit = 0;
	usleep(5000);
	assert_int_equal(vm.vcpus[0].stop, 0);
	run_to(&vm, HV_BELL_READY);
	vm__destroy(&vm);
}

static void *kick_soon(void *arg)
{
	usleep(100000);
	vcpu__kick(arg);
	return NULL;
}

static void kick_from_another_thread_stops(void **state)
{
	struct vm_request req = request(1);
	struct error err = { 0 };
	pthread_t thread;
	uint32_t bell;
	struct vm vm;

	(void)state;
	create(&vm, &req);
	run_to(&vm, HV_BELL_READY);
	assert_int_equal(pthread_create(&thread, NULL, kick_soon, &vm.vcpus[0]), 0);
	assert_int_equal(vcpu__run(&vm.vcpus[0], &bell, &err), -ETIME);
	pthread_join(thread, NULL);
	/* A kick before the vCPU runs is not lost. */
	vm.vcpus[0].stop = 0;
	vcpu__kick(&vm.vcpus[0]);
	assert_int_equal(vcpu__run(&vm.vcpus[0], &bell, &err), -ETIME);
	vm__destroy(&vm);
}

/* Any process may send the signal; its value must not be taken for a vCPU's address. */
static void signals_of_others_change_nothing(void **state)
{
	union sigval value = { .sival_ptr = (void *)0xdead };
	struct vm_request req = request(1);
	struct vm vm;

	(void)state;
	create(&vm, &req);
	run_to(&vm, HV_BELL_READY);
	for (int i = 0; i < 100; i++) {
		pid_t child = i % 10 ? -1 : fork();

		if (child == 0) {
			sigqueue(getppid(), SIGRTMIN + 2, value);
			_exit(0);
		}
		kill(getpid(), SIGRTMIN + 2);
	}
	while (wait(NULL) > 0)
		;
	assert_int_equal(measure(&vm, 1, 10, 20), 200);
	vm__destroy(&vm);
}

/* A leaf of the CPUID that the guest sees on a vCPU; NULL: there is no such leaf. */
static const struct kvm_cpuid_entry2 *leaf(const struct vcpu *vcpu, uint32_t function)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid;

	memset(&cpuid, 0, sizeof(cpuid));
	cpuid.head.nent = 256;
	assert_int_equal(ioctl(vcpu->fd, KVM_GET_CPUID2, &cpuid), 0);
	for (uint32_t i = 0; i < cpuid.head.nent; i++)
		if (cpuid.entries[i].function == function)
			return &cpuid.entries[i];
	return NULL;
}

/*
 * Each vCPU has its own id in both leaves: guests number their CPUs by them, and if two had the
 * same id an interrupt could go to either.
 */
static void every_vcpu_has_its_apic_id(void **state)
{
	static const uint32_t topology[] = { 0xb, 0x1f };
	struct vm_request req = request(4);
	struct vm vm;

	(void)state;
	create(&vm, &req);
	for (unsigned int i = 0; i < 4; i++) {
		const struct kvm_cpuid_entry2 *e = leaf(&vm.vcpus[i], 1);

		assert_non_null(e);
		assert_int_equal(e->ebx >> 24, i);
		for (unsigned int k = 0; k < 2; k++) {
			e = leaf(&vm.vcpus[i], topology[k]);
			if (e)
				assert_int_equal(e->edx, i);
			else
				print_message("this KVM has no leaf 0x%x\n", topology[k]);
		}
	}
	vm__destroy(&vm);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(payload_boots_and_obeys),
		TEST(every_irqchip_boots),
		TEST(every_vcpu_has_its_apic_id),
		TEST(many_vms_leave_nothing),
		TEST(vms_take_turns_in_one_thread),
		TEST(secondaries_start_and_end),
		TEST(a_held_vcpu_stands_still),
		TEST(secondary_may_fail_while_the_vm_goes),
		TEST(most_vcpus_are_made_and_one_more_is_refused),
		TEST(every_step_can_fail),
		TEST(bad_memory_is_refused),
		TEST(bad_payload_leaves_no_vm),
		TEST(spinning_vcpu_is_stopped_in_time),
		TEST(watchdog_that_is_stopped_does_nothing),
		TEST(kick_from_another_thread_stops),
		TEST(signals_of_others_change_nothing),
	};
	struct error err = { 0 };
	int kvm = kvm_device__open(&err);

	if (kvm < 0) {
		printf("1..0 # SKIP %s\n", err.text);
		return 0;
	}
	close(kvm);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
