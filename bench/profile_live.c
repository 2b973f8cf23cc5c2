// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include "profile.h"
int profile_live(struct profile *p, const volatile sig_atomic_t *stop, struct error *err)
{
	(void)p; (void)stop;
	return error__set(err, -EOPNOTSUPP, "not yet");
}
