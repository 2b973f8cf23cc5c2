#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench history: adding, also by many at once; trends, the gate; files that are damaged, newer or something else.
. "$(dirname "$0")/../tap.sh"

if ! command -v jq >/dev/null; then
	skip "hvbench history" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
export XDG_DATA_HOME=$PWD/data HOME=$PWD

# Writes results FROM … TO-1, six hours apart; from AT on the first cell is FACTOR dearer and the kernel another.
make_results()
{
	local from=$1 to=$2 at=$3 factor=$4

	jq -nc --argjson from "$from" --argjson to "$to" --argjson at "$at" --argjson factor "$factor" '
	range($from; $to) as $i | def noise($c): (($i * 7919 + $c * 104729) % 1009 / 1009 - 0.5) * 0.02;
	def cell($c): (1000 * ($c + 1) * (1 + noise($c)) * (if $c == 0 and $i >= $at then $factor else 1 end)) as $v |
	{workload: "w\($c)", label: "w\($c)", group: "exit", params: {}, ring: 3, backend: "kvm", config: {name: "default", irqchip: "kernel"},
	 status: "ok", unit: "ns", higher_is_better: false, warnings: [], rounds: [{samples: [$v]}], summary: {p50: $v, ci95: [$v, $v]}};
	{schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: (1767225600 + $i * 21600 | todate), seed: $i, plan: {name: "t", rounds: 1},
	 host: {kernel: (if $i < $at then "6.1.0" else "6.2.0" end), clock: "tsc", virt: "vmx", fingerprint: "fnv1a64:1"},
	 cells: [cell(0), cell(1), cell(2)]}' | split -l 1 -a 4 -d --additional-suffix=.json - "r$from-"
}

run "$HVBENCH" history trend
test_that "without a history it is said how one begins" all exited 64 -- err_has "hvbench history add" -- one_message
make_results 0 40 25 1.05
run "$HVBENCH" history add r0-*.json --label abc
test_that "results are added, to the place for data" all exited 0 -- err_has "40 added" -- [ -s data/hvbench/history.sqlite ]
run "$HVBENCH" history add r0-0003.json
test_that "what is there already is left out" all exited 0 -- err_has "0 added, 1 there already"
run "$HVBENCH" history list --last 2
test_that "list shows the latest" all exited 0 -- quiet -- out_has r0-0039.json -- out_has r0-0038.json -- out_lacks r0-0037.json
run "$HVBENCH" history list -f json
test_that "as JSON too" all exited 0 -- jq -e '.results | length == 40' .out

run "$HVBENCH" history trend
test_that "a change is found, dated, and what came with it is told" \
	all exited 0 -- out_like 'w0: slower by \+[45]\.[0-9] % from 2026-01-07T06:00:00Z on \(last before: 2026-01-07T00:00:00Z\), kernel 6.1.0 -> 6.2.0'
test_that "and only that one" all out_lacks 'w1: ' -- out_lacks 'w2: '
run "$HVBENCH" history trend -f json --only w0
test_that "JSON has the levels" jq -e '.trends | length == 1 and .[0].changes[0].at == 25 and (.[0].level / .[0].first > 1.03)' .out
run "$HVBENCH" history trend --threshold 20%
test_that "a threshold above the change hides it" all exited 0 -- out_has "No level has changed"

run "$HVBENCH" history gate
test_that "a result like those before it passes" all exited 0 -- out_has "3 same."
make_results 40 41 40 1.3
run "$HVBENCH" history gate r40-0000.json
test_that "one that is slower does not, and is added" all exited 1 -- out_like 'w0 +slower' -- out_has "1 slower."
run "$HVBENCH" history list --last 1
test_that "it is in the list" out_has r40-0000.json
make_results 41 42 0 0.8
run "$HVBENCH" history gate r41-0000.json
test_that "one that is faster passes" all exited 0 -- out_like 'w0 +faster'
run "$HVBENCH" history gate r0-0005.json
test_that "an old result is not judged by later ones" all exited 64 -- err_has "later result"
run "$HVBENCH" history gate --file other.sqlite r0-0005.json
test_that "with nothing to judge by it is inconclusive" all exited 2 -- out_has "new"

# Many at once: none fails, none is lost, none is twice.
make_results 100 150 1000 1
pids=()
for i in 0 1 2 3 4 5 6 7; do
	"$HVBENCH" history add r100-*.json --file many.sqlite 2>"many.$i" &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
"$HVBENCH" history add r100-*.json r0-*.json --file many.sqlite 2>/dev/null &
adding=$!
unread=0
for i in 1 2 3 4 5; do "$HVBENCH" history trend --file many.sqlite >/dev/null 2>&1 || unread=1; done
wait $adding || bad=1
test_that "while one adds others read" [ $unread = 0 ]
test_that "eight processes add the same 50 results at once" [ $bad = 0 ]
run "$HVBENCH" history list --file many.sqlite --last 0 -f json
test_that "each is there once" jq -e '[.results[].name | select(startswith("r100"))] | length == 50 and (unique | length) == 50' .out
test_that "and added by one only" [ "$(sed 's/.*: \([0-9]*\) added.*/\1/' many.[0-7] | paste -sd+ | bc 2>/dev/null || awk '{ n += $4 } END { print n }' many.[0-7])" = 50 ]

