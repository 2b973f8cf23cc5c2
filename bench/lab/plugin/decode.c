// SPDX-License-Identifier: GPL-2.0-or-later
/* Classifies x86-64 instructions; see decode.h. */
#include "bench/lab/plugin/decode.h"

const char *const insn_names[NR_NAMES] = {
	[NAME_VMRUN] = "VMRUN",
	[NAME_VMMCALL] = "VMMCALL",
	[NAME_VMLOAD] = "VMLOAD",
	[NAME_VMSAVE] = "VMSAVE",
	[NAME_STGI] = "STGI",
	[NAME_CLGI] = "CLGI",
	[NAME_INVLPGA] = "INVLPGA",
	[NAME_VMCALL] = "VMCALL",
	[NAME_VMLAUNCH] = "VMLAUNCH",
	[NAME_VMRESUME] = "VMRESUME",
	[NAME_VMREAD] = "VMREAD",
	[NAME_VMWRITE] = "VMWRITE",
	[NAME_VMPTRLD] = "VMPTRLD",
	[NAME_VMCLEAR] = "VMCLEAR",
	[NAME_INVEPT] = "INVEPT",
	[NAME_INVVPID] = "INVVPID",
	[NAME_SWAPGS] = "SWAPGS",
	[NAME_RDTSCP] = "RDTSCP",
	[NAME_XGETBV] = "XGETBV",
	[NAME_XSETBV] = "XSETBV",
	[NAME_CLAC] = "CLAC",
	[NAME_STAC] = "STAC",
	[NAME_RDPKRU] = "RDPKRU",
	[NAME_WRPKRU] = "WRPKRU",
	[NAME_MONITOR] = "MONITOR",
	[NAME_MWAIT] = "MWAIT",
	[NAME_SERIALIZE] = "SERIALIZE",
	[NAME_LGDT] = "LGDT",
	[NAME_LIDT] = "LIDT",
	[NAME_SGDT] = "SGDT",
	[NAME_SIDT] = "SIDT",
	[NAME_SMSW] = "SMSW",
	[NAME_LMSW] = "LMSW",
	[NAME_INVLPG] = "INVLPG",
	[NAME_SLDT] = "SLDT",
	[NAME_STR] = "STR",
	[NAME_LLDT] = "LLDT",
	[NAME_LTR] = "LTR",
	[NAME_VERR] = "VERR",
	[NAME_VERW] = "VERW",
	[NAME_MOV_FROM_CR] = "MOV from CR",
	[NAME_MOV_TO_CR] = "MOV to CR",
	[NAME_MOV_FROM_DR] = "MOV from DR",
	[NAME_MOV_TO_DR] = "MOV to DR",
	[NAME_WRMSR] = "WRMSR",
	[NAME_RDMSR] = "RDMSR",
	[NAME_RDTSC] = "RDTSC",
	[NAME_RDPMC] = "RDPMC",
	[NAME_CLTS] = "CLTS",
	[NAME_INVD] = "INVD",
	[NAME_WBINVD] = "WBINVD",
	[NAME_CPUID] = "CPUID",
	[NAME_SYSCALL] = "SYSCALL",
	[NAME_SYSRET] = "SYSRET",
	[NAME_SYSENTER] = "SYSENTER",
	[NAME_SYSEXIT] = "SYSEXIT",
	[NAME_IRET] = "IRET",
	[NAME_HLT] = "HLT",
	[NAME_CLI] = "CLI",
	[NAME_STI] = "STI",
	[NAME_IN] = "IN",
	[NAME_OUT] = "OUT",
	[NAME_INT] = "INT",
	[NAME_LFENCE] = "LFENCE",
	[NAME_MFENCE] = "MFENCE",
	[NAME_SFENCE] = "SFENCE",
	[NAME_FXSAVE] = "FXSAVE",
	[NAME_FXRSTOR] = "FXRSTOR",
	[NAME_XSAVE] = "XSAVE",
	[NAME_XRSTOR] = "XRSTOR",
	[NAME_XSAVEOPT] = "XSAVEOPT",
	[NAME_XSAVEC] = "XSAVEC",
	[NAME_XSAVES] = "XSAVES",
	[NAME_XRSTORS] = "XRSTORS",
	[NAME_RDFSBASE] = "RDFSBASE",
	[NAME_RDGSBASE] = "RDGSBASE",
	[NAME_WRFSBASE] = "WRFSBASE",
	[NAME_WRGSBASE] = "WRGSBASE",
	[NAME_INVPCID] = "INVPCID",
	[NAME_MOV_SEGMENT] = "MOV to segment",
};

