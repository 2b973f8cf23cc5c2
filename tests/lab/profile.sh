#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# The exits probe and `hvbench profile` where kvm_exit fires exactly as on hardware: KVM on an
# emulated AMD host.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
lane=svm
gcc -O2 -Wall -static -pthread -o "$TMP/exits-guest" "$TOP/tests/guests/exits-guest.c" ||
	fail "the guest's VMM compiles"

# Runs in the lab host: the output of each step follows a line "@@NAME STATUS" and is split into
# the file $TMP/NAME.
cat >"$TMP/lib.sh" <<'END'
cd /
export START_AFTER=1 LINGER=1.5
step() { name=$1; shift; "$@" >/tmp/step 2>&1; echo "@@$name $?"; cat /tmp/step; echo; }
guests() { exits-guest "$@" >/tmp/guests & sleep 0.05; }
profile() { hvbench profile -q -d 1.8 "$@"; }
END

# in_host SCRIPT [OPTION…]: runs the script there and splits its output.
in_host()
{
	local script=$1
	shift
	cat "$TMP/lib.sh" - >"$TMP/script" <<<"$script"
	run "$HVBENCH" lab shell "$lane" -q --timeout 900s "$@" --file "$TMP/exits-guest" \
		--file "$TMP/script:/script" -c 'sh /script'
	awk -v dir="$TMP" '/^@@/ { file = dir "/" substr($1, 3); status = $2; printf "" >file
		print status >(file ".status"); close(file ".status");
			next } file { print >file }' <<<"$out"
	# The output of the steps is in their files.
	out=$(grep '^@@' <<<"$out")
}

# reason FILE NAME FIELD: a field of that reason in the only cell's by_reason.
reason()
{
	jq -r --arg n "$2" "[.cells[].exits.by_reason[] | select(.reason == \$n)] | first | $3" \
		"$TMP/$1"
}
detail()
{
	jq -r --arg n "$2" "[.cells[].exits.by_detail[] | select(.reason == \$n)] | first | $3" \
		"$TMP/$1"
}
counted()
{
	[ "$(reason "$1" "$2" .count)" = "$3" ] ||
		{ echo "$2: $(reason "$1" "$2" .count), not $3"; return 1; }
}
detailed()
{
	[ "$(detail "$1" "$2" .count)" = "$3" ] ||
		{ echo "$2: $(detail "$1" "$2" .count), not $3"; return 1; }
}
file_has() { grep -q -e "$2" "$TMP/$1" || { cat "$TMP/$1"; return 1; }; }
ended() { [ "$(cat "$TMP/$1.status")" = "$2" ] || { cat "$TMP/$1.status" "$TMP/$1"; return 1; }; }
# Time off CPU and in user space is part of the exit it is reported for.
parts_within_whole()
{
	jq -e '[.vcpus[].by_reason[] | .off_cpu_ns + .user_ns <= .total_ns] | all' "$TMP/$1"
}
# same_as_perf NAME: perf stat, watching the same guests, counted as many exits, over all reasons.
same_as_perf()
{
	local ours perf
	ours=$(jq '[.cells[].exits.by_reason[].count] | add' "$TMP/$1")
	perf=$(sed -n 's/^\([0-9]*\),,kvm:kvm_exit,.*/\1/p' "$TMP/perf-$1")
	[ "$ours" = "$perf" ] && [ "$perf" -gt 4000 ] ||
		{ echo "$ours, perf: $perf"; cat "$TMP/perf-$1"; return 1; }
}
least() { sed -n 's/.*least \([0-9.]*\) .*/\1/p' "$TMP/$1" | head -n 1; }

# Every exit was timed except the last, a HLT that never returned.
all_timed()
{
	jq -e '[.cells[].exits.by_reason[] | select(.reason != "hlt") | .count == .ns.n] | all' \
		"$TMP/$1"
}

