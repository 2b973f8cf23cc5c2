// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/lab/collect.h"

#include <errno.h>
#include <stdlib.h>

bool lab__sent_all(struct lab_run *run)
{
	return !wire__read_on(run->capture, &run->sent) && run->sent.ended;
}

int lab__collect_sent(struct lab_run *run, struct lab_outcome *out, struct error *err)
{
	struct wire_state state;
	json_error_t jerr;
	char *data = NULL;
	size_t len = 0;
	int code = wire__scan(run->capture, &state);

	if (code)
		return error__set(err, code, "cannot read what the emulated host sent");
	if (state.fail[0])
		return error__set(err, -EIO, "%s", state.fail);
	if (!state.ended)
		return error__set(err, -EIO, "the emulated host ended before it had sent a result");
	out->status = state.status;
	code = wire__get_file(run->capture, run->req->command ? "text" : "result.json", &data, &len,
			      err);
	if (code)
		return code;
	if (run->req->command) {
		out->text = data;
		return 0;
	}
	out->doc = json_loadb(data, len, 0, &jerr);
	free(data);
	if (!out->doc)
		return error__set(err, -EBADMSG,
				  "the result that came back is no JSON: line %d: %s", jerr.line,
				  jerr.text);
	return 0;
}