/* 0f 01 with a register operand: each byte is another instruction. */
static uint8_t name_of_0f01(uint8_t modrm)
{
	static const uint8_t names[256] = {
		[0xc1] = NAME_VMCALL,  [0xc2] = NAME_VMLAUNCH,	[0xc3] = NAME_VMRESUME,
		[0xc8] = NAME_MONITOR, [0xc9] = NAME_MWAIT,	[0xca] = NAME_CLAC,
		[0xcb] = NAME_STAC,    [0xd0] = NAME_XGETBV,	[0xd1] = NAME_XSETBV,
		[0xd8] = NAME_VMRUN,   [0xd9] = NAME_VMMCALL,	[0xda] = NAME_VMLOAD,
		[0xdb] = NAME_VMSAVE,  [0xdc] = NAME_STGI,	[0xdd] = NAME_CLGI,
		[0xdf] = NAME_INVLPGA, [0xe8] = NAME_SERIALIZE, [0xee] = NAME_RDPKRU,
		[0xef] = NAME_WRPKRU,  [0xf8] = NAME_SWAPGS,	[0xf9] = NAME_RDTSCP,
	};
	static const uint8_t in_memory[8] = {
		NAME_SGDT, NAME_SIDT, NAME_LGDT, NAME_LIDT,
		NAME_SMSW, NAME_NONE, NAME_LMSW, NAME_INVLPG,
	};
	uint8_t reg = modrm >> 3 & 7;

	if (modrm >> 6 != 3)
		return in_memory[reg];
	return reg == 4 || reg == 6 ? in_memory[reg] : names[modrm];
}

static uint8_t name_of_0fae(uint8_t modrm, bool f3, bool operand_size)
{
	static const uint8_t in_memory[8] = {
		NAME_FXSAVE, NAME_FXRSTOR, NAME_NONE,	  NAME_NONE,
		NAME_XSAVE,  NAME_XRSTOR,  NAME_XSAVEOPT, NAME_NONE,
	};
	static const uint8_t bases[4] = { NAME_RDFSBASE, NAME_RDGSBASE, NAME_WRFSBASE,
					  NAME_WRGSBASE };
	uint8_t reg = modrm >> 3 & 7;

	/* With the prefix these are CLWB, CLFLUSHOPT and TPAUSE. */
	if (operand_size)
		return NAME_NONE;
	if (modrm >> 6 != 3)
		return f3 ? NAME_NONE : in_memory[reg];
	if (f3)
		return reg < 4 ? bases[reg] : NAME_NONE;
	return reg == 5 ? NAME_LFENCE : reg == 6 ? NAME_MFENCE : reg == 7 ? NAME_SFENCE : NAME_NONE;
}

static uint8_t name_of_0f(const uint8_t *b, size_t n, bool f3, bool operand_size)
{
	static const uint8_t names[256] = {
		[0x05] = NAME_SYSCALL,	   [0x06] = NAME_CLTS,	    [0x07] = NAME_SYSRET,
		[0x08] = NAME_INVD,	   [0x09] = NAME_WBINVD,    [0x20] = NAME_MOV_FROM_CR,
		[0x21] = NAME_MOV_FROM_DR, [0x22] = NAME_MOV_TO_CR, [0x23] = NAME_MOV_TO_DR,
		[0x30] = NAME_WRMSR,	   [0x31] = NAME_RDTSC,	    [0x32] = NAME_RDMSR,
		[0x78] = NAME_VMREAD,	   [0x79] = NAME_VMWRITE,   [0x33] = NAME_RDPMC,
		[0x34] = NAME_SYSENTER,	   [0x35] = NAME_SYSEXIT,   [0xa2] = NAME_CPUID,
	};
	static const uint8_t group6[8] = {
		NAME_SLDT, NAME_STR,  NAME_LLDT, NAME_LTR,
		NAME_VERR, NAME_VERW, NAME_NONE, NAME_NONE,
	};
	uint8_t modrm = n > 1 ? b[1] : 0, reg = modrm >> 3 & 7;

	if (n > 1 && b[0] == 0x00)
		return group6[reg];
	if (n > 1 && b[0] == 0x01)
		return name_of_0f01(modrm);
	if (n > 1 && b[0] == 0xae)
		return name_of_0fae(modrm, f3, operand_size);
	if (n > 1 && b[0] == 0xc7 && modrm >> 6 != 3)
		return reg == 3	      ? NAME_XRSTORS :
		       reg == 4	      ? NAME_XSAVEC :
		       reg == 5	      ? NAME_XSAVES :
		       reg != 6 || f3 ? NAME_NONE :
		       operand_size   ? NAME_VMCLEAR :
					NAME_VMPTRLD;
	if (n > 1 && b[0] == 0x38 && operand_size)
		return b[1] == 0x80 ? NAME_INVEPT :
		       b[1] == 0x81 ? NAME_INVVPID :
		       b[1] == 0x82 ? NAME_INVPCID :
				      NAME_NONE;
	return names[b[0]];
}

