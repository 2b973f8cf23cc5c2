#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# What is left of each command's work, for a report to be made of, if the command is killed or its
# file may not grow any further. Each test is a line of the table COMMAND, EVENT: WHAT IS LEFT.
. "$(dirname "$0")/../tap.sh"

cd "$TMP" || exit
export TMPDIR=$TMP/tmp
mkdir tmp out
traced=
command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null && traced=1
measure=(run -q --probes off --samples 20)
# shellcheck disable=SC2054 # a list of workloads
if [ -w /dev/kvm ]; then measure+=(-w pio-user,cpuid); else measure+=(--backend native -w chase); fi
"$HVBENCH" "${measure[@]}" --rounds 6 -o a.json &&
	"$HVBENCH" "${measure[@]}" --rounds 6 -o b.json || exit
"$HVBENCH" history add a.json --file begun.sqlite 2>/dev/null

guest=
clean_up() { [ -z "$guest" ] || kill -KILL "$guest"; }
if [ -w /dev/kvm ]; then
	# A run with one long-lived VM, since between two rounds there would be none.
	"$HVBENCH" run -q -w pio-user --probes off --rounds 1 --samples 2000 --ops 5000 \
		-o /dev/null &
	guest=$!
fi

# For each command: what it is given, what it says if it cannot write, what of the earlier files
# has to be readable, and what it leaves itself.
reads() { "$HVBENCH" report -f text "$1" >said 2>&1; }
cells_with_rounds()
{
	jq -e '[.cells[] | select(.status == "ok" and (.rounds | length) >= 1)] | length >= 1' \
		"$1" >/dev/null
}
pairs() { jq -e '.ab[0].pairs >= 2' "$1" >/dev/null; }
rows() { [ "$(wc -l <"$1")" -ge 3 ]; }
results() { [ "$("$HVBENCH" history list --file "$1" -f json | jq length)" -ge "$2" ]; }
same_inputs() { cmp -s a.json a.copy && cmp -s b.json b.copy; }
cp a.json a.copy && cp b.json b.copy

# at_random SECONDS ARGUMENT…: SIGKILL after about so many seconds
at_random()
{
	local after=$1

	shift
	last_command="kill -KILL $*"
	"$HVBENCH" "$@" >.out 2>.err </dev/null &
	local pid=$!
	sleep "$after.$((RANDOM % 10))"
	kill -KILL $pid
	wait $pid
	status=$? out=$(cat .out) err=$(cat .err)
} 2>/dev/null

# at_call CALL NUMBER ARGUMENT…: SIGKILL at the NUMBERth such system call
at_call()
{
	local call=$1 number=$2

	shift 2
	run strace -f -qq -o trace -e trace="$call" -e inject="$call:signal=KILL:when=$number" \
		"$HVBENCH" "$@"
} 2>/dev/null

# limited KIB ARGUMENT…: no file may grow beyond that; neither its output nor its messages go to a
# file
# shellcheck disable=SC2016
limited()
{
	run bash -o pipefail -c '{ (ulimit -f "$0"; exec "$@" 2>&1 >&4) | cat >&2; } 4>&1 | cat' \
		"$1" "$HVBENCH" "${@:2}"
}
told()
{
	[ "$status" = 74 ] && [[ $err == *"File too large"* || $err == *"disk I/O error"* ||
		$err == *"full"* ]]
}
# On standard output, or where the message says.
rescued()
{
	local kept

	kept=$(sed -n 's/.*the result is kept in //p' <<<"$err")
	if [ -n "$kept" ]; then cat "$kept"; else printf '%s\n' "$out"; fi | jq -e "$1" >/dev/null
}

printf '# %-12s %-34s %s\n' command event "what is left"
# row COMMAND EVENT WHAT CONDITION…: a line of the table
row()
{
	printf '# %-12s %-34s %s\n' "$1" "$2" "$3"
	test_that "$1, $2: $3" all "${@:4}"
}

at_random 3 "${measure[@]}" --rounds 10000 -o out/r.json
row run "SIGKILL while it measures" "OUTPUT.partial, at most 2 s old" [ $status = 137 ] -- \
	[ ! -e out/r.json ] -- \
	reads out/r.json.partial -- cells_with_rounds out/r.json.partial
