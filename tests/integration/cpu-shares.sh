#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# VMs in control groups of their own get what their weights promise, a guest sees what a limit takes
# from it, and no group is left on the host, whatever becomes of the run.
. "$(dirname "$0")/../tap.sh"

shares() { run "$HVBENCH" run -q --format json --probes off --rounds 1 --samples 3 "$@"; }
cells() { jq -e "$@" <<<"$out" >/dev/null; }
groups() { find /sys/fs/cgroup -maxdepth 8 -type d -name 'hvbench-cpu-*' 2>/dev/null; }

if [ ! -w /dev/kvm ]; then
	skip "VMs in control groups" "needs /dev/kvm"
	tap_done
	exit
fi
# Where no group can be made, the reason says what to do.
run unshare -m sh -c 'umount -l /sys/fs/cgroup/cpu /sys/fs/cgroup 2>/dev/null
	exec "$0" run -q --format json --probes off --rounds 1 -w cpu-shares' "$HVBENCH"
if [ "$status" = 1 ] && [[ $err == *unshare* ]]; then
	skip "a host without control groups" "needs root"
else
	test_that "without a cpu controller the cell is skipped, with the reason" all exited 69 -- \
		cells '.cells[0].reason | test("cpu controller|control groups")'
fi

shares -w cpu-shares:weights=rising -w cpu-shares:figure=longest:size=2
if cells '.cells[0].status == "skipped"'; then
	skip "shares by weight" "$(jq -r '.cells[0].reason' <<<"$out")"
	tap_done
	exit
fi
test_that "four VMs share a CPU" all exited 0 -- cells '.cells[0].shares.vms |
	map(.weight) == [100, 200, 300, 400]' -- \
	cells '.cells[0].shares.vms | map(.promised) | add as $all |
		(.[0] / $all) > 0.0999 and (.[0] / $all) < 0.1001 and $all < 1.02'
test_that "... each by its weight, and their clocks show the same" cells '.cells[0].shares |
	.jain > 0.97 and .least > 0.7 and .most < 1.4 and
	(.vms | map(.got - .seen | . < 0.1 and . > -0.1) | all)'
test_that "the longest wait of two is part of a window" \
	cells '.cells[1].summary.p50 | . > 500000 and . < 200000000'
test_that "no group is left" [ -z "$(groups)" ]

shares -w cpu-shares:size=1:limit=30:figure=lost -w cpu-shares:size=3:limit=10 \
	-w cpu-shares:cpus=1024
test_that "a guest loses what its limit does not allow, and its group says so" cells \
	'.cells[0] | (.summary.p50 > 100e6 and .summary.p50 < 200e6) and
		(.shares.vms[0] | .got < 0.4 and .limit == 0.3 and .throttled > 0 and
			(.got - .seen | . < 0.1 and . > -0.1))'
test_that "... and what it cannot use is promised to the others" cells \
	'.cells[1].shares.vms | map(.promised) |
		.[0] <= 0.101 and (.[1] - .[2] | . < 0.001 and . > -0.001)'
test_that "more CPUs than there are cannot be shared" cells \
	'.cells[2] | .status == "skipped" and (.reason | test("cpus=1024"))'

run "$HVBENCH" run -q --probes off --rounds 1 --samples 3 -w cpu-shares:size=2
test_that "a note says what each got" all exited 0 -- \
	out_like 'by weight: 100 got [0-9.]+ % of [0-9.]+ % promised.*Jain'

# Killed in a window of ten seconds.
"$HVBENCH" run -q --probes off --rounds 1 -w cpu-shares:window=10s >/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do
	[ "$(groups | wc -l)" = 1 ] && [ -d "$(groups)/vm3" ] && break
	sleep 0.1
done
living=$(groups)
run "$HVBENCH" run -q --probes off --rounds 1 --samples 2 -w empty
test_that "another run lets groups alone that are in use" [ "$(groups)" = "$living" ]
kill -KILL $pid
wait $pid 2>/dev/null
test_that "after a SIGKILL groups are left" [ -d "$living/vm3" ]
sleep 0.2
run "$HVBENCH" run -q --probes off --rounds 1 --samples 2 -w empty
test_that "... and the next run removes them" all exited 0 -- [ -z "$(groups)" ]

"$HVBENCH" run -q --probes off --rounds 1 -w cpu-shares:window=300ms -w cpu-shares \
	-o "$TMP/i.json" \
	>/dev/null 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do [ -n "$(groups)" ] && break; sleep 0.05; done
kill -TERM $pid
wait $pid
test_that "a run that is told to end leaves none" [ -z "$(groups)" ]
tap_done
