#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3600
# Memory runs out at any allocation of any command: the command either prints one message and ends
# with status 70, or its output is complete. OOM_STEP=1 tries every allocation; by default a
# selection for each command, always the same.
. "$(dirname "$0")/../tap.sh"

if ! cc -shared -fPIC -O1 -o "$TMP/failing.so" "$TOP/tests/integration/failing-malloc.c"; then
	skip "allocations that fail" "no C compiler"
	tap_done
	exit
fi
WITH=${OOM_TRIES:-24}		# how many failing allocations to try for each command

# failing ENVIRONMENT… COMMAND…: runs it; the environment says which allocation fails
failing()
{
	timeout 60 env LD_PRELOAD="$TMP/failing.so" "$@" >"$TMP/out" 2>"$TMP/err" </dev/null
}

says_so()
{
	[ $got = 70 ] && [ "$(wc -l <"$TMP/err")" -le 1 ] && grep -qi memory "$TMP/err"
}

# A result that was measured and could not be written is saved elsewhere.
is_kept()
{
	local kept

	kept=$(sed -n 's/.*the result is kept in //p' "$TMP/err")
	[ $got = 74 ] && grep -qi memory "$TMP/err" && jq -e .cells "$kept" >/dev/null &&
		rm -f "$kept"
}

# Measured documents differ each time: check that all cells are there, and that failed ones say
# why.
is_whole_document()
{
	jq -e --argjson cells "$cells" '(.cells | length) == $cells and
		all(.cells[]; .status == "ok" or ((.reason // "") | test("memory";
			"i")))' "$TMP/out" >/dev/null 2>&1
}

same_output()
{
	[ "$measures" = 0 ] && cmp -s "$TMP/out" "$TMP/usual" && [ $got = $usual ] && return
	[ "$measures" = 1 ] && [ $got -le 1 ] && is_whole_document
}

# walk NAME COMMAND…: counts the ways in which it ended correctly; shows the first that was wrong.
walk()
{
	local name=$1 all step from on ended=0 as_usual=0 bad=0 first= i

	shift
	$prepare
	failing FAIL_COUNT="$TMP/count" "$@"
	usual=$?
	all=$(cat "$TMP/count")
	cells=$([ "$measures" = 0 ] || jq '.cells | length' "$TMP/out")
	cp "$TMP/out" "$TMP/usual"
	step=${OOM_STEP:-$((all / WITH + 1))}
	for on in 0 1; do
		for ((i = 1 + on * step / 2; i <= all; i += step)); do
			$prepare
			failing FAIL_AT=$i FAIL_ON=$on "$@"
			got=$?
			if says_so || is_kept; then
				ended=$((ended + 1))
			elif same_output; then
				as_usual=$((as_usual + 1))
			else
				bad=$((bad + 1))
				said=$(head -n 2 "$TMP/err" | cut -c 1-300)
				first=${first:-"allocation $i, FAIL_ON=$on: status $got: $said"}
			fi
		done
	done 2>/dev/null
	echo "# $name: of $all allocations $((ended + as_usual + bad)) failed:" \
		"$ended ended it, $as_usual changed nothing, $bad wrong"
	if [ $bad = 0 ] && [ $ended -gt 0 ]; then
		pass "$name: a failed allocation is one message and status 70"
	else
		fail "$name: a failed allocation is one message and status 70" "$bad wrong; $first"
	fi
}

prepare=:
measures=1
walk "run --backend native" "$HVBENCH" run --backend native -w cpuid,chase:working_set=32k \
	--rounds 2 --samples 10 -q -o -
"$HVBENCH" run --backend native -w cpuid,chase:working_set=32k,touch --rounds 2 --samples 10 \
	-q -o "$TMP/a.json"
if [ -r /dev/kvm ] &&
	"$HVBENCH" run -w pio-user,ipi --rounds 2 --samples 10 -q -o "$TMP/b.json" 2>/dev/null; then
	walk "run" "$HVBENCH" run -w pio-user,ipi --rounds 2 --samples 10 -q -o -
else
	cp "$TMP/a.json" "$TMP/b.json"
fi
measures=0
for format in text md csv html; do
	walk "report -f $format" "$HVBENCH" report --no-plots -f $format -o - "$TMP/b.json" \
		"$TMP/a.json"
done
for format in text md json junit; do
	walk "compare -f $format" "$HVBENCH" compare --force -f $format "$TMP/b.json" "$TMP/b.json"
done
walk "run --dry-run" "$HVBENCH" run --dry-run --seed 1 -w cpuid --matrix irqchip=kernel \
	--matrix vcpus=1,2
walk "list" "$HVBENCH" list workloads
walk "help" "$HVBENCH" help run
# Start each time from the same history.
"$HVBENCH" history add --file "$TMP/first.db" "$TMP/a.json" "$TMP/b.json" >/dev/null 2>&1
if [ -s "$TMP/first.db" ]; then
	fresh() { cp "$TMP/first.db" "$TMP/h.db"; }
	prepare=fresh
	walk "history trend" "$HVBENCH" history trend --file "$TMP/h.db"
	walk "history list" "$HVBENCH" history list --file "$TMP/h.db"
	walk "history gate" "$HVBENCH" history gate --file "$TMP/h.db" "$TMP/a.json"
	walk "history add" "$HVBENCH" history add --file "$TMP/h.db" "$TMP/a.json"
fi
tap_done
