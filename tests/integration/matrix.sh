#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Matrices: what --dry-run announces is what is measured; settings of the host under which cells
# are measured.
. "$(dirname "$0")/../tap.sh"

result=$TMP/result.json
json() { jq -e "$@" "$result" >/dev/null; }
dry() { run "$HVBENCH" run --dry-run --format json "$@"; printf '%s' "$out" >"$result"; }

cat >"$TMP/matrix.ini" <<'END'
[global]
description = a product of four with one left out
rounds = 2
[chase]
working_set = 16k,32k
pages = 4k,thp
exclude = working_set=32k pages=thp
END

run "$HVBENCH" run "$TMP/matrix.ini" --dry-run
test_that "--dry-run shows cells, rounds, time and what is excluded" all exited 0 -- quiet -- \
	out_like '^matrix: a product of four with one left out' -- \
	out_like '^3 cells, 2 rounds: about [0-9.]+ s' -- \
	out_like '^  chase:working_set=16k +kvm +pages=thp +2 +[0-9.]+ s' -- \
	out_has "1 combination is excluded"
dry "$TMP/matrix.ini"
test_that "... and the same as JSON" \
	json '.schema == "hvbench.dry-run/1" and .rounds == 2 and .excluded == 1 and
	.seed == null and ([.cells[] | [.label, .config.name, .backend, .params.working_set]] ==
	[["chase:working_set=16k", "pages=4k", "kvm", 16384], ["chase:working_set=16k", "pages=thp",
		"kvm", 16384],
	 ["chase:working_set=32k", "pages=4k", "kvm", 32768]])'
test_that "... whose time is the sum of its cells' times" \
	json '(.estimated_s - .besides_cells_s - ([.cells[].estimated_s] | add) | fabs) < 0.001 and
	.besides_cells_s >= 0 and .estimated_s > .besides_cells_s'
dry -w pio-kernel --matrix irqchip=kernel,user
test_that "--dry-run says what cannot run here" json '.cells[0].skipped == null and
	(.cells[1].skipped | test("irqchip=kernel")) and .cells[1].estimated_s == 0'
dry -w cpuid --backend nonsense
test_that "a backend that does not exist is refused" all exited 64 -- \
	err_has "unknown backend 'nonsense'" -- silent
run "$HVBENCH" run --dry-run --format csv
test_that "--dry-run has no CSV" all exited 64 -- err_has "as text or json"
run "$HVBENCH" run --dry-run -o "$TMP/x"
test_that "--dry-run has no -o" all exited 64 -- err_has "takes no -o" -- [ ! -e "$TMP/x" ]
run "$HVBENCH" run --dry-run -w chase --matrix pages=4k,8k
test_that "a bad value in a list is refused by name" all exited 64 -- \
	err_has "bad value '8k' for 'pages'"
run "$HVBENCH" run --dry-run -w chase --matrix seed="$(seq -s, 1 5000)"
test_that "too many cells are refused, naming the keys that multiply" all exited 64 -- \
	err_has "more than 4096 cells" -- \
	err_has "seed(5000)"
run "$HVBENCH" run --dry-run --backend native
test_that "cells made equal by the command line are measured once, and that is said" \
	all exited 0 -- \
	out_has "the command line makes it the same"

run "$HVBENCH" run -w chase:working_set=16k --backend native --matrix pages=4k,thp \
	--matrix stride=64,128 \
	--exclude 'pages=thp stride=128' --rounds 1 --samples 5 -q -o "$result"
test_that "the cells measured are the product without what is excluded" all exited 0 -- json '
	[.cells[] | [.params.stride, .config.pages, .status]] ==
	[[64, "4k", "ok"], [128, "4k", "ok"], [64, "thp", "ok"]]'

if [ ! -w /dev/kvm ]; then
	skip "cells are measured under the host's settings" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

