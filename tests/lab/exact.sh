#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# The lab's figures are lengths of paths: a trace adds up to them, and they do not depend on
# anything else.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

run "$HVBENCH" lab run svm -q -o "$TMP/base.json" --format text
test_that "the default list is measured by path" \
	all exited 0 -- out_has "path instructions" -- out_has "on path"
test_that "... and looks as its page shows" as_shown "hvbench lab run svm"
test_that "every figure is a whole number that nine in ten samples took" \
	jq -e '[.cells[].summary | .p50 == (.p50 | floor) and .on_path >= 0.9] | all' \
	"$TMP/base.json"
test_that "parts add up to the figure beside them" \
	jq -e '[.cells[] | .cost.kernel + .cost.user + .cost.off_cpu + .cost.switch - .summary.p50 |
		. < 0.01 and . > -0.01] | all' \
		"$TMP/base.json"

run "$HVBENCH" lab trace svm -q -w mmio-ioeventfd --timeout 1000 -o "$TMP/trace.json"
test_that "a trace of mmio-ioeventfd adds up to its figure" \
	[ "$(jq .path "$TMP/trace.json")" = "$(cell "$TMP/base.json" mmio-ioeventfd .summary.p50)" ]

# Each page is touched once: with fewer of them the guest might be done before the trace begins.
# Where the host gets its pages from differs with what ran before, by one instruction.
run "$HVBENCH" lab run svm -q -w touch:working_set=256m -o "$TMP/touch.json" --format csv
run "$HVBENCH" lab trace svm -q -w touch:working_set=256m --timeout 1000 -o "$TMP/trace-touch.json"
test_that "a trace of touch adds up to its figure, but for one instruction" \
	jq -en --slurpfile trace "$TMP/trace-touch.json" --argjson figure \
	"$(cell "$TMP/touch.json" touch .summary.p50)" \
		'$trace[0].path - $figure | . >= -1 and . <= 1'
test_that "the trace of touch shows that one rep instruction clears the page" \
	all out_has "(4096 bytes)" -- \
	jq -e '[.rep[] | select(.function | startswith("clear_page")) | .bytes] == [4096]' \
	"$TMP/trace-touch.json"

# Differences between hosts that are none in the path of an exit.
while read -r name args; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab run svm -q $args -o "$TMP/new.json" --format csv
	run "$HVBENCH" lab compare svm --base "$TMP/base.json" --new "$TMP/new.json"
	test_that "$name makes no difference" \
		all exited 0 -- out_has "0 longer, 0 shorter, 11 the same"
done <<'END'
parameter --cmdline hvbench.nothing=1
memory --memory 1536
order -w coalesced-mmio,mmio-ioeventfd,mmio-kernel,mmio-user,pio-ioeventfd,pio-kernel \
	-w pio-user,wrmsr,rdmsr,hypercall,cpuid
END
tap_done
