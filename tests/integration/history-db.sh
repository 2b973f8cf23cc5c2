#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench history --db: the same commands on a PostgreSQL server, started here; many processes at
# once; a server that goes away in the middle; passwords, rights, versions.
. "$(dirname "$0")/../tap.sh"
. "$TOP/tests/postgresql.sh"
clean_up() { postgresql_stop; }
cd "$TMP" || exit 1

run "$HVBENCH" history list --db postgresql:///x --file y
test_that "--db and --file are one too many" exited 64
run "$HVBENCH" history list --db h.sqlite
test_that "--db is no file" all exited 64 -- err_has postgresql:// -- err_has --file
if ! "$HVBENCH" --version | grep -q '^  PostgreSQL *yes'; then
	run "$HVBENCH" history list --db postgresql:///x
	test_that "without libpq it is said how to get it" all exited 69 -- err_has libpq-dev -- \
		one_message
	tap_done
	exit
fi
# Addresses that cannot be meant like this. None of them may show a part of the password.
while IFS= read -r address; do
	run "$HVBENCH" history list --db "$address"
	test_that "'$address' fails in one message, without the password" \
		all [ "$status" != 0 ] -- one_message -- silent -- err_lacks sec -- err_lacks ret
done <<'EOF2'
postgresql://u:sec@ret@/x
postgresql://u:sec/ret@h/x
postgresql://u:sec?ret@h/x
postgresql://u:sec:ret@h:99999/x
postgresql://u:secret@h:x/x
postgresql://u@/x?host=/none&password=secret
postgresql://u@/x?host=/none&nonsense=secret
postgresql://u:%zzsecret@h/x
EOF2

missing=$(postgresql_missing)
command -v jq >/dev/null || missing="jq is not installed"
if [ -n "$missing" ]; then
	skip "hvbench history --db" "$missing"
	tap_done
	exit
fi
postgresql_init && postgresql_start ||
	{ fail "a server starts" "$(cat pg.log pg/log)"; tap_done; exit; }
sql postgres "CREATE DATABASE fleet"
db=postgresql:///fleet
history() { run "$HVBENCH" history "$@" --db "$db"; }

# Writes results FROM … TO-1, six hours apart; from AT on the first cell costs FACTOR times as much.
make_results()
{
	jq -nc --argjson from "$2" --argjson to "$3" --argjson at "$4" --argjson factor "$5" '
	range($from; $to) as $i |
	def noise($c): (($i * 7919 + $c * 104729) % 1009 / 1009 - 0.5) * 0.02;
	def cell($c): (1000 * ($c + 1) * (1 + noise($c)) *
			(if $c == 0 and $i >= $at then $factor else 1 end)) as $v |
	{workload: "w\($c)", label: "w\($c)", group: "exit", params: {}, ring: 3, backend: "kvm",
		config: {name: "default", irqchip: "kernel"}, status: "ok", unit: "ns",
		higher_is_better: false, warnings: [], rounds: [{samples: [$v]}],
		summary: {p50: $v, ci95: [$v, $v]}};
	{schema: "hvbench.result/1", tool: {version: "0.1.0"},
		started: (1767225600 + $i * 21600 | todate), seed: $i, plan: {name: "t", rounds: 1},
		host: {kernel: (if $i < $at then "6.1.0" else "6.2.0" end), clock: "tsc",
			virt: "vmx", fingerprint: "fnv1a64:1"},
		cells: [cell(0), cell(1), cell(2)]}' |
		split -l 1 -a 4 -d --additional-suffix=.json - "$1-"
}
make_results r 0 40 25 1.05

history list
test_that "before there is a history the message says how to begin one" all exited 64 -- \
	err_has "history add" -- one_message
run "$HVBENCH" history list --db postgresql:///nowhere
test_that "a database that does not exist is 64, and it is said how to make one" all exited 64 -- \
	err_has nowhere -- err_has createdb -- one_message
