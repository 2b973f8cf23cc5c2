#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Results in the formats of other programs, read by those programs where they are here. Metrics are
# in metrics.sh.
. "$(dirname "$0")/../tap.sh"

# A time, a bandwidth (more is better), and a cell that is skipped.
run "$HVBENCH" run --backend native -w empty,chase:working_set=64k,bandwidth,pio-user --rounds 8 \
	--samples 10 -o "$TMP/a.json"
[ -s "$TMP/a.json" ] || { fail "a result to export" "$err"; tap_done; exit; }
jq '.cells[0].label = "empty é#: x" | .cells[1].config.name = "pages=4k sched=fifo" |
	.cells[1].summary.ci95 = null | .seed = 7' "$TMP/a.json" >"$TMP/b.json"
export_as() { run "$HVBENCH" export -f "$@"; }
p50() { jq -r ".cells[$1].summary.p50" "$TMP/a.json"; }
json() { jq -e "$1" <<<"$out"; }

export_as benchmark-action "$TMP/a.json"
test_that "benchmark-action: what its extract.ts asks of an entry" all exited 0 -- quiet -- \
	json 'type == "array" and length == 2 and all(.[]; (.name | type) == "string" and
		(.value | type) == "number" and .unit == "ns" and (.range | type) == "string")'
test_that "... the medians" json ".[0].value - $(p50 0) | fabs < 1e-6"
export_as benchmark-action-bigger "$TMP/a.json"
test_that "... bandwidths by themselves" json 'length == 1 and .[0].unit == "bytes/s"'
export_as benchmark-action "$TMP/a.json" -o "$TMP/times.json"
test_that "a file may be called .json" all exited 0 -- jq -e '.[0].unit == "ns"' "$TMP/times.json"

export_as bencher "$TMP/a.json"
test_that "bencher: benchmarks with measures with a value" all exited 0 -- quiet -- \
	json 'type == "object" and length == 3 and all(.[][]; (.value | type) == "number" and
		((keys - ["value", "lower_value", "upper_value"]) == []))'
test_that "... latency is in ns" json '[.[] | has("latency")] | map(select(.)) | length == 2'
export_as bencher "$TMP/a.json" "$TMP/b.json"
test_that "... two results are told apart" json 'length == 6'

export_as ktap "$TMP/a.json" "$TMP/b.json"
cp "$TMP/.out" "$TMP/ktap"
test_that "ktap: a line for each cell" all exited 0 -- quiet -- out_has "KTAP version 1
1..8" -- out_like '^ok [0-9]+ [A-Za-z0-9_.-]+$' -- out_like '^ok [0-9]+ .*pio-user.* # SKIP .' -- \
	[ "$(grep -Ec '^(not )?ok ' <<<"$out")" = 8 ]
# The kernel's own reader of it.
source=$(find -L /usr/src -maxdepth 1 -name 'linux-source-*.tar.*' 2>/dev/null | tail -n 1)
if [ -n "$source" ] && mkdir "$TMP/kunit" && XZ_DEFAULTS=-T0 tar -C "$TMP/kunit" -xf "$source" \
	--strip-components=1 --wildcards '*/tools/testing/kunit/*.py' 2>/dev/null; then
	run python3 "$TMP/kunit/tools/testing/kunit/kunit.py" parse "$TMP/ktap"
	test_that "... the kernel's kunit.py reads it" all exited 0 -- \
		out_has "Ran 8 tests: passed: 6, skipped: 2"
else
	skip "... the kernel's kunit.py reads it" "no package of the kernel's sources"
fi
jq '.cells[0].status = "failed" | .cells[0].reason = "it broke"' "$TMP/a.json" >"$TMP/failed.json"
export_as ktap "$TMP/failed.json"
test_that "... what failed is not ok" all exited 0 -- out_like '^not ok 1 exit.empty'

export_as lkp "$TMP/b.json"
test_that "lkp: keys that it can take, one value each" all exited 0 -- quiet -- \
	[ -z "$(grep -vE '^[A-Za-z0-9_.-]+: [0-9.e+-]+$' <<<"$out")" ] -- \
	out_like '^memory.chase.working_set_64k.native.pages_4k.sched_fifo.ns: [0-9.]+$'
{ echo "Warning: nothing"; cat "$TMP/.out"; echo "took: 3 s"; } >"$TMP/log"
test_that "... its program's parse finds them among other lines" \
	cmp "$TMP/.out" <("$TOP/scripts/ci/lkp/parse" <"$TMP/log")
mkdir -p "$TMP/lkp/lib" "$TMP/root"
echo 'log_cmd() { "$@"; }' >"$TMP/lkp/lib/reproduce-log.sh"
printf '[global]\nrounds = 2\nbackend = native\n[empty]\n' >"$TMP/job.ini"
run env LKP_SRC="$TMP/lkp" TMP_RESULT_ROOT="$TMP/root" job="$TMP/job.ini" \
	PATH="$BUILD:$PATH" "$TOP/scripts/ci/lkp/run"
test_that "... and its run prints them" all exited 0 -- out_like '^exit.empty.native.ns: [0-9.]+$'

export_as kcidb "$TMP/a.json"
test_that "kcidb: without a build it is refused" all exited 64 -- \
	err_has "--origin NAME and --build"
