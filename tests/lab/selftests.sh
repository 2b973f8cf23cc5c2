#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1200
#
# The kernel's own selftests of KVM that measure (tools/testing/selftests/kvm) and hvbench's
# workloads of memory beside them, in one boot of one emulated host whose clock counts
# instructions. Prints the table, by page or by call. Where both do the same they are within the
# percentage of their row; where one does more, a comment beside the row says what.
#
#   LINUX_SOURCE=FILE|DIR  the kernel's source, as of Debian's package linux-source-6.1: the
#                          compressed tar file, or a directory. To be of the lane's kernel (6.1).
#   LANE=svm               another lane that has a console
. "$(dirname "$0")/common.bash"

SOURCE=${LINUX_SOURCE:-} LANE=${LANE:-svm}
if [ ! -e "$SOURCE" ]; then
	echo "1..0 # SKIP LINUX_SOURCE names no source of the kernel" \
		"(apt-get install linux-source-6.1: /usr/src/linux-source-6.1.tar.xz)"
	exit 0
fi
lane_or_skip "$LANE"
TESTS=(dirty_log_perf_test demand_paging_test access_tracking_perf_test memslot_perf_test)
MIB=8 MORE_MIB=24

tree=$SOURCE
if [ -f "$SOURCE" ]; then
	tree=$TMP/linux
	mkdir "$tree"
	tar -xf "$SOURCE" -C "$tree" --strip-components=1 --wildcards '*/tools/include/*' \
		'*/tools/arch/x86/include/*' '*/tools/testing/selftests/kvm/*' \
		'*/tools/testing/selftests/*.h' '*/tools/lib/*.c' ||
		{ fail "$SOURCE is unpacked"; tap_done; exit; }
fi
tree=$(realpath "$tree")

# Threads that wait for another one's word spin for it, which on a host of one CPU takes whole
# time slices away from what is timed: they sleep instead. The guest's code is in the library.
cat >"$TMP/naps.h" <<'END'
#define _GNU_SOURCE 1
#include <unistd.h>
#include <linux/compiler.h>
#undef READ_ONCE
#define READ_ONCE(x) ({ usleep(5000); *(const volatile __typeof__(x) *)&(x); })
END

# built TEST: without the kernel's build system, which wants the whole tree configured.
built()
{
	local kvm=$tree/tools/testing/selftests/kvm naps=() dir
	local arch=$kvm/lib/x86_64

	[ -d "$arch" ] || arch=$kvm/lib/x86
	! grep -q 'while (READ_ONCE(vcpu_last_completed' "$kvm/$1.c" ||
		naps=(-include "$TMP/naps.h")
	# Their own of the kernel's headers, before the system's. Two files have the same name.
	CFLAGS+=(-I"$kvm/include" -I"$kvm/include/${arch##*/}" -I"$kvm/..")
	for dir in "$kvm/lib" "$arch"; do
		[ ! -e "$TMP/${dir##*/}" ] || continue
		mkdir "$TMP/${dir##*/}"
		(
			shopt -s nullglob
			cd "$TMP/${dir##*/}" && gcc "${CFLAGS[@]}" -c "$dir"/*.[cS] || exit
			# The guest's memset(), which is not to be made a call of itself.
			[ ! -e "$dir/string_override.c" ] ||
				gcc "${CFLAGS[@]}" -ffreestanding -c "$dir/string_override.c"
		) || return
	done
	gcc "${CFLAGS[@]}" -DDEBUG "${naps[@]}" "$kvm/$1.c" "$TMP/lib"/*.o \
		"$TMP/${arch##*/}"/*.o -static -no-pie -pthread -o "$TMP/$1"
}
CFLAGS=(-w -O2 -std=gnu99 -D_GNU_SOURCE -fno-stack-protector -fno-PIE
	-I"$tree/tools/include" -I"$tree/tools/arch/x86/include")
files=()
for t in "${TESTS[@]}"; do
	run built "$t"
	test_that "$t builds" exited 0
	[ "$status" = 0 ] || { tap_done; exit; }
	strip "$TMP/$t"
	files+=(--file "$TMP/$t:/bin/$t")
done

cells=
for step in enable dirty get disable; do cells+=" -w dirty-log:step=$step:working_set=${MIB}m"; done
for step in enable dirty get clear disable; do
	cells+=" -w dirty-log:step=$step:log=manual-set:working_set=${MIB}m"
done
cells+=" -w touch:working_set=${MORE_MIB}m -w userfault:working_set=${MORE_MIB}m"
cells+=" -w userfault:mode=minor:working_set=${MORE_MIB}m"
cells+=" -w access-tracking:of=mark -w access-tracking:of=access"
# As many pages mapped as theirs has, of which a slot that is moved drops all.
cells+=" -w memslot-live:op=move:working_set=200k -w memslot-live:op=move"
cat >"$TMP/both" <<END
echo == log; /bin/dirty_log_perf_test -b ${MIB}M -i 2 -g
echo == log-manual; /bin/dirty_log_perf_test -b ${MIB}M -i 3
for mib in $MIB $MORE_MIB; do
echo == touch \$mib; /bin/demand_paging_test -b \${mib}M
echo == missing \$mib; /bin/demand_paging_test -b \${mib}M -u MISSING
echo == minor \$mib; /bin/demand_paging_test -b \${mib}M -u MINOR -s shmem
echo == idle \$mib; /bin/access_tracking_perf_test -b \${mib}M
done
echo == slots; /bin/memslot_perf_test -f 3 -e 4 -s 10 -l 1
echo == ours
hvbench run -q --probes off --rounds 1 --samples 5 --seed 1 --clock icount --format csv \
	$cells
