// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A VMM that is not hvbench's, whose guests take a known number of known exits:
 *
 * 	exits-guest OPERATIONS BATCH BATCHES [VMS [turns]]
 *
 * OPERATIONS are letters, one exit each, performed in this order BATCH times BATCHES times:
 * 	c CPUID   p, q port writes to 0x80, 0x84   m, n RDMSR of 0x1a0, 0x277
 * 	w, r MMIO write to, read of 0xf000   h HLT   k, y hypercalls 5, 11 (VMMCALL)
 * Each VM has a thread; with "turns" one thread runs them all, one exit to user space at a time.
 * After the last batch the guest halts. Prints, for each VM, the time stamp counter's least and
 * median difference over a round of OPERATIONS. START_AFTER and LINGER (seconds) in the
 * environment: what is waited before the guests run, and after, with the VMs still there. START_ON:
 * a file that is waited for before they run. MOVE (seconds): so often each VM's thread is sent to
 * the next CPU; how often it came out on another one than before is printed. HALT (seconds): halts
 * are KVM's to handle (there is an irqchip), and end when so much time has passed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEMORY	       0xf000 /* memory ends here: MMIO above */
#define CODE	       0x1000
#define RESULTS	       0x2000
#define BATCH	       0x500
#define BATCHES	       0x504
#define ENDED	       0x508
#define MAX_BATCHES    ((MEMORY - RESULTS) / 4)
#define MAX_OPERATIONS 6 /* so that a short jump closes the loop */

struct vm {
	int vm_fd, vcpu_fd;
	struct kvm_run *run;
	uint8_t *memory;
	pthread_t thread;
	int done, cpu;
	unsigned int moved;
};

struct code {
	uint8_t *at;
};

static int kvm_fd;

static void die(const char *what)
{
	fprintf(stderr, "exits-guest: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void emit(struct code *c, const char *hex)
{
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*c->at++ = (uint8_t)byte;
}

static void jump_back(struct code *c, const uint8_t *to)
{
	emit(c, "7500"); /* jnz */
	c->at[-1] = (uint8_t)(to - c->at);
}

static void emit_operation(struct code *c, char op)
{
	static const struct {
		char op;
		const char *hex;
	} table[] = {
		{ 'c', "6631c0"
		       "0fa2" }, /* xor eax,eax; cpuid */
		{ 'p', "e780" },
		{ 'q', "e784" }, /* out ax */
		{ 'm', "66b9a0010000"
		       "0f32" }, /* mov ecx,0x1a0; rdmsr */
		{ 'n', "66b977020000"
		       "0f32" },
		{ 'w', "a300f0" }, /* mov [0xf000],ax */
		{ 'r', "a100f0" }, /* mov ax,[0xf000] */
		{ 'h', "f4" },
		{ 'k', "66b805000000"
		       "0f01d9" }, /* mov eax,5; vmmcall */
		{ 'y', "66b80b000000"
		       "0f01d9" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (table[i].op != op)
			continue;
		emit(c, table[i].hex);
		return;
	}
	fprintf(stderr, "exits-guest: no operation '%c'\n", op);
	exit(64);
}

/* Real mode, 32-bit operands: esi counts the batch, ebp the batches, di walks over the results. */
static void emit_guest(uint8_t *memory, const char *operations)
{
	struct code c = { memory + CODE };
	uint8_t *batch, *round;

	emit(&c, "bf0020"
		 "668b2e0405"); /* mov di,RESULTS; mov ebp,[BATCHES] */
	batch = c.at;
	emit(&c, "0f31"
		 "66f7d8"
		 "668905");	/* rdtsc; neg eax; mov [di],eax */
	emit(&c, "668b360005"); /* mov esi,[BATCH] */
	round = c.at;
	for (; *operations; operations++)
		emit_operation(&c, *operations);
	emit(&c, "664e"); /* dec esi */
	jump_back(&c, round);
	emit(&c, "0f31"
		 "660105"
		 "83c704"); /* rdtsc; add [di],eax; add di,4 */
	emit(&c, "664d");   /* dec ebp */
	jump_back(&c, batch);
	emit(&c, "c606080501"
		 "f4"
		 "ebfd"); /* mov byte [ENDED],1; hlt; jmp back to it */
}

static void create(struct vm *vm, const char *operations, uint32_t batch, uint32_t batches)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rsp = 0x800 };
	struct kvm_sregs sregs;

	vm->vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	if (vm->vm_fd < 0)
		die("KVM_CREATE_VM");
	ioctl(vm->vm_fd, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	if (getenv("HALT") && ioctl(vm->vm_fd, KVM_CREATE_IRQCHIP, 0))
		die("KVM_CREATE_IRQCHIP");
	vm->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	region.userspace_addr = (uintptr_t)vm->memory;
	if (vm->memory == MAP_FAILED || ioctl(vm->vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		die("KVM_SET_USER_MEMORY_REGION");
	vm->vcpu_fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu_fd < 0)
		die("KVM_CREATE_VCPU");
	vm->run = mmap(NULL, ioctl(kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		       MAP_SHARED, vm->vcpu_fd, 0);
	if (vm->run == MAP_FAILED || ioctl(vm->vcpu_fd, KVM_GET_SREGS, &sregs))
		die("the vCPU");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vm->vcpu_fd, KVM_SET_SREGS, &sregs) || ioctl(vm->vcpu_fd, KVM_SET_REGS, &regs))
		die("its registers");
	emit_guest(vm->memory, operations);
	memcpy(vm->memory + BATCH, &batch, sizeof(batch));
	memcpy(vm->memory + BATCHES, &batches, sizeof(batches));
}

/* Runs to the next exit to user space; returns 1 when the guest has halted. */
static int step(struct vm *vm)
{
	struct kvm_mp_state runnable = { KVM_MP_STATE_RUNNABLE };

	if (ioctl(vm->vcpu_fd, KVM_RUN, 0) < 0) {
		if (errno != EINTR)
			die("KVM_RUN");
		if (getenv("HALT") && ioctl(vm->vcpu_fd, KVM_SET_MP_STATE, &runnable))
			die("KVM_SET_MP_STATE");
		return vm->done = vm->memory[ENDED];
	}
	switch (vm->run->exit_reason) {
	case KVM_EXIT_HLT:
		__atomic_store_n(&vm->done, 1, __ATOMIC_RELAXED);
		return 1;
	case KVM_EXIT_IO:
	case KVM_EXIT_MMIO:
	case KVM_EXIT_INTR:
		return 0;
	default:
		fprintf(stderr, "exits-guest: exit %u\n", vm->run->exit_reason);
		exit(1);
	}
}

static void *thread(void *vm)
{
	while (!step(vm))
		;
	return NULL;
}

static void *moved_thread(void *arg)
{
	struct vm *vm = arg;

	while (!step(vm)) {
		vm->moved += vm->cpu != sched_getcpu();
		vm->cpu = sched_getcpu();
	}
	return NULL;
}

static int all_done(const struct vm *vms, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!__atomic_load_n(&vms[i].done, __ATOMIC_RELAXED))
			return 0;
	return 1;
}

static void move_threads(struct vm *vms, unsigned int nr, double every_s)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	for (unsigned int round = 0; !all_done(vms, nr); round++) {
		for (unsigned int i = 0; i < nr; i++) {
			CPU_ZERO(&set);
			CPU_SET((round + i) % cpus, &set);
			/* Fails for a thread that has ended and is yet to be joined. */
			pthread_setaffinity_np(vms[i].thread, sizeof(set), &set);
		}
		usleep((useconds_t)(1e6 * every_s));
	}
}