# Check by the scheduler's own data on which CPUs it ran, not by what was asked for.
cpus=$(nproc)
run "$HVBENCH" run -w cpuid --matrix overcommit=none,2 --rounds 1 --samples 5 -q -o "$result"
test_that "overcommit=2 puts two vCPUs on each CPU" all exited 0 -- json --argjson cpus "$cpus" '
	[.cells[] | [.status, [.warnings[].text | select(test("vCPUs share")) | split(":")[0]]]] ==
	[["ok", []], ["ok", ["\(2 * $cpus) vCPUs share \($cpus) CPU" + (if $cpus == 1 then ""
		else "s" end)]]]'
test_that "... each in a VM of its own, and the samples of all count" json --argjson cpus "$cpus" '
	(.cells[1].rounds[0].samples | length) == 2 * $cpus * (.cells[0].rounds[0].samples |
		length)'
run taskset -c 0 "$HVBENCH" run -w cpuid --config overcommit=3 --config pin=all --rounds 1 \
	--samples 5 -q -o "$result"
test_that "only CPUs that the process may use are counted" all exited 0 -- json '
	[.cells[0].warnings[].text] | any(startswith("3 vCPUs share 1 CPU:"))'
run "$HVBENCH" run -w chase --matrix numa=0,1023 --rounds 1 --samples 5 -q -o "$result"
test_that "numa=0 is measured; a node that is not there is skipped with those that are" \
	all exited 0 -- json '
	.cells[0].status == "ok" and .cells[1].status == "skipped" and
	(.cells[1].reason | test("no such NUMA node; it has 0"))'

run "$HVBENCH" run -w pio-ioeventfd,mmio-ioeventfd --matrix ioeventfd=on,off --rounds 1 \
	--samples 5 -q -o "$result"
test_that "with ioeventfd=off doorbells go to user space, and are expected to" \
	all exited 0 -- json '
	[.cells[].exits | [.per_op.user, .expected_user, .user_as_expected]] ==
	[[0, 0, true], [1, 1, true], [0, 0, true], [1, 1, true]]'
run "$HVBENCH" run -w rewrite:working_set=1m --matrix dirty_log=off,bitmap,ring --rounds 1 \
	--samples 8 --probes off -q -o "$result"
test_that "with dirty_log each page that is written is logged once" all exited 0 -- json '
	.cells[0].dirty_pages_per_op == null and
	([.cells[1:][] | select(.status == "ok") | .dirty_pages_per_op | . >= 0.99 and . < 1.4] |
		all)'
test_that "... and takes an exit that it does not take without the log" json '
	.cells[0].exits.per_op.total < 0.1 and (.cells[1].exits.per_op.total | . > 0.9 and . < 1.4)'
test_that "... which costs more than a write" \
	json '.cells[1].summary.p50 > 5 * .cells[0].summary.p50'
test_that "dirty_log is refused for a workload without a guest" \
	all run "$HVBENCH" run -w vm-create --config dirty_log=bitmap --rounds 1 --format json -- \
	exited 69 -- out_has "runs no guest"

# A sleeping vCPU uses less CPU time than one that runs.
run "$HVBENCH" run -w cpuid,halt-wake:delay=10ms --rounds 1 --samples 20 --probes off \
	-q -o "$result"
test_that "a sleeping vCPU takes no CPU time" all exited 0 -- json '
	(.cells[0] | .cpu_ns_per_op > 0.5 * .summary.p50) and (.cells[1] | .cpu_ns_per_op > 0 and
		.cpu_ns_per_op < 5e6)'
test_that "... and the time that KVM polls is counted apart" \
	json '.cells[1].halt_poll_ns_per_op | .success >= 0 and .fail >= 0'
test_that "halts that were polled with success, in vain, or slept are counted apart" \
	json '.cells[1] | .halt_polling.halts >= 20 and
	.halt_polling.successful <= .halt_polling.attempted and
		.halt_polling.attempted <= .halt_polling.halts and
	.halt_polling.wait_ns > 1e8 and .halt_polling.window_ops == 20'
test_that "... and KVM's histograms have each of them" json '.cells[1] |
	(.kvm_histograms | length) == 0 or
		(.halt_polling.waits == .kvm_histograms.halt_wait_hist.n and
		.halt_polling.waits == 20 and
	.kvm_histograms.halt_poll_success_hist.n == .halt_polling.successful and
	.kvm_histograms.halt_poll_success_hist.n + .kvm_histograms.halt_poll_fail_hist.n ==
		.halt_polling.attempted and
	(.kvm_histograms.halt_wait_hist | .unit == "ns" and .p50 > 5e6 and .p50 < 4e7 and
	 ([.buckets[][2]] | add) == .n))'
