// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/machine_fields.h"

#include <stddef.h>

const char *const machine_fields[] = {
	"machine",
	"cpu.vendor",
	"cpu.family",
	"cpu.model_id",
	"cpu.stepping",
	"cpu.model",
	"cpu.present",
	"cpu.sockets",
	"memory.nr_nodes",
	"nested",
	"virtualization.hypervisor",
	NULL,
};
