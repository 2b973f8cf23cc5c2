#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Exits per operation are exact, and the kernel's own tracepoints agree: perf counts them between
# the doorbells of the timed part, and over the whole run.
. "$(dirname "$0")/../tap.sh"

ops=29 samples=37	# a number of exits that no calibration would choose
exits=$((ops * samples))
list=pio-user,pio-user:op=read,mmio-user,pio-ioeventfd,mmio-ioeventfd,pio-kernel

cannot()
{
	skip "exits are exact" "$1"
	skip "perf counts the same exits" "$1"
	tap_done
	exit
}
[ -w /dev/kvm ] || cannot "no /dev/kvm that can be written to"

json() { jq -e "$@" "$TMP/r.json" >/dev/null; }
measured="--ops $ops --samples $samples --rounds 2 --probes off -q"
# Exactly: with one exit too many in each round there would be one too many in $exits. Hardware has
# exits that no statistic subtracts (an SMI, an NMI), so it may take three runs to get one without
# any.
exact() {
	json --argjson n $((2 * exits)) '
		[.cells[] | .status == "ok" and .exits.window_ops == $n and
			.exits.per_op.total == 1 and
			.exits.as_expected] | all'
}
for _ in 1 2 3; do
	run "$HVBENCH" run -w $list $measured -o "$TMP/r.json"
	exact && break
done
test_that "by KVM's statistics each operation takes exactly one exit" exact
test_that "by the VMM's own count exits to user space are exact" json --argjson n \
	$((2 * exits)) '
	[.cells[] | ([.exits.user_by_reason[] | {(.reason): .count}] | add) ==
		({"pio-user": {IO: $n}, "mmio-user": {MMIO: $n}}[.workload])] | all'

# Instructions that a CPU may lack, and that a KVM which emulates CPL0 hangs in or cannot decode.
# The reason is given in each case, and soon.
TIMEFORMAT="%U %S"
{ time run "$HVBENCH" run -w kvm-hypercall,invpcid,mwait,rdpmc,hypercall:ring=0,wrmsr:msr=0x12345 \
	--rounds 2 --probes off -q -o "$TMP/r.json"; } 2>"$TMP/cpu"
test_that "what cannot be done here is skipped, with the reason" \
	json '[.cells[] | .status == "ok" or
	(.status == "skipped" and (.reason | startswith("needs ")))] | all'
test_that "... such as a register that no CPU has" \
	json '.cells[] | select(.params.msr == 74565) |
	.status == "ok" or (.reason | contains("#GP"))'
# A hanging one spins: two that took seconds each would show in the CPU time of all.
test_that "... and a vCPU that hangs is given up after half a second" \
	awk '{ exit !($1 + $2 < 2.5) }' "$TMP/cpu"

# Runs perf in a mount namespace that has the tracing file system where perf looks for it.
if ! command -v perf >/dev/null; then
	skip "perf counts the same exits" "no perf (package linux-perf)"
	tap_done
	exit
fi
cat >"$TMP/perf" <<'END'
#!/bin/bash
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing || exit
exec perf "$@"
END
chmod +x "$TMP/perf"
events="kvm:kvm_pio kvm:kvm_mmio kvm:kvm_userspace_exit"
traced() { run unshare -m "$TMP/perf" "$@"; }
traced stat $(printf -- '-e %s ' $events) true
if [ $status != 0 ]; then
	skip "perf counts the same exits" \
		"perf cannot read KVM's tracepoints here: $(head -n 1 <<<"$err")"
	tap_done
	exit
fi

# A line for each timed part: accesses to the workloads' ports and addresses, and exits to user
# space without the doorbell that ends it. Parts in which twins take turns are left out.
windows()
{
	awk '
	{ tid = $1 }
	/kvm_pio: .* at 0x504 / {
		value = $NF
		if (value == "0x2") { live[tid] = 1;
			pio[tid] = mmio[tid] = user[tid] = eventfd[tid] = pic[tid] = 0 }
		else if (value == "0x3" && live[tid]) {
			print pio[tid], mmio[tid], eventfd[tid], pic[tid], user[tid]
			live[tid] = 0
		} else live[tid] = 0
		next
	}
	/kvm_pio: .* at 0x500 / { pio[tid]++ }
	/kvm_pio: .* at 0x510 / { eventfd[tid]++ }
	/kvm_pio: .* at 0x4d0 / { pic[tid]++ }
	/kvm_mmio:/ { mmio[tid]++ }
	/kvm_userspace_exit:/ { user[tid]++; if (live[tid] == 1 && user[tid] == 1) { live[tid] = 2;
		user[tid] = 0 } }
	'
}

traced record -q -o "$TMP/perf.data" -m 8M $(printf -- '-e %s ' $events) \
	"$HVBENCH" run -w $list $measured -o "$TMP/r.json"
test_that "a run under perf is recorded" all exited 0 -- [ -s "$TMP/perf.data" ]
lost=$(perf script -i "$TMP/perf.data" --show-lost-events 2>/dev/null | grep -c LOST)
perf script -i "$TMP/perf.data" -F tid,event,trace 2>/dev/null | windows | sort |
	uniq -c >"$TMP/windows"
# counted NAME PIO MMIO EVENTFD PIC USER ROUNDS: exactly so many timed parts with exactly these
# exits
counted()
{
	if [ "$lost" != 0 ]; then
		skip "perf between the doorbells: $1" "perf lost events"
		return
	fi
	out=$(cat "$TMP/windows")
	test_that "perf between the doorbells: $1" grep -Eqx " *$7 $2 $3 $4 $5 $6" "$TMP/windows"
}
counted "pio-user, write and read: one port access and one exit to user space each" $exits 0 0 0 \
	$exits 4
counted "mmio-user: one access and one exit to user space each" 0 $exits 0 0 $exits 2
counted "pio-ioeventfd: one port access and no exit to user space" 0 0 $exits 0 0 2
counted "pio-kernel: one port access and no exit to user space" 0 0 0 $exits 0 2

# Over the whole run, by perf stat. Two VMs at once have no reference twin, so that all operations
# are known: a warm-up batch, the samples, and the single operations that the result states.
measured="--ops $ops --samples $samples --rounds 1 --probes off -q --config vms=2"
# total WORKLOAD EVENT FILTER
total()
{
	local singles expected

	traced stat -x, -o "$TMP/stat" -e "$2" --filter "$3" "$HVBENCH" run -w "$1" $measured \
		-o "$TMP/r.json"
	singles=$(jq '.cells[0].latency.n' "$TMP/r.json")
	expected=$((2 * ops * (samples + 1) + singles))
	out="$out; perf says $(grep kvm: "$TMP/stat" | cut -d, -f1), expected $expected"
	test_that "perf stat counts the very number of $2 where $3 ($1)" \
		[ "$(grep kvm: "$TMP/stat" | cut -d, -f1)" \
		= $expected ]
}
total pio-user:op=read kvm:kvm_pio "rw==0"
total mmio-user kvm:kvm_mmio "gpa==0xd0000000"
total mmio-user kvm:kvm_userspace_exit "reason==6"
total pio-kernel kvm:kvm_pio "port==0x4d0"
tap_done
