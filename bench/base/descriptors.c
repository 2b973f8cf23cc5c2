// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MOST 64

int descriptors__need(int nr, struct error *err)
{
	int copies[MOST], got = 0, reason = 0;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root >= 0)
		copies[got++] = root;
	while (root >= 0 && got < nr && got < MOST) {
		int copy = fcntl(root, F_DUPFD_CLOEXEC, 0);

		if (copy < 0)
			break;
		copies[got++] = copy;
	}
	/* Other errors, such as one of opening the root, are no lack of descriptors. */
	if (got < nr && (errno == EMFILE || errno == ENFILE))
		reason = -errno;
	for (int i = 0; i < got; i++)
		close(copies[i]);
	return reason ?
		       error__set(err, reason, "%d files can be opened, and it takes %d", got, nr) :
		       0;
}
