#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Signals at any moment of a run: at its very beginning, between and within measurements, while the
# result is written; one, two, and storms of them.
. "$(dirname "$0")/../tap.sh"

if [ ! -w /dev/kvm ]; then
	skip "signals in a run" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
export HVBENCH
mkdir "$TMP/out"
result=$TMP/out/r.json
fifo=$TMP/fifo
mkfifo "$fifo"
json() { jq -e "$@" "$result" >/dev/null; }
only_result() { [ "$(ls -A "$TMP/out")" = r.json ]; }

# stop SIGNAL SECONDS OPTIONS…: a run that gets the signal after so many seconds, if it still runs
stop()
{
	local signal=$1 after=$2
	shift 2
	run timeout --preserve-status -s "$signal" "$after" "$HVBENCH" run -q -o "$result" "$@"
}

# At any moment the status is 130 (or the process dies of the signal, before it has installed its
# handler), or the signal came too late and everything is measured. The result's file is the whole
# old one or the whole new one.
signal=INT
for moment in 0.001 0.002 0.004 0.006 0.01 0.02 0.05 0.1 0.15 0.2 0.25 0.35 0.5 0.7; do
	[ $signal = INT ] && signal=TERM || signal=INT
	echo '"precious"' >"$result"
	stop $signal $moment -w cpuid,pio-user --rounds 2 --samples 10
	case $status in
	0) test_that "SIG$signal after $moment s was too late: all is measured" \
		all only_result -- json '
		.interrupted == false and ([.cells[].status == "ok"] | all)' ;;
	130) test_that "SIG$signal after $moment s: 130, and what was measured is saved" \
		all only_result -- json '
		. == "precious" or (.interrupted and
		([.cells[] | select(.status == "ok") | .summary.n > 0] | all and length > 0))' ;;
	143) test_that "SIG$signal after $moment s was before the program began" all \
		test $moment \< 0.05 -- only_result -- json '. == "precious"' ;;
	*) fail "SIG$signal after $moment s" "exit status $status: $err" ;;
	esac
done
stop HUP 0.4 -w cpuid,pio-user --rounds 1000 --samples 10
test_that "after SIGHUP the status is 130, and what was measured is saved" \
	all exited 130 -- only_result -- \
	json '.interrupted'
test_that "... as a document that conforms to the schema" "$TOP/tests/schema-validate" "$result"

# A background job of a shell ignores SIGINT, nohup ignores SIGHUP.
( trap "" HUP INT; exec "$HVBENCH" run -q --rounds 2 --samples 10 -w cpuid -o "$result" ) \
	2>"$TMP/.err" &
sleep 0.2
kill -HUP $!
kill -INT $!
wait $!
status=$?
test_that "signals that nohup and a background shell ignore stay ignored" all exited 0 -- \
	json '.interrupted == false'

# A guest that hangs: the first signal waits for the watchdog, the second ends at once.
hang="-w pio-user --payload $BUILD/tests/payloads/hang-at-once.elf --rounds 5 --samples 5"
begin=$EPOCHREALTIME
stop INT 0.5 $hang --timeout 1500ms
took_ms=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
test_that "a hanging guest is stopped at its time limit ($took_ms ms), the failure saved" \
	all exited 130 -- \
	[ $took_ms -lt 4000 ] -- \
	json '.interrupted and .cells[0].status == "failed" and (.cells[0].rounds | length) == 1'
rm "$result"
"$HVBENCH" run -q -o "$result" $hang --timeout 60s 2>"$TMP/.err" &
sleep 0.7
begin=$EPOCHREALTIME
kill -TERM $!
kill -TERM $!	# at once, as timeout(1) does: not a second request
sleep 0.7
kill -TERM $! 2>/dev/null
wait $! 2>/dev/null
status=$?
took_ms=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
test_that "a second signal ends the run at once (took $took_ms ms), without a file" \
	all exited 143 -- \
	[ $took_ms -lt 2000 ] -- \
	[ -z "$(ls -A "$TMP/out")" ]

# Signals while the reader of the result lets it wait. The native backend is fast, its document
# large. torn WHAT COMMAND…: sends two signals while a write blocks; what the reader gets then is in
# $TMP/got
torn()
{
	local what=$1 pid nr rest i
	shift
	( exec 3<"$fifo"; sleep 2.5; cat <&3 >"$TMP/got" ) &
	"$@" >"$TMP/.out" 2>"$TMP/.err" &
	pid=$!
	for i in $(seq 200); do
		read -r nr rest 2>/dev/null <"/proc/$pid/syscall" || break
		[ "$nr" = 1 ] && break
		sleep 0.01
	done
	sleep 0.1
	kill -TERM $pid 2>/dev/null
	sleep 0.2
	kill -HUP $pid 2>/dev/null
	wait $pid
	status=$?
	wait
	out= err=$(cat "$TMP/.err")
	test_that "$what: signals while it is written do not tear the document" \
		all test "$nr" = 1 -- \
		exited 0 -- jq -e '.cells | length == 2' "$TMP/got"
}
large="--backend native -w cpuid,empty --rounds 4 --samples 4096 --ops 1"
if [ "$(uname -m)" = x86_64 ] && [ -r /proc/self/syscall ]; then
	torn "standard output" \
		bash -c 'exec "$HVBENCH" run -q --format json '"$large"' >"$0"' "$fifo"
	torn "-o FIFO" "$HVBENCH" run -q $large -o "$fifo"
	TMPDIR=$TMP timeout -s KILL 10 "$HVBENCH" run -q --backend native -w empty --rounds 1 \
		-o "$fifo" >"$TMP/.out" 2>"$TMP/.err" &
	pid=$!
	sleep 2
	kill -TERM "$(pgrep -P $pid)"
	wait $pid
	status=$? out= err=$(cat "$TMP/.err")
	test_that "at a FIFO that nobody reads one signal ends the run; the result is kept" \
		all exited 74 -- err_has "before anything read it" -- \
		jq -e '.cells | length == 1' "$TMP"/hvbench-result-*.json
else
	skip "signals while the result is written" "what a process waits for cannot be seen"
fi

# Signals that have no meaning here still interrupt system calls: the one that ends KVM_RUN, sent
# by another process, and job control. The result must show no trace of them.
"$HVBENCH" run -q -o "$result" --rounds 1 --samples 10 \
	-w vm-create,vcpu-create,memslot,first-entry,vm-destroy,pio-user,mmio-user,ipi \
	-w halt-wake,inject,touch 2>"$TMP/.err" &
sleep 0.4	# the handler is installed with the first VM
n=0
while kill -36 $! 2>/dev/null; do
	n=$((n + 1))
	if [ $((n % 500)) = 0 ]; then
		kill -STOP $!
		kill -CONT $!
	fi
done
wait $!
status=$? err=$(cat "$TMP/.err")
test_that "$n signals from outside, some of job control, disturb no cell" all exited 0 -- \
	[ $n -gt 100 ] -- json '
	[.cells[] | .status == "ok" and ([.warnings[].text | test("nterrupted")] | any | not)] |
		all'
# A reader of standard output that goes away before the result is written.
{ "$HVBENCH" run -q --backend native -w chase --rounds 2 2>"$TMP/err"; echo $? >"$TMP/status"; } |
	true
test_that "where the reader has gone the result is kept, and the message says where" \
	all [ "$(cat "$TMP/status")" = 74 ] -- grep -q 'the result is kept in' "$TMP/err"
file=$(sed -n 's/.*is kept in //p' "$TMP/err")
test_that "... and it is whole" jq -e '.cells[0].status == "ok"' "$file"
rm -f "$file"
tap_done