history add r-*.json --label abc
test_that "results are added, and the tables made" all exited 0 -- err_has "40 added"
history add r-0003.json
test_that "what is there already is left out" all exited 0 -- err_has "0 added, 1 there already"
kept="SELECT count(*) FROM hvbench.documents WHERE doc->'host'->>'virt' = 'vmx'"
test_that "whole results are kept" [ "$(sql fleet "$kept")" = 40 ]

# Everything that a command says of a history is the same as that of one in a file.
"$HVBENCH" history add r-*.json --label abc --file h.sqlite 2>/dev/null
same()
{
	"$HVBENCH" history "$@" --db "$db" >a.out 2>a.err
	echo $? >>a.out
	"$HVBENCH" history "$@" --file h.sqlite >b.out 2>b.err
	echo $? >>b.out
	sed -i "s,$db,h.sqlite," a.out a.err
	diff a.out b.out && diff a.err b.err
}
jq '.cells |= .[:1] | .started = "2027-01-01T00:00:00Z"' r-0008.json >fewer.json
jq '.started = "2028-01-01T00:00:00Z" | .cells = [] |
	.ab = [{workload: "pio-user", verdict: "slower", pairs: 12, a: {label: "extra=0"},
	b: {label: "extra=790"}, log_ratio: {pairs: [0.01], p50: 0.01,
	ci95: [0.009, 0.011]}}]' r-0008.json >ab.json
jq '.cells[0] |= (.summary.p50 *= 1.5 | .rounds[0].samples[0] *= 1.5) |
	.started = "2027-02-01T00:00:00Z" | .cells[1] |= (.status = "failed" |
	.reason = "the guest hung" | .summary = null)' r-0009.json >slower.json
for command in "list" "list --last 2 -f json" "list --host none" "trend" "trend -f json" \
	"trend --only w1,w2 --last 20 -f json" "trend --host none" "gate" "gate fewer.json" \
	"gate slower.json -f json" "add ab.json" "list" "rm 99999" "rm 41 --dry-run" "rm 41 42" \
	"list -f json" "gate slower.json --machine alpha" "list --machine alpha" \
	"trend --machine beta"; do
	# shellcheck disable=SC2086 # a list of words
	test_that "history $command: as of a file" same $command
done
run "$HVBENCH" report r-0039.json --history "$db" -q -f md
test_that "report --history takes an address" exited 0
"$HVBENCH" report r-0039.json --history "$db" -q --no-plots -o report.html
test_that "... and has the trends" all grep -q 'w0: slower by' report.html -- \
	grep -q "history $db" report.html

if [ -x "$HVBENCH_SANITIZED" ]; then
	make_results s 80 81 1000 1
	for command in "add s-0000.json --machine m" "list" "trend -f json" "gate" \
		"trend --across-hosts" "rm 3"; do
		# shellcheck disable=SC2086 # a list of words
		run "$HVBENCH_SANITIZED" history $command --db "$db"
		test_that "the sanitizers find nothing in history $command" \
			all [ "$status" -le 2 ] -- err_lacks ERROR -- err_lacks "runtime error"
	done
else
	skip "the sanitizers find nothing in it" "there is no sanitizer build"
fi

# Text of others, from the database too.
jq '.host.kernel = "\u001b[31m" | .cells[0].label = "a\u202eb"' r-0001.json >hostile.json
history add hostile.json --label $'\e[2J' --machine $'x\n\e[5m'
history list --last 0
test_that "what comes from the database is cleaned before it is shown" all exited 0 -- \
	bash -c "! grep -q $'\e' .out"
cp r-0002.json $'caf\xe9.json'
history add $'caf\xe9.json'
test_that "a file may have a name that is no UTF-8" all exited 0 -- err_has "there already"
jq '.seed = 77' r-0002.json >$'caf\xe9.json'
history add $'caf\xe9.json'
test_that "... also one that is added" all exited 0 -- err_has "1 added"
jq --arg long "$(printf '%04000d' 7)" '.seed = 78 | .cells[0].params.x = $long' r-0002.json \
	>long.json
