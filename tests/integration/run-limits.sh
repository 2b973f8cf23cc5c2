#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# A cell that wants more than the host, the VM or the workload has is refused before anything is
# used up. And the result's file is at every moment either the old one or the new one.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "limits of host and VM" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
export HVBENCH

# Limits, so that a fault found by these tests does not exhaust the host.
address_space=$((16 << 20))
measure()
{
	run bash -c 'ulimit -v "$0"
		exec timeout 60 "$HVBENCH" run -q --rounds 1 --samples 5 --format json "$@"' \
		$address_space "$@"
	out=$(jq -c '{cells: [.cells[] |
		{workload, status, reason, warnings}]}' <<<"$out" 2>/dev/null || echo "$out")
}
reason() { jq -r '.cells[].reason' <<<"$out" | grep -Eq -e "$1"; }
cell_is() { [ "$(jq -r '.cells[0].status' <<<"$out")" = "$1" ]; }

measure -w pio-user --config vcpus=65
test_that "more vCPUs than the payload has room for are 64, with what is possible" \
	all exited 64 -- \
	silent -- err_has "'65'" -- err_has 64
measure -w pio-user --config vcpus=32 --ops 5
test_that "many vCPUs are measured, with a warning that they share CPUs" all exited 0 -- cell_is ok
measure -w ipi --config vcpus=1
test_that "with fewer vCPUs than the workload needs the cell is skipped, with the number" \
	all cell_is skipped -- \
	reason 'vcpus=2'

memory_mib=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
too_much=$((memory_mib + 1024))m
for backend in kvm native; do
	measure -w "chase:working_set=$too_much" --backend $backend
	test_that "$backend skips what wants more memory than there is, and says how much that is" \
		all exited 69 -- cell_is skipped -- \
		reason 'more than the [0-9]+[mg] this host has available'
done
# Each of the working sets fits alone; together they do not.
each=$((memory_mib * 2 / 3))m
for workload in chase touch; do
	measure -w "$workload:working_set=$each" --config vms=2
	test_that "$workload is skipped where two VMs at once do not fit" all exited 69 -- \
		cell_is skipped -- \
		reason 'more than the [0-9]+[mg] this host has available'
done
measure -w chase:working_set=1p
test_that "a petabyte is out of bounds" all exited 64 -- err_has 1p
run bash -c 'ulimit -v 400000
	exec "$HVBENCH" run -q --rounds 1 --samples 5 --format json \
		-w chase:working_set=500m,pio-user'
test_that "where there is no address space for the memory only that cell fails" all exited 1 -- \
	jq -e '[.cells[].status] == ["failed", "ok"]' <<<"$out"
for size in 2m:2048 1g:1048576; do
	pages=/sys/kernel/mm/hugepages/hugepages-${size#*:}kB
	if [ "$(cat "$pages/free_hugepages" 2>/dev/null)" = 0 ] &&
		[ "$(cat "$pages/nr_overcommit_hugepages")" = 0 ]; then
		measure -w chase:working_set=4m --config pages=${size%:*}
		test_that "pages=${size%:*} without huge pages is skipped, with how to get them" \
			all exited 69 -- cell_is skipped -- \
			reason "$pages/nr_hugepages"
	else
		skip "pages=${size%:*} without huge pages" "this host has some, or no such size"
	fi
done
measure -w pio-user --config pin=1023
test_that "pinning to a CPU that is not there fails, and names it" \
	all exited 1 -- cell_is failed -- reason 'CPU 1023'
run "$HVBENCH" run -q -w pio-user --config pin=1023 -o "$TMP/failed.json"
test_that "... in a message, where no table says it" \
	all exited 1 -- silent -- err_has '1 of 1 cells failed' -- err_has 'CPU 1023'
measure -w pio-kernel --config irqchip=split
test_that "what needs a device is skipped without it, with the configuration that has it" \
	all cell_is skipped -- reason 'irqchip=kernel'

# Descriptors: the soft limit is raised; the hard limit is reported.
many=("$HVBENCH" run -q --rounds 1 --samples 5 --ops 1 --format json -w pio-user --config vms=20)
run bash -c 'ulimit -Sn 64; exec "$@"' - "${many[@]}"
test_that "twenty VMs are measured with a soft limit of 64 descriptors" all exited 0 -- \
	jq -e '.cells[0].status == "ok"' <<<"$out"
# With each of these limits it is another of a VM's descriptors that cannot be opened.
for limit in 61 62 63 64 65; do
	run bash -c "ulimit -n $limit"'; exec "$@"' - "${many[@]}"
	test_that "... with a hard limit of $limit it is said which VM had none, and what to do" \
		all exited 1 -- \
		jq -e '.cells[0].reason | test("VM [0-9]+ of 20.*ulimit -n")' <<<"$out"
done
run bash -c 'ulimit -l 0; exec "$HVBENCH" run -q --rounds 2 --samples 5 --format json -w pio-user'
test_that "without locked memory cells are measured all the same" all exited 0 -- \
	jq -e '.cells[0].status == "ok"' <<<"$out"

# Real-time scheduling, requested by a user without the right to it.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$TMP"
	cp "$HVBENCH" "$TMP/hvbench"
	run setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice "$TMP/hvbench" run -q --rounds 1 \
		--samples 5 --format json -w pio-user --config sched=fifo:10
	test_that "without the right to a real-time class the message says what is needed" \
		all exited 1 -- \
		jq -e '.cells[0].reason | test("CAP_SYS_NICE")' <<<"$out"
else
	skip "a real-time class without the right to it" "needs root and setpriv"
fi

# The file is replaced atomically: a reader always sees a whole document.
result=$TMP/r.json
"$HVBENCH" run -q --backend native -w empty --rounds 1 --samples 500 -o "$result"
# Held open: otherwise its inode number might be used again for one of the next files.
exec 3<"$result"
inode=$(stat -c %i "$result")
( for i in $(seq 8); do
	"$HVBENCH" run -q --backend native -w empty --rounds 1 --samples 500 -o "$result" || exit
done ) 2>"$TMP/.err" &
looks=0 broken=
while kill -0 $! 2>/dev/null; do
	[ "$(tail -n 1 "$result" 2>&1)" = "}" ] ||
		broken="look $looks: $(tail -c 100 "$result" 2>&1)"
	looks=$((looks + 1))
done
wait $!
test_that "-o replaces atomically: $looks readers saw a whole document" all [ -z "$broken" ] -- \
	[ $looks -gt 20 ] -- \
	jq -e .schema "$result"
test_that "... because it is a new file" [ "$(stat -c %i "$result")" != "$inode" ]
exec 3<&-
tap_done
