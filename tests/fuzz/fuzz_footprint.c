// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: what the lab's plugin wrote of the exits, and trees of functions in documents. If
 * the input begins with '{' it is a footprint of a document, else the plugin's file.
 */
#include "bench/lab/blame_tree.h"
#include "bench/lab/footprint.h"
#include "bench/lab/trace.h"
#include "reports/formats/report.h"
#include "reports/views/stacks.h"
#include "tests/fuzz/input.h"

int fuzz_footprint(const uint8_t *data, size_t size);

/* Every form that shows a tree. */
static void show_all(const json_t *doc)
{
	static FILE *null;

	null = null ?: fopen("/dev/null", "w");
	for_each_renderer(r, SHOW_STACKS | SHOW_STACKS_OF_TWO)
		r->render(SHOW_STACKS, doc, null, NULL);
}

static void look_at_tree(const uint8_t *data, size_t size)
{
	json_t *footprint = json_loadb((const char *)data, size, 0, NULL), *doc, *tree;
	struct error err = { 0 };
	struct trace trace;

	if (!footprint)
		return;
	if (trace__of_footprint(&trace, footprint, &err)) {
		fuzz__check_message(err.text);
	} else {
		doc = trace__to_json(&trace);
		show_all(doc);
		json_decref(doc);
	}
	trace__free(&trace);
	tree = blame_tree__merge(json_object_get(footprint, "tree"),
				 json_object_get(footprint, "tree"));
	doc = json_pack("{s:[{s:s, s:o}]}", "cells", "label", "exit", "tree", tree ?: json_null());
	show_all(doc);
	json_decref(doc);
	json_decref(footprint);
}

int fuzz_footprint(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_ROOM];
	struct error err = { 0 };
	struct footprints all;

	if (size && *data == '{') {
		look_at_tree(data, size);
		return 0;
	}
	fuzz__file(data, size, path);
	if (footprints__read(&all, path, &err))
		fuzz__check_message(err.text);
	footprints__free(&all);
	return 0;
}

#ifndef NO_FUZZER_MAIN
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_footprint(data, size);
}
#endif
