#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
# Metrics as those who read them see them: Prometheus, promtool and the reference parser of
# OpenMetrics; the files for a textfile collector; `profile --listen` and its clients; and the
# dashboard, whose expressions name only metrics that there are.
. "$(dirname "$0")/../tap.sh"
cd "$TMP" || exit

python=$("$TOP/scripts/python3-with" prometheus_client.openmetrics.parser)
# reads_openmetrics FILE, reads_text FILE: the strict parser and promtool find nothing wrong.
reads_openmetrics()
{
	"$python" -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
print(sum(len(f.samples) for f in parse(open(sys.argv[1]).read())), "samples")' "$1"
}
reads_text() { promtool check metrics <"$1"; }
# both_read NAME FILES: tests FILES.om and FILES.prom.
both_read()
{
	if [ -n "$python" ]; then
		run reads_openmetrics "$2.om"
		test_that "$1: OpenMetrics, by its reference parser" all exited 0 -- out_has samples
	else
		skip "$1: OpenMetrics, by its reference parser" "no python3-prometheus-client"
	fi
	if command -v promtool >/dev/null; then
		run reads_text "$2.prom"
		test_that "$1: the text format, by promtool, which has no advice either" \
			all exited 0 -- silent -- quiet
	else
		skip "$1: the text format, by promtool" "no promtool (Debian: prometheus)"
	fi
}

METRICS_PAGES=$TMP/made run "$BUILD/tests/unit/profile/test_metrics"
test_that "a page of a profile made by hand can be had" all exited 0 -- [ -s made.om ]
both_read "500 vCPUs with times" made

names() { sed 's/[{ ].*//' "$1" | sort -u; }
names made.prom >names
grep -o 'hvbench_[a-z0-9_]*' < <(jq -r '.. | objects | (.expr, .definition) // empty' \
	"$TOP/scripts/grafana/profile.json") | sort -u >used
test_that "the dashboard has expressions" [ "$(wc -l <used)" -gt 8 ]
run comm -13 names used
test_that "each metric that the dashboard asks for is one that is written" silent
if command -v promtool >/dev/null; then
	jq '{groups: [{name: "x", rules: ([.. | objects | .expr // empty |
		gsub("\\$__rate_interval"; "1m")] | to_entries |
		map({record: "x\(.key)", expr: .value}))}]}' \
		"$TOP/scripts/grafana/profile.json" >rules.yml
	run promtool check rules rules.yml
	test_that "its expressions are PromQL" all exited 0 -- out_like "[1-9][0-9]* rules found"
else
	skip "its expressions are PromQL" "no promtool (Debian: prometheus)"
fi

# Results.
run "$HVBENCH" export
test_that "export without a result says what is missing" \
	all exited 64 -- err_has "result is missing"
run "$HVBENCH" export /dev/null
test_that "... of a file that is none names it" all exited 65 -- err_has /dev/null -- one_message
run "$HVBENCH" run --backend native -w chase:working_set=64k --rounds 3 -qo run.json
if [ "$status" = 0 ]; then
	run "$HVBENCH" export run.json -o run.om
	test_that "a result is exported" all exited 0 -- silent -- quiet -- \
		grep -q 'hvbench_operation_seconds{.*quantile="0.5"} ' run.om
	"$HVBENCH" export run.json -o run.prom
	both_read "a result" run
	run "$HVBENCH" export run.json run.json
	test_that "the same result twice is refused" all exited 64 -- err_has twice
	run "$HVBENCH" export run.json -o run.csv
	test_that "a file of another format is refused with those there are" \
		all exited 64 -- err_has "openmetrics, prometheus"
	run "$HVBENCH" export run.json -o /nowhere/run.prom
	test_that "a file that cannot be written: status 74" all exited 74 -- one_message
	jq '.cells[0].label = "a\"} 1\nhvbench_x{b=\"\\\u001b[31m"' run.json >hostile.json
	for ending in om prom; do "$HVBENCH" export hostile.json -o hostile.$ending; done
	both_read "a label that would end its line" hostile
else
	fail "a result to export" "$err"
fi

run "$HVBENCH" profile --listen 80x
test_that "a place that is none is refused" all exited 64 -- err_has 127.0.0.1:9100
run "$HVBENCH" profile --listen 0 -o x.prom
test_that "--listen and a file exclude each other" exited 64
run "$HVBENCH" profile -d 0.1 -qo profile.om
if [ "$status" = 77 ] || [ "$status" = 69 ]; then
	skip "profiles as metrics" "$(head -n 1 <<<"$err")"
	tap_done
	exit 0
fi
test_that "a profile of 0.1 s is written" all exited 0 -- [ -s profile.om ]
"$HVBENCH" profile -d 0.1 -qo profile.prom
both_read "a profile" profile

port_of() { sed -n 's|.*http://.*:\([0-9]*\)/metrics$|\1|p' "$1"; }
# get PORT TEXT: what is answered to the text.
get()
{
	exec 9<>"/dev/tcp/127.0.0.1/$1" || return
	printf "$2" >&9
	timeout 20 cat <&9
	exec 9>&-
}
clean_up() { kill ${profile:-} ${prometheus:-} ${guests:-} 2>/dev/null; }