# Without time off CPU and in user space, handling an exit takes the same time always: if an exit
# of one vCPU were paired with the entry of another, it would include whole time slices.
nothing_mispaired()
{
	jq -e '[.cells[].exits.by_reason[] | select(.count >= 1000) |
		(.total_ns - .off_cpu_ns - .user_ns) / .ns.n / .ns.p50 | . > 0.3 and . < 1.3] |
			all' "$TMP/$1"
}

# A distribution's wrapper script for perf does not work there.
perf=$(readlink -f "$(command -v perf || echo /nonexistent)")
with_perf=()
if [ "$(head -c 4 "$perf" 2>/dev/null | tail -c 3)" = ELF ]; then
	with_perf=(--file "$perf:bin/perf")
fi

with_bpftrace=()
if bpftrace=$(PATH=$PATH:/usr/sbin command -v bpftrace); then
	with_bpftrace=(--file "$(readlink -f "$bpftrace"):bin/bpftrace" --memory 2048)
fi

in_host '
for source in raw_tp tp fentry; do
	guests cpmw 100 5 2
	step $source profile --source $source -f json
	wait
done
guests cpmw 100 5 2 turns
step turns profile -f json
wait
guests cpmw 100 5 2
step by-vcpu profile --by vcpu -f json
wait
guests pq 100 5; step port profile --by port -f json; wait
guests mn 100 5; step msr profile --by msr -f json; wait
guests w 100 5; step gpa profile --by gpa -f json; wait
guests ky 100 5; step hypercall profile --by hypercall -f json; wait
step vector hvbench profile -q --by vector -f json -- sh -c "exec hvbench run -q --probes off \
	--rounds 1 --samples 5 --ops 20 -w self-ipi,cpuid >/dev/null"
guests c 100 5; step rip profile --by rip -f json; wait
guests c 100 30 2; step over profile --over 1ms; wait
guests c 100 30 2; step stack profile --over 1ms --stack --folded /tmp/folded; wait
step folded cat /tmp/folded
guests c 100 5; step cpl profile --by cpl -f json; wait
guests c 100 5; step by-vm profile --by vm; wait
step cpl-user hvbench profile -q --by cpl -f json -- sh -c "exec hvbench run -q --probes off \
	--rounds 1 --samples 5 --ops 20 -w cpuid >/dev/null"
guests c 100 5; step counts profile --counts-only -f json; wait
export START_AFTER=0.6
guests c 100 6000; step cut hvbench profile -q -d 0.8 -f json; kill %%; wait
export START_AFTER=1
guests c 100 5; step csv profile --interval 200ms -f csv; wait
guests cpmw 100 5 2; step recorded profile --record /tmp/recorded --by vcpu; wait
step recording base64 /tmp/recorded
# Halts that last longer than the profile.
halting() { HALT=$1 START_AFTER=0 exits-guest h 1 40 >/tmp/guests & sleep 0.3; }
halting 1
step halts hvbench profile -q -d 2.5 --record /tmp/halts -f json
step halts-recording base64 /tmp/halts
step halts-text hvbench profile -q -d 1.3
step halts-csv hvbench profile -q -d 2.4 --interval 300ms -f csv
kill %%; wait
halting 30
step halted hvbench profile -q -d 0.5 -f json
step halted-vcpu hvbench profile -q -d 0.5 --by vcpu
kill %%; wait
# All observers of the same guests at once: ours in every mode, which watch only these, and then
# others, which count all exits there are. They attach before the guests run, and stay until these
# have ended.
START_ON=/tmp/go LINGER=4 exits-guest cpmw 100 5 2 >/tmp/guests & vms=$!
sleep 0.2
# One after the other, so that none of them misses a known exit of its own because of another.
for source in raw_tp fentry tp tracepoints; do
	hvbench profile -q -d 0 -p $vms --source $source -f json >/tmp/mode-$source 2>&1 &
	sleep 1.5
	hvbench profile -q -d 0 -p $vms --source $source --counts-only -f json \
		>/tmp/mode-$source-counts 2>&1 &
	sleep 1.5
