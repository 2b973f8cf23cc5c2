// SPDX-License-Identifier: GPL-2.0-or-later
/* The results that a command line names: see inputs.h. */
#include "bench/cli/inputs.h"

#include <errno.h>
#include <string.h>

#include "bench/result/file.h"

int inputs__take(struct inputs *inputs, struct opts *opts)
{
	char *operand;

	while ((operand = opts__operand(opts))) {
		if (inputs->nr == INPUTS_MAX)
			return opts__misuse(opts, "more than %d results", INPUTS_MAX);
		inputs->sides[inputs->nr++].name = operand;
	}
	return 0;
}

int inputs__load(struct inputs *inputs, struct error *err)
{
	size_t standard_input = 0;

	for (size_t i = 0; i < inputs->nr; i++) {
		struct compare_side *side = &inputs->sides[i];

		standard_input += !strcmp(side->name, "-");
		if (standard_input > 1)
			return error__set(err, -EINVAL,
					  "standard input can be only one of the results");
		side->doc = result__load(side->name, err);
		if (!side->doc)
			return err->code ?: -EINVAL;
	}
	return 0;
}

void inputs__destroy(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->nr; i++)
		json_decref((json_t *)inputs->sides[i].doc);
}

int inputs__exit_status(const struct error *err)
{
	switch (err->code) {
	case -EBADMSG:
	case -EPROTONOSUPPORT:
	case -EFBIG:
		return EXIT_BAD_INPUT;
	case -EINVAL:
	case -ENOENT:
	case -EISDIR:
		return EXIT_USAGE;
	case -EBUSY:
		return EXIT_IO;
	default:
		return error__exit_status(err);
	}
}
