#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
# Shares under cgroup v2, which the machine at hand may not have: from the root group, from one that
# was delegated, and where the controller is not to be had; nothing is left, nor any setting.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

cat >"$TMP/measure" <<'END'
shares()
{
	hvbench run -q --probes off --rounds 1 --samples 4 --seed 1 --format json "$@" 2>/dev/null
}
G=/sys/fs/cgroup
mount -t cgroup2 none $G || exit
echo == refused
shares -w cpu-shares
echo +cpu >$G/cgroup.subtree_control
echo == root
shares -w cpu-shares:weights=rising:window=100ms,cpu-shares:size=1:limit=40:figure=lost
echo == left
ls -d $G/hvbench* 2>/dev/null
mkdir $G/own
echo $$ >$G/own/cgroup.procs
echo == own
shares -w cpu-shares:weights=one:window=100ms
echo == left-own
ls -d $G/own/hvbench* 2>/dev/null
cat $G/own/cgroup.subtree_control
hvbench run -q --probes off --rounds 1 -w cpu-shares:window=10s >/dev/null 2>&1 &
sleep 2
echo == living
ls -d $G/own/hvbench*/vm3
kill -9 $!
wait $! 2>/dev/null
hvbench run -q --probes off --rounds 1 --samples 2 -w empty >/dev/null 2>&1
echo == swept
ls -d $G/own/hvbench* 2>/dev/null
echo == end
true
END
run "$HVBENCH" lab shell svm -q --timeout 500 --file "$TMP/measure:/measure" -c "sh /measure"
test_that "runs in control groups of version 2 end" all exited 0 -- out_has "== end"
printf '%s\n' "$out" | tr -d '\r' >"$TMP/out"
part() { awk -v name="== $1" '$0 == name { on = 1; next } /^== / { on = 0 } on' "$TMP/out"; }
cell() { part "$1" | jq -e "$2" >/dev/null; }

test_that "a root group that does not pass the controller on is left as it is" \
	cell refused '.cells[0] | .status == "skipped" and (.reason | test("echo .cpu >"))'
test_that "weights hold" cell root '.cells[0].shares | .jain > 0.99 and
	(.vms | map(.weight) == [100, 200, 300, 400])'
test_that "a limit is what the guest loses, and what its group counts" cell root '.cells[1] |
	.shares.vms[0] | (.got | . > 0.34 and . < 0.56) and
		(.throttled + .seen | . > 0.85 and . < 1.05)'
test_that "threads of a process that stays in its own group have weights of theirs" \
	cell own '.cells[0].shares | .jain > 0.99 and .vms[0].weight == 400'
test_that "groups are removed, and the controller is no longer passed on" \
	[ -z "$(part left)$(part left-own)" ]
test_that "a killed run leaves its groups to the next one" \
	all [ -n "$(part living)" ] -- [ -z "$(part swept)" ]
jq -c '.cells[].shares.vms' <(part root) <(part own) | sed 's/^/# /'
tap_done