static void on_signal(int sig)
{
	(void)sig;
}

static void wake_threads(struct vm *vms, unsigned int nr, double every_s)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	while (!all_done(vms, nr)) {
		usleep((useconds_t)(1e6 * every_s));
		for (unsigned int i = 0; i < nr; i++)
			pthread_kill(vms[i].thread, SIGUSR1);
	}
}

static void run_in_threads(struct vm *vms, unsigned int nr)
{
	const char *move = getenv("MOVE"), *halt = getenv("HALT");

	for (unsigned int i = 0; i < nr; i++)
		if (pthread_create(&vms[i].thread, NULL, move ? moved_thread : thread, &vms[i]))
			die("a thread");
	if (move)
		move_threads(vms, nr, atof(move));
	if (halt)
		wake_threads(vms, nr, atof(halt));
	for (unsigned int i = 0; i < nr; i++)
		pthread_join(vms[i].thread, NULL);
}

static void run_in_turns(struct vm *vms, unsigned int nr)
{
	for (unsigned int left = nr; left;)
		for (unsigned int i = 0; i < nr; i++)
			if (!vms[i].done)
				left -= (unsigned int)step(&vms[i]);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void wait_for(const char *variable)
{
	const char *seconds = getenv(variable);

	if (seconds)
		usleep((useconds_t)(1e6 * atof(seconds)));
}

int main(int argc, char **argv)
{
	uint32_t batch, batches, *results;
	unsigned int nr;
	struct vm *vms;

	if (argc < 4 || strlen(argv[1]) > MAX_OPERATIONS || atoi(argv[3]) > MAX_BATCHES) {
		fprintf(stderr, "usage: exits-guest OPERATIONS BATCH BATCHES [VMS [turns]]\n");
		return 64;
	}
	batch = (uint32_t)atoi(argv[2]);
	batches = (uint32_t)atoi(argv[3]);
	nr = argc > 4 ? (unsigned int)atoi(argv[4]) : 1;
	kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm_fd < 0)
		die("/dev/kvm");
	vms = calloc(nr, sizeof(*vms));
	for (unsigned int i = 0; i < nr; i++)
		create(&vms[i], argv[1], batch, batches);
	wait_for("START_AFTER");
	while (getenv("START_ON") && access(getenv("START_ON"), F_OK))
		usleep(10000);
	if (argc > 5 && !strcmp(argv[5], "turns"))
		run_in_turns(vms, nr);
	else
		run_in_threads(vms, nr);
	for (unsigned int i = 0; i < nr; i++) {
		results = (uint32_t *)(vms[i].memory + RESULTS);
		qsort(results, batches, sizeof(*results), compare);
		printf("vm %u least %.2f median %.2f\n", i, results[0] / (double)batch,
		       results[batches / 2] / (double)batch);
		if (getenv("MOVE"))
			printf("vm %u moved %u\n", i, vms[i].moved);
	}
	fflush(stdout);
	wait_for("LINGER");
	return 0;
}
