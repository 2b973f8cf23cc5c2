#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the lab's answers take of CPU time, from cached packages: the functions that make up the
# difference of one exit between two kernels, the footprint of the exit group, and one exit's trace.
# Prints a line for each; status 1 if one takes more than its limit. On a machine that does nothing
# else: threads that share a core take longer for the same work.
#	lab-cost.sh
set -u
HVBENCH=${HVBENCH:-$(dirname "$0")/../../build/hvbench}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
failed=0

# cost LIMIT WHAT COMMAND…: CPU seconds of the command and of all that it started
cost()
{
	local limit=$1 what=$2 TIMEFORMAT='%U %S' seconds
	shift 2
	seconds=$({ time "$@" >"$TMP/out" 2>"$TMP/err"; } 2>&1) ||
		{ echo "$what: not measured: $(tail -n 1 "$TMP/err")"; failed=1; return; }
	seconds=$(awk '{ print $1 + $2 }' <<<"$seconds")
	printf '%-52s %6.1f s of CPU, at most %d\n' "$what" "$seconds" "$limit"
	awk -v s="$seconds" -v limit="$limit" 'BEGIN { exit s > limit }' || failed=1
}

cost 60 "functions of a difference, one exit, 6.1 to 6.12" "$HVBENCH" lab trace svm -q -w cpuid \
	--base debian:6.1 --new debian:6.12
cost 150 "footprint of the exit group, 6.1" "$HVBENCH" lab run svm -q --footprint
cost 40 "trace of one exit, 6.1" "$HVBENCH" lab trace svm -q -w cpuid
exit $failed
