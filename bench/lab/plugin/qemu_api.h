/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the plugin uses of QEMU's TCG plugin interface: a small C ABI, whose header no package
 * ships. The same functions have been there from QEMU 7.2 on, where the interface has version 1. A
 * plugin says which version it knows: QEMU 9.0 and later refuse 1, 11.1 refuses all below 7. From
 * version 3 on (9.1) qemu_plugin_insn_data() copies; from 7 on callbacks that had the plugin's id
 * have what was passed when they were registered, as the last argument.
 *
 * QEMU finds qemu_plugin_install() and qemu_plugin_version by name.
 */
#ifndef HVBENCH_LAB_PLUGIN_QEMU_API_H
#define HVBENCH_LAB_PLUGIN_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

struct qemu_info {
	const char *target_name;
	struct {
		int min, cur;
	} version; /* of the interface */
	bool system_emulation;
	int smp_vcpus, max_vcpus;
};

enum { QEMU_CB_NO_REGS = 0 };
enum { QEMU_MEM_RW = 3 };

/* Either (id) or, from 7 on, (data). */
typedef void (*qemu_reset_cb)(uint64_t id_or_data);
/* Either (id, block) or, from 7 on, (block, data). */
typedef void (*qemu_trans_cb)(uint64_t id_or_tb, void *tb_or_data);
typedef void (*qemu_insn_cb)(unsigned int cpu, void *data);
typedef void (*qemu_mem_cb)(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
			    void *data);

/* Before 7 there is no `data`, and nobody looks for it. */
void qemu_plugin_reset(qemu_plugin_id_t id, qemu_reset_cb done, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_trans_cb cb, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_insn_cb cb,
					    int regs, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_mem_cb cb, int regs,
				      int rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
/* Before version 3: const void *(insn). */
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t len);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info, uint64_t vaddr);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *addr);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *addr);

#endif