static uint8_t name_of(const uint8_t *b)
{
	static const uint8_t names[256] = {
		[0x8e] = NAME_MOV_SEGMENT, [0xcc] = NAME_INT, [0xcd] = NAME_INT, [0xcf] = NAME_IRET,
		[0xe4] = NAME_IN,	   [0xe5] = NAME_IN,  [0xec] = NAME_IN,	 [0xed] = NAME_IN,
		[0x6c] = NAME_IN,	   [0x6d] = NAME_IN,  [0xe6] = NAME_OUT, [0xe7] = NAME_OUT,
		[0xee] = NAME_OUT,	   [0xef] = NAME_OUT, [0x6e] = NAME_OUT, [0x6f] = NAME_OUT,
		[0xf4] = NAME_HLT,	   [0xfa] = NAME_CLI, [0xfb] = NAME_STI,
	};

	return names[b[0]];
}

/* MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS. */
static uint8_t width_of(uint8_t opcode, bool rex_w, bool operand_size)
{
	uint8_t low = opcode & 0xfe;

	if (low != 0xa4 && low != 0xa6 && low != 0xaa && low != 0xac && low != 0xae &&
	    low != 0x6c && low != 0x6e)
		return 0;
	if (!(opcode & 1))
		return 1;
	/* Ports are at most 32 bits wide. */
	return rex_w && low > 0x6e ? 8 : operand_size ? 2 : 4;
}

static enum insn_kind kind_of(const uint8_t *b, size_t n)
{
	uint8_t reg = n > 1 ? b[1] >> 3 & 7 : 0;

	if ((b[0] & 0xf0) == 0x70 || (b[0] >= 0xe0 && b[0] <= 0xe3))
		return INSN_CONDITIONAL;
	if (b[0] == 0xc2 || b[0] == 0xc3)
		return INSN_RETURN;
	/* Calls and jumps, near and far, by register or memory. */
	return n > 1 && b[0] == 0xff && reg >= 2 && reg <= 5 ? INSN_INDIRECT : INSN_PLAIN;
}

struct insn_class insn__classify(const uint8_t *bytes, size_t len)
{
	struct insn_class class = { INSN_PLAIN, false, NAME_NONE, 0 };
	bool f3 = false, operand_size = false, rex_w = false;
	size_t i = 0;

	for (; i < len; i++) {
		uint8_t b = bytes[i];

		class.locked |= b == 0xf0;
		f3 |= b == 0xf3;
		operand_size |= b == 0x66;
		if (b != 0xf0 && b != 0xf2 && b != 0xf3 && b != 0x66 && b != 0x67 && b != 0x2e &&
		    b != 0x36 && b != 0x3e && b != 0x26 && b != 0x64 && b != 0x65)
			break;
	}
	if (i < len && (bytes[i] & 0xf0) == 0x40) /* REX */
		rex_w = bytes[i++] & 8;
	if (i >= len)
		return class;
	if (bytes[i] == 0x0f && i + 1 < len) {
		class.named = name_of_0f(bytes + i + 1, len - i - 1, f3, operand_size);
		if ((bytes[i + 1] & 0xf0) == 0x80)
			class.kind = INSN_CONDITIONAL;
		return class;
	}
	/* No instruction with a VEX or EVEX prefix belongs to these classes. */
	class.kind = kind_of(bytes + i, len - i);
	class.named = name_of(bytes + i);
	class.width = width_of(bytes[i], rex_w, operand_size);
	class.locked |= (bytes[i] == 0x86 || bytes[i] == 0x87) && i + 1 < len &&
			bytes[i + 1] >> 6 != 3;
	return class;
}