history add long.json
test_that "a cell's key may be longer than an index allows" all exited 0 -- err_has "1 added"

# Eight processes add the same results to a database that has no tables yet.
make_results c 100 112 1000 1
sql postgres "CREATE DATABASE many"
pids=()
for i in 0 1 2 3 4 5 6 7; do
	# Each finds the cells in another order.
	for f in c-*.json; do
		jq -c --argjson i "$i" '.cells |= .[$i % 3:] + .[:$i % 3]' "$f" >"p$i-$f"
	done
	"$HVBENCH" history add c-*.json p$i-*.json --db postgresql:///many 2>"many.$i" &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
test_that "eight processes add at once, in an empty database" [ $bad = 0 ]
there="SET search_path TO hvbench; SELECT count(*), count(DISTINCT name) FROM results
	WHERE name LIKE 'c-%'; SELECT count(*) FROM cells"
test_that "... each result and each cell is there once" \
	[ "$(sql many "$there" | paste -sd ' ')" = "12|12 3" ]
test_that "... and was added by only one" \
	[ "$(sed 's/.*: \([0-9]*\) added.*/\1/' many.[0-7] | paste -sd+ | bc)" = \
	"$(sql many 'SELECT count(*) FROM hvbench.results')" ]

# Rights.
sql fleet "CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA hvbench TO reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA hvbench TO reader;
	CREATE ROLE adder LOGIN; GRANT USAGE ON SCHEMA hvbench TO adder;
	GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA hvbench TO adder;
	CREATE ROLE guarded LOGIN PASSWORD 'se+cret'; GRANT reader TO guarded"
make_results n 60 62 1000 1
run "$HVBENCH" history gate --host fnv1a64:1 --db postgresql://reader@/fleet
test_that "a role that may only read judges" all [ "$status" -lt 3 ] -- quiet
for command in "add n-0000.json" "rm 1"; do
	# shellcheck disable=SC2086 # a list of words
	run "$HVBENCH" history $command --db postgresql://reader@/fleet
	test_that "... but '$command' is not permitted, 77" all exited 77 -- \
		err_has "permission denied" -- one_message
done
run "$HVBENCH" history add n-0000.json --db postgresql://adder@/fleet
test_that "a role that may only insert adds" all exited 0 -- err_has "1 added"
run "$HVBENCH" history rm 1 --db postgresql://adder@/fleet
test_that "... and removes nothing" all exited 77 -- one_message
run env PGOPTIONS="-c default_transaction_read_only=on" "$HVBENCH" history add n-0001.json \
	--db "$db"
test_that "a server that may only be read, a standby, is status 74" all exited 74 -- \
	err_has "read-only" -- one_message

# Passwords.
run "$HVBENCH" history list --db postgresql://guarded@/fleet
test_that "where a password is needed it is said where to put it, 77" all exited 77 -- \
	err_has pgpass -- one_message
run "$HVBENCH" history list --db postgresql://guarded:wrong@/fleet
test_that "a wrong password is 77, and is not shown" all exited 77 -- err_lacks wrong -- \
	err_has 'password authentication failed' -- one_message
run "$HVBENCH" history list -f json --db "postgresql://guarded:se%2Bcret@/fleet"
test_that "the right one is let in, and not shown" all exited 0 -- out_lacks se%2B -- \
	out_lacks se+cret -- out_has '"postgresql://guarded@/fleet"'
run "$HVBENCH" history list -f json --db "postgresql:///fleet?user=guarded&password=se%2Bcret"
test_that "... also as a parameter" all exited 0 -- out_lacks cret
echo '*:*:*:guarded:se+cret' >passwords
chmod 600 passwords
run env PGPASSFILE="$PWD/passwords" "$HVBENCH" history list --db postgresql://guarded@/fleet
test_that "one of a file of passwords is found" all exited 0 -- quiet
printf '[hv]\nhost=%s\ndbname=fleet\nuser=guarded\npassword=se+cret\n' "$PGHOST" >services
run env PGSERVICEFILE="$PWD/services" "$HVBENCH" history list --db "postgresql://?service=hv"
test_that "... and one of a service" all exited 0 -- quiet

