#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# In control groups that allow less memory, or fewer huge pages, than a job wants: cells that do
# not fit are skipped with the name of the limit, the others are measured, and the kernel's OOM
# killer has nothing to do.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ] || [ "$(id -u)" != 0 ]; then
	skip "runs in small control groups" "needs root and /dev/kvm"
	tap_done
	exit
fi
groups=()
trap 'rmdir "${groups[@]}" 2>/dev/null; umount "$TMP/hugetlb" 2>/dev/null' EXIT

# group_of CONTROLLER V1FILE V2FILE LIMIT: makes a group; its directory is in $group. Status 1: not
# possible here.
group_of()
{
	local top

	for top in "/sys/fs/cgroup/$1" "$TMP/$1" /sys/fs/cgroup /sys/fs/cgroup/unified; do
		group=$top/hvbench-test.$$.${#groups[@]}
		[ "${top##*/}" = "$1" ] ||
			grep -qw "$1" "$top/cgroup.controllers" 2>/dev/null || continue
		[ "${top##*/}" = "$1" ] ||
			echo "+$1" >"$top/cgroup.subtree_control" 2>/dev/null
		mkdir "$group" 2>/dev/null || continue
		groups+=("$group")
		echo "$4" 2>/dev/null >"$group/$2" || echo "$4" 2>/dev/null >"$group/$3" || continue
		return 0
	done
	return 1
}
# in_group COMMAND…
in_group()
{
	run bash -c 'echo $$ >"$0/cgroup.procs" && exec timeout 120 "$@"' "$group" "$@"
	killed=$(cat "$group"/memory.events "$group"/memory.oom_control 2>/dev/null |
		awk '$1 == "oom_kill" { n += $2 } END { print n + 0 }')
}
cells() { jq -e "$@" <<<"$out" >/dev/null; }
group_limit="control group"

for limit in 24 48 100; do
	if ! group_of memory memory.limit_in_bytes memory.max ${limit}M; then
		skip "the default job in $limit MiB" "no memory control group can be made here"
		continue
	fi
	in_group "$HVBENCH" run -q --format json --rounds 2 --samples 10
	test_that "in $limit MiB no process of the default job is killed, and most is measured" \
		all exited 0 -- \
		[ "$killed" = 0 ] -- \
		cells '[.cells[] | select(.status == "ok")] | length >= 28' -- \
		cells '[.cells[] | select(.status == "failed")] == []'
	[ $limit != 24 ] || test_that "... and without the probes, which take most of that" \
		jq -e '.exit_source.why | test("no probes.*memory limit")' <<<"$out"
	test_that "... what does not fit is skipped with the limit" \
		cells '[.cells[] | select(.status == "skipped") | .reason |
			contains("memory limit of this process")] | all'
done
if group_of memory memory.limit_in_bytes memory.max 60M; then
	in_group "$HVBENCH" run -q --format json --rounds 2 --samples 2000 --probes off \
		-w pio-user --matrix neighbour=none,exits,memory
	test_that "a neighbour that does not fit is not begun, others are" all exited 0 -- \
		[ "$killed" = 0 ] -- cells '[.cells[].status] == ["ok", "ok", "skipped"]' -- \
		cells '.cells[2].reason | contains("memory limit")'
else
	skip "neighbours in 60 MiB" "no memory control group can be made here"
fi
if group_of memory memory.limit_in_bytes memory.max 300M; then
	in_group "$HVBENCH" run -q --format json --rounds 1 --samples 5 -w chase:working_set=200m
	test_that "a working set that does not fit beside its twin is measured without" \
		all exited 0 -- \
		[ "$killed" = 0 ] -- cells '.cells[0] | .status == "ok" and .reference == null' -- \
		cells '[.cells[0].warnings[].text | contains("memory limit")] | any'
	in_group "$HVBENCH" run -q --time 1s -w chase:working_set=200m --ab guest_pages=4k \
		guest_pages=2m
	test_that "... and --ab, whose two sides are alive at once, says so" \
		all [ "$killed" = 0 ] -- err_has "memory limit" -- exited 69
else
	skip "twins in 300 MiB" "no memory control group can be made here"
fi

# More than the group may have although the pool has them: without a check the kernel would send
# SIGBUS.
pool=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
before=$(cat "$pool" 2>/dev/null)
# A controller that no hierarchy has yet can get one of its own.
grep -qw hugetlb /proc/self/cgroup /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
	{ mkdir "$TMP/hugetlb" && mount -t cgroup -o hugetlb none "$TMP/hugetlb" 2>/dev/null; }
if [ -n "$before" ] && group_of hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max 4M &&
	echo $((before + 16)) >"$pool" 2>/dev/null &&
   [ "$(cat "$pool")" = $((before + 16)) ]; then
	in_group "$HVBENCH" run -q --format json --rounds 1 --samples 5 \
		-w chase:working_set=16m,pio-user --config pages=2m
	test_that "huge pages that the group refuses are skipped, and the rest goes on" \
		all exited 0 -- \
		cells '[.cells[].status] == ["skipped", "ok"]' -- \
		cells '.cells[0].reason | contains("hugetlb limit")'
	in_group "$HVBENCH" run -q --format json --rounds 1 --samples 5 -w chase:working_set=16m \
		--backend native --config pages=2m
	test_that "... in a process as well" cells \
		'.cells[0] | .status == "skipped" and (.reason | contains("hugetlb limit"))'
	test_that "... and the limit is named" cells '.cells[0].reason |
		test("leaves, 4m: raise .*/hugetlb.2MB.(max|limit_in_bytes),")'
	if group_of hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max 4M; then
		in_group "$HVBENCH" run -q --format json --rounds 1 --samples 5 \
			-w chase:working_set=16m,pio-user --config pages=2m
		test_that "a limit on reserving pages is named, and no advice to reserve some" \
			all exited 0 -- cells '[.cells[].status] == ["skipped", "ok"]' -- \
			cells '.cells[0].reason | test("rsvd[.].*smaller working_set") and
				(contains("nr_hugepages") | not)'
	fi
else
	skip "huge pages that a control group refuses" \
		"no hugetlb control group, or no huge pages to be had"
fi
[ -z "$before" ] || echo "$before" >"$pool"
tap_done
