// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/schedstat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int schedstat__run_delay(pid_t tid, uint64_t *ns)
{
	char path[64];
	int fields;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	fields = fscanf(f, "%*u %" SCNu64, ns);
	fclose(f);
	return fields == 1 ? 0 : -EPROTO;
}