guests=
if [ -w /dev/kvm ] &&
	gcc -O2 -static -pthread -o exits-guest "$TOP/tests/guests/exits-guest.c"; then
	START_ON=$TMP/go LINGER=120 ./exits-guest p 100 50 1 >guests.out 2>&1 & guests=$!
fi
"$HVBENCH" profile --listen 0 --by vcpu >listen.out 2>listen.err & profile=$!
until_true grep -q "watching\|http" listen.err
until_true eval '[ -n "$(port_of listen.err)" ]'
port=$(port_of listen.err)
get_page() { run get "$port" 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'; }
has_page() { get_page; out_has hvbench_build_info; }
test_that "what is asked for before watching begins is answered when it does" until_true has_page
get_page
test_that "a reader of 0.0.4 gets that" out_has "text/plain; version=0.0.4"
run get "$port" 'GET / HTTP/1.1\r\n\r\n'
test_that "nothing but /metrics is there" out_has "HTTP/1.1 404"
run get "$port" 'POST /metrics HTTP/1.1\r\n\r\n'
test_that "nothing but GET and HEAD is answered" all out_has "HTTP/1.1 405" -- out_has "Allow: GET"
run get "$port" 'GET /metrics HTTP/1.1\r\nHost: rebound.example:9435\r\n\r\n'
test_that "a web page whose name leads here gets nothing" out_has "HTTP/1.1 421"
run get "$port" '\x16\x03\x01\n\n'
test_that "what is no request is refused" out_has "HTTP/1.1 400"
head -c 200000 /dev/zero | tr '\0' x | timeout 5 bash -c "cat >/dev/tcp/127.0.0.1/$port" 2>/dev/null
# More than there is room for that send nothing, or half a request, and stay.
slow=()
for _ in {1..40}; do
	{ printf 'GET /m'; exec sleep 60; } >"/dev/tcp/127.0.0.1/$port" & slow+=($!)
done
test_that "after a flood, and among slow clients, others are answered" has_page
kill "${slow[@]}" 2>/dev/null
wait "${slow[@]}" 2>/dev/null
run "$HVBENCH" profile --listen "$port"
test_that "a port that is taken: status 74, and why" \
	all exited 74 -- err_has "in use" -- one_message

counted()
{
	get_page
	out_like "^hvbench_exits_total\{.*pid=\"$guests\".*\"(kvm_pio|io|IO_INSTRUCTION)\"\} $1\$"
}
if [ -n "$guests" ]; then
	touch go
	test_that "each port write of a VM is counted" until_true counted 5000
	get_page
	test_that "... as a VM, with its vCPU and when it started" \
		all out_like "^hvbench_exits_total\{vm=\"exits-guest\",pid=\"$guests\",sta" -- \
		out_like "started=\"[0-9]{10}\",(vcpu|thread)=\"[0-9]+\",reason="
else
	skip "each port write of a VM is counted" "no /dev/kvm for this user"
fi

if command -v prometheus >/dev/null; then
	cat >prometheus.yml <<-EOF
	global: { scrape_interval: 1s }
	scrape_configs:
	- { job_name: hvbench, static_configs: [ { targets: ["127.0.0.1:$port"] } ] }
	EOF
	web=$((20000 + RANDOM % 10000))
	prometheus --config.file=prometheus.yml --storage.tsdb.path="$TMP/tsdb" \
		--web.listen-address=127.0.0.1:$web >prometheus.log 2>&1 & prometheus=$!
	# Its answer to a query, the body alone.
	query() { get $web "GET /api/v1/query?query=$1 HTTP/1.0\r\n\r\n" 2>/dev/null | tail -n 1; }
	scraped() { run query "$1"; jq -e ".data.result | length > 0" <<<"$out"; }
	test_that "Prometheus scrapes it" until_true scraped 'up%%3D%%3D1'
	test_that "... and has what it serves" scraped hvbench_build_info
	[ -z "$guests" ] ||
		test_that "... with the exits of the VM" scraped hvbench_exits_total
	kill $prometheus
	wait $prometheus 2>/dev/null
else
	skip "Prometheus scrapes it" "no prometheus"
fi

kill -TERM $profile
wait $profile
status=$? out=$(cat listen.out) err=$(cat listen.err)
test_that "it ends when it is told to, and prints nothing else" all exited 0 -- silent -- \
	err_lacks "whoever reaches"
timeout -s INT 2 "$HVBENCH" profile --listen 0.0.0.0:0 -q >listen.out 2>listen.err
err=$(cat listen.err)
test_that "on another address than loopback it says what can be read there" \
	all one_message -- err_has "whoever reaches 0.0.0.0:"

# A file for a textfile collector is rewritten each interval, whole each time.
"$HVBENCH" profile -d 0 --interval 1s -qo again.prom & profile=$!
until_true [ -s again.prom ]
first=$(stat -c %i again.prom)
is_another() { [ "$(stat -c %i again.prom)" != "$first" ]; }
test_that "a file is replaced each interval" until_true is_another
kill -TERM $profile
wait $profile
test_that "nothing else is left beside it" [ "$(find . -name "*again*" | wc -l)" = 1 ]
tap_done