# A newer program's history, one that lacks a table, another program's schema.
for table in history results figures; do
	sql postgres "CREATE DATABASE d_$table TEMPLATE many"
done
sql d_history "UPDATE hvbench.history SET version = 99"
for command in "list" "trend" "add n-0000.json"; do
	# shellcheck disable=SC2086 # a list of words
	run "$HVBENCH" history $command --db postgresql:///d_history
	test_that "$command: a history of a newer program is refused, 65" all exited 65 -- \
		err_has "newer hvbench" -- one_message
done
sql d_results "SET client_min_messages TO error; DROP TABLE hvbench.results CASCADE"
sql d_figures "ALTER TABLE hvbench.figures DROP COLUMN p50"
for damaged in d_results d_figures; do
	for command in trend "add n-0000.json"; do
		# shellcheck disable=SC2086 # a list of words
		run "$HVBENCH" history $command --db postgresql:///$damaged
		test_that "$command: tables that are not as they were made are 65" \
			all exited 65 -- one_message
	done
done

# What happens to a command that waits for a table when the server goes away.
# gone TABLE COMMAND…
gone()
{
	local table=$1
	shift
	mkfifo hold
	"$postgresql_bin/psql" -d fleet -qtAX <hold >/dev/null 2>&1 &
	exec 9>hold
	rm hold
	echo "BEGIN; LOCK TABLE hvbench.$table IN ACCESS EXCLUSIVE MODE;" >&9
	until_true waits "relation = 'hvbench.$table'::regclass AND granted AND
		mode = 'AccessExclusiveLock'"
	"$HVBENCH" history "$@" --db "$db" >.out 2>.err &
	until_true waits "relation = 'hvbench.$table'::regclass AND NOT granted"
	postgresql_stop
	wait $!
	status=$?
	exec 9>&-
	last_command="history $*" out=$(cat .out) err=$(cat .err)
	postgresql_start
}
waits() { [ -n "$(sql fleet "SELECT 1 FROM pg_locks WHERE $1")" ]; }
count() { sql fleet "SET search_path TO hvbench; SELECT (SELECT count(*) FROM results),
	(SELECT count(*) FROM figures), (SELECT count(*) FROM documents)"; }
before=$(count)
gone documents add n-0001.json
test_that "a server that goes away while a result is added is 74, and it is said what to do" \
	all exited 74 -- err_has "server has gone" -- err_has "again" -- one_message
test_that "... nothing of the result is left" [ "$(count)" = "$before" ]
history add n-0000.json n-0001.json
test_that "... and once it is back all is added" all exited 0 -- err_has "1 added, 1 there already"
gone results list
test_that "one that goes away while a list is read is 74, and no half of a list is shown" \
	all exited 74 -- err_has "server has gone" -- silent -- one_message
gone figures trend
test_that "... and so of a trend" all exited 74 -- silent -- one_message
postgresql_stop
history list
test_that "a server that is not there is 74" all exited 74 -- one_message -- err_has "$db"
if python=$("$TOP/scripts/python3-with" socket); then
	cat >deaf.py <<-'EOF2'
		import socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen()
		open("ready", "w")
		time.sleep(60)
	EOF2
	mkdir deaf
	"$python" deaf.py deaf/.s.PGSQL.5432 &
	until_true [ -e ready ]
	run env PGCONNECT_TIMEOUT=2 "$HVBENCH" history list --db "postgresql:///x?host=$PWD/deaf"
	test_that "one that does not answer is waited for as long as PGCONNECT_TIMEOUT says" \
		all exited 74 -- err_has "does not answer" -- one_message
	kill $!
else
	skip "one that does not answer" "no Python"
fi
tap_done
