/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console of a payload that runs without a host: every character goes to port 0xe9 (QEMU's
 * debug console, Xen's console for dom0) and to COM1. COM1 is used only once its line status looks
 * like that of a UART.
 */
#include "workloads/runtime/x86_64/runtime.h"

#define PORT_DEBUG 0xe9
#define COM1	   0x3f8
#define COM_LSR	   (COM1 + 5)
#define LSR_EMPTY  0x20
#define SPIN_LIMIT 100000

static void put(char c)
{
	arch_out8(PORT_DEBUG, (uint8_t)c);
	if (arch_in8(COM_LSR) == 0xff)
		return;
	for (int i = 0; i < SPIN_LIMIT && !(arch_in8(COM_LSR) & LSR_EMPTY); i++)
		arch_pause();
	arch_out8(COM1, (uint8_t)c);
}

void console__puts(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_number(uint64_t value, unsigned int base)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

void console__putu(uint64_t value)
{
	put_number(value, 10);
}

void console__puthex(uint64_t value)
{
	console__puts("0x");
	put_number(value, 16);
}
