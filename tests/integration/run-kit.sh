#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# Workloads that the host measures while a guest runs: each is measured or says why not, parameters
# that do not go together are skipped with the reason, and orders of magnitude make sense.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "workloads with a guest that obeys the host" "needs /dev/kvm"
	tap_done
	exit
fi
cells() { jq -e "$@" <<<"$out" >/dev/null; }
p50()
{
	jq -r --arg w "$1" --arg of "$2" \
		'.cells[] | select(.workload == $w and .params.of == $of) | .summary.p50' <<<"$out"
}
kit() { run "$HVBENCH" run -q --format json --probes off --rounds 1 --samples 4 "$@"; }

kit -w dirty-log -w dirty-log:of=stall -w dirty-log:log=manual:step=clear \
	-w dirty-log:log=manual-set:step=enable \
	-w dirty-log:log=ring:step=reset -w dirty-log:step=dirty -w invalidate \
	-w invalidate:of=stall -w invalidate:of=refault \
	-w memslot-live:op=move -w memslot-live:op=delete:of=refault \
	-w memslot-live:op=flags:slots=300 \
	-w userfault -w userfault:mode=minor:batch=16 -w set-cr3 -w pt-update -w random-access \
	-w loaded-latency
test_that "a running guest's memory is logged, taken away, and moved" all exited 0 -- \
	cells '[.cells[] | select(.status != "ok") | .reason] == []' -- \
	cells '[.cells[].summary.p50 >= 0] | all'
test_that "a guest that writes all pages takes longer than the host's look at the log" \
	cells '([.cells[] | select(.params.step == "dirty")][0].summary.p50) > 100000'
test_that "pages that come back cost more than taking them" \
	cells '([.cells[] | select(.workload == "invalidate" and
		.params.of == "refault")][0].summary.p50) >
		([.cells[] | select(.workload == "invalidate" and
			.params.of == "call")][0].summary.p50)'
test_that "a page that userfaultfd provides is one fault" \
	cells '.cells[] | select(.workload == "userfault" and .params.batch == 1) |
		.exits.per_op.total | . == null or . > 0.9'
kit -w async-pf -w async-pf:of=whole:working_set=64k -w async-pf:fetch=5ms:notify=off --samples 40
test_that "a guest that is told of a page that has to be fetched is measured, or has no such KVM" \
	all cells '[.cells[0, 1] | (.status == "ok" and .summary.p50 > 0) or
		(.reason | test("^needs "))] | all' -- \
	cells '.cells[1] | .status != "ok" or (.rounds[0].samples | length == 14)'
test_that "... and one that is not waits as long as the page takes" \
	cells '.cells[2] | .status == "ok" and .summary.p50 >= 5e6'
run "$HVBENCH" run -q -w userfault:working_set=64k --ab batch=1 batch=2 --time 0.2s
test_that "twins whose pages are fewer than their turns take as many turns as there are pages" \
	all out_has pairs -- err_lacks rang
run "$HVBENCH" run -q -w userfault:working_set=64k --ab batch=4 batch=16 --time 0.2s
test_that "... and fewer where a sample is a batch" all out_has pairs -- err_lacks mailbox

kit -w dirty-log:step=clear -w dirty-log:step=reset -w dirty-log:step=dirty:of=stall \
	-w dirty-log:log=ring:working_set=1g
test_that "steps that a log does not have are skipped" all exited 69 -- \
	cells '[.cells[].reason] | length == 4 and all(length > 10)'

kit -w dirty-log -w invalidate:of=stall -w memslot-live --config vcpus=3
test_that "three vCPUs of one VM are measured together" \
	all exited 0 -- cells '[.cells[].status == "ok"] | all'
kit -w touch --config backing=memfd --config pages=4k
test_that "the working set may be a memfd" all exited 0 -- cells '.cells[0].status == "ok"'
TMPDIR=/nonexistent kit -w touch --config backing=file
test_that "where there is no room for a file the cell fails and says what to do" cells \
	'.cells[0].reason | contains("TMPDIR")'
kit -w access-tracking -w prefault
test_that "what this host lacks is skipped with what it takes" \
	cells '[.cells[] | .status == "ok" or (.status == "skipped" and (.reason |
		test("CONFIG_IDLE|KVM_PRE_FAULT")))] | all'

kit -w virtqueue -w virtqueue:depth=64:batch=16 -w virtqueue:host=poll:done=interrupt \
	-w virtqueue:done=interrupt
test_that "requests through a queue are answered, however both sides wait" all exited 0 -- \
	cells '[.cells[].status == "ok"] | all'
test_that "a batch takes one kick" \
	cells '.cells[] | select(.params.batch == 16) | .exits.per_op.total | . == null or . < 0.2'
kit -w vsock -w vsock:depth=64:batch=16:done=interrupt -w vsock:by=vhost
test_that "a real device's queues are answered by a thread, and by vhost where the host has it" \
	all exited 0 -- cells '[.cells[] | .status == "ok" or
		(.params.by == "vhost" and (.reason | test("modprobe|module vhost_vsock|root")))] |
		all'
test_that "... of which a batch takes one kick" cells '.cells[] | select(.params.batch == 16) |
	.exits.per_op.total | . == null or . < 0.2'
kit -w virtqueue:depth=4:batch=8 -w virtqueue --config ioeventfd=off
test_that "a batch that does not fit, or a queue without eventfd, has no figure" \
	cells '[.cells[].status != "ok"] | all'

kit -w fleet:size=3:step=create -w fleet:size=3:step=entry:how=together -w fleet:size=3:step=destroy
test_that "a fleet has a sample for each VM" all exited 0 -- \
	cells '[.cells[].rounds[].samples | length == 3] | all'
run bash -c 'ulimit -Hn 64 -Sn 64;
	exec "$0" run -q --format json --probes off --rounds 1 -w fleet:size=100' "$HVBENCH"
test_that "a limit that a fleet reaches is named, with the VM" \
	cells '.cells[0].reason | test("VM [0-9]+ of 100") and test("ulimit -n")'
tap_done
