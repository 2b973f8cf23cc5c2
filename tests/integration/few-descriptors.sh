#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# A limit that is reached (of open files or threads) is not called an internal error: the message
# names the limit and says how to raise it.
. "$(dirname "$0")/../tap.sh"

cd "$TMP" || exit
with_kvm=
[ -w /dev/kvm ] && with_kvm=1
measured=(run -q --rounds 2 --samples 5 --probes off)
if [ $with_kvm ]; then measured+=(-w pio-user); else measured+=(--backend native -w chase); fi
"$HVBENCH" "${measured[@]}" -o a.json &&
	"$HVBENCH" history add a.json --file h.sqlite 2>/dev/null || exit

# limited N ARGUMENT…: hvbench with N descriptors; below 4 not even its libraries can be loaded
limited()
{
	local limit=$1

	shift
	run bash -c 'ulimit -n "$0"; exec "$@"' "$limit" "$HVBENCH" "$@"
}

# Whichever descriptor is one too many, the command succeeds, reports it, or has a failed cell with
# the reason; it never ends with "internal" or a signal.
commands=("${measured[*]} --format json" "report a.json -f text" "report a.json -o r.html" "compare
	a.json a.json -o c.json"
	"history list --file h.sqlite" "history add a.json --file h.sqlite" "run quick --dry-run" \
		"restore")
sys=/proc/sys/kernel/timer_migration
[ $with_kvm ] && [ -w $sys ] && commands+=("run -q -w pio-user --ab $sys=0 $sys=1 --time 200ms")
[ $with_kvm ] && commands+=("run -q -w pio-user --ab ring=0 ring=0 --time 200ms -o ab.json")
for command in "${commands[@]}"; do
	tried=0 wrong=
	for limit in 4 5 6 7 8 9 10 12 14 16 20; do
		# shellcheck disable=SC2086
		limited $limit $command
		# With more than the standard three open, not even its libraries can be loaded.
		[ $status = 127 ] && continue
		tried=$((tried + 1))
		case $status in
		0 | 2 | 3) ;;
		1) [[ $out$err == *"ulimit -n"* && $command != *--ab* ]] ||
			wrong+=" $limit: 1 without advice;" ;;
		74) [[ $err == *"ulimit -n"* || $err == *"Too many open files"* ]] ||
			wrong+=" $limit: 74 without a reason;" ;;
		*) wrong+=" $limit: $status;" ;;
		esac
	done
	test_that "$command: $tried limits of descriptors, none of them an internal error" \
		all [ -z "$wrong" ] -- [ $tried -ge 8 ]
done

# Where files of the host cannot be opened, none of them is taken for missing.
all=$("$HVBENCH" doctor halt-polling thp clocksource ksm --format json 2>/dev/null |
	jq -c '[.checks[] | [.id, .outcome]]')
same=1 compared=0
for limit in 4 5 6 8 10 12 16; do
	limited $limit doctor halt-polling thp clocksource ksm --format json
	[[ $status != 127 && $status != 74 ]] || continue
	compared=$((compared + 1))
	[ "$(jq -c '[.checks[] | [.id, .outcome]]' <<<"$out")" = "$all" ] || same=0
done
test_that "doctor finds the same with few descriptors, or says that they are too few" \
	[ "$same-$compared" \> "1-0" ]

# A record that cannot be opened now is not a damaged one, and is not removed.
if [ "$(id -u)" = 0 ] && [ -d /run ]; then
	record=/run/hvbench/1-1.json
	[ -d /run/hvbench ] || mkdir -m 700 /run/hvbench
	echo '{"schema": "hvbench.switched/1", "boot": "", "settings": []}' >$record
	wrong=
	for limit in 4 5 6; do
		limited $limit restore --forget
		[ "$status" = 127 ] || [ ! -e $record ] || [[ $status = 74 &&
			$err == *"ulimit -n"* ]] || wrong+=" $limit: $status;"
		[[ $out$err != *damaged* && ($status != 74 || -e $record) ]] ||
			wrong+=" $limit: called damaged, or removed;"
	done
	rm -f $record
	test_that "restore --forget without descriptors: no record is called damaged or lost" \
		[ -z "$wrong" ]
fi

if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null; then
	skip "system calls that meet a limit" "no strace, or it may not trace"
	tap_done
	exit
fi
# failing CALL ERROR [-P PATH] -- ARGUMENT…: hvbench, where that system call fails with that error
failing()
{
	local call=$1 error=$2 only=()

	shift 2
	[ "$1" = -P ] && only=(-P "$2") && shift 2
	shift
	run strace -f -qq -o trace "${only[@]}" -e trace="$call" -e inject="$call:error=$error" \
		"$HVBENCH" "$@"
}

failing pread64 EIO:when=6+ -- history list --file "$TMP/h.sqlite"
test_that "a disk that cannot be read: that is no damage of the history" all exited 74 -- \
	grep -q INJECTED trace -- err_has "Input/output error" -- err_lacks damaged -- one_message
printf '[pio-user]\n' >"$TMP/job.ini"
failing openat EIO -P "$TMP/job.ini" -- run --dry-run "$TMP/job.ini"
test_that "a job file that cannot be read is no bad job file" all exited 74 -- \
	err_has "Input/output error" -- one_message
# A dry run says of each cell why it would be skipped, and that is what went wrong.
for error in EIO="Input/output error" ENOMEM="Cannot allocate memory"; do
	failing ioctl "${error%%=*}" -P /dev/kvm -- run --dry-run -w pio-user
	[ $with_kvm ] && test_that "a dry run meets ${error%%=*} on /dev/kvm: it says so" \
		all exited 0 -- out_has "skipped: asking" -- out_has "${error#*=}" -- \
		out_lacks "does not speak"