# Files that are no history.
echo 'not a database, but long enough to have a header of its own; not a database, but long enough to have a header' >text.sqlite
head -c 3000 data/hvbench/history.sqlite >short.sqlite
for file in text.sqlite short.sqlite; do
	for verb in list trend gate "add r0-0000.json"; do
		# shellcheck disable=SC2086 # a list of words
		run "$HVBENCH" history $verb --file $file
		test_that "$verb: $file is refused, status 65" all exited 65 -- err_has $file -- one_message
	done
	test_that "$file is left as it was" [ -s $file ]
done
mkdir dir.sqlite
run "$HVBENCH" history add r0-0000.json --file dir.sqlite
test_that "a directory is no history" all [ "$status" != 0 ] -- err_has dir.sqlite
if command -v sqlite3 >/dev/null; then
	cp data/hvbench/history.sqlite newer.sqlite
	sqlite3 newer.sqlite 'PRAGMA user_version = 99'
	run "$HVBENCH" history trend --file newer.sqlite
	test_that "one of a newer program is refused" all exited 65 -- err_has "newer hvbench"
	sqlite3 foreign.sqlite 'CREATE TABLE t (x); INSERT INTO t VALUES (1)'
	run "$HVBENCH" history add r0-0000.json --file foreign.sqlite
	test_that "another program's database is left alone" all exited 65 -- [ "$(sqlite3 foreign.sqlite .tables)" = t ]
	run "$HVBENCH" history add r100-0001.json --file newer.sqlite
	test_that "and nothing is added to it" all exited 65 -- one_message -- [ "$(sqlite3 newer.sqlite 'PRAGMA user_version; SELECT count(*) FROM results')" = $'99\n42' ]
	# The first page of a table is overwritten.
	for table in results cells figures; do
		cp data/hvbench/history.sqlite torn.sqlite
		page=$(sqlite3 torn.sqlite "SELECT rootpage FROM sqlite_master WHERE name = '$table'")
		dd if=/dev/zero of=torn.sqlite bs=4096 seek=$((page - 1)) count=1 conv=notrunc status=none
		cp torn.sqlite before.sqlite
		for verb in trend "gate r100-0001.json"; do
			# shellcheck disable=SC2086 # a list of words
			run "$HVBENCH" history $verb --file torn.sqlite
			test_that "${verb%% *} of damaged $table says so, and how to save the rest" \
				all exited 65 -- one_message -- err_has torn.sqlite -- err_has .recover
		done
		test_that "and is left as it was" cmp -s torn.sqlite before.sqlite
	done
else
	skip "newer, foreign and damaged databases" "sqlite3 is not installed"
fi
echo '{' >bad.json
run "$HVBENCH" history add bad.json
test_that "a damaged result is status 65" all exited 65 -- err_has bad.json -- one_message
for arguments in "add" "trend x" "list --last -1" "trend --threshold 2" "trend --alpha 7" "nonsense"; do
	# shellcheck disable=SC2086 # a list of words
	run "$HVBENCH" history $arguments
	test_that "'history $arguments' is wrong usage" exited 64
done

run "$HVBENCH" report r41-0000.json --history data/hvbench/history.sqlite -q -o report.html
test_that "the report has the trends" all exited 0 -- grep -q 'id="trends"' report.html -- grep -q 'w0: slower by' report.html
if command -v gnuplot >/dev/null; then
	test_that "and their plots" all grep -q 'w0 over time' report.html -- bash -c "! grep 'No plot' report.html"
else
	skip "and their plots" "gnuplot is not installed"
fi

if command -v sqlite3 >/dev/null; then
	"$HVBENCH" history add r0-0000.json --file large.sqlite 2>/dev/null
	sqlite3 large.sqlite "
		DELETE FROM figures; DELETE FROM cells; DELETE FROM results;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO results SELECT i, 'd' || i, strftime('%Y-%m-%dT%H:%M:%SZ', 1600000000 + i * 3600, 'unixepoch'), 'r', '', 'k', '1', 'f', 'tsc', 200 FROM n;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
		INSERT INTO cells SELECT i, 'k' || i, 'cell-' || i, 'default', 'kvm', 'exit', 'ns', 0 FROM n;
		INSERT INTO figures SELECT c.id, r.id, 1000 + abs(random() % 100), NULL, NULL, NULL, 1 FROM cells c, results r;"
	TIMEFORMAT='%U %S'
	{ time run "$HVBENCH" history trend --file large.sqlite; } 2>took
	echo "# trend of 10,000 results of 200 cells: $(cat took) s of CPU, user and system"
	test_that "10,000 results of 200 cells take under a second" all exited 0 -- awk '{ exit !($1 + $2 < 1) }' took
	run "$HVBENCH" history trend --file large.sqlite --only cell-7 --last 0 -f json
	test_that "--last 0 is all of them" jq -e '.trends | length == 1 and .[0].n == 10000' .out
	run "$HVBENCH" history list --file large.sqlite --last 0 -f json
	test_that "in a list, too" jq -e '.results | length == 10000' .out
else
	skip "10,000 results of 200 cells take under a second" "sqlite3 is not installed"
fi
tap_done
