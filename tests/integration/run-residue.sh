#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# What a run uses of the host while it lasts, and that it gives all of it back: descriptors, VMs,
# threads, memory, files, processes.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "what a run takes and gives back" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

# watch COMMAND…: runs it and writes a line for each look at it to $TMP/looks: descriptors,
# descriptors of VMs, threads, KiB of resident memory that is not the guests'. Guest memory is
# recognized by the program having advised the kernel for or against huge pages there.
watch()
{
	local pid fd task

	"$@" >"$TMP/.out" 2>"$TMP/.err" &
	pid=$!
	last_command="$*"
	: >"$TMP/looks"
	while kill -0 $pid 2>/dev/null; do
		fd=(/proc/$pid/fd/*)
		task=(/proc/$pid/task/*)
		vms=$(readlink "${fd[@]}" 2>/dev/null | grep -c '^anon_inode:kvm-vm$')
		echo "${#fd[@]} $vms ${#task[@]} $(awk '
			/^Rss:/ { rss = $2 }
			/^VmFlags:/ { if ($0 !~ / (hg|nh|ht)( |$)/) own += rss }
			END { print own + 0 }' /proc/$pid/smaps 2>/dev/null)"
		sleep 0.02
	done >>"$TMP/looks"
	wait $pid
	status=$? out=$(cat "$TMP/.out") err=$(cat "$TMP/.err")
}
# most COLUMN FROM TO: the largest value of a column between two percentages of the looks
most()
{
	awk -v c="$1" -v from="$2" -v to="$3" -v n="$(wc -l <"$TMP/looks")" '
		NR >= n * from / 100 && NR <= n * to / 100 &&
			$c + 0 > m { m = $c } END { print m + 0 }' "$TMP/looks"
}

mkdir "$TMP/tmp" "$TMP/out"
export TMPDIR=$TMP/tmp
shm=$(ls -A /dev/shm 2>/dev/null)

watch "$HVBENCH" run -q -w pio-user,ipi,inject,chase:working_set=1m,vm-create --rounds 16 \
	--samples 5 --probes off -o "$TMP/out/r.json"
test_that "a run of many rounds is looked at often enough" \
	all exited 0 -- [ "$(wc -l <"$TMP/looks")" -ge 20 ]
# A look may or may not fall on a pair of twins, which has another VM's descriptors: 5 at most. If
# each measurement leaked one, there would be 40 more in the second half.
test_that "descriptors of a long run do not grow ($(most 1 0 50), then $(most 1 50 100))" \
	[ "$(most 1 50 100)" -le $(($(most 1 0 50) + 5)) ]
test_that "VMs of earlier rounds are gone: never more than a pair of twins ($(most 2 0 100))" \
	[ "$(most 2 0 100)" -le 2 ]
test_that "... and the test would see one" [ "$(most 2 0 100)" -ge 1 ]
test_that "threads of a long run do not grow ($(most 3 0 50), then $(most 3 50 100))" \
	[ "$(most 3 50 100)" -le $(($(most 3 0 50) + 1)) ]

watch "$HVBENCH" run -q -w pio-user --config vms=8 --rounds 1 --samples 300 -o "$TMP/out/r.json"
test_that "vms=8 has eight VMs at once ($(most 2 0 100))" all exited 0 -- [ "$(most 2 0 100)" = 8 ]

watch "$HVBENCH" run -q quick --rounds 2 --probes on --samples 20 -o "$TMP/out/r.json"
test_that "the default job takes less than 64 MiB outside guest memory ($(most 4 0 100) KiB)" \
	all exited 0 -- \
	[ "$(most 4 0 100)" -gt 500 ] -- [ "$(most 4 0 100)" -lt 65536 ]
test_that "no file is left but the result" [ "$(ls -A "$TMP/out" "$TMP/tmp")" = "$TMP/out:
r.json

$TMP/tmp:" ]
test_that "... and nothing is left in shared memory" [ "$(ls -A /dev/shm 2>/dev/null)" = "$shm" ]

# Children and threads end with the program, however it ends: a session of their own makes them
# visible.
# session OPTIONS…: the processes that are left of it a moment after its leader is gone
session()
{
	setsid -w "$@" >"$TMP/.out" 2>"$TMP/.err" &
	local waiter=$! leader
	sleep 0.5
	leader=$(pgrep -P $waiter) || leader=$waiter
	[ -z "${signal:-}" ] || kill -"$signal" "$leader"
	wait $waiter 2>/dev/null
	left=$(pgrep -a -s "$leader")
}
for signal in "" TERM KILL; do
	session "$HVBENCH" run -q -w ipi,inject --rounds 3 --samples 5 -o "$TMP/out/r.json"
	out=$left
	test_that "no process is left after ${signal:+SIG}${signal:-the end}" [ -z "$left" ]
done
tap_done