run "$HVBENCH" run -w ipi --rounds 1 --samples 20 --probes off -q -o "$result"
test_that "each vCPU's own statistics add up to all of theirs" \
	json '.cells[0] | (.kvm_vcpu_stats | length) == 2 and
	([.kvm_vcpu_stats[].exits] | add) == .kvm_stats.exits + 1 and
	.kvm_vm_stats.mmu_flooded == 0 and .kvm_gauges.pages_4k.of == "vm"'

busy() { cat /proc/"$1"/task/*/comm 2>/dev/null | grep -c '^load'; }
"$HVBENCH" run -w cpuid --config load=3 --rounds 500 --probes off -q -o "$TMP/loaded.json" &
pid=$!
most=0
for _ in $(seq 200); do
	now=$(busy $pid)
	[ "$now" -gt $most ] && most=$now
	[ $most = 3 ] && break
	sleep 0.02
done
kill -TERM $pid
wait $pid
test_that "load=3 runs three busy threads beside the VMs" [ $most = 3 ]
test_that "... and the cells are measured all the same" \
	jq -e '.cells[0].status == "ok"' "$TMP/loaded.json"
for backend in kvm native; do
	run "$HVBENCH" run -w chase --backend $backend --config load=2 --config pin=0 --rounds 1 \
		--samples 5 -q -o "$result"
	test_that "backend $backend applies load= and pin=" all exited 0 -- \
		json '.cells[0].status == "ok"'
done
# Six busy threads on the vCPU's CPU leave it a seventh; on other machines the KVM below may have
# no steal time. Only the guest counts a wait that falls between the exit by which it begins and
# the host's reading of its own account: that is rare, and does not happen twice in a row.
stolen='.cells[0].sched |
	if .guest_steal_ns == null then .not_measured.guest_steal_ns != null else
	.guest_steal_ns_per_s > 1e8 and .steal_agrees and
	(.guest_steal_ns - .host_delay_ns | fabs) <= 0.1 * .host_delay_ns + 1e5 end'
for _ in 1 2; do
	run "$HVBENCH" run -w pio-user --config load=6 --config pin=0 --rounds 2 --samples 100 \
		--probes on -q -o "$result"
	json "$stolen" >"$TMP/stolen" && break
	jq -c '.cells[0].sched | [.guest_steal_ns, .host_delay_ns, .guest_steal_ns_per_s]' \
		"$result" | sed 's/^/# not the same: /'
done
test_that "the guest's steal time is what its threads wait for a CPU" all exited 0 -- json "$stolen"
run "$HVBENCH" run -w ipi --config pin=0 --rounds 2 --samples 20 --probes on -q -o "$result"
test_that "... of all vCPUs" all exited 0 -- json '.cells[0].sched |
	.guest_steal_ns == null or (.steal_agrees and .guest_steal_ns_per_s > 5e8)'
run "$HVBENCH" run -w halt-wake --config vms=6 --config pin=0 --rounds 2 --samples 20 --probes on \
	-q -o "$result"
test_that "... of several VMs, each a share of its own time" all exited 0 -- json '.cells[0].sched |
	.window_ops == 120 and (.guest_steal_ns == null or
	(.steal_agrees and .guest_steal_ns_per_s > 1e8 and .guest_steal_ns_per_s < 1.05e9))'
run "$HVBENCH" run -w pio-user --ab load=0 load=2 --time 1
test_that "--ab cannot compare settings that twins share" all [ $status != 0 ] -- \
	err_has "cannot differ in pin, sched, load"
run "$HVBENCH" run -w rdmsr --config pin=0 --rounds 2 --samples 5 --probes off -q -o "$result"
test_that "the reference twin is placed as the cell is" all exited 0 -- \
	json '.cells[0].reference.log_ratio.p50 != null'
tap_done
