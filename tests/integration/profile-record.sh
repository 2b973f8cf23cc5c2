#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
# `hvbench profile --record` and --replay: the tables of a recording are those that the profile had,
# in every format; what is left after SIGKILL and on a full disk; traces for Perfetto as protoc
# reads them; damaged and foreign files.
. "$(dirname "$0")/../tap.sh"
cd "$TMP" || exit

run "$HVBENCH" profile --record-max 1m
test_that "--record-max goes with --record only" all exited 64 -- err_has "goes with --record"
run "$HVBENCH" profile --record x --record-max 10
test_that "a recording of ten bytes is refused" all exited 64 -- err_has "64k or more"
run "$HVBENCH" profile --record x --counts-only
test_that "--record and --counts-only exclude each other" exited 64
run "$HVBENCH" profile --replay x -d 5
test_that "--replay and what is for watching exclude each other" all exited 64 -- err_has "--replay"
run "$HVBENCH" profile -f perfetto -o x.pftrace
test_that "-f perfetto without --replay says how it is made" all exited 64 -- err_has "--record"
run "$HVBENCH" profile --replay none
test_that "a recording that is not there is status 64" all exited 64 -- one_message
echo '{"schema": "hvbench.result/1"}' >json
run "$HVBENCH" profile --replay json
test_that "a file that is no recording is status 65" all exited 65 -- one_message
: >empty
run "$HVBENCH" profile --replay empty
test_that "an empty one too" all exited 65 -- one_message
run "$HVBENCH" profile -d 0.1 --record none/x
test_that "a recording that cannot be written is status 74, before anything is watched" \
	all exited 74 -- err_has "recording to none/x"

run "$HVBENCH" profile -d 0.1 -q
if [ "$status" = 77 ] || [ "$status" = 69 ] || ! [ -w /dev/kvm ]; then
	skip "recordings" "no KVM or no probe here: $(head -n 1 <<<"$err")"
	tap_done
	exit 0
fi
gcc -O2 -Wall -static -pthread -o guest "$TOP/tests/guests/exits-guest.c" ||
	fail "the guest's VMM compiles"
# of_two ARGUMENT…: profiles two VMs that make port, MMIO and MSR accesses.
of_two()
{
	"$HVBENCH" profile -q "$@" -- sh -c "exec ./guest pqwm 100 ${batches:-20} 2 >/dev/null"
}

# The same text, to the last figure, in each view and format.
run of_two --record a.rec
live=$out
test_that "a profile that is recorded succeeds, and says nothing" all exited 0 -- quiet
run "$HVBENCH" profile --replay a.rec
test_that "--replay shows the table that the profile had" all exited 0 -- quiet -- \
	[ "$out" = "$live" ]
for by in vcpu vm port msr gpa; do
	run of_two --by $by --record by.rec
	live=$out
	run "$HVBENCH" profile --replay by.rec --by $by
	test_that "... by $by" all exited 0 -- [ "$out" = "$live" ]
done
# What the host does at the moment is not the same a second later.
same() { grep -Ev '^"(host|started)"' <<<"$out"; }
for format in csv md json; do
	run of_two -f $format --record format.rec
	same >live.$format
	run "$HVBENCH" profile --replay format.rec -f $format
	test_that "... as $format" all exited 0 -- diff live.$format <(same)
done
test_that "... which conforms to the schema" "$TOP/tests/schema-validate" <(echo "$out")
run "$HVBENCH" profile --replay format.rec -f openmetrics
test_that "... and as metrics" all exited 0 -- out_has "hvbench_exits_total{"
run "$HVBENCH" profile -q --interval 200ms -f csv --record rows.rec -- \
	sh -c "exec ./guest p 100 40 >/dev/null"
live=$(awk -F, '{ n += $8 } END { print n, NR > 1 }' <<<"$out")
run "$HVBENCH" profile --replay rows.rec --interval 200ms -f csv
test_that "the rows by interval have the same exits" \
	[ "$(awk -F, '{ n += $8 } END { print n, NR > 1 }' <<<"$out")" = "$live" ]

# What was not asked for when it was recorded.
detail()
{
	jq "[.cells[].exits.by_detail[] | select(.reason == \"$1\") | .count] | add" detail.json
}
run "$HVBENCH" profile --replay a.rec --by port -o detail.json
test_that "ports are in a recording whatever --by was" all exited 0 -- \
	[ "$(detail "out 0x80") $(detail "out 0x84")" = "4000 4000" ]
run "$HVBENCH" profile --replay a.rec --by msr -o detail.json
test_that "... and MSRs" [ "$(detail "rdmsr 0x1a0")" = 4000 ]
run "$HVBENCH" profile --replay a.rec --by rip
test_that "what a recording does not have is said, status 65" all exited 65 -- \
	err_has "--by rip" -- one_message