done
perf= bpftrace=
! command -v perf >/dev/null ||
	{ perf stat -a -e kvm:kvm_exit,kvm:kvm_pio,kvm:kvm_msr,kvm:kvm_cpuid,kvm:kvm_mmio \
		-x, -o /tmp/perf & perf=$!; }
! command -v bpftrace >/dev/null ||
	{ bpftrace -e "t:kvm:kvm_exit { @exits = count(); }" >/tmp/bpftrace & bpftrace=$!; }
sleep 8
touch /tmp/go
sleep 3
[ -z "$perf$bpftrace" ] || kill -INT $perf $bpftrace
wait
for file in /tmp/mode-*; do step ${file#/tmp/} cat $file; done
step perf-modes cat /tmp/perf
step bpftrace-modes cat /tmp/bpftrace
' "${with_perf[@]}" "${with_bpftrace[@]}"
for source in raw_tp tp fentry; do
	test_that "$source counts each reason exactly" all counted $source cpuid 1000 -- \
		counted $source io 1000 -- counted $source msr 1000 -- counted $source hlt 2
	test_that "$source has as page faults the MMIO writes and a few first touches" \
		[ "$(($(reason $source npf .count) - 1000))" -le 20 \
		-a "$(reason $source npf .count)" -ge 1000 ]
	test_that "$source times every exit" all_timed $source
	test_that "$source pairs exits with entries of the same VM, of two on one CPU" \
		nothing_mispaired $source
	test_that "$source loses nothing" [ "$(jq '.cells[0].exits.lost' "$TMP/$source")" = 0 ]
	test_that "$source sees the known exits of the calibration VM" \
		[ "$(jq -r '.exit_source | "\(.name) \(.expected == .seen)"' "$TMP/$source")" \
		= "$source true" ]
	test_that "$source: the document conforms to the schema" \
		"$TOP/tests/schema-validate" "$TMP/$source"
done
test_that "port exits have a part in user space, MSR exits have none" \
	[ "$(($(reason raw_tp io .user_ns) > 0)) $(reason raw_tp msr .user_ns)" = "1 0" ]
test_that "two vCPUs run in turns by one thread are told apart" all counted turns io 1000 -- \
	counted turns cpuid 1000 -- all_timed turns
test_that "--by vcpu has two vCPUs, with half of the exits each" \
	jq -e '[.vcpus[].by_reason[] | select(.reason == "cpuid") | .count] == [500, 500]' \
	"$TMP/by-vcpu"
test_that "--by port counts each port" \
	all detailed port "out 0x80" 500 -- detailed port "out 0x84" 500
test_that "--by msr counts each MSR" \
	all detailed msr "rdmsr 0x1a0" 500 -- detailed msr "rdmsr 0x277" 500
test_that "--by gpa counts each address" detailed gpa "write 0xf000" 500
test_that "--by hypercall counts each number" \
	all detailed hypercall "kvm 5 kick-cpu" 500 -- detailed hypercall "kvm 11 sched-yield" 500
# Each of the workload's interrupts takes one exit before KVM can inject it.
test_that "--by vector counts the interrupts that KVM injects" \
	all [ "$(reason vector vintr .count)" -ge 100 ] -- \
	detailed vector "vector 0x41" "$(reason vector vintr .count)"
test_that "--by rip finds the one instruction that takes them all" \
	jq -e '[.cells[].exits.by_detail[] | select(.count >= 500)] | length == 1' "$TMP/rip"
test_that "--by rip has times without what making the record takes" \
	[ "$(reason rip cpuid '.ns.p50' | cut -d. -f1)" \
	-lt $(($(reason by-vcpu cpuid '.ns.p50' | cut -d. -f1) + 400)) ]
test_that "halts under way at either end count for the time watched" \
	jq -e '(.cells[0].exits.by_reason[] | select(.reason == "hlt") |
		.window_ns) / (.duration_s * 1e9) |
		. > 0.999 and . < 1.001' "$TMP/halts"
test_that "... in the table too, which lists exits under way" \
	all file_has halts-text "^hlt .* 100.0 *\(100.00\|99.9.\) " -- \
	file_has halts-text "in hlt for [0-9.]* ms"
