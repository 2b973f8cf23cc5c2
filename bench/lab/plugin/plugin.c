// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin for QEMU's TCG that records what the host of an SVM guest does from the guest's
 * instruction that exits to its next one, exit by exit. Works with plugin interface version 1 (QEMU
 * 7.2), 2 to 6 (9.0 to 11.0) and 7 (11.1). The version to use is in the file's name.
 *
 *	-plugin file=NAME-VERSION.so,out=FILE,entry=ADDRESS[,model=CACHES]
 *	-plugin file=NAME-VERSION.so,probe=on	says that it can be loaded, and ends QEMU
 *
 * CACHES: see model.h.
 *
 * ADDRESS is where the guests of interest start, which identifies a new VM. FILE is written when
 * QEMU ends (format: footprint.h). Nothing here changes what is emulated or what the clock counts.
 *
 * Until the first VMRUN, while the machine boots, the plugin only looks for that: a callback for
 * each instruction of a boot would take minutes. What it sees goes to watch.h.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/plugin/qemu_api.h"
#include "bench/lab/plugin/watch.h"

#define MAX_INSN_BYTES 16

/*
 * QEMU 7.2 accepts only 1, QEMU 9.0 to 11.0 accept 2 and above, QEMU 11.1 accepts only 7. The
 * program that loads the plugin finds out which by trying.
 */
QEMU_EXPORT int qemu_plugin_version = 1;

/* Global, since QEMU does not pass an argument of ours to all callbacks. */
static struct {
	qemu_plugin_id_t id;
	int api;
	bool armed; /* the first VMRUN has been seen */
	const char *out;
	struct watch watch;
} st;

static void insn_bytes(const struct qemu_plugin_insn *q, uint8_t bytes[MAX_INSN_BYTES], size_t len)
{
	const void *(*in_place)(const struct qemu_plugin_insn *insn);

	memset(bytes, 0, MAX_INSN_BYTES);
	if (st.api >= 3) {
		qemu_plugin_insn_data(q, bytes, MAX_INSN_BYTES);
		return;
	}
	in_place = (const void *(*)(const struct qemu_plugin_insn *))(void *)qemu_plugin_insn_data;
	memcpy(bytes, in_place(q), len);
}

static void on_insn(unsigned int cpu, void *data)
{
	if (!cpu)
		watch__insn(&st.watch, data);
}

static void touch(qemu_plugin_meminfo_t info, uint64_t address, bool store)
{
	struct qemu_plugin_hwaddr *hw = qemu_plugin_get_hwaddr(info, address);

	if (hw && !qemu_plugin_hwaddr_is_io(hw))
		watch__line(&st.watch, address, qemu_plugin_hwaddr_phys_addr(hw), store);
}

static void on_mem(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	bool store = qemu_plugin_mem_is_store(info);
	uint64_t end = address + (1ull << qemu_plugin_mem_size_shift(info)) - 1;

	(void)data;
	if (cpu || !watch__wants_data(&st.watch))
		return;
	watch__access(&st.watch, store);
	touch(info, address, store);
	if (end >> LINE_SHIFT != address >> LINE_SHIFT)
		touch(info, end, store);
}

static struct qemu_plugin_tb *block_of(uint64_t id_or_tb, void *tb_or_data)
{
	return st.api >= 7 ? (struct qemu_plugin_tb *)(uintptr_t)id_or_tb : tb_or_data;
}

static void on_translation(uint64_t id_or_tb, void *tb_or_data)
{
	struct qemu_plugin_tb *tb = block_of(id_or_tb, tb_or_data);
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct insn *list =
		calloc(n, sizeof(*list)); /* kept as long as QEMU runs, since the code may stay */

	for (size_t i = 0; list && i < n; i++) {
		struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(tb, i);
		uint8_t bytes[MAX_INSN_BYTES];
		struct insn *in = &list[i];

		in->address = qemu_plugin_insn_vaddr(q);
		in->len = (uint8_t)qemu_plugin_insn_size(q);
		insn_bytes(q, bytes, in->len);
		in->class = insn__classify(bytes, in->len);
		qemu_plugin_register_vcpu_insn_exec_cb(q, on_insn, QEMU_CB_NO_REGS, in);
		qemu_plugin_register_vcpu_mem_cb(q, on_mem, QEMU_CB_NO_REGS, QEMU_MEM_RW, NULL);
	}
}

static void look_at_everything(uint64_t unused)
{
	(void)unused;
	qemu_plugin_register_vcpu_tb_trans_cb(st.id, on_translation, NULL);
}

static void on_first_vmrun(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	if (st.armed)
		return;
	st.armed = true;
	qemu_plugin_reset(st.id, look_at_everything, NULL);
}

static void look_for_vmrun(uint64_t id_or_tb, void *tb_or_data)
{
	struct qemu_plugin_tb *tb = block_of(id_or_tb, tb_or_data);

	for (size_t i = 0, n = qemu_plugin_tb_n_insns(tb); i < n; i++) {
		struct qemu_plugin_insn *q = qemu_plugin_tb_get_insn(tb, i);
		uint8_t bytes[MAX_INSN_BYTES];
		size_t len = qemu_plugin_insn_size(q);

		if (len != 3)
			continue;
		insn_bytes(q, bytes, len);
		if (insn__classify(bytes, len).named == NAME_VMRUN)
			qemu_plugin_register_vcpu_insn_exec_cb(q, on_first_vmrun, QEMU_CB_NO_REGS,
							       NULL);
	}
}

/* Runs before QEMU checks the version. */
__attribute__((constructor)) static void take_version_from_name(void)
{
	const char *number;
	Dl_info info;

	if (!dladdr(&qemu_plugin_version, &info) || !info.dli_fname)
		return;
	number = strrchr(info.dli_fname, '-');
	if (number)
		qemu_plugin_version = atoi(number + 1);
}

/* Some versions of QEMU call the exit callback in user mode only. */
__attribute__((destructor)) static void finish(void)
{
	FILE *f = st.out ? fopen(st.out, "w") : NULL;

	if (!f)
		return;
	exits__write(&st.watch.exits, f);
	fclose(f);
}

QEMU_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc,
				    char **argv)
{
	const char *out = NULL, *model = NULL;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4))
			out = strdup(argv[i] + 4);
		else if (!strncmp(argv[i], "entry=", 6))
			st.watch.entry = strtoull(argv[i] + 6, NULL, 0);
		else if (!strncmp(argv[i], "model=", 6))
			model = argv[i] + 6;
		else if (!strncmp(argv[i], "probe=", 6)) {
			printf("interface %d\n", info->version.cur);
			fflush(stdout);
			_exit(0);
		}
	}
	if (!out || !info->system_emulation || exits__init(&st.watch.exits, model) ||
	    (model && model__init(&st.watch.model, model))) {
		fprintf(stderr, "hvbench-footprint: %s\n",
			!out  ? "out=FILE is missing" :
			model ? "out of memory, no system emulation, or no model" :
				"out of memory, or no system emulation");
		return -1;
	}
	st.id = id;
	st.api = info->version.cur;
	st.out = out;
	qemu_plugin_register_vcpu_tb_trans_cb(id, look_for_vmrun, NULL);
	return 0;
}
