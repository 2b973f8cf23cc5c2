#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
# What takes a second VM, a thread of the host or several vCPUs, and what the hypervisor may not
# offer: each is measured, or skipped with the reason, and leaves nothing behind.
. "$(dirname "$0")/../tap.sh"

json() { jq -e "$@" "$TMP/r.json" >/dev/null; }
if [ ! -w /dev/kvm ]; then
	skip "two VMs are measured" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
short="--rounds 1 --samples 10 --probes off -q"

list=vm-switch,io-out,io-out:receiver=polling,irq-completion,ipi-broadcast
run "$HVBENCH" run -w "$list,ipi-broadcast:target=halted,ple-round-robin" \
	$short -o "$TMP/r.json"
test_that "VM switch, doorbell to thread, EOI, broadcast and round robin are measured" \
	all exited 0 -- \
	json '[.cells[] | .status == "ok" and .summary.p50 > 0] | all'
run "$HVBENCH" run -w vm-switch --config ioeventfd=off $short -f json
test_that "without ioeventfd there is no second VM, and the cell is skipped with the reason" \
	jq -e '.cells[0].reason | test("ioeventfd=on")' <<<"$out"
run "$HVBENCH" run -w vm-switch,io-out --config irqchip=user $short -f json
test_that "without an irqchip the switch is skipped, and the doorbell measured" \
	jq -e '.cells[0].status == "skipped" and
	.cells[1].status == "ok"' <<<"$out"
run "$HVBENCH" run -w vm-switch --backend qemu-kvm --dry-run --format json
test_that "another backend skips it and names who can do it" \
	jq -e '.cells[0].skipped | test("which backend qemu-kvm lacks; kvm has it")' <<<"$out"
run timeout 60 "$HVBENCH" run enlightened $short -o "$TMP/r.json"
test_that "enlightenments are measured, or skipped because the guest is not offered them" json '
	[.cells[] | .status == "ok" or (.reason | test("^needs "))] | all'
run timeout 60 "$HVBENCH" run -w nested-exit,nested-exit:to=l0 $short -o "$TMP/r.json"
test_that "... and so are exits of a guest's guest" \
	json '[.cells[] | .status == "ok" or (.reason | test("^needs "))] | all'
all=none,idle,exits,memory,cache,dirty,ipis,timers,overcommit,io
run timeout 100 "$HVBENCH" run -w pio-ioeventfd,chase:working_set=16k --matrix neighbour=$all \
	--rounds 1 --samples 4 --probes off -q -o "$TMP/r.json"
test_that "a VM is measured beside neighbours of each kind" \
	all exited 0 -- \
	json '[.cells[].status == "ok"] | length == 20 and all'
run "$HVBENCH" report -f text "$TMP/r.json"
test_that "... and all pairs are in one table" \
	out_like "^ *beside +idle +exits +memory +cache +dirty +ipis +timers +overcommit +io"
run timeout 60 "$HVBENCH" run -w gaps --config pin=0 --config load=4 --rounds 4 \
	--samples 8 --probes on -q -o "$TMP/r.json"
if jq -e '.cells[0].gaps.why' "$TMP/r.json" >/dev/null; then
	skip "gaps are explained" "$(jq -r '.cells[0].gaps.why' "$TMP/r.json")"
else
	test_that "what the guest lost beside busy threads is what the host saw, within 5 %" \
		all exited 0 -- json '.cells[0].gaps |
		(.attributed_ns + .unattributed_ns) as $lost |
		([.causes[].host_ns] | add) as $seen |
		$lost > 10000000 and .unattributed_ns < 0.05 * $lost and
		$seen > 0.95 * $lost and $seen < 1.05 * $lost'
fi
run "$HVBENCH" run isca2016 $short -o "$TMP/r.json"
run "$HVBENCH" report -f text "$TMP/r.json"
test_that "the seven benchmarks of ISCA 2016 are shown in that paper's table" \
	all out_has "ISCA 2016, table II" -- \
	out_has "Interrupt Controller Trap" -- \
	out_like "VM Switch +[0-9,.]+" -- out_like "I/O Latency Out +[0-9,.]+"
run "$HVBENCH" report -f text <(jq '.plan.name = "other"' "$TMP/r.json")
test_that "another job has no such table" out_lacks "table II"
tap_done
