// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a profile suggests, in plain words. Reasons are matched by the names that kvm_exit gives
 * them on VMX and on SVM, and by the tracepoints that take their place where kvm_exit does not
 * fire.
 */
#include "bench/profile/advice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probes/exits_profile.h"

/* Below these thresholds there is nothing to gain. */
#define MIN_RATE  1000 /* exits a second on one vCPU */
#define MIN_SHARE 0.2  /* of all exits */
#define MIN_TIME  0.05 /* of the vCPUs' time */

struct finding {
	const char *names[6]; /* of exit reasons, NULL-terminated */
	bool idle;	      /* the time of this reason is sleep, not cost */
	double user_share;    /* applies only if at least this share of its time is spent in
				 * user space */
	const char *text;
};

static const struct finding findings[] = {
	{ { "HLT", "hlt", "kvm_vcpu_wakeup" },
	  .idle = true,
	  .text = "The guest goes idle often. A vCPU that is woken soon after costs two context "
		  "switches each time: "
		  "halt polling (kvm.halt_poll_ns, or per VM) saves them for CPU time; "
		  "cpuidle-haltpoll in the guest "
		  "saves the exits too; a guest with CPUs of its own can idle without exits "
		  "(X86_DISABLE_EXITS, "
		  "QEMU's -overcommit cpu-pm=on)." },
	{ { "EPT_VIOLATION" },
	  .text = "Second-level page faults: memory the guest touches for the first time, or that "
		  "was taken away "
		  "(ballooning, KSM, NUMA balancing, swap, dirty logging during migration). Huge "
		  "pages behind the "
		  "guest (hugetlbfs, or transparent_hugepage=always) make them 512 times fewer; "
		  "memory can be "
		  "populated when the VM starts." },
	{ { "npf" },
	  .text = "Nested page faults: first touches of memory (huge pages behind the guest make "
		  "them 512 "
		  "times fewer) and, on this vendor, every access to an emulated device's "
		  "registers. --by "
		  "gpa shows the devices' from the others." },
	{ { "IO_INSTRUCTION", "io", "kvm_pio" },
	  .user_share = 0.3,
	  .text = "Port I/O handled in user space. --by port names the ports: virtio's "
		  "notifications belong on an "
		  "ioeventfd (vhost, or the VMM's setting), legacy devices (serial console, PS/2, "
		  "RTC, IDE) are best "
		  "left out of the machine." },
	{ { "EPT_MISCONFIG", "kvm_mmio" },
	  .user_share = 0.3,
	  .text = "Accesses to emulated devices handled in user space. --by gpa names the "
		  "addresses: virtio's "
		  "notifications belong on an ioeventfd, vhost keeps them in the kernel, device "
		  "assignment avoids "
		  "them." },
	{ { "MSR_WRITE", "msr", "kvm_msr" },
	  .text = "MSR accesses. --by msr names them: 0x6e0 is the TSC-deadline timer (a guest "
		  "with a lower tick rate "
		  "or nohz arms it less), 0x830 the APIC's ICR (IPIs: APICv or AVIC takes them "
		  "without an exit), 0x80b "
		  "end of interrupt (the same), 0x48 speculation control." },
	{ { "EXTERNAL_INTERRUPT", "interrupt" },
	  .text = "Interrupts of the host arrive while the guest runs: its timer tick (nohz_full "
		  "on the vCPUs' CPUs), "
		  "devices (move them by /proc/irq/*/smp_affinity), IPIs of other work on these "
		  "CPUs." },
	{ { "PAUSE_INSTRUCTION", "pause" },
	  .text = "The guest spins on locks whose holder does not run: vCPUs wait for CPUs. Fewer "
		  "vCPUs than CPUs, or "
		  "pinned ones, or paravirtual spinlocks in the guest." },
	{ { "CPUID", "cpuid", "kvm_cpuid" },
	  .text = "CPUID always exits. A program in the guest calls it often (feature checks in a "
		  "loop, "
		  "serialization): --by rip finds it." },
	{ { "INTERRUPT_WINDOW", "vintr" },
	  .text = "Interrupts wait until the guest can take them: APICv or AVIC delivers them "
		  "without an exit. --by vector names them." },
	{ { "VMCALL", "vmmcall", "kvm_hypercall" },
	  .text = "Hypercalls. --by hypercall names them: kick-cpu and sched-yield are a guest's "
		  "whose vCPUs wait for others that do not run, send-ipi goes without an exit by "
		  "APICv or AVIC; Hyper-V's are a Windows guest's, and spare it other exits." },
	{ { "PREEMPTION_TIMER" },
	  .text = "The guest's timers expire: each costs an exit. A lower tick rate or nohz in the "
		  "guest makes them "
		  "fewer." },
	{ { "APIC_WRITE", "APIC_ACCESS", "EOI_INDUCED", "avic_incomplete_ipi",
	    "avic_unaccelerated_access" },
	  .text = "The local APIC is emulated in part: x2APIC in the guest, and APICv or AVIC on, "
		  "keep most of it in "
		  "hardware." },
	{ { "DR_ACCESS", "CR_ACCESS" },
	  .text = "Accesses to control or debug registers: a debugger, or a guest that runs "
		  "without second-level "
		  "page tables (kvm_intel.ept, kvm_amd.npt)." },
};

static bool finding__is_for(const struct finding *f, const char *name)
{
	for (int i = 0; i < 6 && f->names[i]; i++)
		if (!strcmp(f->names[i], name))
			return true;
	return false;
}

void profile_advice(struct profile *p, void (*say)(const char *text, void *ctx), void *ctx)
{
	double seconds = profile__seconds(p), all = 0, vcpus_ns = profile__vcpus_ns(p);

	if (seconds <= 0 || !p->nr_vcpus)
		return;
	for (unsigned int i = 0; i < p->nr_vcpus; i++)
		all += (double)p->vcpus[i].count;
	for (size_t i = 0; i < sizeof(findings) / sizeof(*findings); i++) {
		const struct finding *f = &findings[i];
		double count = 0, ns = 0, user = 0, rate, share, time;
		const char *name = "";
		char text[1024], of_time[64] = "";

		for (size_t k = 0; k < p->total.nr; k++) {
			const struct exits_sum *s = p->total.list[k];

			if (s->kind != EXITS_BY_REASON || !finding__is_for(f, s->name))
				continue;
			name = s->name;
			count += (double)s->count;
			ns += (double)s->ns + (double)s->clip_ns;
			user += (double)s->user_ns;
		}
		rate = count / seconds / p->nr_vcpus;
		share = all ? count / all : 0;
		time = f->idle || vcpus_ns <= 0 ? 0 : ns / vcpus_ns;
		if (!(rate >= MIN_RATE && share >= MIN_SHARE) && time < MIN_TIME)
			continue;
		if (profile__timed(p) && user < f->user_share * ns)
			continue;
		if (profile__timed(p) && !f->idle)
			snprintf(of_time, sizeof(of_time), ", %.1f %% of the vCPUs' time",
				 100 * time);
		snprintf(text, sizeof(text),
			 "%s: %.0f %% of the exits, %.0f a second and vCPU%s. %s", name,
			 100 * share, rate, of_time, f->text);
		say(text, ctx);
	}
}
