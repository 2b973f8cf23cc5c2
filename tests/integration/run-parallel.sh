#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Several vCPUs of one VM at work at the same time: each has its samples, exits are exact, and what
# cannot be done so is refused.
. "$(dirname "$0")/../tap.sh"

json() { jq -e "$@" "$TMP/r.json" >/dev/null; }
run "$HVBENCH" run --dry-run -w pio-user --config parallel=4 --config vcpus=2
test_that "more parallel vCPUs than there are vCPUs are refused" all exited 64 -- \
	err_has "parallel=4 needs as many vCPUs"
run "$HVBENCH" run --dry-run -w ipi,inject,vm-create --config parallel=2 --format json
skipped() { jq -e --arg why "$2" ".cells[$1].skipped | contains(\$why)" <<<"$out" >/dev/null; }
test_that "what takes or waits for particular vCPUs is skipped with the reason" \
	all skipped 0 "takes several vCPUs" -- \
	skipped 1 "waits for an event"
run "$HVBENCH" run --dry-run -w cpuid --backend native --config parallel=2 --format json
test_that "native skips parallel=2 and names who can do it" \
	skipped 0 "does not honour parallel=2; kvm"

if [ ! -w /dev/kvm ]; then
	skip "several vCPUs are measured" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
list=pio-user,pio-ioeventfd,mmio-kernel
exact() {
	json '[.cells[] | .status == "ok" and .exits.per_op.total == 1 and .exits.as_expected] |
		all'
}
for _ in 1 2 3; do
	run "$HVBENCH" run -w $list --matrix parallel=1,3 --ops 29 --samples 37 --rounds 2 \
		--probes off -q -o "$TMP/r.json"
	exact && break
done
test_that "exits of three vCPUs at once are exact, those beyond their samples included" exact
test_that "each vCPU has samples of its own" \
	json '[.cells[] | select(.config.parallel == "3")] | length == 3 and
	all(.[]; (.rounds | all(.[]; .samples_raw | length == 3 * 37)) and (.parallel.each |
		length == 3) and
		.parallel.vcpus == 3 and .parallel.least <= .parallel.most and
			.parallel.all_per_s > 0)'
test_that "... and the window holds at least their operations" \
	json '[.cells[] | select(.config.parallel == "3")] |
	all(.[]; .exits.window_ops >= 2 * 3 * 29 * 37 and .exits.window_ops % 29 == 0)'
test_that "... and a single vCPU has no such parts" \
	json '[.cells[] | select(.config.parallel == "1") | .parallel] == [null, null, null]'
run "$HVBENCH" report -f csv "$TMP/r.json"
test_that "CSV has the fastest and the slowest vCPU" out_has vcpu_least,vcpu_most
run "$HVBENCH" report -f md "$TMP/r.json"
test_that "the report has the growth from one vCPU" out_has "x 1 vCPU"
run "$HVBENCH" run -w touch:working_set=1m --config parallel=2 --rounds 1 --samples 10 \
	--probes off -q -o "$TMP/r.json"
test_that "each vCPU touches pages of its own, with as many exits as operations" json '.cells[0] |
	.exits.per_op.total > 0.9 and .exits.per_op.total < 1.2 and (.rounds[0].samples_raw |
		length) == 20'
run "$HVBENCH" run -w chase:working_set=64k --config parallel=2 --config vms=2 --rounds 1 \
	--samples 10 --probes off -q -o "$TMP/r.json"
test_that "several VMs of several vCPUs are measured" \
	json '.cells[0] | .status == "ok" and (.parallel.each | length) == 4'
run "$HVBENCH" run -q -w mmio-kernel --ab parallel=2 parallel=1 --time 0.2s -f json
test_that "twins of two vCPUs and of one take turns" all err_has "" -- \
	jq -e '.ab[0].pairs > 0' <<<"$out"
tap_done
