#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Memory latency: the guest's loads cost what the host's do, and both cost what an independent
# program finds. The tolerance allows for other users of the machine; on a quiet one it is a few
# percent.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "memory latency in the guest" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

# Well within a cache or well beyond all: near a cache's size other processes decide how much of it
# is left.
sizes="64k 256k 64m"
printf '[global]\nrounds = 6\n' >"$TMP/job.ini"
for size in $sizes; do
	printf '[guest-%s]\nworkload = chase\nworking_set = %s\n' $size $size
	printf '[native-%s]\nworkload = chase\nworking_set = %s\nbackend = native\n' $size $size
done >>"$TMP/job.ini"

# least SIZE_BYTES BACKEND: the least median of the rounds, in ns a load, since other work only
# adds to it
least()
{
	jq --argjson bytes "$1" --arg backend "$2" '
		[.cells[] | select(.backend == $backend and .params.working_set == $bytes) |
			.rounds[] | select(.status == "ok") | .samples | sort | .[length / 2 |
				floor]] | min' "$TMP/r.json"
}
near() { awk -v a="$1" -v b="$2" -v percent="$3" 'BEGIN { exit !(a > 0 && b > 0 &&
	a / b < 1 + percent / 100 && b / a < 1 + percent / 100) }'; }

# Figures that are too far apart are measured once more; the second time counts.
for attempt in 1 2; do
	run "$HVBENCH" run -q "$TMP/job.ini" --probes off -o "$TMP/r.json"
	far=
	for size in $sizes; do
		bytes=$(numfmt --from=iec "${size^^}")
		near "$(least $bytes kvm)" "$(least $bytes native)" 15 || far=1
	done
	[ -n "$far" ] || break
done
test_that "chase runs in guest and process, without a warning of small pages" all exited 0 -- \
	jq -e '[.cells[] | .status == "ok" and ([.warnings[].text | test("huge pages")] | any |
		not)] | all' "$TMP/r.json"
for size in $sizes; do
	bytes=$(numfmt --from=iec "${size^^}")
	guest=$(least $bytes kvm) native=$(least $bytes native)
	test_that "a load in $size costs alike: $guest ns in the guest, $native ns in a process" \
		near \
		"$guest" "$native" 15
done

test_that "rounds took turns with a process; the ratio is the guest's cost to its cost" \
	jq -e '[.cells[] | select(.backend == "kvm").reference | .label == "native" and
		(.log_ratio.pairs | length == 6) and (.log_ratio.p50 | exp | . > 0.8 and
			. < 1.25)] | all' "$TMP/r.json"
test_that "... and a process has no such ratio itself" \
	jq -e '[.cells[] | select(.backend == "native") | .reference] | all(. == null)' \
	"$TMP/r.json"

if ! command -v cc >/dev/null; then
	skip "an independent pointer chase" "no compiler"
	tap_done
	exit
fi
run cc -O2 -o "$TMP/pointer-chase" "$TOP/tests/integration/pointer-chase.c"
test_that "an independent pointer chase is built" exited 0
lesser() { awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b + 0 < a + 0) ? b : a }'; }
# Both in turns until they are near: what others do to the memory changes within a second.
for size in $sizes; do
	bytes=$(numfmt --from=iec "${size^^}")
	native=$(least $bytes native)
	other=
	for attempt in 1 2 3 4 5; do
		run "$TMP/pointer-chase" $bytes
		other=$(lesser "$other" "$(cut -d' ' -f2 <<<"$out")")
		near "$native" "$other" 20 && break
		run "$HVBENCH" run -q -w chase:working_set=$size --backend native --rounds 6 \
			--probes off -o "$TMP/r.json"
		native=$(lesser "$native" "$(least $bytes native)")
	done
	test_that "a load in $size: $native ns by hvbench, $other ns by another program" \
		near \
		"$native" "$other" 20
done
tap_done
