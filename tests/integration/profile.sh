#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
# `hvbench profile` on this machine's KVM, whichever exits that shows: VMs of another VMM with a
# known number of port writes, VMs that come and go, formats, refusals, and nothing left behind.
. "$(dirname "$0")/../tap.sh"

run "$HVBENCH" profile -p 0
test_that "a process number that is none is refused" all exited 64 -- err_has "--pid '0'"
run "$HVBENCH" profile -p 1 -a
test_that "-p and -a exclude each other" exited 64
run "$HVBENCH" profile --over fast
test_that "a time that is none is refused" all exited 64 -- err_has 100us
run "$HVBENCH" profile --by cpu
test_that "for an unknown --by the message lists what there is" all exited 64 -- err_has rip
run "$HVBENCH" profile --counts-only --over 1ms
test_that "--counts-only and --over exclude each other" exited 64
run "$HVBENCH" profile --live
test_that "--live without a terminal is refused" all exited 64 -- err_has terminal
run "$HVBENCH" profile -p 4194000
test_that "a process that is not there is named, status 69" \
	all exited 69 -- err_has "no process 4194000"
run "$HVBENCH" profile -p $$
test_that "a process without VMs is said to run none" all exited 69 -- err_has "runs no VM"

# Without KVM nothing is seen, and no VM can be run to test whether anything would be.
if [ "$(id -u)" = 0 ] && unshare -mpf --mount-proc true 2>/dev/null; then
	run unshare -mpf --mount-proc bash -c 'mount -t tmpfs tmpfs /dev &&
		mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 &&
		exec "$HVBENCH" profile -d 0.2 -q'
	if [ "$status" = 77 ]; then
		skip "nothing seen without /dev/kvm is no success" "$(head -n 1 <<<"$err")"
	else
		test_that "nothing seen without /dev/kvm is no success" all exited 69 -- \
			err_has "there is no /dev/kvm"
	fi
else
	skip "nothing seen without /dev/kvm is no success" "not root"
fi

unprivileged=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps -all
	--bounding-set -all --)
if [ "$(id -u)" = 0 ] && "${unprivileged[@]}" true 2>/dev/null; then
	# An ordinary user may not be able to reach the program where it is.
	cp "$HVBENCH" "$TMP/hvbench" && chmod 755 "$TMP" "$TMP/hvbench"
	run "${unprivileged[@]}" "$TMP/hvbench" profile -d 0.1
	test_that "not permitted: the message says what is needed" all exited 77 -- \
		err_has "CAP_BPF and CAP_PERFMON"
	rm -f "$TMP/hvbench"
else
	skip "not permitted: the message says what is needed" "not root"
fi

run "$HVBENCH" profile -d 0.1 -q
if [ "$status" = 77 ] || [ "$status" = 69 ]; then
	skip "profiles" "$(head -n 1 <<<"$err")"
	tap_done
	exit 0
fi
test_that "a profile of one second succeeds" exited 0
# The shortest of many, with real-time priority where that is allowed: its own time, without that of
# other work on this machine.
best=9999
ahead=(chrt -f 1)
"${ahead[@]}" true 2>/dev/null || ahead=()
for _ in {1..30}; do
	[ $best -ge 500 ] || break
	begin=$(date +%s%N)
	"${ahead[@]}" "$HVBENCH" profile -d 0.1 -q >/dev/null
	took=$((($(date +%s%N) - begin) / 1000000 - 100))
	[ $took -ge $best ] || best=$took
done
test_that "starting and ending takes less than half a second" [ $best -lt 500 ]
if ! [ -w /dev/kvm ]; then
	skip "profiles of VMs" "no /dev/kvm for this user"
	tap_done
	exit 0
fi
gcc -O2 -Wall -static -pthread -o "$TMP/exits-guest" "$TOP/tests/guests/exits-guest.c" ||
	fail "the guest's VMM compiles"

# start VMS BATCHES [OPERATIONS [PROGRAM]]: guests that run once $TMP/go exists; their process is
# $guests, and their VMs stay when they are done.
start()
{
	rm -f "$TMP/go" "$TMP/guests"
	START_ON=$TMP/go LINGER=${LINGER:-300} "${4:-$TMP/exits-guest}" "${3:-p}" 100 "$2" "$1" \
		>"$TMP/guests" 2>&1 &
	guests=$!
	until_true has_vms $guests "$1"
}
has_vms() { [ "$(readlink /proc/"$1"/fd/* | grep -c kvm-vcpu)" -ge "$2" ]; }
stop() { kill $guests 2>/dev/null; wait $guests 2>/dev/null; }