rm -f out/*
limited 1 "${measure[@]}" --rounds 3 -o out/r.json
row run SIGXFSZ "the result, elsewhere or printed" told -- rescued '.cells[0].status == "ok"' -- \
	[ ! -e out/r.json ]
if [ $traced ]; then
	cp a.json out/r.json
	at_call rename 1 "${measure[@]}" --rounds 1 --samples 5 -o out/r.json
	row run "SIGKILL in its last write" "the file as it was" [ $status = 137 ] -- \
		cmp -s a.json out/r.json
	"$HVBENCH" "${measure[@]}" --rounds 1 --samples 5 -o out/r.json
	row run "the next one" "no temporary file" [ "$(ls -A out)" = r.json ]
fi

if [ -w /dev/kvm ]; then
	rm -f out/*
	at_random 3 run -q -w pio-user --ab ring=0 ring=0 --threshold 0 --time 60s -o out/ab.json
	row "run --ab" "SIGKILL while it measures" "OUTPUT.partial, at most 2 s old" [ $status \
		= 137 ] -- [ ! -e out/ab.json ] -- \
		reads out/ab.json.partial -- pairs out/ab.json.partial
	rm -f out/*
	limited 1 run -q -w pio-user --ab ring=0 ring=0 --time 500ms -o out/ab.json
	row "run --ab" SIGXFSZ "the result, elsewhere or printed" told -- \
		rescued '.ab[0].pairs >= 1' -- [ ! -e out/ab.json ]
else
	skip "run --ab" "no /dev/kvm that can be written to"
fi

rm -f out/*
if [ -n "$guest" ] && "$HVBENCH" profile -q -p $guest -d 100ms -o out/p.json 2>said; then
	at_random 2 profile -q -p $guest -d 600s --interval 200ms -f csv -o out/p.csv
	row "profile -o" "SIGKILL, --interval -f csv" "the rows so far" [ $status = 137 ] -- \
		rows out/p.csv
	at_random 2 profile -q -p $guest -d 600s --interval 200ms -f json -o out/q.json
	row "profile -o" "SIGKILL, --interval -f json" "the result so far" [ $status = 137 ] -- \
		jq -e .interrupted out/q.json
	cp out/p.json p.copy
	at_random 1 profile -q -p $guest -d 600s -o out/p.json
	row "profile -o" "SIGKILL, no --interval" "nothing new; the file as it was" [ $status \
		= 137 ] -- cmp -s p.copy out/p.json
	limited 1 profile -q -p $guest -d 200ms -f json -o out/x.json
	row "profile -o" SIGXFSZ "the result, elsewhere or printed" told -- rescued .schema -- \
		[ ! -e out/x.json ]
else
	skip "profile -o" "${guest:+$(head -n 1 said)}${guest:-no /dev/kvm that can be written to}"
fi

# These outputs are made from input files, which have to stay whole.
rm -f out/*
made()	# NAME FILE ARGUMENT…
{
	local name=$1 file=$2

	shift 2
	cp a.json "$file"
	if [ $traced ]; then
		at_call fsync 1 "$@" -o "$file"
		row "$name" "SIGKILL while it writes" "the file as it was, and what it is made of" \
			[ $status = 137 ] -- \
			cmp -s a.json "$file" -- same_inputs
		run "$HVBENCH" "$@" -o "$file"
		row "$name" "the next one" "the whole, no temporary file" [ "$status" -le 2 ] -- \
			[ -z "$(find out -name '*.tmp')" ]
		cp a.json "$file"
	fi
	limited 1 "$@" -o "$file"
	row "$name" SIGXFSZ "the file as it was, and what it is made of" told -- \
		cmp -s a.json "$file" -- same_inputs
}
made "compare -o" out/c.json compare a.json b.json
made "report -o" out/r.html report a.json b.json

for when in 1 3 6; do
	[ $traced ] || break
	cp begun.sqlite "out/h$when.sqlite"
	at_call pwrite64 $when history add b.json --file "out/h$when.sqlite"
	row "history add" "SIGKILL in its write no. $when" "the history as it was" results \
		"out/h$when.sqlite" 1 -- same_inputs
	run "$HVBENCH" history add b.json --file "out/h$when.sqlite"
	row "history add" "the next one" "both results" exited 0 -- results "out/h$when.sqlite" 2
done
cp begun.sqlite out/h.sqlite
limited 1 history add b.json --file out/h.sqlite
row "history add" SIGXFSZ "the history as it was" told -- results out/h.sqlite 1 -- same_inputs

# A lab host would measure the same again, to the instruction, so nothing is saved before its end.
if "$HVBENCH" lab list 2>/dev/null | grep -q svm; then
	limited 8 lab run svm -q -w cpuid -o out/l.json
	if [ $status = 69 ]; then
		skip "lab run" "$(head -n 1 <<<"$err")"
	else
		row "lab run" SIGXFSZ "nothing: told before it measures" told -- \
			[ ! -e out/l.json ] -- [ -z "$(find out -name '*l.json*')" ]
		emulators() { pgrep -f "^[^ ]*qemu.*$TMPDIR/hvbench-lab"; }
		"$HVBENCH" lab run svm -q -w cpuid -o out/l.json >.out 2>.err &
		for ((i = 0; i < 200; i++)); do
			emulators >/dev/null && break
			sleep 0.1
		done
		ran=$(emulators)
		kill -KILL $!
		wait $! 2>/dev/null
		for ((i = 0; i < 20; i++)); do
			emulators >/dev/null || break
			sleep 0.1
		done
		row "lab run" SIGKILL "nothing; its emulator goes with it" [ -n "$ran" ] -- \
			[ ! -e out/l.json ] -- [ -z "$(emulators)" ]
	fi
fi
tap_done
