#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench history: adding results, also by many processes at once; trends; the gate; files that are
# damaged, from a newer version or not a history.
. "$(dirname "$0")/../tap.sh"

if ! command -v jq >/dev/null; then
	skip "hvbench history" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
export XDG_DATA_HOME=$PWD/data HOME=$PWD

# Writes results FROM … TO-1, six hours apart; from AT on the first cell costs FACTOR times as much
# and the kernel is another.
make_results()
{
	local from=$1 to=$2 at=$3 factor=$4

	jq -nc --argjson from "$from" --argjson to "$to" --argjson at "$at" --argjson factor \
		"$factor" '
	range($from; $to) as $i |
		def noise($c): (($i * 7919 + $c * 104729) % 1009 / 1009 - 0.5) * 0.02;
	def cell($c): (1000 * ($c + 1) * (1 + noise($c)) * (if $c == 0 and
		$i >= $at then $factor else 1 end)) as $v |
	{workload: "w\($c)", label: "w\($c)", group: "exit", params: {}, ring: 3, backend: "kvm",
		config: {name: "default", irqchip: "kernel"},
	 status: "ok", unit: "ns", higher_is_better: false, warnings: [], rounds: [{samples: [$v]}],
	 	summary: {p50: $v, ci95: [$v, $v]}};
	{schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: (1767225600 + $i * 21600 |
		todate), seed: $i, plan: {name: "t", rounds: 1},
	 host: {kernel: (if $i < $at then "6.1.0" else "6.2.0" end), clock: "tsc", virt: "vmx",
	 	fingerprint: "fnv1a64:1"},
	 cells: [cell(0), cell(1),
	 	cell(2)]}' | split -l 1 -a 4 -d --additional-suffix=.json - "r$from-"
}

run "$HVBENCH" history trend
test_that "without a history the message says how to begin one" all exited 64 -- \
	err_has "hvbench history add" -- one_message
make_results 0 40 25 1.05
run "$HVBENCH" history add r0-*.json --label abc
test_that "results are added, to the default file" all exited 0 -- err_has "40 added" -- \
	[ -s data/hvbench/history.sqlite ]
run "$HVBENCH" history add r0-0003.json
test_that "what is there already is left out" all exited 0 -- err_has "0 added, 1 there already"
run "$HVBENCH" history list --last 2
test_that "list shows the latest" all exited 0 -- quiet -- out_has r0-0039.json -- \
	out_has r0-0038.json -- out_lacks r0-0037.json
run "$HVBENCH" history list -f json
test_that "list as JSON has all of them" all exited 0 -- jq -e '.results | length == 40' .out

run "$HVBENCH" history trend
test_that "a change is found and dated, with what else changed" \
	all exited 0 -- out_like 'w0: slower by \+[45]\.[0-9] % from 2026-01-07T06:00:00Z on' -- \
	out_has '(last before: 2026-01-07T00:00:00Z), kernel 6.1.0 -> 6.2.0'
test_that "... and no other cell is said to have changed" all out_lacks 'w1: ' -- out_lacks 'w2: '
run "$HVBENCH" history trend -f json --only w0
test_that "trends as JSON have the levels" \
	jq -e \
	'.trends | length == 1 and .[0].changes[0].at == 25 and (.[0].level / .[0].first > 1.03)' \
	.out
run "$HVBENCH" history trend --threshold 20%
test_that "a threshold above the change hides it" all exited 0 -- out_has "No level has changed"

run "$HVBENCH" history gate
test_that "a result like those before it passes" all exited 0 -- out_has "3 same."
make_results 40 41 40 1.3
run "$HVBENCH" history gate r40-0000.json
test_that "a slower result does not pass, and is added" all exited 1 -- out_like 'w0 +slower' -- \
	out_has "1 slower."
run "$HVBENCH" history list --last 1
test_that "... and is in the list" out_has r40-0000.json
make_results 41 42 0 0.8
run "$HVBENCH" history gate r41-0000.json
test_that "a faster result passes" all exited 0 -- out_like 'w0 +faster'
run "$HVBENCH" history gate r0-0005.json
test_that "an old result is not judged by later ones" all exited 64 -- err_has "later result"
run "$HVBENCH" history gate --file other.sqlite r0-0005.json
test_that "without earlier results the gate is inconclusive" all exited 2 -- out_has "new"

