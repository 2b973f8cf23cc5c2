// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * with-ports PROGRAM [ARGUMENT]…: runs a program with access to I/O ports, which its children keep
 * even if the kernel is locked down later: results can then leave an emulated host that grants no
 * more access.
 */
#include <stdio.h>
#include <sys/io.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2 || iopl(3)) {
		perror("with-ports");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 1;
}
