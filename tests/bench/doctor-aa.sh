#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# doctor-aa.sh [N [TIME]]: proofs of settings against themselves, N in all (default 200), TIME at
# most for each (default 3s). Whatever is called worth it, or not worth it, is a false alarm: none
# may be. Undecided is allowed, on a busy host. HVBENCH: the program.
HVBENCH=${HVBENCH:-$(dirname "$0")/../../build/hvbench}
nr=${1:-200} limit=${2:-3s}
values=(vhost=on pause-exits=none halt-polling=200000 thp=4k stat-interval=1
	timer-migration=1 ksm=0 vm-pinning=none rt-throttling=other)
same=0 undecided=0 false=0 failed=0
for ((i = 0; i < nr; i++)); do
	line=$("$HVBENCH" doctor --prove --with-running-vms --time "$limit" \
		"${values[i % ${#values[@]}]}" 2>&1)
	case $line in
	*': the same'*) same=$((same + 1)) ;;
	*': undecided'*) undecided=$((undecided + 1)) ;;
	*'worth it'*) false=$((false + 1)) && echo "FALSE: $line" ;;
	*) failed=$((failed + 1)) && echo "failed: $line" ;;
	esac
	((i % 20 == 19)) &&
		echo \
		"$((i + 1)): $same the same, $undecided undecided, $false different, $failed failed"
done
echo "$nr proofs of a setting against itself: $same the same, $undecided undecided," \
	"$false called different, $failed not measured"
[ $false = 0 ] && [ $failed = 0 ]