echo == ours-off
hvbench run -q --probes off --rounds 1 --samples 5 --seed 1 --clock icount --format csv \
	--config irqchip=user -w userfault:working_set=${MORE_MIB}m \
	-w userfault:mode=minor:working_set=${MORE_MIB}m
true
END
run "$HVBENCH" lab shell "$LANE" -q --timeout 1000 --memory 2048 "${files[@]}" \
	--file "$TMP/both:/both" -c "sh /both 2>&1"
test_that "the selftests and hvbench run in one host" all exited 0 -- out_has "== ours"
[ "$status" = 0 ] || { tap_done; exit; }
printf '%s\n' "$out" | tr -d '\r' >"$TMP/out"
[ -z "${KEEP:-}" ] || cp "$TMP/out" "$KEEP"

# part NAME: what was printed after "== NAME".
part() { awk -v name="== $1" '$0 == name { on = 1; next } /^== / { on = 0 } on' "$TMP/out"; }

# times PART TEXT: in ns, which are instructions here, the first time in each line with the text.
times()
{
	part "$1" | grep -- "$2" | sed -nE 's/^[^.]* ([0-9]+)\.([0-9]{9})s.*/\1 \2/p' |
		awk '{ printf "%d\n", $1 * 1e9 + $2 }'
}
least() { times "$1" "$2" | sort -n | head -n 1; }

# by_page NAME: from the two sizes, so that what a run takes around its pages is not in it.
by_page()
{
	local a b
	a=$(times "$1 $MIB" 'Total guest') b=$(times "$1 $MORE_MIB" 'Total guest')
	echo $(((b - a) / ((MORE_MIB - MIB) * 256)))
}

# ours LABEL [PART]: its median.
ours()
{
	part "${2:-ours}" | tr -d '"' | awk -F, -v label="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["label"] == label && $at["status"] == "ok" { printf "%d\n", $at["p50"] }'
}

# shown WHAT THEIRS LABEL OURS
shown()
{
	awk -v w="$1" -v a="$2" -v l="$3" -v b="$4" 'BEGIN {
		printf "# %-40s %8d  %-48s %8d  %+.1f %%\n", w, a, l, b, (a / b - 1) * 100 }'
}

# row WHAT THEIRS LABEL PERCENT [MORE [PART]]: theirs and ours are within PERCENT of each other, and
# MORE instructions that one of the programs takes around the call.
row()
{
	local ours
	ours=$(ours "$3" "${6:-ours}")
	if [ -z "$2" ] || [ -z "$ours" ]; then
		skip "$1" "$(part "idle $MIB" | sed -n 's/^1..0 # SKIP - //p')"
		return
	fi
	shown "$1" "$2" "$3" "$ours"
	test_that "$1 is $3 within $4 %${5:+, or $5 instructions more}" awk -v a="$2" -v b="$ours" \
		-v p="$4" -v more="${5:-0}" \
		'BEGIN { d = a < b ? b - a : a - b; exit !(d <= b * p / 100 + more) }'
}

log=dirty-log:working_set=${MIB}m manual=:log=manual-set
row "dirty_log_perf_test -g: enable" "$(least log Enabling)" $log 5
row "dirty_log_perf_test -g: dirty" "$(least log 'vCPU 0 iteration 1 dirty')" $log:step=dirty 5
row "dirty_log_perf_test -g: get" "$(least log 'Iteration . get')" $log:step=get 5
# Their library looks for the slot, and asserts.
row "dirty_log_perf_test -g: disable" "$(least log Disabling)" $log:step=disable 5 2500
row "dirty_log_perf_test: enable" "$(least log-manual Enabling)" $log$manual 5 2500
# All are dirty to begin with, and not protected.
row "dirty_log_perf_test: dirty" "$(times log-manual 'vCPU 0 iteration [23] dirty' | head -n 1)" \
	$log:step=dirty$manual 5
row "dirty_log_perf_test: get" "$(least log-manual 'Iteration . get')" $log:step=get$manual 5 2500
row "dirty_log_perf_test: clear" "$(least log-manual 'Iteration . clear')" $log:step=clear$manual 5
row "dirty_log_perf_test: disable" "$(least log-manual Disabling)" $log:step=disable$manual 5 2500
row "demand_paging_test: a page" "$(by_page touch)" touch:working_set=${MORE_MIB}m 5
# A guest that has interrupts on, as ours and every operating system, lets KVM hand the fault to a
# thread of the kernel's and halt the vCPU (asynchronous page faults); theirs has them off, and ours
# cannot do it without a local APIC in the kernel. Theirs has one, whose timer moves with the
# thread, and asks for its thread's number and twice for the time with each page.
row "demand_paging_test -u MISSING: a page" "$(by_page missing)" \
	userfault:working_set=${MORE_MIB}m 5 4000 ours-off
row "demand_paging_test -u MINOR: a page" "$(by_page minor)" \
	userfault:working_set=${MORE_MIB}m:mode=minor 5 4000 ours-off
for label in userfault:working_set=${MORE_MIB}m{,:mode=minor}; do
	echo "# $(ours $label) with an irqchip in the kernel, asynchronously: $label"
done
row "access_tracking_perf_test: mark" "$(least "idle $MIB" 'Mark memory')" access-tracking 5
moved=memslot-live:working_set=200k:op=move
# There and back again is one of theirs. What is dropped is all of the second stage, table by table.
for n in 1 2; do
	shown "memslot_perf_test: move, $n" $(($(times slots Done | sed -n ${n}p) / 2)) \
		$moved "$(ours $moved)"
done
echo "# $(ours memslot-live:op=move) where 512 pages are mapped: memslot-live:op=move"
cat <<-'END'
	# not compared: memslot_perf_test map, unmap, RW: both sides spin for each other, on one CPU
	# not compared: memslot_modification_stress_test: it has no figure
END
tap_done
