#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 60
# --ab switches settings of the host for each sample, and puts them back, however it ends.
. "$(dirname "$0")/../tap.sh"

# A setting that is this test's own: the host's name, in a namespace for names.
if [ ! -w /dev/kvm ] || ! unshare --uts true 2>/dev/null; then
	skip "settings of the host" "needs /dev/kvm and the right to a UTS namespace"
	tap_done
	exit
fi
if [ -z "${IN_NAMESPACE:-}" ]; then
	IN_NAMESPACE=1 exec unshare --uts "$0"
fi
setting=/proc/sys/kernel/hostname
echo before >$setting
now_is() { [ "$(cat $setting)" = "$1" ]; }

run "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 2s -f json
test_that "measured, and told that a name costs nothing" all err_has "" -- jq -e '.ab[0].pairs > 0' <<<"$out"
test_that "... and put back" now_is before
run "$HVBENCH" run -q -w pio-user --time 1s --ab $setting=a $setting=a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.0.1.2.3.4.5.6.7.8.9
test_that "a value that the kernel does not take whole, or at all: put back" now_is before
run "$HVBENCH" run -q -w pio-user --ab $setting=a,irqchip=split $setting=b
test_that "one of the host on one side and one of the VM on the other: refused, nothing touched" all exited 64 -- now_is before

for signals in KILL TERM "TERM TERM"; do
	"$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --threshold 0.0001% --time 20s >/dev/null 2>&1 &
	pid=$! switched=
	for i in $(seq 100); do
		now_is before || switched=1
		[ -n "$switched" ] && [ "$i" -gt 20 ] && break
		sleep 0.02
	done
	for signal in $signals; do
		kill -$signal $pid
		sleep 0.02
	done
	wait $pid 2>/dev/null
	for i in $(seq 50); do
		now_is before && break
		sleep 0.02
	done
	test_that "SIG$signals: it was switched, and is what it was before" all [ -n "$switched" ] -- now_is before
done
test_that "nobody waits for its end any more" bash -c "sleep 0.2; ! pgrep -f '^$HVBENCH run .*$setting=a '"
tap_done
