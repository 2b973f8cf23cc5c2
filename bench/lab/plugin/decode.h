/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classifies x86-64 instructions as far as a footprint needs it: those that may jump, that lock the
 * bus, that are privileged or serializing. According to Intel's SDM vol. 2 appendix A and AMD's APM
 * vol. 3. 64-bit code only.
 */
#ifndef HVBENCH_LAB_PLUGIN_DECODE_H
#define HVBENCH_LAB_PLUGIN_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum insn_kind { INSN_PLAIN, INSN_CONDITIONAL, INSN_INDIRECT, INSN_RETURN };

struct insn_class {
	uint8_t kind;  /* enum insn_kind */
	bool locked;   /* by a prefix, or XCHG with a memory operand */
	uint8_t named; /* index into insn_names; 0: none of them */
	uint8_t width; /* of a string instruction: bytes per repetition; 0: it is none */
};

enum insn_name {
	NAME_NONE,
	NAME_VMRUN,
	NAME_VMMCALL,
	NAME_VMLOAD,
	NAME_VMSAVE,
	NAME_STGI,
	NAME_CLGI,
	NAME_INVLPGA,
	NAME_VMCALL,
	NAME_VMLAUNCH,
	NAME_VMRESUME,
	NAME_VMREAD,
	NAME_VMWRITE,
	NAME_VMPTRLD,
	NAME_VMCLEAR,
	NAME_INVEPT,
	NAME_INVVPID,
	NAME_SWAPGS,
	NAME_RDTSCP,
	NAME_XGETBV,
	NAME_XSETBV,
	NAME_CLAC,
	NAME_STAC,
	NAME_RDPKRU,
	NAME_WRPKRU,
	NAME_MONITOR,
	NAME_MWAIT,
	NAME_SERIALIZE,
	NAME_LGDT,
	NAME_LIDT,
	NAME_SGDT,
	NAME_SIDT,
	NAME_SMSW,
	NAME_LMSW,
	NAME_INVLPG,
	NAME_SLDT,
	NAME_STR,
	NAME_LLDT,
	NAME_LTR,
	NAME_VERR,
	NAME_VERW,
	NAME_MOV_FROM_CR,
	NAME_MOV_TO_CR,
	NAME_MOV_FROM_DR,
	NAME_MOV_TO_DR,
	NAME_WRMSR,
	NAME_RDMSR,
	NAME_RDTSC,
	NAME_RDPMC,
	NAME_CLTS,
	NAME_INVD,
	NAME_WBINVD,
	NAME_CPUID,
	NAME_SYSCALL,
	NAME_SYSRET,
	NAME_SYSENTER,
	NAME_SYSEXIT,
	NAME_IRET,
	NAME_HLT,
	NAME_CLI,
	NAME_STI,
	NAME_IN,
	NAME_OUT,
	NAME_INT,
	NAME_LFENCE,
	NAME_MFENCE,
	NAME_SFENCE,
	NAME_FXSAVE,
	NAME_FXRSTOR,
	NAME_XSAVE,
	NAME_XRSTOR,
	NAME_XSAVEOPT,
	NAME_XSAVEC,
	NAME_XSAVES,
	NAME_XRSTORS,
	NAME_RDFSBASE,
	NAME_RDGSBASE,
	NAME_WRFSBASE,
	NAME_WRGSBASE,
	NAME_INVPCID,
	NAME_MOV_SEGMENT,
	NR_NAMES
};

/* "WRMSR", "MOV to CR"; NULL for NAME_NONE. */
extern const char *const insn_names[NR_NAMES];

struct insn_class insn__classify(const uint8_t *bytes, size_t len);

#endif