test_that "... and by interval they add up" \
	awk -F, 'NR > 1 && NF > 1 { window += $16; seconds = $1 }
	END { exit !(window > 0.999e9 * seconds && window < 1.001e9 * seconds) }' "$TMP/halts-csv"
test_that "a vCPU halted all the time is shown in hlt, though no exit was seen" all \
	[ "$(reason halted hlt .count)" = 0 ] -- \
	jq -e \
	'.cells[0].exits.by_reason[0].window_ns / (.duration_s * 1e9) | . > 0.999 and . < 1.001' \
	"$TMP/halted" -- \
	file_has halted-vcpu "thread [0-9]* *0 *0 *100.00"
test_that "--over lists slow exits with reason, off-CPU part and RIP" \
	file_has over 'vcpu 0 [0-9.]* ms [a-z]* off-CPU [0-9.]* ms user .* rip 0x10'
test_that "--over lists none that is shorter" \
	bash -c "! grep -E 'vcpu 0 [0-9.]+ (us|ns) ' '$TMP/over'"
test_that "--stack shows where it slept, and not how that was observed" all \
	file_has stack "^    off-CPU, longest for [0-9.]* ms, in:" -- \
	[ "$(sed -n '/off-CPU, longest/{n;p;q}' "$TMP/stack" | tr -d ' ')" = __schedule ] -- \
	file_has stack "^        vcpu_enter_guest\|^        kvm_vcpu_ioctl"
test_that "--folded has the same for flame graphs, with all the time of slow exits" all \
	file_has folded \
	"^exits-guest;[a-z]*;.*entry_SYSCALL_64.*;kvm_vcpu_ioctl;.*;__schedule [0-9]" -- \
	awk 'NF { if ($NF !~ /^[0-9]+$/) bad = 1; ns += $NF } END { exit bad || ns < 1e6 }' \
	"$TMP/folded"
test_that "--by cpl: in real mode all exits are the guest's kernel's" all \
	detailed cpl "kernel (CPL 0)" \
	"$(jq '[.cells[].exits.by_reason[].ns.n] | add' "$TMP/cpl")" -- \
	[ "$(detail cpl "user (CPL 3)" .count)" = null ]
test_that "--by cpl: what a guest's user space exits for is its own" \
	[ "$(detail cpl-user "user (CPL 3)" .count)" -ge 100 ]
test_that "why APICv is inhibited is told by VM, in the kernel's words" all \
	[ "$(jq -c '.cells[0].apicv_inhibits' "$TMP/cpl")" = '["disable","absent"]' ] -- \
	file_has by-vm "APICv or AVIC is inhibited in 1 of 1 VM process: disable, absent" -- \
	file_has by-vm "exits-guest .* disable, absent  *cpuid"
test_that "--counts-only has counts and no times" all counted counts cpuid 500 -- \
	[ "$(reason counts cpuid .ns)" = null ]
test_that "ending while a guest runs does not count an entry without exit" all \
	[ "$(reason cut cpuid '.count > 1000')" = true ] -- \
	[ "$(reason cut "(not traced)" .count)" = null ]
test_that "the rows of CSV by interval add up" \
	[ "$(awk -F, '$7 == "cpuid" { n += $8 } END { print n }' "$TMP/csv")" = 500 ]
# Every mode, and the tools that others use, counted the same exits: a number that is known, but for
# a few first touches of memory.
ours_of() { jq '[.cells[].exits.by_reason[].count] | add' "$TMP/mode-$1"; }
perf_of() { sed -n "s/^\([0-9]*\),,kvm:$1,.*/\1/p" "$TMP/perf-modes"; }
all_modes=$(ours_of raw_tp)
for mode in raw_tp fentry tp; do
	for only in "" -counts; do
		test_that "mode $mode$only counts each reason exactly" \
			all counted mode-$mode$only cpuid 1000 -- \
			counted mode-$mode$only io 1000 -- \
			counted mode-$mode$only msr 1000 -- counted mode-$mode$only hlt 2
		test_that "... and all exits like every other" \
			[ "$(ours_of $mode$only)" = "$all_modes" -a "${all_modes:-0}" -gt 4000 ]
	done