# watch_by INTERVAL FORMAT ARGUMENT…: starts `hvbench profile` as $profile and returns once it
# watches, which its first interval, or the CSV header, shows.
watch_by()
{
	rm -f "$TMP/.out" "$TMP/.err"
	last_command="hvbench profile --interval $1 -f $2 ${*:3}"
	"$HVBENCH" profile --interval "$1" -f "$2" "${@:3}" >"$TMP/.out" 2>"$TMP/.err" \
		</dev/null & profile=$!
	case $2 in
	csv | text) until_true [ -s "$TMP/.out" ] ;;
	*) until_true [ -s "$TMP/.err" ] ;;
	esac
}
# let_run: lets the guests of start run, then ends the profile. Sets the same variables as run.
let_run()
{
	touch "$TMP/go"
	until_true [ -s "$TMP/guests" ]
	grep -qv '^vm ' "$TMP/guests" && cat "$TMP/guests" >>"$TMP/.err"
	kill -TERM $profile
	wait $profile
	status=$?
	out=$(tr -d '\0' <"$TMP/.out") err=$(cat "$TMP/.err")
}
# counted NAME FILE NUMBER: exits by one of the names that the sources give to it.
counted()
{
	local got
	got=$(jq "[.cells[] | .exits.by_reason[] | select(.reason | test(\"^($1)\$\")) | .count] |
		add" "$2")
	[ "$got" = "$3" ] ||
		{ echo "$1: $got, not $3"; jq -c '.cells[].exits.by_reason' "$2"; return 1; }
}
port='kvm_pio|io|IO_INSTRUCTION'

start 2 50
watch_by 200ms json -d 0 -p $guests -o "$TMP/pid.json"
let_run
stop
test_that "every port write of another VMM's guests is counted" all exited 0 -- \
	counted "$port" "$TMP/pid.json" 10000
test_that "the document conforms to the schema" "$TOP/tests/schema-validate" "$TMP/pid.json"
test_that "the source was chosen by a known number of exits" \
	jq -e '.exit_source | .expected > 0 and .expected == .seen' "$TMP/pid.json"
test_that "the VMM is found by its descriptors" \
	jq -e '.cells[0].params | .vms == 2 and .vcpus == 2' "$TMP/pid.json"
test_that "... one for each of its vCPUs" [ "$(jq '.vcpus | length' "$TMP/pid.json")" = 2 ]

# VMs that start while it runs, and VMs that must not be seen.
watch_by 200ms json -d 0 -a -o "$TMP/all.json"
start 1 30
mine=$guests
let_run
test_that "a VM that starts during the profile is watched too" \
	[ "$(jq "[.cells[] | select(.params.pid == $mine) | .exits.by_reason[] | select(.reason |
		test(\"^($port)\$\")) | .count] | add" "$TMP/all.json")" = 3000 ]
stop

# A new thread reuses the memory of one that ended, often of another process.
watch_by 200ms json -d 0 -a -o "$TMP/short.json"
short=()
for _ in {1..20}; do
	"$TMP/exits-guest" p 100 2 >/dev/null & short+=($!)
	wait $!
done
kill -TERM $profile
wait $profile
test_that "of processes one after the other each has its own exits" \
	[ "$(jq --argjson pids "[$(IFS=,; echo "${short[*]}")]" \
		"[.cells[] | select([.params.pid] | inside(\$pids)) |
		[.exits.by_reason[] | select(.reason | test(\"^($port)\$\")) | .count] | add] |
		map(. == 200) | [length, all] | @csv" \
		-r "$TMP/short.json")" = 20,true ]

start 1 30
other=$guests
start 1 20
watch_by 200ms json -d 0 -p $guests -o "$TMP/one.json"
let_run
kill $other 2>/dev/null
stop
wait $other 2>/dev/null
test_that "only what was asked for is watched" all counted "$port" "$TMP/one.json" 2000 -- \
	[ "$(jq '.cells | length' "$TMP/one.json")" = 1 ]

start 1 40
watch_by 250ms csv -d 0 -p $guests -q
let_run
stop
test_that "the rows of CSV by interval add up to all exits" \
	[ "$(awk -F, -v port="^($port)\$" '$7 ~ port { n += $8 } END { print n }' <<<"$out")" \
	= 4000 ]
start 1 5
watch_by 200ms md -d 0 -p $guests
let_run
stop
test_that "-f md is a table of Markdown" all exited 0 -- out_has "| REASON | count |"
run "$HVBENCH" profile -d 0.2 -q -f json -o "$TMP/none/x.json"
test_that "-o in a directory that is not there is status 74" exited 74
run "$HVBENCH" profile -d 0.2 -q -o "$TMP/ending.json"
test_that "-o chooses the format by the file's ending" all exited 0 -- \
	jq -e '.schema' "$TMP/ending.json"

# The details of exits, whichever source shows them; an MMIO read that user space satisfies is one
# exit.
detail()
{
	jq -r --arg n "$2" '[.cells[].exits.by_detail[] | select(.reason == $n) | .count] | add' \
		"$TMP/$1"
}
source=$(jq -r .exit_source.name "$TMP/pid.json")
for by in port gpa msr; do
	start 1 5 pqwrmn
	watch_by 200ms json -d 0 -p $guests --by $by -o "$TMP/$by.json"
	let_run
	stop
done
test_that "--by port counts each port's writes" \
	[ "$(detail port.json "out 0x80") $(detail port.json "out 0x84")" \
	= "500 500" ]
test_that "--by gpa counts each address's reads and writes" \
	[ "$(detail gpa.json "write 0xf000") $(detail gpa.json "read 0xf000")" \
	= "500 500" ]
test_that "--by msr counts each MSR's reads" \
	[ "$(detail msr.json "rdmsr 0x1a0") $(detail msr.json "rdmsr 0x277")" \
	= "500 500" ]
if [ "$source" = tracepoints ]; then
	test_that "a read that user space satisfies is one exit" counted kvm_mmio "$TMP/gpa.json" \
		1000
	run "$HVBENCH" profile -d 0.1 -q --by rip
	test_that "where there is no RIP the message says so" all exited 69 -- \
		err_has "kvm_exit gives the guest's RIP"
	run "$HVBENCH" profile -d 0.1 -q --over 1ms
	test_that "where there are no times, and so no slow exits, the message says so" \
		all exited 69 -- \
		err_has "no times"
fi

# An exit to user space is counted once, even if other events report it too.
test_that "the rate of all exits counts each once" jq -e '.cells[0].exits |
	([.by_reason[] | select(.reason != "kvm_userspace_exit") | .per_op] | add) as $sum |
	(.per_op.total - $sum) / $sum | . < 0.001 and . > -0.001' "$TMP/pid.json"
start 1 20
watch_by 200ms text -d 0 -p $guests
let_run
stop
test_that "shares are of exits, each counted once" awk -v port="^($port)\$" '
	$1 ~ port { seen = $4 > 95 } $1 == "kvm_userspace_exit" &&
		$2 + 0 { bad = $4 != "-" } END { exit !seen || bad }' <<<"$out"

start 3 20
watch_by 200ms text -d 0 -p $guests --by vcpu --top 2
let_run
stop
test_that "--by vcpu has as many lines as --top says" all out_has "and 1 more" -- \
	[ "$(grep -c "^$guests exits-guest" <<<"$out")" = 2 ]
start 1 10
first=$guests
start 1 40
watch_by 200ms text -d 0 --by vcpu --top 0
let_run
kill $first 2>/dev/null
stop
test_that "--by vcpu puts the one that exits most first" \
	all out_like "^$guests exits-guest .* 4[0-9]{3} " -- \
	awk '/^[0-9]+ .* (thread|vCPU) [0-9]+ / { n = $(match($0, / VM [0-9]+ vCPU/) ? 7 : 5)
		if (lines++ && n > last) bad = 1; last = n } END { exit bad ||
			lines < 2 }' <<<"$out"
wait $first 2>/dev/null

# Who has the CPU that a vCPU waits for: a busy loop and another VM's vCPU, all on one CPU. The
# kernel itself knows how long it waited (schedstat's second number, in ns).
run_delay() { cat /proc/$mine/task/*/schedstat | awk '{ ns += $2 } END { print ns }'; }
cp "$(command -v bash)" "$TMP/hog"
cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')
start 1 13000
other=$guests
start 1 13000
mine=$guests
taskset -acp "$cpu" $other >/dev/null
taskset -acp "$cpu" $mine >/dev/null
taskset -c "$cpu" "$TMP/hog" -c 'while :; do :; done' & hog=$!
touch "$TMP/go"
until_true eval '[ "$(run_delay)" -gt 1000000 ]'
watch_by 20ms json -d 0 -p $mine --by culprit -o "$TMP/culprit.json"
before=$(run_delay)
sleep 1
"$HVBENCH" profile -p $mine -d 0.4s -q --by culprit >"$TMP/culprit.txt"
"$HVBENCH" profile -p $mine -d 0.4s -q --by culprit -f csv >"$TMP/culprit.csv"
kill -TERM $profile
wait $profile
after=$(run_delay)
kill $hog $mine $other
wait $hog $mine $other 2>/dev/null
culprit() { jq -e ".cells[0].waited | $1" "$TMP/culprit.json"; }
test_that "--by culprit names the busy loop on a vCPU's CPU" all \
	"$TOP/tests/schema-validate" "$TMP/culprit.json" -- \
	culprit "[.by[] | select(.name == \"hog\" and .pid == $hog and .kind == \"task\") |
		.total_ns > 100000000 and .turns > 0 and .max_ns < .total_ns] | . == [true]"
test_that "... and the other VM's vCPU, as one" \
	culprit "[.by[] | select(.kind == \"vcpu\" and .pid == $other and .vm == \"exits-guest\") |
		.total_ns > 100000000] | . == [true]"
test_that "... and does not blame the one that waits" \
	culprit "[.by[] | select(.kind == \"vcpu\" and .pid == $mine)] | . == []"
test_that "... with all that the kernel says it waited, each nanosecond put down to one" all \
	culprit "([.by[].total_ns] | add) == .total_ns" -- \
	culprit ".total_ns / ($after - $before) | . > 0.93 and . < 1.1"
test_that "... in the table, with who waited" all \
	[ "$(grep -c "^hog $hog  *[0-9.]* ms .* $mine exits-guest " "$TMP/culprit.txt")" = 1 ] -- \
	grep -q "^$other exits-guest \(vCPU\|thread\) " "$TMP/culprit.txt" -- \
	grep -q "^Run-queue delay: [0-9.]* m\?s in all" "$TMP/culprit.txt"
test_that "... and in rows of CSV" \
	awk -F, -v hog="hog $hog" '$6 == "culprit" && $7 == hog && $10 > 0 { seen = 1 }
		END { exit !seen }' "$TMP/culprit.csv"
test_that "... without words about exits" [ "$(grep -c "^\*" "$TMP/culprit.txt")" = 0 ]
run "$HVBENCH" profile --by culprit --listen 0
test_that "there are no metrics by culprit" all exited 64 -- err_has "by culprit"

# The profile ends when the watched VMs do, and knows how long that was.
LINGER=0.3 start 1 20
watch_by 200ms json -d 60s -p $guests -o "$TMP/ends.json"
touch "$TMP/go"
wait $profile
status=$?
test_that "-p ends when the process does, and divides by that time" all exited 0 -- \
	jq -e '.duration_s < 5 and .cells[0].exits.per_op.total > 400 and (.interrupted | not)' \
	"$TMP/ends.json"
wait
"$HVBENCH" run -q -w pio-user --rounds 40 --time 3s --probes off >/dev/null & guests=$!
# A process that makes one VM after the other may have none when the profile begins.
watched()
{
	run "$HVBENCH" profile -p $guests -d 60s -q -f json -o "$TMP/many.json"; [ $status != 69 ]
}
until_true watched
wait $guests
test_that "-p goes on while the process makes one VM after the other" all exited 0 -- \
	jq -e '.duration_s > 1.5 and .duration_s < 50' "$TMP/many.json"

# A guest that stays halted for longer than it is watched.
HALT=20 "$TMP/exits-guest" h 1 10 >/dev/null & guests=$!
until_true has_vms $guests 1
sleep 0.5
run "$HVBENCH" profile -p $guests -d 0.5s -q
kill $guests
wait
test_that "a guest halted all the time is shown as that, not as 'no exit was seen'" \
	all exited 0 -- \
	out_has "1 vCPU was halted, asleep in KVM, all of the 0.5"

# What was collected over hours survives the end of the program.
start 1 60
sum_of_rows()
{
	awk -F, -v port="^($port)\$" '$7 ~ port { n += $8 } END { print n }' "$TMP/rows.csv"
}
all_there() { [ "$(sum_of_rows)" = 6000 ] && counted "$port" "$TMP/so-far.json" 6000 >/dev/null; }
"$HVBENCH" profile -p $guests -d 600s -q --interval 100ms -f csv -o "$TMP/rows.csv" & profile=$!
"$HVBENCH" profile -p $guests -d 600s -q --interval 100ms -f json -o "$TMP/so-far.json" & \
	profile2=$!
until_true [ -s "$TMP/rows.csv" -a -s "$TMP/so-far.json" ]
touch "$TMP/go"
until_true all_there
kill -KILL $profile $profile2
wait $profile $profile2 2>/dev/null
stop
test_that "with --interval -f csv -o rows are there after SIGKILL" \
	[ "$(sum_of_rows)" = 6000 ]
test_that "with --interval -f json -o the result so far is there after SIGKILL" all \
	"$TOP/tests/schema-validate" "$TMP/so-far.json" -- \
	counted "$port" "$TMP/so-far.json" 6000 -- \
	[ "$(jq .interrupted "$TMP/so-far.json")" = true ]

# Whoever starts a VM chooses its name.
hostile=$'=\e[31m\x9b\xffx'
cp "$TMP/exits-guest" "$TMP/$hostile"
for format in text csv md json; do
	start 1 5 p "$TMP/$hostile"
	watch_by 200ms $format -d 0 -p $guests --by vcpu
	let_run
	stop
	test_that "a hostile name in $format has no control characters, and is UTF-8" \
		all exited 0 -- \
		bash -c \
		'! LC_ALL=C grep -q "[^[:print:][:space:]]" <(LC_ALL=C sed "s/…//g" <<<"$1")' - \
		"$out"
	[ $format = json ] || [ $format = md ] ||
		test_that "a hostile name in $format is shown with escapes" out_has 'x1b[31m'
	[ $format != csv ] || test_that "a hostile name in csv is no formula" out_has ",'=\\x1b[31m"
done

# Inside a container, eBPF sees other process numbers than the container does.
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	export -f until_true start has_vms watch_by let_run stop
	in_namespace() { run unshare --pid --fork --mount-proc bash -c "$1; exit \$status"; }
	in_namespace \
		'start 1 20; watch_by 200ms json -d 0 -p $guests -o "$TMP/ns.json"; let_run; stop'
	test_that "in a PID namespace the source is the same, and sees each exit" all exited 0 -- \
		counted "$port" "$TMP/ns.json" 2000 -- \
		[ "$(jq -r .exit_source.name "$TMP/ns.json")" = "$source" ]
	run unshare --pid --fork "$HVBENCH" profile -d 0.1 -q
	test_that "in a PID namespace with the /proc of another a profile succeeds" exited 0
	run unshare --pid --fork --mount-proc "$HVBENCH" run -q -w pio-user --rounds 2 --time 1s \
		-o "$TMP/run-ns.json"
	test_that "a run in a PID namespace has the same source, and exits by reason" \
		jq -e --arg s "$source" \
		'.exit_source.name == $s and (.cells[0] | .exits.by_reason[0].count > 0 and
			(.sched | has("threads")))' "$TMP/run-ns.json"
	start 1 20
	in_namespace 'watch_by 200ms text -d 0 --by vcpu; let_run'
	stop
	test_that "a VM outside the PID namespace is said to be outside" \
		out_has "$guests (in another PID namespace)"
else
	skip "PID namespaces" "none can be made here"
fi

# A signal ends it early; it reports what it has.
start 1 20
watch_by 200ms json -d 600s -p $guests -o "$TMP/int.json"
let_run
stop
test_that "after SIGINT the status says so, and what was counted is there" all exited 130 -- \
	counted "$port" "$TMP/int.json" 2000 -- [ "$(jq .interrupted "$TMP/int.json")" = true ]

# eBPF links, by their numbers, since other programs have some too.
links() { sed -n 's/^link_id:[[:space:]]*//p' /proc/$profile/fdinfo/* 2>/dev/null; }
is_left()
{
	local id

	for id in $attached; do
		"$bpftool" link show id "$id" >/dev/null 2>&1 && return 0
	done
	return 1
}
if bpftool=$(PATH=$PATH:/usr/sbin command -v bpftool); then
	watch_by 200ms json -d 600s
	attached=$(links)
	is_left
	during=$?
	kill -KILL $profile
	wait $profile 2>/dev/null
	until_true eval '! is_left'
	test_that "nothing stays attached after SIGKILL" [ $? = 0 -a -n "$attached" -a $during = 0 ]
else
	skip "nothing stays attached after SIGKILL" "no bpftool to look with"
fi

# A command, from its start to its end, with what it starts; and nothing else.
run "$HVBENCH" profile -q -o "$TMP/cmd.json" -- "$TMP/exits-guest" p 100 30
test_that "-- COMMAND counts every exit from its start to its end" all exited 0 -- \
	counted "$port" "$TMP/cmd.json" 3000 -- \
	jq -e '.duration_s < 30 and (.interrupted | not)' "$TMP/cmd.json"
start 1 20
run "$HVBENCH" profile -q -o "$TMP/cmd.json" -- sh -c \
	"touch '$TMP/go'; ('$TMP/exits-guest' p 100 10; true)
	until [ -s '$TMP/guests' ]; do sleep 0.1; done"
stop
test_that "-- COMMAND watches the VMs that it starts, and no others" all exited 0 -- \
	counted "$port" "$TMP/cmd.json" 1000
run "$HVBENCH" profile -q -- sh -c "'$TMP/exits-guest' p 100 1; exit 3"
test_that "a COMMAND that fails is named with its status" all exited 1 -- \
	err_has "exit status 3" -- out_has "the command ended"
run "$HVBENCH" profile -q -- "$TMP/nothing"
test_that "a COMMAND that is not there is named, status 69" \
	all exited 69 -- err_has "nothing: No such file"
run "$HVBENCH" profile -q -d 0.3s -- sleep 100
test_that "-- COMMAND is ended when the time is over" exited 0
run "$HVBENCH" profile web1
test_that "a name without -p is refused, and -p suggested" all exited 64 -- err_has "follows -p"
run "$HVBENCH" profile -p 1 -- true
test_that "a command and --pid exclude each other" exited 64

# QEMU, the VMM that most people use. Its own firmware falls silent for seconds; this one does port
# I/O from the reset vector on: again: out %al, $0x80; jmp again.
if command -v qemu-system-x86_64 >/dev/null; then
	uuid=$(cat /proc/sys/kernel/random/uuid)
	{
		head -c 65520 /dev/zero
		printf '\xe6\x80\xeb\xfc'
		head -c 12 /dev/zero
	} >"$TMP/firmware"
	timeout 120 qemu-system-x86_64 -accel kvm -cpu qemu64 -m 64 -display none -nodefaults \
		-bios "$TMP/firmware" -no-reboot -name "guest=web-$$,process=qemu-test" \
		-uuid "$uuid" \
		>"$TMP/qemu" 2>&1 & qemu=$!
	is_up() { has_vms "$(pgrep -P $qemu || echo $qemu)" 1; }
	until_true is_up
	run "$HVBENCH" profile -p "$(pgrep -P $qemu || echo $qemu)" -d 3s \
		-q -f json -o "$TMP/qemu.json"
	test_that "QEMU is shown by the name it was given" all exited 0 -- \
		[ "$(jq -r '.cells[0] | .label + " " + .vm.vmm + " " + .vm.name + " " + .vm.uuid' \
		"$TMP/qemu.json")" = "web-$$ qemu web-$$ $uuid" ]
	run "$HVBENCH" profile -p "web-$$" -d 1s -q --by vm
	test_that "-p finds QEMU by its name, and --by vm shows it" all exited 0 -- \
		out_like "^$(pgrep -P $qemu || echo $qemu) qemu-test web-$$ +1 "
	run "$HVBENCH" profile -p "${uuid^^}" -d 0.2s -q -f json
	test_that "-p finds QEMU by its UUID" all exited 0 -- out_has "$uuid"
	run "$HVBENCH" profile -p "web-$$-" -d 1s
	test_that "for an unknown name the message lists those there are" \
		all exited 69 -- err_has "web-$$"
	kill $qemu 2>/dev/null
	wait $qemu 2>/dev/null
else
	skip "QEMU by its process" "qemu-system-x86_64 is not there"
fi
run "$HVBENCH" profile -p 12,,x
test_that "an empty name is refused" exited 64
tap_done