run "$HVBENCH" profile --replay a.rec --by vm
pid=$(awk '/ guest / { print $1; exit }' <<<"$out")
run "$HVBENCH" profile --replay a.rec -p "$pid" -f json
test_that "-p takes a VM out of a recording" jq -e '.cells | length == 1' <<<"$out"
run "$HVBENCH" profile --replay a.rec -p 1 -f json
test_that "... and another has nothing" jq -e '.cells | length == 0' <<<"$out"

run "$HVBENCH" report a.rec -f json
test_that "report takes a recording" all exited 0 -- \
	jq -e '.cells[0].exits.per_op.total > 0' <<<"$out"
run "$HVBENCH" report a.rec -q -o a.html
test_that "... for a page" all exited 0 -- grep -q "<html" a.html
run "$HVBENCH" compare a.rec a.rec
test_that "who wants a result says how a recording becomes one" all exited 65 -- \
	err_has "--replay FILE -o result.json"

# Single exits.
exits=$("$HVBENCH" profile --replay a.rec -f json |
	jq '[.cells[].exits.by_reason[].count] | add')
run "$HVBENCH" profile --replay a.rec -o a.pftrace
test_that "a trace for Perfetto is made" all exited 0 -- quiet
if command -v protoc >/dev/null; then
	decode()
	{
		protoc --decode=hvbench.test.Trace -I "$TOP/tests/lab" perfetto.proto <"$1" |
			python3 "$TOP/tests/lab/perfetto-sums.py"
	}
	run decode a.pftrace
	test_that "... as protoc reads it, nested, with each exit once" all exited 0 -- \
		jq -e --argjson exits "$exits" '([.moments[]] + [.slices | to_entries[] |
			select(.key | test("^(in guest|asleep|waiting for a CPU)$|/") | not) |
			.value.count] | add) == $exits' <<<"$out"
	test_that "... with what was accessed" jq -e '.accesses["out 0x80"] == 4000' <<<"$out"
	test_that "... a track for each vCPU, in that of its VM" \
		jq -e '[.tracks[] | select(.parent)] | length == 2 and
			all(.parent | test("guest"))' <<<"$out"
	test_that "... and three clocks" jq -e '.clocks == 3' <<<"$out"
else
	skip "... as protoc reads it" "no protoc"
fi
"$HVBENCH" profile --replay a.rec -f perfetto >b.pftrace
test_that "... the same on standard output" cmp a.pftrace b.pftrace
if [ -e /dev/full ]; then
	run "$HVBENCH" profile --replay a.rec -f perfetto -o /dev/full
	test_that "a trace that cannot be written is status 74" all exited 74 -- one_message
fi

# What is left of recordings that did not end.
"$HVBENCH" profile -q -d 600 --record killed.rec >/dev/null & profile=$!
until_true [ -s killed.rec ]
./guest p 100 20 >/dev/null
sleep 1.5
kill -KILL $profile
wait $profile 2>/dev/null
run "$HVBENCH" profile --replay killed.rec -f json
test_that "after SIGKILL what was recorded is there, and that it ends early is said" \
	all exited 0 -- err_has "without its end" -- \
	jq -e '[.cells[] | select(.label == "guest") | .exits.by_reason[] | select(.reason |
		test("^(kvm_pio|io|IO_INSTRUCTION)$")) | .count] | add == 2000' <<<"$out"
size=$(stat -c %s a.rec)
for at in 20 $((size / 3)) $((size - 50)); do
	{ head -c "$at" a.rec; printf '\xa5\xa5'; tail -c +$((at + 3)) a.rec; } >bad.rec
	run "$HVBENCH" profile --replay bad.rec
	test_that "damaged at $at of $size bytes it is refused, status 65" all exited 65 -- \
		one_message -- silent
done
run "$HVBENCH" report bad.rec -f json
test_that "report says the same" all exited 65 -- one_message
head -c $((size - 7)) a.rec >cut.rec
run "$HVBENCH" profile --replay cut.rec
test_that "cut off it is read up to its last whole chunk" all exited 0 -- \
	err_has "its last chunk is not whole" -- out_has COUNT
batches=300 run of_two --record small.rec --record-max 64k
test_that "with --record-max it ends there, and the profile goes on" all exited 0 -- \
	err_has "--record-max allows" -- out_has 60000 -- \
	[ "$(stat -c %s small.rec)" -le 65536 ]
run "$HVBENCH" profile --replay small.rec
test_that "... and what was recorded can be replayed" all exited 0 -- err_has "without its end"
if [ -e /dev/full ]; then
	run of_two --record /dev/full
	test_that "on a full device the profile goes on, status 74" all exited 74 -- \
		out_has 4000 -- err_has "No space left"
fi
if mkdir disk && mount -t tmpfs -o size=40k none disk 2>/dev/null; then
	batches=300 run of_two --record disk/full.rec
	test_that "on a full disk the profile goes on, status 74" all exited 74 -- \
		out_has 60000 -- err_has "No space left"
	run "$HVBENCH" profile --replay disk/full.rec
	test_that "... and what fitted can be replayed" all exited 0 -- err_has "without its end"
	umount disk
else
	skip "a full disk" "no file system can be mounted here"
fi
tap_done
