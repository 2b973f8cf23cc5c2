#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A run that is stopped keeps what it has, and leaves nothing behind.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "signals in the middle of a run" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
mkdir "$TMP/out"
left() { ls -A "$TMP/out"; }

for signal in INT TERM; do
	rm -f "$TMP/out/"*
	run timeout --preserve-status -s $signal 3 "$HVBENCH" run quick --rounds 1000 \
		-q -o "$TMP/out/r.json"
	test_that "SIG$signal ends a run with status 130" exited 130
	test_that "SIG$signal: what was measured by then is saved, and said to be cut short" \
		jq -e \
		'.interrupted == true and ([.cells[] | select(.status == "ok")] | length > 0)' \
		"$TMP/out/r.json"
	test_that "SIG$signal: no other file is left" [ "$(left)" = r.json ]
done

# SIGKILL cannot be caught: an earlier result stays whole, and VMs and threads end with the
# process.
rm -f "$TMP/out/"*
echo precious >"$TMP/out/r.json"
run timeout -s KILL 2 "$HVBENCH" run quick --rounds 1000 -q -o "$TMP/out/r.json"
test_that "SIGKILL leaves an earlier result untouched" grep -qx precious "$TMP/out/r.json"

run bash -c '"$HVBENCH" run -w cpuid --rounds 2 --format json 2>/dev/null | head -c 1 >/dev/null;
	echo "${PIPESTATUS[0]}"'
test_that "a reader that goes away does not cause a crash" [ "$out" -lt 128 -o "$out" = 141 ]
tap_done
