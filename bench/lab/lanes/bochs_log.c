// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exits from what Bochs's debugger prints; see bochs_log.h. Its lines, of Bochs 2.7:
 *
 *	(0) Magic breakpoint
 *	(0).[TICKS] [0xPHYSICAL] 0010:ffffffff8109fd20 (unk. ctxt): pop rbp        ; 5d
 *	[CPU0 RD]: LIN 0xffffc900005a7920 PHY 0x00001f074920 (len=8, WB): 0xFFFF8880 0x1EDB5300
 *
 * An access is RD, WR or, if it is both, RW. Without LIN it is the processor's own, as of page
 * tables, or the second half of an RW. Each repetition of a rep instruction has a line.
 */
#include "bench/lab/lanes/bochs_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/plugin/watch.h"
#include "bench/lab/trace.h"

/*
 * Instructions printed after a mark: seven of the longest exits of the exit group, 45 CPUID exits.
 * They take a second of CPU time and eight megabytes. The emulated host's timer may tick meanwhile,
 * which takes the room of two long exits: enough are left that are alike.
 */
#define WINDOW_INSNS 45000
/* More marks than any run has. */
#define IGNORED_MARKS 20000
/* Nothing else runs in an exit but what is in every one, or a timer's tick. */
#define MIN_ALIKE 3
#define NO_ENTRY  UINT64_MAX
/* AMD64 Architecture Programmer's Manual vol. 2, appendix B: save.rip. */
#define VMCB_RIP 0x578

void bochs_log__commands(FILE *commands, unsigned int marks)
{
	for (unsigned int i = 0; i < marks; i++)
		fprintf(commands, "c\ntrace on\ntrace-mem on\ns %u\ntrace off\ntrace-mem off\n",
			WINDOW_INSNS);
	for (unsigned int i = 0; i < IGNORED_MARKS; i++)
		fputs("c\n", commands);
}

/* "4889ca"; 0: it is none. */
static size_t parse_bytes(const char *hex, uint8_t bytes[16])
{
	unsigned int value;
	size_t n = 0;

	hex += strspn(hex, " ");
	for (; n < 16 && sscanf(hex, "%2x", &value) == 1 && hex[1]; hex += 2)
		bytes[n++] = (uint8_t)value;
	return n;
}

/* false: no line of an instruction, or one that could not be read. */
static bool parse_insn(const char *line, struct insn *in)
{
	const char *place = strstr(line, "] ["), *bytes = strrchr(line, ';');
	unsigned long long address;
	uint8_t code[16] = { 0 };
	unsigned int selector;

	place = place ? strstr(place + 3, "] ") : NULL;
	if (!place || !bytes || sscanf(place, "] %x:%llx ", &selector, &address) != 2)
		return false;
	in->address = address;
	in->len = (uint8_t)parse_bytes(bytes + 1, code);
	in->class = insn__classify(code, in->len);
	return in->len;
}

/*
 * Under nested paging of SVM the debugger cannot read the guest's instructions. Where it exits the
 * processor writes into its VMCB.
 */
static void take_exit(struct watch *w, const char *line)
{
	unsigned long long physical;
	unsigned int high, low;

	if (sscanf(line, "[CPU0 WR]: PHY 0x%llx (len=8, %*[A-Z]): 0x%x 0x%x", &physical, &high,
		   &low) == 3 &&
	    physical % (1 << PAGE_SHIFT) == VMCB_RIP)
		watch__exited_at(w, (uint64_t)high << 32 | low);
}

static void take_access(struct watch *w, const char *line)
{
	unsigned long long address, physical;
	unsigned int len;
	uint64_t end;
	char how[3];

	if (!watch__wants_data(w) || sscanf(line, "[CPU0 %2[RDW]]: LIN 0x%llx PHY 0x%llx (len=%u",
					    how, &address, &physical, &len) != 4)
		return;
	end = address + (len ? len : 1) - 1;
	for (int store = 0; store < 2; store++) {
		if (!strcmp(how, store ? "RD" : "WR"))
			continue;
		watch__access(w, store);
		watch__line(w, address, physical, store);
		/* One over the end of a page is two. */
		if (end >> LINE_SHIFT != address >> LINE_SHIFT)
			watch__line(w, end, physical + (end - address), store);
	}
}

static uint64_t read_lines(struct watch *w, FILE *f)
{
	struct insn insns[2];
	uint64_t nr = 0;
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "[CPU0 ", 6)) {
			take_exit(w, line);
			take_access(w, line);
		} else if (!strncmp(line, "(0).[", 5)) {
			/* Of one that is not known the exit is not known. */
			if (parse_insn(line, &insns[nr % 2]))
				watch__insn(w, &insns[nr++ % 2]);
			else if (!watch__unread(w))
				w->whole = false;
		} else if (strstr(line, ") Magic breakpoint")) {
			watch__begin_in_guest(w);
		}
	}
	return nr;
}

static int write_exits(const struct watch *w, const char *out, struct error *err)
{
	FILE *f = fopen(out, "we");

	if (!f)
		return error__set(err, -errno, "cannot write %s: %s", out, strerror(errno));
	fprintf(f, "loop %d\n", TRACE_LOOP_BOCHS);
	exits__write(&w->exits, f);
	return fclose(f) ? error__set(err, -EIO, "cannot write %s: %s", out, strerror(errno)) : 0;
}

int bochs_log__exits(const char *log, const struct model_shape *model, const char *out,
		     struct error *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	FILE *f = fopen(log, "re");
	char caches[128];
	int code = 0;

	if (!f)
		code = error__set(err, -errno, "cannot read %s: %s", log, strerror(errno));
	else if (!w || exits__init(&w->exits, model) ||
		 (model &&
		  model__init(&w->model, model_shape__option(model, caches, sizeof(caches)))))
		code = error__set(err, -ENOMEM, "out of memory");
	if (!code) {
		w->entry = NO_ENTRY;
		w->exits.min_alike = MIN_ALIKE;
		/* Until a mark nothing is known. */
		if (!read_lines(w, f))
			code = error__set(err, -ENODATA,
					  "Bochs's debugger printed no instruction: it is not "
					  "Debian's build, or an older one");
	}
	if (!code)
		code = write_exits(w, out, err);
	if (w) {
		exits__free(&w->exits);
		model__free(&w->model);
	}
	free(w);
	if (f)
		fclose(f);
	return code;
}