export_as kcidb --origin "A b" --build a:1 "$TMP/a.json"
test_that "... an origin that its schema would not take, too" all exited 64 -- err_has "lower-case"
export_as kcidb --origin us --build 42 "$TMP/a.json"
test_that "... and a build of nobody" all exited 64 -- err_has "origin and a colon"
export_as bencher --origin us "$TMP/a.json"
test_that "... they are for kcidb alone" all exited 64 -- err_has "for -f kcidb"
export_as kcidb --origin us --build us:42 "$TMP/a.json" "$TMP/b.json" -o "$TMP/kcidb.json"
out=$(cat "$TMP/kcidb.json")
test_that "... tests with what its schema requires" all exited 0 -- \
	json '.version == {"major": 5, "minor": 3} and (.tests | length) == 8 and
		all(.tests[]; (.id | test("^us:.")) and .build_id == "us:42" and
		.origin == "us" and (.path | test("^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$")) and
		(.start_time | test("^[0-9-]+T[0-9:]+Z$")))'
test_that "... ids of their own" json '[.tests[].id] | unique | length == 8'
test_that "... the number with its unit, without a prefix" json \
	".tests[0] | .status == \"DONE\" and .number.unit == \"s\" and
	.number.prefix == \"metric\" and (.number.value - $(p50 0) * 1e-9 | fabs < 1e-15)"
test_that "... none where nothing was measured" json \
	'[.tests[] | select(.status == "SKIP" and (has("number") | not))] | length == 2'
if python=$("$TOP/scripts/python3-with" kcidb_io); then
	run "$python" -c 'import json, sys, kcidb_io
kcidb_io.schema.V5_3.validate(json.load(open(sys.argv[1])))' "$TMP/kcidb.json"
	test_that "... kcidb_io takes them" all exited 0 -- quiet
else
	skip "... kcidb_io takes them" "no Python has the module kcidb_io"
fi

export_as jsonl "$TMP/a.json" "$TMP/b.json"
cp "$TMP/.out" "$TMP/rows.jsonl"
test_that "jsonl: flat rows, all with the same keys" all exited 0 -- quiet -- \
	jq -es 'length >= 8 and ([.[] | keys] | unique | length) == 1 and
		all(.[][]; type != "object" and type != "array")' "$TMP/rows.jsonl"
test_that "... what was not measured is null" jq -es \
	'.[] | select(.label == "pio-user") | .p50 == null and .status == "skipped" and
	(.why | length) > 0' "$TMP/rows.jsonl"
run "$HVBENCH" export "$TMP/a.json" -o "$TMP/by-name.jsonl"
test_that "... by the ending of a file" cmp <(head -n 1 "$TMP/by-name.jsonl") \
	<(head -n 1 "$TMP/rows.jsonl")
. "$TOP/tests/postgresql.sh"
clean_up()
{
	postgresql_stop
	[ -z "${clickhouse:-}" ] || kill "$clickhouse" 2>/dev/null
}
missing=$(postgresql_missing)
if [ -z "$missing" ]; then
	postgresql_init && postgresql_start
	run "$postgresql_bin/psql" -d postgres -qtA -v ON_ERROR_STOP=1 -c \
		"create table hvbench (\"row\" text, started timestamptz, label text, unit text,
		p50 float8, exits_per_op float8); create temp table lines (line jsonb)" \
		-c "\\copy lines from '$TMP/rows.jsonl' csv quote e'\\x01' delimiter e'\\x02'" -c \
		"insert into hvbench select r.* from lines,
		jsonb_populate_record(null::hvbench, line) r;
		select count(*), count(p50), max(p50) > 0 from hvbench where \"row\" = 'cell'"
	test_that "... PostgreSQL reads them" out_has "8|6|t"
else
	skip "... PostgreSQL reads them" "$missing"
fi
if command -v clickhouse-server >/dev/null && command -v clickhouse-client >/dev/null; then
	mkdir "$TMP/ch"
	cat >"$TMP/ch/users.xml" <<-EOF
		<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>
		<password></password><networks><ip>127.0.0.1</ip></networks>
		<profile>default</profile><quota>default</quota></default></users></yandex>
	EOF
	ask() { clickhouse-client --host 127.0.0.1 --port "$port" "$@"; }
	# A port that nobody has.
	for port in $(shuf -i 20000-30000 -n 5); do
		sed "s/PORT/$port/; s,DIR,$TMP/ch,g" >"$TMP/ch/config.xml" <<-EOF
			<yandex><logger><level>error</level><console>1</console></logger>
			<tcp_port>PORT</tcp_port><listen_host>127.0.0.1</listen_host>
			<path>DIR/data/</path><tmp_path>DIR/tmp/</tmp_path>
			<users_config>DIR/users.xml</users_config>
			<default_profile>default</default_profile>
			<default_database>default</default_database>
			<mark_cache_size>10000000</mark_cache_size></yandex>
		EOF
		mkdir -p "$TMP/ch/data" "$TMP/ch/tmp"
		clickhouse-server --config-file="$TMP/ch/config.xml" >"$TMP/ch/log" 2>&1 &
		clickhouse=$!
		for _ in {1..100}; do
			ask -q "SELECT 1" >/dev/null 2>&1 && break 2
			kill -0 $clickhouse 2>/dev/null || break
			sleep 0.1
		done
	done
	ask -q "CREATE TABLE hvbench (\"row\" String, started String, label String, unit
		Nullable(String), p50 Nullable(Float64), exits_per_op Nullable(Float64))
		ENGINE = MergeTree PARTITION BY tuple() ORDER BY (label, started)"
	ask --input_format_skip_unknown_fields=1 -q "INSERT INTO hvbench FORMAT JSONEachRow" \
		<"$TMP/rows.jsonl"
	run ask -q "SELECT count(), count(p50), max(p50) > 0 FROM hvbench WHERE \"row\" = 'cell'"
	test_that "... and so does ClickHouse" [ "$out" = $'8\t6\t1' ]
else
	skip "... and so does ClickHouse" "clickhouse-server or clickhouse-client is not installed"
fi
tap_done
