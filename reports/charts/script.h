/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gnuplot scripts: files NAME.gp of reports/charts/, embedded in the program by the file that draws
 * with them.
 */
#ifndef HVBENCH_CHART_SCRIPT_H
#define HVBENCH_CHART_SCRIPT_H

struct chart_script {
	const char *name, *text;
};

/* For charts whose "script" is `ident` (charts.h). */
#define DEFINE_SCRIPT(ident) \
	__asm__(".pushsection .rodata\n" \
		"chart_script_" #ident ": .incbin \"reports/charts/" #ident ".gp\"\n" \
		".byte 0\n" \
		".popsection\n"); \
	extern const char chart_script_##ident[] __attribute__((visibility("hidden"))); \
	static const struct chart_script script_##ident = { #ident, chart_script_##ident }; \
	static const struct chart_script *const script_##ident##_entry \
		__attribute__((used, section("script_table"))) = &script_##ident

#endif
