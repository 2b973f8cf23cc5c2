#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Gives every kind of document this program writes to every command that reads documents: each
# command either handles it or says what it is, and none takes it for a result in which nothing is
# slower.
. "$(dirname "$0")/../tap.sh"

if ! command -v jq >/dev/null; then
	skip "documents and commands" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
export XDG_DATA_HOME=$PWD/data

jq -n '
def round($v): {status: "ok", samples: [$v, $v]};
{ schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: "2026-01-31T12:00:00Z", seed: 1,
	plan: {name: "t", rounds: 6},
  host: {kernel: "6.1.0", clock: "icount", virt: "svm", fingerprint: "fnv1a64:1",
  	cpu: {model: "A CPU"}},
  cells: [{workload: "cpuid", label: "cpuid", group: "exit", backend: "kvm", params: {}, ring: 3,
  	config: {name: "default"},
	status: "ok", unit: "insn", higher_is_better: false, warnings: [], rounds: [range(6) |
		round(2749)],
	summary: {min: 2749, p50: 2749, rounds: 6}, exits: {per_op: {total: 1},
		expected: {cpuid: 1}, as_expected: true}}] }' >result.json
jq '.cells = [] | .ab = [
	{workload: "pio-user", verdict: "slower", pairs: 16, p: 0.00003, pairs_needed: null,
		threshold: 0.0025, duration_s: 0.4,
	 a: {label: "extra=0", p50_ns: 33549.9, p50_cycles: 87100}, b: {label: "extra=790",
	 	p50_ns: 33895.4, p50_cycles: 87997},
	 log_ratio: {pairs: [0.0096], p50: 0.0096, ci95: [0.007, 0.013], ci_coverage: 0.97}},
	{workload: "<b>|`", verdict: "failed", pairs: 0, p: null, threshold: 0.0025,
		duration_s: 0.1, a: {label: "=1"}, b: {label: "\u001b[31m"},
	 log_ratio: {pairs: [], p50: null, ci95: null}}]' result.json >ab.json
jq '.plan = {name: "profile", rounds: 0} | .host.clock = null |
	.cells = [{workload: "profile", label: "a VM", group: "profile",
	backend: "kvm", params: {pid: 7}, config: {name: "as found"}, status: "ok", unit: "ns",
		warnings: [], rounds: [], summary: null,
	exits: {per_op: {total: 1000, hlt: 1000}, expected: null, as_expected: null,
		by_reason: [{reason: "hlt", count: 1000, per_op: 1000, ns: {p50: 1, p99: 2, max: 3,
			mean: 1}}]}, cost: null}]' result.json >profile.json
jq '.cells = []' result.json >empty.json
jq '.schema = "hvbench.result/2"' result.json >newer.json
"$HVBENCH" compare result.json result.json -f json >compare.json
"$HVBENCH" run -w pio-user --dry-run -f json >dry-run.json
"$HVBENCH" history add result.json 2>/dev/null
"$HVBENCH" history list -f json >history-list.json
"$HVBENCH" list workloads -f json >list.json
for kind in doctor history-trend history-fleet history-gate lab-trace lab-compare lab-sweep \
	lab-types lab-bisect; do
	echo "{\"schema\": \"hvbench.$kind/1\"}" >$kind.json
done
echo '{"schema": "hvbench.something/3"}' >something.json

