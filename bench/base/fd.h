/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HVBENCH_FD_H
#define HVBENCH_FD_H

#include <stddef.h>

/* Writes all of it, also when write(2) takes only a part or is interrupted. 0 or -errno. */
int fd__write_all(int fd, const char *text, size_t len);

#endif
