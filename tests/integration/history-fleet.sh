#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench history trend --across-hosts: 40 machines of one kind and 3 of another; a change that most
# of the 40 have is one finding, a machine apart from the others is named, and what one machine has
# alone is not taken for the fleet's.
. "$(dirname "$0")/../tap.sh"

if ! command -v jq >/dev/null; then
	skip "hvbench history trend --across-hosts" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
export XDG_DATA_HOME=$PWD/data HOME=$PWD

# Results of 20 nights of machines FROM … TO-1 of a kind. Of the first kind all but three get a
# kernel on the 10th to 13th night with which rdmsr is slower by 4 %; host07's cpuid is slower by
# 30 % from the beginning on; host11's pio-user alone is faster from the 9th night on.
make_results()
{
	jq -nr --argjson from "$1" --argjson to "$2" --arg kind "$3" '
	range($from; $to) as $m | range(20) as $n |
	(if $kind == "fnv1a64:a" and $m % 13 != 5 then 9 + $m % 4 else 99 end) as $at |
	def noise($c): ((($n + 31 * $m) * 7919 + $c * 104729) % 1009 / 1009 - 0.5) * 0.01;
	def cell($c; $what; $factor): (1000 * ($c + 1) * (1 + noise($c)) * $factor) as $v |
	{workload: $what, label: $what, group: "exit", params: {}, ring: 3, backend: "kvm",
		config: {name: "default", irqchip: "kernel"}, status: "ok", unit: "ns",
		higher_is_better: false, warnings: [], rounds: [{samples: [$v]}],
		summary: {p50: $v, ci95: [$v, $v]}};
	def name($width): tostring | "0" * ($width - length) + .;
	"host\($m | name(2))-\($n | name(2)).json\t" +
	({schema: "hvbench.result/1", tool: {version: "0.1.0"},
		started: (1793491200 + $n * 86400 + $m * 60 | todate), seed: (100 * $m + $n),
		plan: {name: "t", rounds: 1},
		host: {kernel: (if $n < $at then "6.1.0" else "6.2.0" end), clock: "tsc",
			virt: "vmx", fingerprint: $kind},
		cells: [cell(0; "rdmsr"; if $n < $at then 1 else 1.04 end),
			cell(1; "cpuid"; if $m == 7 then 1.3 else 1 end),
			cell(2; "pio-user"; if $m == 11 and $n >= 8 then 0.8 else 1 end)]} |
			tojson)' |
		awk -F'\t' '{ print $2 >$1; close($1) }'
}
make_results 0 40 fnv1a64:a
make_results 40 43 fnv1a64:b
for m in $(seq -w 0 42); do
	"$HVBENCH" history add "host$m"-*.json --machine "host$m" 2>/dev/null
done
run "$HVBENCH" history list --last 0 -f json
test_that "results know their machine" \
	jq -e '.results | length == 860 and (map(.machine) | unique | length) == 43' .out

run "$HVBENCH" history trend --across-hosts
since='from 2026-11-10 on, the last from 2026-11-13, kernel 6.1.0 -> 6.2.0'
test_that "a change that most machines have is one finding, dated, with the kernel" \
	all exited 0 -- quiet -- [ "$(grep -c '^rdmsr' <<<"$out")" = 1 ] -- \
	out_like '^rdmsr: slower by \+(3\.[89]|4\.[0-9]) % \(.* to .*\) on 37 of 40 hosts' -- \
	out_has "kind fnv1a64:a $since; not on host05, host18, host31."
test_that "machines apart from the others are named: two, and those without the change" \
	all out_like '^ *cpuid +host07 +slower .*\+(29|30|31)\.[0-9] %' -- \
	out_like '^ *pio-user +host11 +faster .*-(19|20|21)\.[0-9] %' -- \
	[ "$(grep -c '^ .* host[0-9][0-9] ' <<<"$out")" = 5 ]
# In 20 results of one machine of 40 a change is not certain enough; in those of one alone it is.
test_that "what a single machine has is not taken for the fleet's" \
	[ "$(grep -c ': \(slower\|faster\) by' <<<"$out")" = 1 ]
run "$HVBENCH" history trend --across-hosts --host fnv1a64:b
test_that "of three machines of a kind none is said to be apart" all exited 0 -- \
	out_has "3 hosts of 1 kind" -- out_has "No level has changed" -- out_has "takes 8"
run "$HVBENCH" history trend --across-hosts -f json --only rdmsr
test_that "as JSON, for some cells" jq -e '.cells == 1 and (.findings | length) == 1 and
	(.findings[0] | .of == 40 and (.machines | length) == 37 and .verdict == "slower") and
	(.kinds | map(.machines)) == [40, 3]' .out
run "$HVBENCH" history trend --across-hosts --last 4
test_that "--last is of each machine" all exited 0 -- out_has "No level has changed"
run "$HVBENCH" history trend --across-hosts --threshold 50%
test_that "a threshold hides what is smaller" all exited 0 -- out_has "No level has changed" -- \
	out_has "No host stands apart"
run "$HVBENCH" history trend --across-hosts -f md
test_that "as Markdown" all exited 0 -- out_has '| `cpuid` | `host07` |'
# Findings of both kinds, and of none.
if [ -x "$HVBENCH_SANITIZED" ]; then
	for last in 0 4; do
		run "$HVBENCH_SANITIZED" history trend --across-hosts --last $last
		test_that "the sanitizers find nothing in it, --last $last" all exited 0 -- quiet
	done
else
	skip "the sanitizers find nothing in it" "there is no sanitizer build"
fi

# One machine of many.
run "$HVBENCH" history trend --machine host11
test_that "the trend of one machine" all exited 0 -- out_like 'pio-user: faster by' -- \
	out_has "20 results"
run "$HVBENCH" history trend --machine host12
test_that "... another has not that change" all exited 0 -- out_lacks 'pio-user: '
run "$HVBENCH" history trend --machine none
test_that "a machine that is not known" all exited 64 -- one_message -- err_has "machine 'none'"
jq '.started = "2026-12-01T00:00:00Z" | .seed = 9' host07-19.json >again.json
run "$HVBENCH" history gate again.json --machine host07
test_that "a gate judges by the same machine's results" all exited 0 -- out_like 'cpuid +same'
jq '.started = "2026-12-02T00:00:00Z" | .seed = 10' host07-19.json >again.json
run "$HVBENCH" history gate again.json --machine host12
test_that "... by another's it would be slower" all exited 1 -- out_like 'cpuid +slower'
run "$HVBENCH" history trend --across-hosts --machine host01
test_that "all machines and one are not the same" exited 64
run "$HVBENCH" history trend --across-hosts --file none.sqlite
test_that "without a history it is said how to begin one" all exited 64 -- err_has "history add"

# Machines without a name, as histories from before there were names have them.
"$HVBENCH" history add host0[0-3]-*.json --file old.sqlite 2>/dev/null
run "$HVBENCH" history trend --across-hosts --file old.sqlite
test_that "machines without a name count as one" all exited 0 -- out_has "1 host of 1 kind"
if command -v sqlite3 >/dev/null; then
	sqlite3 old.sqlite 'DROP TABLE machines'
	run "$HVBENCH" history trend --across-hosts --file old.sqlite
	test_that "... also in a file that has no table of names" all exited 0 -- \
		out_has "1 host of 1 kind"
fi
tap_done