# The statuses expected for each document: "FILE REPORT COMPARE-WITH-ITSELF COMPARE-WITH-A-RESULT
# ADD GATE", and then WORDS that the messages have to contain.
while read -r file report itself result add gate words; do
	for format in text md csv html; do
		run "$HVBENCH" report $file.json -f $format -q -o out.$format
		test_that "report -f $format of $file: $report" all exited "$report" -- \
			[ "$report" = 0 -o -n "$err" ]
		[ "$report" != 0 ] || test_that "... without escapes or markup from the document" \
			bash -c \
			"! grep -q $'\033' out.$format && ! grep -q '<b>|' out.html 2>/dev/null"
		[ "$report" = 0 ] ||
			test_that "... and it is said what it is" all err_has "$words" -- \
			one_message
	done
	run "$HVBENCH" compare $file.json $file.json
	test_that "compare of two of $file: $itself" all exited "$itself" -- [ -n "$out$err" ]
	[ "$itself" = 0 ] ||
		test_that "... and it is said what they are" \
		bash -c 'grep -qF "$1" <<<"$2"' - "$words" "$out$err"
	run "$HVBENCH" compare result.json $file.json --force
	test_that "compare of a result with $file: $result" exited "$result"
	run "$HVBENCH" compare $file.json result.json --force -f junit
	test_that "... and the other way round" exited "$result"
	rm -f h.sqlite
	run "$HVBENCH" history add $file.json --file h.sqlite
	test_that "history add of $file: $add" exited "$add"
	[ "$add" = 0 ] || test_that "... and it is said what it is" all err_has "$words" -- \
		one_message
	for i in 1 2 3 4 5 6 7 8 9; do
		jq ".started = \"2026-01-0${i}T00:00:00Z\"" result.json >before.json
		"$HVBENCH" history add before.json --file h.sqlite 2>/dev/null
	done
	run "$HVBENCH" history gate $file.json --file h.sqlite
	test_that "history gate of $file: $gate" exited "$gate"
done <<-'EOF'
	result		0 0 0 0 0 added
	ab		0 3 3 0 65 run --ab
	profile		0 3 3 65 65 rofile
	empty		0 3 3 65 65 no cell
	compare		65 65 65 65 65 a comparison ('hvbench compare')
	dry-run		65 65 65 65 65 a plan
	lab-trace	65 65 65 65 65 hvbench lab trace
	lab-compare	65 65 65 65 65 hvbench lab compare
	lab-sweep	65 65 65 65 65 hvbench lab sweep
	lab-types	65 65 65 65 65 hvbench lab type1-vs-type2
	lab-bisect	65 65 65 65 65 hvbench lab bisect
	newer		65 65 65 65 65 newer hvbench
	something	65 65 65 65 65 hvbench.something/3
	history-list	65 65 65 65 65 a list of results
	history-trend	65 65 65 65 65 hvbench history trend
	history-fleet	65 65 65 65 65 trends of many machines
	history-gate	65 65 65 65 65 hvbench history gate
	doctor		65 65 65 65 65 hvbench doctor
	list		65 65 65 65 65 hvbench list
EOF

run "$HVBENCH" report profile.json -f text
test_that "a profile's exits are those of a second, and said to be" \
	all out_like 'exits/s' -- out_like 'a VM +as found +1,000' -- out_lacks exits/op

run "$HVBENCH" report ab.json -f text
test_that "a report of settings against each other shows both, the difference, and the verdict" \
	all out_like 'pio-user +extra=0 +extra=790 +slower' -- out_has "33,550" -- out_has "+0.96 %"
run "$HVBENCH" report ab.json -f md
test_that "as Markdown" out_like '^\| `pio-user` \| `extra=0` \| `extra=790` \| `slower` \|'
run "$HVBENCH" report ab.json -f csv
test_that "as CSV, a row a workload" all out_has 'workload,a,b,verdict,' -- \
	out_has '"pio-user","extra=0","extra=790","slower",33549.9'
test_that "on the page" bash -c "'$HVBENCH' report ab.json -q --no-plots -o ab.html &&
	grep -q 'Settings against each other' ab.html && grep -q 'extra=790' ab.html"
if [ -w /dev/kvm ]; then
	run "$HVBENCH" run -q -w pio-user --ab irqchip=kernel irqchip=kernel --time 1s -f md
	test_that "run --ab -f md prints Markdown" out_like '^\| `pio-user` \|'
	run "$HVBENCH" run -q -w pio-user --ab irqchip=kernel irqchip=kernel --time 1s -f csv
	test_that "run --ab -f csv prints CSV" \
		out_like '^"pio-user","irqchip=kernel","irqchip=kernel",'
	run "$HVBENCH" run -q -w pio-user --ab irqchip=kernel irqchip=kernel --time 1s -o saved.md
	test_that "-o FILE.md is Markdown, too" grep -q '^| `pio-user` |' saved.md
else
	skip "run --ab in other formats" "no /dev/kvm that can be written to"
fi
tap_done
