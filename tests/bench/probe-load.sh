#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What observing exits costs on a host with many VMs: instructions an exit with 1, 128 and 500 VMs
# that all exit, and the memory of the probe's maps; in the emulated AMD host, by its clock that
# counts instructions. Then what that makes of a million exits a second on 128 CPUs.
#	probe-load.sh [KERNEL]		debian:6.1 unless another is named
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
HVBENCH=${HVBENCH:-$TOP/build/hvbench}
kernel=${1:-debian:6.1}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

gcc -O2 -static -pthread -o "$TMP/exits-guest" "$TOP/tests/guests/exits-guest.c" || exit 70
cat >"$TMP/script" <<'END'
cd /
# They wait for /tmp/go, and stay for some time when they are done.
start()
{
	rm -f /tmp/go
	START_ON=/tmp/go LINGER=${2:-0} exits-guest c 100 5 $1 >/tmp/guests & vms_pid=$!
	sleep 5
}
go() { touch /tmp/go; until [ -s /tmp/guests ]; do sleep 0.1; done; }
# The mean over the VMs of the median of each.
cost() { awk '{ sum += $NF } END { print sum / NR }' /tmp/guests; }
for vms in 1 128 500; do
	start $vms; go; wait
	echo "@@none $vms $(cost)"
	start $vms 8
	hvbench profile -q -d 0 --top 1 >/tmp/out & pid=$!
	sleep 2
	go
	echo "@@raw_tp $vms $(cost)"
	sleep 2
	kill -TERM $pid
	kill $vms_pid
	wait
	echo "@@memory $vms $(sed -n "s/.*maps take //p" /tmp/out)"
	echo "@@counted $vms $(awk '$1 == "cpuid" { print $2 }' /tmp/out)"
done
END
"$HVBENCH" lab shell svm -q --memory 2048 --timeout 1500s --kernel "$kernel" \
	--file "$TMP/exits-guest" --file "$TMP/script:/script" -c 'sh /script' \
	>"$TMP/out" 2>"$TMP/err"
status=$?
if [ $status != 0 ]; then
	cat "$TMP/err" >&2
	exit $status
fi
awk -v kernel="$kernel" '
/^@@/ { what = substr($1, 3); sub(/^@@[^ ]* /, ""); n = $1; sub(/^[^ ]* /, ""); at[what, n] = $0
	if (what == "none") order[++nr] = n }
END {
	printf "Observing CPUID exits by raw_tp, with histograms (svm lane, %s)\n\n", kernel
	printf "%5s %12s %22s %14s\n", "VMs", "unobserved", "more insns an exit", "maps"
	for (i = 1; i <= nr; i++) {
		n = order[i]
		more[n] = at["raw_tp", n] - at["none", n]
		printf "%5d %12.0f %22.0f %14s\n", n, at["none", n], more[n], at["memory", n]
		if (at["counted", n] == n * 500) continue
		printf "of %d exits %d were counted\n", n * 500, at["counted", n]
		bad = 1
	}
	n = order[nr]
	each = more[n] * 1e6 / 128
	printf "\nA million exits a second on 128 CPUs: %.1f million instructions more a second ",
		each / 1e6
	printf "on each, %.2f %% of 3e9.\n", 100 * each / 3e9
	exit bad || nr != 3
}' "$TMP/out"