done
for event in kvm_pio kvm_msr kvm_cpuid kvm_mmio; do
	test_that "mode tracepoints counts $event exactly" all \
		counted mode-tracepoints $event 1000 -- \
		counted mode-tracepoints-counts $event 1000
done
# Recordings, read here.
for name in recording halts-recording; do
	base64 -d "$TMP/$name" >"$TMP/$name.rec"
done
run "$HVBENCH" profile --replay "$TMP/recording.rec" --by vcpu
test_that "--replay shows the table that the profile had, times and all" \
	diff <(sed '$d' "$TMP/recorded") <(echo "$out")
for by in reason port msr gpa; do
	"$HVBENCH" profile --replay "$TMP/recording.rec" --by $by -o "$TMP/replay-$by.json"
done
test_that "a recording has each reason exactly, and loses nothing" all \
	counted replay-reason.json cpuid 1000 -- counted replay-reason.json io 1000 -- \
	counted replay-reason.json msr 1000 -- counted replay-reason.json hlt 2 -- \
	[ "$(jq '.cells[0].exits.lost' "$TMP/replay-reason.json")" = 0 ] -- \
	all_timed replay-reason.json
test_that "... and each port, MSR and address, which were not asked for, with the same times" all \
	detailed replay-port.json "out 0x80" 1000 -- \
	detailed replay-msr.json "rdmsr 0x1a0" 1000 -- \
	detailed replay-gpa.json "write 0xf000" 1000 -- \
	[ "$(detail replay-port.json "out 0x80" .total_ns)" = \
		"$(reason replay-reason.json io .total_ns)" ]