done
failing access EIO -P /proc/sys -- doctor ksm
test_that "doctor: what cannot be looked at is not taken for missing" all exited 74 -- \
	err_has "Input/output error" -- one_message
for error in EMFILE="ulimit -n" ENFILE="fs.file-max"; do
	advice=${error#*=} error=${error%%=*}
	failing openat $error -P "$TMP/a.json" -- report "$TMP/a.json" -f text
	test_that "report meets $error: status 74, and what to do" \
		all exited 74 -- err_has "$advice" -- \
		one_message
	failing openat $error -P "$TMP/a.json" -- compare "$TMP/a.json" "$TMP/a.json"
	test_that "compare meets $error: status 74, and what to do" \
		all exited 74 -- err_has "$advice" -- \
		one_message
	failing openat $error -P "$TMP/h.sqlite" -- history list --file "$TMP/h.sqlite"
	test_that "history meets $error: status 74, and what to do" \
		all exited 74 -- err_has "$advice" -- \
		one_message
	if [ $with_kvm ]; then
		failing openat $error -P /dev/kvm -- "${measured[@]}"
		test_that "run meets $error on /dev/kvm: status 74, and what to do, once" \
			all exited 74 -- \
			[ "$(grep -o "$advice" <<<"$err" | wc -l)" = 1 ] -- one_message
		failing eventfd2 $error -- "${measured[@]}" --config irqchip=split --format json
		test_that "run meets $error on an eventfd: the cell fails, if it needs one" \
			[ "$status" -le 1 ]
	fi
done

if [ $with_kvm ]; then
	failing clone,clone3 EAGAIN -- \
		run -q -w ipi --rounds 1 --samples 5 --probes off --format json
	test_that "where a vCPU gets no thread the cell says which limit was reached" \
		all exited 1 -- \
		jq -e '.cells[0].reason | test("ulimit -u")' <<<"$out"
	# What gets a vCPU's thread out of the guest is a signal that is queued.
	failing rt_tgsigqueueinfo EAGAIN -- \
		run -q -w ipi --rounds 1 --samples 5 --probes off --timeout 2s --format json
	test_that "no signal can be queued: measured all the same" all exited 0 -- \
		grep -q INJECTED trace -- jq -e '.cells[0].status == "ok"' <<<"$out"
	run bash -c 'ulimit -i 0; exec "$@"' - "$HVBENCH" "${measured[@]}" --format json
	test_that "... not even the watchdog's: the cell says which limit" all exited 1 -- \
		jq -e '.cells[0].reason | test("ulimit -i")' <<<"$out"
	failing prctl EIO -- run -q -w ipi --rounds 2 --probes on --timeout 2s \
		--samples 5 --format json
	test_that "the slack of timers cannot be told: it is not made endless" exited 0
	if [ "$(id -u)" = 0 ]; then
		# A run with one long-lived VM, since between two rounds there would be none.
		"$HVBENCH" run -q -w pio-user --probes off --rounds 1 --samples 2000 --ops 5000 \
			-o /dev/null &
		vm=$!
		sleep 0.5
		failing openat EMFILE -P "/proc/$vm/fd" -- profile -p $vm -d 100ms
		test_that "profile meets EMFILE: status 74, and what to do" all exited 74 -- \
			err_has "ulimit -n" -- one_message
		failing bpf EMFILE -- profile -p $vm -d 100ms
		test_that "profile meets EMFILE on its maps: status 74, and what to do" \
			all exited 74 -- \
			err_has "ulimit -n" -- one_message
		wrong=
		for limit in {6..40..1}; do
			limited $limit profile -p $vm -d 20ms
			case $status in
			0 | 127) ;;
			74) [[ $err == *"ulimit -n"* ]] || wrong+=" $limit: 74 without advice;" ;;
			*) [[ $err == *"ulimit -n"* ]] || wrong+=" $limit: $status: $err;" ;;
			esac
		done
		test_that "with any number of descriptors profile works, or says they are too few" \
			[ -z "$wrong" ]
		kill -KILL $vm; wait $vm 2>/dev/null
	fi
fi

qemu=(run -q -w pio-user --backend qemu-tcg --rounds 1 --samples 5 --ops 1)
"$HVBENCH" "${qemu[@]}" >/dev/null 2>said
if [ $? = 69 ]; then
	skip "QEMU at a limit" "$(head -n 1 said)"
else
	for failure in pipe2=EMFILE="ulimit -n" clone=EAGAIN="ulimit -u"; do
		IFS='=' read -r call error advice <<<"$failure"
		failing $call $error -- "${qemu[@]}"
		test_that "QEMU cannot be started, $call $error: 74, and what to do" \
			all exited 74 -- err_has "$advice" -- one_message
	done
fi

# Random numbers are only needed for what should differ from run to run.
for error in ENOSYS EAGAIN; do
	failing getrandom $error -- "${measured[@]}" -o "random-$error.json"
	test_that "without random numbers ($error) a run measures all the same, with a seed" \
		all exited 0 -- \
		quiet -- grep -q INJECTED trace -- \
		jq -e '.seed > 0' "random-$error.json"
	first=$(jq .seed "random-$error.json")
	failing getrandom $error -- "${measured[@]}" -o "random-$error.json"
	test_that "... that differs from run to run" [ "$first" \
		!= "$(jq .seed "random-$error.json")" ]
done
test_that "no temporary file is left" [ -z "$(find . -maxdepth 1 -name '*.tmp')" ]
tap_done
