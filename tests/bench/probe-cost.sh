#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What observing an exit costs, in instructions per exit: this program's probes compared with other
# tools, in the same emulated AMD host, by the guest's own clock, which counts instructions. Prints
# a table; status 1 if one of our probes costs more than its limit.
#	probe-cost.sh [KERNEL]		debian:6.1 unless another is named
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
HVBENCH=${HVBENCH:-$TOP/build/hvbench}
kernel=${1:-debian:6.1}
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT

gcc -O2 -static -pthread -o "$TMP/exits-guest" "$TOP/tests/guests/exits-guest.c" || exit 70
files=(--file "$TMP/exits-guest" --file "$TMP/script:/script")
for tool in perf bpftrace; do
	path=$(PATH=$PATH:/usr/sbin command -v $tool) &&
		files+=(--file "$(readlink -f "$path"):/bin/$tool")
done

# The observer is started, given time to attach, and killed once the guests have been measured.
cat >"$TMP/script" <<'END'
cd /
measure()
{
	for op in c p; do
		echo "@@$1 $op $(exits-guest $op 100 51 | sed -n 's/.*median //p')"
		# Give the probe time to forget the VM that ended before the next one starts.
		sleep 1.5
	done
}
observe()
{
	name=$1 wait=$2
	shift 2
	command -v "$1" >/dev/null || { echo "@@$name - no $1"; return; }
	"$@" >/tmp/observer 2>&1 &
	pid=$!
	sleep $wait
	if kill -0 $pid 2>/dev/null; then
		measure "$name"
	else
		echo "@@$name - $(tail -n 1 /tmp/observer)"
	fi
	kill -TERM $pid 2>/dev/null
	sleep 0.5
	kill -KILL $pid 2>/dev/null
	wait $pid
}
measure none
observe raw_tp 1 hvbench profile -q -d 0 --source raw_tp
observe raw_tp-counts 1 hvbench profile -q -d 0 --source raw_tp --counts-only
observe fentry 1 hvbench profile -q -d 0 --source fentry
observe fentry-counts 1 hvbench profile -q -d 0 --source fentry --counts-only
observe tp 1 hvbench profile -q -d 0 --source tp
observe perf-stat 2 perf stat -a -e kvm:kvm_exit,kvm:kvm_entry
observe perf-kvm-stat 4 perf kvm stat record -a -o /tmp/perf.data
observe bpftrace-count 6 bpftrace -e 't:kvm:kvm_exit { @[args->exit_reason] = count(); }'
observe bpftrace-hist 6 bpftrace -e '
	t:kvm:kvm_exit { @t[tid] = nsecs; @r[tid] = args->exit_reason; }
	t:kvm:kvm_entry /@t[tid]/ { @h[@r[tid]] = hist(nsecs - @t[tid]); delete(@t[tid]); }'
END

"$HVBENCH" lab shell svm -q --memory 2048 --timeout 1500s --kernel "$kernel" "${files[@]}" \
	-c 'sh /script' >"$TMP/out" 2>"$TMP/err"
status=$?
if [ $status != 0 ]; then
	cat "$TMP/err" >&2
	exit $status
fi

awk -v kernel="$kernel" '
BEGIN {
	what["raw_tp"] = "hvbench, raw_tp: histograms by vCPU and reason"; most["raw_tp"] = 400
	what["raw_tp-counts"] = "hvbench, raw_tp, counts only"; most["raw_tp-counts"] = 180
	what["fentry"] = "hvbench, fentry: histograms by vCPU and reason"; most["fentry"] = 380
	what["fentry-counts"] = "hvbench, fentry, counts only"; most["fentry-counts"] = 155
	what["tp"] = "hvbench, tp: histograms by thread and reason"
	what["perf-stat"] = "perf stat, kvm_exit and kvm_entry"
	what["perf-kvm-stat"] = "perf kvm stat record (its reader on the same CPU)"
	what["bpftrace-count"] = "bpftrace, count by reason"
	what["bpftrace-hist"] = "bpftrace, log2 histogram by reason"
}
/^@@/ {
	name = substr($1, 3)
	if (!(name in seen)) order[++n] = name
	seen[name] = 1
	if ($2 == "-") { sub(/^@@[^ ]* - /, ""); why[name] = $0 } else figure[name, $2] = $3
}
END {
	printf "Instructions an exit+entry pair costs more when observed (svm lane, %s)\n", kernel
	printf "untraced: CPUID %.0f, port write to user space %.0f\n\n", figure["none", "c"],
		figure["none", "p"]
	printf "%-52s %8s %8s %8s\n", "observer", "CPUID", "port", "at most"
	for (i = 2; i <= n; i++) {
		name = order[i]
		if (name in why) { printf "%-52s not measured: %s\n", what[name], why[name];
			continue }
		cpuid = figure[name, "c"] - figure["none", "c"]
		limit = name in most ? most[name] : ""
		much = limit != "" && cpuid > limit + 0
		printf "%-52s %8.0f %8.0f %8s%s\n", what[name], cpuid, figure[name,
			"p"] - figure["none", "p"],
			limit, (much ? "  too much" : "")
		if (much) bad = 1
	}
	if (n < 2) { print "nothing was measured"; bad = 1 }
	exit bad
}' "$TMP/out"