run "$HVBENCH" profile --replay "$TMP/recording.rec" --over 1ms
test_that "--over lists slow exits of a recording" out_like 'vcpu 0 [0-9.]* ms [a-z]*'
if command -v protoc >/dev/null; then
	decode()
	{
		"$HVBENCH" profile --replay "$TMP/$1.rec" -f perfetto |
			protoc --decode=hvbench.test.Trace -I "$(dirname "$0")" perfetto.proto |
			python3 "$(dirname "$0")/perfetto-sums.py" >"$TMP/$1.trace"
	}
	run decode recording
	test_that "a trace for Perfetto, as protoc reads it, has the profile's exits and times" \
		jq -ne --slurpfile t "$TMP/recording.trace" \
		--slurpfile r "$TMP/replay-reason.json" '
		[$r[0].cells[].exits.by_reason[] | select(.ns.n > 0)] as $reasons |
		($reasons | map(.reason) | contains(["npf", "cpuid", "io", "msr"])) and
		($reasons | all(. as $one | $t[0].slices[.reason] |
			.count == $one.ns.n and .ns == $one.total_ns))'
	test_that "... user space and times without a CPU within them" jq -ne \
		--slurpfile t "$TMP/recording.trace" --slurpfile r "$TMP/replay-reason.json" '
		def sum(f): [$t[0].slices | to_entries[] | select(.key | test(f)) | .value.ns] |
			add;
		([$r[0].cells[].exits.by_reason[] | .off_cpu_ns] | add) as $off |
		([$r[0].cells[].exits.by_reason[] | .user_ns] | add) as $user |
		$off > 0 and sum("/(asleep|waiting for a CPU)$") == $off and
		sum("/user space$") - (sum("/user space/") // 0) == $user and
		$t[0].slices["in guest"].count > 3000'
	run decode halts-recording
	test_that "... halts are asleep in hlt, and the one under way is open" jq -ne \
		--slurpfile t "$TMP/halts-recording.trace" '$t[0] | .open == ["hlt"] and
		.slices["hlt/asleep"].ns / .slices.hlt.ns > 0.98'
else
	skip "a trace for Perfetto" "no protoc"
fi
if [ ${#with_perf[@]} = 0 ]; then
	skip "as many exits as perf stat counts" "no perf program (linux-perf)"
else
	test_that "perf stat counts as many exits as every mode" \
		[ "$(perf_of kvm_exit)" = "$all_modes" ]
	test_that "... and as many events as mode tracepoints" \
		[ "$(perf_of kvm_pio) $(perf_of kvm_msr) $(perf_of kvm_cpuid) $(perf_of kvm_mmio)" \
		= "1000 1000 1000 1000" ]
fi
if [ ${#with_bpftrace[@]} = 0 ]; then
	skip "as many exits as bpftrace counts" "no bpftrace program"
else
	test_that "bpftrace counts as many exits as every mode" \
		[ "$(sed -n 's/^@exits: //p' "$TMP/bpftrace-modes")" = "$all_modes" ]
fi

# in_host_of_two COMMANDS [OPTION…]: the same with two CPUs. The emulator's CPUs can stop for good
# where one changes code that another executes (bench/lab/lab.c): such a boot says nothing about us
# and is repeated.
in_host_of_two()
{
	local boot

	for boot in 1 2 3 4; do
		in_host "$@" --cpus 2 --no-icount --timeout 100s
		err_has "QEMU's CPUs can stop" || return 0
		echo "# boot $boot stopped: $err"
	done
}

# Several CPUs, and vCPUs that keep moving from one to another: an exit belongs to the vCPU whose
# thread took it, whatever CPU that is on.
in_host_of_two '
export START_AFTER=0.1 LINGER=0.1
for source in raw_tp tp; do
	rm -f /tmp/began
	# With an interval it reports that it has begun, and it also reads while the guests exit.
	hvbench profile -d 0 --source $source --by vcpu --interval 100ms -f json \
		>/tmp/ours 2>/tmp/began & pid=$!
	until [ -s /tmp/began ]; do sleep 0.1; done
	perf=
	! command -v perf >/dev/null ||
		{ perf stat -a -e kvm:kvm_exit -x, -o /tmp/perf & perf=$!; sleep 1; }
	MOVE=0.002 exits-guest cpmw 100 8 3 >/tmp/guests
	kill -TERM $pid
	[ -z "$perf" ] || kill -INT $perf
	wait
	step smp-$source cat /tmp/ours
	step perf-smp-$source cat /tmp/perf
	step moved-$source cat /tmp/guests
done
' "${with_perf[@]}"

in_host_of_two '
hvbench run -q -w ipi,ipi:target=halted --rounds 2 --samples 20 --time 10s --probes on \
	-o /tmp/ipi >/dev/null 2>&1
step ipi cat /tmp/ipi
'
for source in raw_tp tp; do
	name=smp-$source
	test_that "$source: vCPUs that are moved between CPUs do come out elsewhere often" \
		awk '$3 == "moved" { if ($4 < 10) few++; vms++ } END { exit few || vms != 3 }' \
		"$TMP/moved-$source"
	test_that "$source: of vCPUs that are moved each reason is counted exactly" \
		all counted $name cpuid 2400 -- \
		counted $name io 2400 -- counted $name msr 2400 -- counted $name hlt 3
	test_that "$source: of vCPUs that are moved each exit is timed by its own entry" all \
		all_timed $name -- parts_within_whole $name -- \
		[ "$(reason $name "(not traced)" .count)" = null ]
	test_that "$source: of vCPUs that are moved each has a third of the exits" \
		jq -e \
		'[.vcpus[].by_reason[] | select(.reason == "cpuid") | .count] == [800, 800, 800]' \
		"$TMP/$name"
	if [ ${#with_perf[@]} != 0 ]; then
		test_that "$source: of vCPUs that are moved perf stat counts as many exits" \
			same_as_perf $name
	fi
done
test_that "the entry of a vCPU that was halted when the probe came is no entry without exit" \
	jq -e '[.cells[].exits.by_reason[].reason] | index("msr") != null and
		index("(not traced)") == null' "$TMP/ipi"

# What cannot be seen or is not available, and what is left behind.
cat >>"$TMP/lib.sh" <<'END'
as_user()
{
	caps=$1; shift; util-setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps "$caps" \
		--ambient-caps "$caps" -- "$@"
}
END
setpriv=$(command -v setpriv)
in_host '
step untraced exits-guest c 100 5
hvbench profile -q -d 100 & pid=$!
sleep 0.6
step traced exits-guest c 100 5
kill -KILL $pid; wait $pid
step killed exits-guest c 100 5
chmod 666 /dev/kvm
guests cp 100 5
step caps as_user +bpf,+perfmon hvbench profile -q -d 1.8 -f json
wait
step nocaps as_user -all hvbench profile -q -d 1
umount /sys/kernel/tracing
guests cp 100 5; step notracefs profile -f json; wait
step detached hvbench profile -q -d 0.1 --source tp
hvbench profile -q -d 3 & sleep 0.5
step held rmmod kvm_amd
wait
mount -t tmpfs none /sys/kernel/btf
guests cpmw 100 5 2; step nobtf profile -f json; wait
step nobtf-raw hvbench profile -q -d 0.1 --source raw_tp
umount /sys/kernel/btf
# A user who may not open /dev/kvm cannot keep the module from being unloaded.
chmod 600 /dev/kvm
as_user +bpf,+perfmon hvbench profile -q -d 3 >/tmp/reloaded 2>&1 & sleep 1
rmmod kvm_amd && insmod /modules/kvm-amd.ko && wait
step reloaded cat /tmp/reloaded
rmmod kvm_amd; rmmod kvm
step nomodule hvbench profile -q -d 1
' --file "$setpriv:/bin/util-setpriv"
test_that "an exit that is watched costs more" [ "$(least traced)" != "$(least untraced)" ]
test_that "after SIGKILL nothing stays attached: an exit costs what it did before" \
	[ "$(least killed)" = "$(least untraced)" ]
test_that "CAP_BPF and CAP_PERFMON are enough, for names too" all ended caps 0 -- \
	counted caps cpuid 500 -- \
	counted caps io 500
test_that "without them the message says what is needed" all ended nocaps 77 -- \
	file_has nocaps "CAP_BPF and CAP_PERFMON"
test_that "tracefs need not be mounted" all ended notracefs 0 -- counted notracefs io 500 -- \
	ended detached 0
test_that "the vendor's module is kept while it is watched" file_has held "use\|busy\|tempor"
test_that "without type information the trace event is used, with the reason" all ended nobtf 0 -- \
	[ "$(jq -r .exit_source.name "$TMP/nobtf")" = tp ] -- counted nobtf cpuid 1000 -- \
	counted nobtf io 1000 -- counted nobtf msr 1000 -- file_has nobtf "no type information" -- \
	ended nobtf-raw 69 -- file_has nobtf-raw "no type information"
test_that "where the vendor's module was reloaded meanwhile that is said" file_has reloaded \
	"was reloaded meanwhile"
test_that "where KVM is not loaded the message says what to do" all ended nomodule 69 -- \
	file_has nomodule modprobe

# The strictest lockdown. Results leave the host through an I/O port that was opened before it.
gcc -O2 -Wall -static -o "$TMP/with-ports" "$TOP/tests/guests/with-ports.c" ||
	fail "with-ports compiles"
in_host '
[ -n "$LOCKED" ] || LOCKED=1 exec with-ports sh /script
mount -t securityfs none /sys/kernel/security
chmod 666 /dev/kvm
echo confidentiality >/sys/kernel/security/lockdown
guests cpmw 100 5 2; step locked profile -f json; wait
step locked-raw hvbench profile -q -d 0.1 --source raw_tp
step locked-rip hvbench profile -q -d 0.1 --by rip
umount /sys/kernel/tracing
guests cpmw 100 5 2; step locked-user as_user +bpf,+perfmon hvbench profile -q -d 1.8 -f json; wait
hvbench lab guest send text /tmp/text
hvbench lab guest end 0
sleep 60
' --file "$setpriv:/bin/util-setpriv" --file "$TMP/with-ports"
test_that "locked down the trace event is used, with the reason" all ended locked 0 -- \
	[ "$(jq -r .exit_source.name "$TMP/locked")" = tp ] -- counted locked cpuid 1000 -- \
	counted locked io 1000 -- counted locked msr 1000 -- file_has locked "locked down"
test_that "locked down the message says what is not available" all ended locked-raw 77 -- \
	file_has locked-raw "locked down" -- \
	ended locked-rip 77 -- file_has locked-rip RIP
test_that "locked down without the trace event, counts come from other tracepoints" \
	all ended locked-user 0 -- \
	[ "$(jq -r .exit_source.name "$TMP/locked-user")" = tracepoints ] -- \
	counted locked-user kvm_pio 1000 -- counted locked-user kvm_msr 1000 -- \
	file_has locked-user "locked down"

for kernel in 5.10 6.12 7.2; do
	run "$HVBENCH" lab setup svm --kernel debian:$kernel -q
	if [ "$status" != 0 ]; then
		skip "kernel $kernel" "it cannot be had: $(head -n 1 <<<"$err")"
		continue
	fi
	in_host "
	guests cpmw 100 5 2; step k$kernel profile --by culprit -f json; wait
	chmod 666 /dev/kvm
	guests c 100 5; step c$kernel as_user +bpf,+perfmon hvbench profile -q -d 1.8 -f json; wait
	ulimit -l 64
	step m$kernel util-setpriv --bounding-set -sys_resource --inh-caps -all -- \
		hvbench profile -q -d 0.1
	" --kernel debian:$kernel --file "$setpriv:/bin/util-setpriv"
	test_that "kernel $kernel has exact counts and names, with every exit timed" \
		all counted k$kernel cpuid 1000 -- \
		counted k$kernel io 1000 -- counted k$kernel msr 1000 -- all_timed k$kernel -- \
		nothing_mispaired k$kernel
	# Up to 5.10 maps count as locked memory.
	if [ $kernel = 5.10 ]; then
		test_that "kernel $kernel: too little locked memory is said, with what to do" \
			all ended m$kernel 77 -- \
			file_has m$kernel "ulimit -l"
	else
		test_that "kernel $kernel: little locked memory is enough" ended m$kernel 0
		# From 6.2 on the programs call a function of the kernel's.
		test_that "kernel $kernel: CAP_BPF and CAP_PERFMON are enough" all \
			ended c$kernel 0 -- counted c$kernel cpuid 500 -- \
			[ "$(jq -r .exit_source.name "$TMP/c$kernel")" = raw_tp ]
	fi
	# The two VMs share the only CPU.
	test_that "kernel $kernel: --by culprit says what the VMs' vCPUs waited for" \
		jq -e ".cells[0].waited | ([.by[].total_ns] | add) == .total_ns and
			([.by[] | select(.name | test(\"exits-guest\"))] | length) > 0" \
		"$TMP/k$kernel"
	test_that "kernel $kernel is watched by raw tracepoints" \
		[ "$(jq -r .exit_source.name "$TMP/k$kernel")" = raw_tp ]
done

run "$HVBENCH" lab setup vmx -q
if [ "$status" = 0 ]; then
	# An instruction takes 10 ns on that lane: everything takes ten times as long.
	lane=vmx
	in_host '
	export START_AFTER=6
	guests cpmw 100 5 2; step vmx hvbench profile -q -d 7 -f json; wait
	'
	test_that "VMX has exact counts and names, with every exit timed" \
		all counted vmx CPUID 1000 -- \
		counted vmx IO_INSTRUCTION 1000 -- counted vmx MSR_READ 1000 -- counted vmx HLT 2
	test_that "on VMX an MMIO write is a misconfiguration, but for the first" \
		[ "$(reason vmx EPT_MISCONFIG .count)" = 998 ]
	test_that "VMX is watched by raw tracepoints" \
		[ "$(jq -r .exit_source.name "$TMP/vmx")" = raw_tp ]
else
	skip "VMX" "$(head -n 1 <<<"$err")"
fi
tap_done