# A gate must not overlook cells that failed, were skipped, or are missing.
cp data/hvbench/history.sqlite gate.sqlite
make_results 200 212 1000 1
gate() { run "$HVBENCH" history gate --file gate.sqlite "$@"; }
"$HVBENCH" history add r200-000[0-7].json --file gate.sqlite 2>/dev/null
jq '.cells |= .[:1]' r200-0008.json >fewer.json
jq '.cells[1] |= (.status = "failed" | .reason = "the guest hung" | .unit = "cycles" |
	.summary = null)' r200-0009.json >failed.json
jq '.cells[1] |= (.status = "skipped" | .reason = "no huge pages" | .summary = null)' \
	r200-0010.json >skipped.json
gate fewer.json
test_that "cells that are missing are listed by name, status 2" all exited 2 -- \
	out_like 'w1 +missing' -- out_like 'w2 +missing' -- out_has "2 missing."
for missing in fail=1 warn=2 ignore=0; do
	gate --missing ${missing%=*}
	test_that "--missing ${missing%=*}: ${missing#*=}" exited "${missing#*=}"
done
gate --only w0
test_that "cells that --only leaves out are not missing" all exited 0 -- out_lacks missing
gate failed.json --missing ignore
test_that "a failed cell is status 1, with the reason" all exited 1 -- \
	out_like 'w1 +failed +the guest hung' -- out_has "1 failed."
gate
test_that "... also when the latest result is judged again" exited 1
gate skipped.json -f junit
test_that "a skipped cell is missing, and JUnit names it" all exited 2 -- \
	out_has '<skipped message="missing: skipped: no huge pages"' -- \
	out_has 'tests="3" failures="0" errors="0" skipped="1"'
gate skipped.json -f junit --missing fail
test_that "... or counts it as a failure with --missing fail" all exited 1 -- \
	out_has '<failure message="missing: skipped: no huge pages"'
jq '.cells[0] |= (.summary.p50 *= 1.5 | .rounds[0].samples[0] *= 1.5)' r200-0011.json >slower.json
gate slower.json -f junit
test_that "JUnit's message carries the figure" all exited 1 -- \
	out_like '<failure message="slower: \+[45][0-9.]+ %, .* ns, counts from'
jq '.plan.name = "another" | .started = "2027-01-01T00:00:00Z" | .cells |= .[:1]' r200-0008.json \
	>another.json
gate another.json
test_that "cells of another job are not missing" all exited 0 -- out_lacks missing
# Two lists of -w have the same name, and nothing in common.
for i in 0 1; do
	jq ".plan.name = \"command line\" | .cells |= .[$i:$i + 1] |
		.started = \"2027-01-02T00:00:0${i}Z\"" "r200-0008.json" >"list$i.json"
done
gate list0.json
gate list1.json
test_that "... nor are those of another list of -w" all exited 0 -- out_lacks missing
run "$HVBENCH" history trend --file gate.sqlite -f junit
test_that "trends have no JUnit" all exited 64 -- err_has "text, json or md"
make_results 300 301 1000 1
jq --arg long "$(printf '%0300d' 7)" '.host.fingerprint = $long' r300-0000.json >long.json
gate long.json
test_that "a fingerprint may be of any length" all exited 2 -- out_like 'w0 +new'
gate --host "$(printf '%0300d' 7)"
test_that "... and --host finds it" all exited 2 -- out_like 'w0 +new'

# Settings measured against each other.
jq '.started = "2028-01-01T00:00:00Z" | .cells = [] |
	.ab = [{workload: "pio-user", verdict: "slower", pairs: 12, a: {label: "extra=0"},
	b: {label: "extra=790"}, log_ratio: {pairs: [0.01], p50: 0.01, ci95: [0.009,
		0.011]}}]' r200-0008.json >ab.json
run "$HVBENCH" history add ab.json --file gate.sqlite
test_that "settings measured against each other are kept" all exited 0 -- err_has "1 added"
run "$HVBENCH" history list --file gate.sqlite --last 1
test_that "... and listed with their verdict" \
	out_has "pio-user: extra=790 against extra=0: slower, +1.0 %"
make_results 212 214 1000 1
jq '.started = "2027-02-01T00:00:00Z"' r212-0000.json >next.json
gate next.json
test_that "... and do not count as a later result for the gate" all exited 0 -- out_has "3 same."
"$HVBENCH" history add ab.json --file only-ab.sqlite 2>/dev/null
for what in gate trend; do
	run "$HVBENCH" history $what --file only-ab.sqlite
	test_that "$what of a history of --ab only: not empty, but nothing to judge" \
		all exited 3 -- silent -- one_message -- err_has "run --ab" -- err_lacks empty
