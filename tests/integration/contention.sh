#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# Figures measured beside other work, or under a CPU quota, say so: in the document, above the
# table, in the reports.
. "$(dirname "$0")/../tap.sh"

if ! [ -w /dev/kvm ]; then
	skip "figures measured beside others' work" "no /dev/kvm for this user"
	tap_done
	exit 0
fi
measure() { run "$HVBENCH" run -w pio-user --rounds 8 --time 3s -q --probes "$1" -o "$2"; }

busy=()
for _ in $(seq $((2 * $(nproc)))); do
	timeout 100 sh -c 'while :; do :; done' &
	busy+=($!)
done
measure on "$TMP/busy.json"
kill "${busy[@]}"
wait 2>/dev/null
test_that "on a busy host the document says who used the CPUs" all exited 0 -- jq -e '.contention |
	.others_cpus > 0.25 * .cpus and .others_cpus <= .cpus * 1.1 and .own_cpus > 0 and
	(.busy_warning | test("others had"))' "$TMP/busy.json"
test_that "... in fields that the schema describes" \
	"$TOP/tests/schema-validate" --documented "$TMP/busy.json"
test_that "… and the cell has a warning" \
	jq -e '[.cells[0].warnings[].text | select(test("the host was busy"))] | length == 1' \
	"$TMP/busy.json"
for format in text md html; do
	run "$HVBENCH" report "$TMP/busy.json" -f $format -o "$TMP/report"
	test_that "a report as $format has the warning" \
		grep -q "WARNING: .*the host was busy: others had" \
		"$TMP/report"
done

# A quota of a fifth of a CPU, in whichever version of cgroups has the cpu controller here.
group=
if mkdir /sys/fs/cgroup/cpu/hvbench-test.$$ 2>/dev/null; then
	group=/sys/fs/cgroup/cpu/hvbench-test.$$
	echo 20000 >$group/cpu.cfs_quota_us
elif grep -qw cpu /sys/fs/cgroup/cgroup.controllers 2>/dev/null &&
	mkdir /sys/fs/cgroup/hvbench-test.$$ 2>/dev/null; then
	group=/sys/fs/cgroup/hvbench-test.$$
	echo +cpu >/sys/fs/cgroup/cgroup.subtree_control
	echo "20000 100000" >$group/cpu.max || { rmdir $group; group=; }
fi
if [ "$group" ]; then
	(echo $BASHPID >$group/cgroup.procs &&
		exec "$HVBENCH" run -w pio-user --rounds 4 --time 1s -q --probes off \
		-o "$TMP/quota.json") >"$TMP/out" 2>"$TMP/err"
	test_that "under a quota the document says how often the run was stopped" \
		jq -e '.contention |
		.quota.throttled > 0 and .quota.throttled <= .quota.periods and
			.quota.throttled_ns > 0 and
		(.quota_warning | test("CPU quota"))' "$TMP/quota.json"
	test_that "… and the cell has a warning" \
		jq -e '[.cells[0].warnings[].text | select(test("CPU quota"))] | length == 1' \
		"$TMP/quota.json"
	run "$HVBENCH" report "$TMP/quota.json" -f text
	test_that "a report has the warning" \
		out_has "WARNING: stopped by the CPU quota of its cgroup in"
	rmdir $group
else
	skip "CPU quotas" "no cgroup with the cpu controller can be made here"
fi
tap_done
