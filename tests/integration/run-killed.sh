#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# A run that is killed without warning leaves what it had measured, as a document that every
# command reads.
. "$(dirname "$0")/../tap.sh"

cd "$TMP" || exit
tries=4
# Without KVM the native backend will do.
measure=("$HVBENCH" run -q --rounds 1000)
[ -w /dev/kvm ] && measure+=(-w "pio-user,mmio-user,touch,vm-create") ||
	measure+=(--backend native -w "chase,bandwidth")

left=0 read=0 measured=0 marked=0
for ((i = 0; i < tries; i++)); do
	rm -f r.json*
	"${measure[@]}" -o r.json 2>/dev/null &
	sleep "3.$((RANDOM % 10))"
	kill -KILL $! && wait $! 2>/dev/null
	[ -f r.json.partial ] && [ ! -f r.json ] && left=$((left + 1))
	"$HVBENCH" report -f text r.json.partial >said 2>&1 && read=$((read + 1))
	[ "$(jq '[.cells[] | select(.status == "ok")] | length' r.json.partial)" -ge 1 ] &&
		measured=$((measured + 1))
	jq -e .interrupted r.json.partial >/dev/null && marked=$((marked + 1))
done 2>/dev/null
test_that "after SIGKILL, $tries times at random moments, what was measured is kept" \
	[ $left = $tries ]
test_that "... as a document that report shows" [ $read = $tries ]
test_that "... with cells that were measured" [ $measured = $tries ]
test_that "... and that says it was cut short" [ $marked = $tries ]
test_that "... conforms to the schema" "$TOP/tests/schema-validate" r.json.partial

cp r.json.partial before
run timeout --preserve-status -s INT 4 "${measure[@]}" -o r.json
test_that "the next run reports it, and leaves it as it is" all err_has "r.json.partial" -- \
	cmp -s before r.json.partial
test_that "... and removes its own checkpoint once the result is written" all [ -f r.json ] -- \
	[ ! -e r.json.partial.2 ]
rm -f r.json*

# With --ab the pairs are kept. Equal sides without a threshold are never decided.
if [ -w /dev/kvm ]; then
	left=0 read=0 measured=0
	for ((i = 0; i < 3; i++)); do
		rm -f ab.json*
		"$HVBENCH" run -q -w pio-user,mmio-user --ab ring=0 ring=0 --threshold 0 \
			--time 10s -o ab.json 2>/dev/null &
		sleep "$((2 + i)).$((5 + RANDOM % 5))"
		# The last one once the second workload has begun, however long that takes.
		for ((t = 0; i == 2 && t < 300; t++)); do
			[ "$(jq '.ab | length' ab.json.partial)" = 2 ] && break
			sleep 0.1
		done
		kill -KILL $! && wait $! 2>/dev/null
		[ -f ab.json.partial ] && [ ! -f ab.json ] && left=$((left + 1))
		"$HVBENCH" report -f text ab.json.partial >said 2>&1 && grep -q INTERRUPTED said &&
			read=$((read + 1))
		jq -e '.interrupted and .cells == [] and (.ab | length >= 1 and all(.pairs >= 2 and
			.pairs == (.log_ratio.pairs | length)))
			and .ab[-1].verdict == "inconclusive"' ab.json.partial >/dev/null &&
			measured=$((measured + 1))
	done 2>/dev/null
	test_that "run --ab: after SIGKILL, 3 times at random moments, what was measured is kept" \
		[ $left \
		= 3 ]
	test_that "... as a document that report shows, and says that it was cut short" [ $read \
		= 3 ]
	test_that "... with the pairs that were measured, and nothing decided by them" [ $measured \
		= 3 ]
	test_that "... the last with the first workload's and the second's" \
		jq -e '.ab | length == 2' ab.json.partial
	test_that "... conforms to the schema" "$TOP/tests/schema-validate" ab.json.partial
	rm -f ab.json*
	run "$HVBENCH" run -q -w pio-user --ab ring=0 ring=0 --threshold 0 --time 3s -o ab.json
	test_that "... and the checkpoint is gone once the result is written" \
		all [ -f ab.json ] -- \
		[ ! -e ab.json.partial ]
	rm -f ab.json*
else
	skip "run --ab that is killed" "no /dev/kvm that can be written to"
fi

# Where there is no room for the checkpoint the run goes on without, and says so once.
if [ "$(id -u)" = 0 ] && mkdir small && mount -t tmpfs -o size=16k none small 2>/dev/null; then
	run timeout --preserve-status -s INT 6 "${measure[@]}" -o small/r.csv
	umount small
	test_that "where there is no room for a checkpoint it is said once" \
		[ "$(grep -c 'cannot be kept before the end' <<<"$err")" = 1 ]
	test_that "... and the run measures to the end" all exited 130 -- \
		err_lacks "stopped before anything"
else
	skip "no room for a checkpoint" "needs root and tmpfs"
fi
tap_done