done
gate ab.json
test_that "... nor can a result be judged by it" all exited 65 -- err_has "run --ab" -- one_message
run "$HVBENCH" history trend --file gate.sqlite
test_that "trends are not disturbed by them" all exited 0 -- quiet

# Removing results.
id=$("$HVBENCH" history list --file gate.sqlite --last 0 -f json | jq '.results[] |
	select(.name == "next.json").id')
nr() { "$HVBENCH" history list --file gate.sqlite --last 0 -f json | jq '.results | length'; }
before=$(nr)
run "$HVBENCH" history rm "$id" --dry-run --file gate.sqlite
test_that "rm --dry-run shows it and leaves it" all exited 0 -- out_has next.json -- \
	[ "$(nr)" = "$before" ]
run "$HVBENCH" history rm "$id" 99999 --file gate.sqlite
test_that "rm with an unknown id removes nothing" all exited 64 -- err_has 99999 -- one_message -- \
	[ "$(nr)" = "$before" ]
run "$HVBENCH" history rm "$id" "$id" --file gate.sqlite
test_that "rm removes a result, and shows which" all exited 0 -- out_has next.json -- \
	err_has "1 removed" -- [ "$(nr)" = $((before - 1)) ]
run "$HVBENCH" history gate next.json --file gate.sqlite
test_that "... which can be added again" all exited 0 -- out_has "3 same."
for ids in "" x -1 0 1x; do
	run "$HVBENCH" history rm $ids --file gate.sqlite
	test_that "rm '$ids' is wrong usage" exited 64
done

# Reading needs no right to write; errors give the reason that SQLite or the system has.
if unshare -m true 2>/dev/null; then
	mkdir -p ro/data
	cp gate.sqlite ro/data/h.sqlite
	cat >read-only.sh <<-'EOF'
		mount --bind ro ro && mount -o remount,ro,bind ro || exit 99
		for verb in "list --last 2" trend gate; do
			"$HVBENCH" history $verb --file ro/data/h.sqlite >/dev/null 2>err ||
				{ echo "$verb: $?"; cat err; exit 1; }
		done
		"$HVBENCH" report r41-0000.json --history ro/data/h.sqlite -q --no-plots \
			-o report-ro.html || exit 2
		"$HVBENCH" history add r212-0001.json --file ro/data/h.sqlite
		[ $? = 74 ] || exit 3
		"$HVBENCH" history rm 1 --file ro/data/h.sqlite
		[ $? = 74 ] || exit 4
	EOF
	run env HVBENCH="$HVBENCH" unshare -m bash read-only.sh
	test_that "a history on a read-only file system is read; adding is 74, with the reason" \
		all exited 0 -- err_has "Read-only file system"
	if command -v sqlite3 >/dev/null; then
		# Results that a killed process left in SQLite's log.
		cp gate.sqlite live.sqlite
		sqlite3 live.sqlite >/dev/null <<-'EOF'
			PRAGMA wal_autocheckpoint = 0;
			UPDATE results SET label = 'in the log';
			.shell cp live.sqlite ro/data/h.sqlite
			.shell cp live.sqlite-wal ro/data/h.sqlite-wal
		EOF
		cat >log.sh <<-'EOF'
			mount --bind ro ro && mount -o remount,ro,bind ro || exit 99
			"$HVBENCH" history list --last 1 --file ro/data/h.sqlite
		EOF
		run env HVBENCH="$HVBENCH" TMPDIR="$PWD" unshare -m bash log.sh
		test_that "results that are still in the log are read too" all exited 0 -- \
			quiet -- out_has "in the log"
		test_that "... and nothing is left behind" \
			bash -c '! ls -d hvbench-history.* 2>/dev/null'
		sed -i 's/"$HVBENCH"/strace -qq -o trace -e inject=mkdir:signal=TERM &/' log.sh
		if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
			run env HVBENCH="$HVBENCH" TMPDIR="$PWD" unshare -m bash log.sh
			test_that "... nor where it is ended meanwhile" all \
				[ "$status" != 0 ] -- grep -q TERM trace -- \
				bash -c '! ls -d hvbench-history.* 2>/dev/null'
		fi
	else
		skip "results that are still in the log are read too" "sqlite3 is not installed"
	fi
else
	skip "a history on a read-only file system" "no right to a mount namespace"
fi
mkdir foreign
cp gate.sqlite foreign/h.sqlite
nobody()
{
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$HVBENCH" history "$@" \
		--file "$PWD/foreign/h.sqlite"
}
if [ "$(id -u)" = 0 ] && chmod 755 . &&
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$HVBENCH" \
	-a -r foreign/h.sqlite; then
	nobody list
	test_that "another user's history is read" all exited 0 -- quiet -- out_has another.json
	nobody gate
	test_that "... and judged" all exited 0 -- quiet
	nobody rm 1
	test_that "removing from it is not permitted, 77, in SQLite's words" all exited 77 -- \
		err_has readonly -- one_message
	if command -v sqlite3 >/dev/null; then
		mkfifo hold
		sqlite3 foreign/h.sqlite <hold >/dev/null &
		exec 9>hold
		printf '%s\n' 'PRAGMA wal_autocheckpoint = 0;' \
			"UPDATE results SET label = 'not yet in the file';" \
			'.shell touch committed' >&9
		for i in $(seq 200); do [ -e committed ] && break; sleep 0.05; done
		nobody list
		test_that "... also results that its owner is just adding" all exited 0 -- \
			out_has "not yet in the file"
		exec 9>&-
		wait %%
	fi
	chmod 600 foreign/h.sqlite
	nobody list
	test_that "a history that may not be read is 77, not 'no such file'" all exited 77 -- \
		err_has "Permission denied" -- one_message
	test_that "nothing was left beside it" [ "$(ls foreign)" = h.sqlite ]
else
	skip "another user's history" "not root, or the program is where nobody may read it"
fi
# With the descriptors this shell has inherited, even the program's libraries could not be loaded.
run bash -c "for fd in \$(ls /proc/self/fd); do [ \$fd -le 2 ] || eval \"exec \$fd>&-\"; done;
	ulimit -n 4; '$HVBENCH' history list --file gate.sqlite"
test_that "too few descriptors are status 74, and said to be the reason" all exited 74 -- \
	err_has "Too many open files" -- one_message
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	for error in EIO="Input/output error" ENFILE="Too many open files in system" \
		ELOOP="Too many levels"; do
		run strace -qq -o /dev/null -P "$PWD/gate.sqlite" -e trace=openat \
			-e inject=openat:error="${error%%=*}" \
			"$HVBENCH" history list --file "$PWD/gate.sqlite"
		test_that "${error%%=*} is not 'no such file'" all exited 74 -- \
			err_has "${error#*=}" -- err_lacks "No such file"
	done
else
	skip "EIO is not 'no such file'" "no strace, or it may not trace"
fi
run "$HVBENCH" history list --file r0-0000.json/h.sqlite
test_that "a path through a file is status 74, with that reason" all exited 74 -- \
	err_has "Not a directory" -- one_message
run "$HVBENCH" history list --file no/such.sqlite
test_that "a missing history is 64, and it is said how one begins" all exited 64 -- \
	err_has "history add"
if command -v sqlite3 >/dev/null; then
	cp gate.sqlite old.sqlite
	sqlite3 old.sqlite 'DROP TABLE jobs; DROP TABLE ab; DROP TABLE unmeasured'
	cp old.sqlite untouched.sqlite
	run "$HVBENCH" history gate --file old.sqlite
	test_that "a history from before there were jobs is read" all exited 0 -- \
		out_has "3 same." -- cmp -s old.sqlite untouched.sqlite
	run "$HVBENCH" history gate r212-0001.json --file old.sqlite --host fnv1a64:1
	test_that "... and added to" all [ "$status" != 65 ] -- \
		[ "$(sqlite3 old.sqlite 'SELECT count(*) FROM jobs')" = 1 ]
fi

# Many processes add at once: none fails, and no result is lost or stored twice.
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
test_that "while one process adds, others read" [ $unread = 0 ]
test_that "eight processes add the same 50 results at once" [ $bad = 0 ]
run "$HVBENCH" history list --file many.sqlite --last 0 -f json
test_that "each result is there once" jq -e '[.results[].name | select(startswith("r100"))] |
	length == 50 and (unique | length) == 50' .out
added=$(sed 's/.*: \([0-9]*\) added.*/\1/' many.[0-7] | awk '{ n += $1 } END { print n }')
test_that "... and was added by only one" [ "$added" = 50 ]

# Files that are not a history.
printf '%s, but long enough to have a header' 'no database' {1..5} >text.sqlite
head -c 3000 data/hvbench/history.sqlite >short.sqlite
for file in text.sqlite short.sqlite; do
	for verb in list trend gate "add r0-0000.json"; do
		# shellcheck disable=SC2086 # a list of words
		run "$HVBENCH" history $verb --file $file
		test_that "$verb: $file is refused, status 65" all exited 65 -- err_has $file -- \
			one_message
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
	test_that "a history of a newer program is refused" all exited 65 -- err_has "newer hvbench"
	sqlite3 foreign.sqlite 'CREATE TABLE t (x); INSERT INTO t VALUES (1)'
	run "$HVBENCH" history add r0-0000.json --file foreign.sqlite
	test_that "another program's database is left alone" all exited 65 -- \
		[ "$(sqlite3 foreign.sqlite .tables)" = t ]
	run "$HVBENCH" history add r100-0001.json --file newer.sqlite
	test_that "... and nothing is added to it" all exited 65 -- one_message -- \
		[ "$(sqlite3 newer.sqlite 'PRAGMA user_version; SELECT count(*) FROM results')" \
		= $'99\n42' ]
	# The first page of a table is overwritten.
	for table in results cells figures; do
		cp data/hvbench/history.sqlite torn.sqlite
		page=$(sqlite3 torn.sqlite "SELECT rootpage FROM sqlite_master WHERE name =
			'$table'")
		dd if=/dev/zero of=torn.sqlite bs=4096 seek=$((page - 1)) count=1 conv=notrunc \
			status=none
		cp torn.sqlite before.sqlite
		for verb in trend "gate r100-0001.json"; do
			# shellcheck disable=SC2086 # a list of words
			run "$HVBENCH" history $verb --file torn.sqlite
			test_that \
				"${verb%% *} of damaged $table says so, and how to save the rest" \
				all exited 65 -- one_message -- err_has torn.sqlite -- \
				err_has .recover
		done
		test_that "... and leaves the file as it was" cmp -s torn.sqlite before.sqlite
	done
else
	skip "newer, foreign and damaged databases" "sqlite3 is not installed"
fi
echo '{' >bad.json
run "$HVBENCH" history add bad.json
test_that "a damaged result is status 65" all exited 65 -- err_has bad.json -- one_message
for arguments in "add" "trend x" "list --last -1" "trend --threshold 2" "trend --alpha 7" \
	"nonsense"; do
	# shellcheck disable=SC2086 # a list of words
	run "$HVBENCH" history $arguments
	test_that "'history $arguments' is wrong usage" exited 64
done

run "$HVBENCH" report r41-0000.json --history data/hvbench/history.sqlite -q -o report.html
test_that "the report has the trends" all exited 0 -- grep -q 'id="trends"' report.html -- \
	grep -q 'w0: slower by' report.html
if command -v gnuplot >/dev/null; then
	test_that "... and their plots" all grep -q 'w0 over time' report.html -- \
		bash -c "! grep 'No plot' report.html"
else
	skip "... and their plots" "gnuplot is not installed"
fi

if command -v sqlite3 >/dev/null; then
	"$HVBENCH" history add r0-0000.json --file large.sqlite 2>/dev/null
	sqlite3 large.sqlite "
		DELETE FROM figures; DELETE FROM cells; DELETE FROM results;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO results SELECT i, 'd' ||
			i, strftime('%Y-%m-%dT%H:%M:%SZ', 1600000000 + i * 3600, 'unixepoch'), 'r',
			'', 'k', '1', 'f', 'tsc', 200 FROM n;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
		INSERT INTO cells SELECT i, 'k' || i, 'cell-' ||
			i, 'default', 'kvm', 'exit', 'ns', 0 FROM n;
		INSERT INTO figures SELECT c.id, r.id, 1000 + abs(random() % 100), NULL, NULL, NULL,
			1 FROM cells c, results r;"
	TIMEFORMAT='%U %S'
	{ time run "$HVBENCH" history trend --file large.sqlite; } 2>took
	echo "# trend of 10,000 results of 200 cells: $(cat took) s of CPU, user and system"
	test_that "10,000 results of 200 cells take under a second" all exited 0 -- \
		awk '{ exit !($1 + $2 < 1) }' took
	run "$HVBENCH" history trend --file large.sqlite --only cell-7 --last 0 -f json
	test_that "--last 0 is all of them" jq -e '.trends | length == 1 and .[0].n == 10000' .out
	run "$HVBENCH" history list --file large.sqlite --last 0 -f json
	test_that "... and the list has as many" jq -e '.results | length == 10000' .out
else
	skip "10,000 results of 200 cells take under a second" "sqlite3 is not installed"
fi
tap_done
