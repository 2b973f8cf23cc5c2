#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench compare: verdicts by exit status, formats, and what it refuses.
. "$(dirname "$0")/../tap.sh"

# make_result FILE LEVEL SPREAD [JQ]: 12 rounds alternately above and below LEVEL, by up to SPREAD.
make_result()
{
	jq -n --argjson level "$2" --argjson spread "$3" '
	def cell(name; scale): [range(12) |
		$level * scale * (1 + $spread * ((. * 7 % 12) - 5.5) / 5.5)] as $r |
	{ workload: name, label: name, group: "exit", backend: "kvm", params: {op: "write"},
		ring: 3,
	  config: {name: "default", irqchip: "kernel"}, status: "ok", unit: "ns",
	  	higher_is_better: false,
	  warnings: [], rounds: [$r[] | {status: "ok", samples: [.]}],
	  summary: {min: ($r | min), p50: ($r | sort | (.[5] + .[6]) / 2), rounds: 12},
	  exits: {per_op: {total: 1, user: 1}, expected: {IO_INSTRUCTION: 1}, as_expected: true} };
	{ schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: "2026-01-31T12:00:00Z",
		seed: 1,
	  plan: {name: "test", rounds: 12},
	  host: {kernel: "6.1.0", clock: "tsc", virt: "vmx", fingerprint: "fnv1a64:1",
	  	cpu: {model: "A CPU"}},
	  cells: [cell("pio-user"; 1), cell("cpuid"; 0.3)] }' | jq "${4:-.}" >"$1"
}

if ! command -v jq >/dev/null; then
	skip "hvbench compare" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
make_result base.json 1000 0.005
make_result same.json 1001 0.005
make_result slow.json 1000 0.005 \
	'.cells[1].rounds[].samples[] *= 1.2 | .cells[1].summary.p50 *= 1.2'
make_result fast.json 900 0.005
make_result noisy.json 1030 0.4
make_result other-host.json 1000 0.005 '.host.fingerprint = "fnv1a64:2" | .host.cpu.model = "B CPU"'
make_result exits.json 1000 0.005 '.cells[0].exits.per_op.total = 2'
make_result kernel.json 1000 0.005 '.host.kernel = "6.12.0"'

run "$HVBENCH" compare base.json same.json
test_that "equal cells are the same, status 0" all exited 0 -- quiet -- out_has "2 same."
run "$HVBENCH" compare base.json slow.json
test_that "one cell slower is a regression, status 1" all exited 1 -- \
	out_has "1 slower, 1 same." -- out_like 'cpuid +slower .*\+20.0 %'
run "$HVBENCH" compare base.json fast.json
test_that "faster is no regression" all exited 0 -- out_has "2 faster."
run "$HVBENCH" compare base.json noisy.json
test_that "an undecided cell is inconclusive, status 2" all exited 2 -- \
	out_has "2 inconclusive." -- out_has "more rounds"
run "$HVBENCH" compare base.json same.json slow.json noisy.json
test_that "with several results the worst decides, and each has its tables" all exited 1 -- \
	out_has "exit, slow.json"
run "$HVBENCH" compare base.json slow.json --threshold 25%
test_that "a threshold above the change makes it the same" exited 0
run "$HVBENCH" compare base.json slow.json --only pio-user
test_that "--only leaves out the other workloads" all exited 0 -- out_lacks cpuid
run "$HVBENCH" compare base.json slow.json --only 'cpu*'
test_that "--only accepts patterns" all exited 1 -- out_lacks pio-user
run "$HVBENCH" compare base.json exits.json
test_that "more exits are a regression though the time is the same" all exited 1 -- \
	out_has "exits per operation: total 1 -> 2" -- \
	out_like \
	'^[0-9]+ same; in [0-9]+ the exits changed, and [0-9]+ takes? more of them: a regression\.$'
run "$HVBENCH" compare exits.json base.json
test_that "fewer exits are not a regression" all exited 0 -- out_has "the exits changed." -- \
	out_lacks "a regression"
run "$HVBENCH" compare base.json kernel.json
test_that "another kernel is mentioned" all exited 0 -- out_has "kernel 6.1.0 -> 6.12.0"

run "$HVBENCH" compare base.json other-host.json
test_that "unlike hosts are refused with what differs, status 3" all exited 3 -- \
	out_has "cpu.model A CPU -> B CPU" -- out_has "--force"
run "$HVBENCH" compare base.json other-host.json --force
test_that "--force compares them and says so" all exited 0 -- out_has "because of --force"
make_result empty.json 1000 0.005 '.cells = []'
run "$HVBENCH" compare base.json empty.json
test_that "nothing in common is not comparable" all exited 3 -- \
	out_has "no cell of one has its like in the other"
make_result icount.json 1000 0.005 '.host.clock = "icount"'
run "$HVBENCH" compare base.json icount.json --force
test_that "a time and a count are not compared, even by force" all exited 3 -- \
	out_has "instructions"
make_result split.json 1000 0.005 '.cells[].config.irqchip = "split"'
run "$HVBENCH" compare base.json split.json
test_that "another configuration is another cell, which is named" all exited 3 -- \
	out_has "irqchip=split (here: kernel)"
run "$HVBENCH" compare base.json split.json --across irqchip
test_that "--across compares configurations" exited 0
make_result leaf.json 1000 0.005 '.cells[].config.irqchip = "split" | .cells[].params.leaf = 1'
for key in irqchp=irqchip bakend=backend leef=leaf configg=config; do
	run "$HVBENCH" compare base.json leaf.json --across "irqchip,${key%=*}"
	test_that "--across an unknown key is refused" all exited 64 -- silent -- \
		err_has "--across: '${key%=*}'" -- err_has "did you mean '${key#*=}'?"
done
run "$HVBENCH" compare base.json split.json --across zzzzzzzzzz
test_that "... and without a guess where none is near" all exited 64 -- silent -- \
	err_lacks "did you mean"
run "$HVBENCH" compare base.json leaf.json --across irqchip,pages,ring,backend,leaf
test_that "--across accepts any existing key" exited 0

# Options that say how to measure are refused too where both sides are results already.
for what in "-w cpuid" "--config irqchip=user" "--rounds 1" quick; do
	# shellcheck disable=SC2086 # words
	run "$HVBENCH" lab compare svm $what --base base.json --new split.json
	test_that "lab compare of two results takes no ${what%% *}" all exited 64 -- silent -- \
		err_has "both hosts are results"
done

test_that "... and without it, the needed --across is named" \
	bash -c "'$HVBENCH' compare base.json split.json | grep -q 'with --across irqchip\.'"
make_result partly-split.json 1000 0.005 '.cells[1].config.irqchip = "split"'
run "$HVBENCH" compare base.json partly-split.json
test_that "... also if some cells match" all exited 2 -- \
	out_has "With --across irqchip 1 more cell has a like in the other result."

# A gate must not pass if nothing was compared, or less than before.
make_result fewer.json 1000 0.005 '.cells = .cells[:1]'
make_result failed.json 1000 0.005 \
	'.cells[1] |= (.status = "failed" | .reason = "the guest hung" | .summary = null)'
make_result skipped.json 1000 0.005 \
	'.cells[] |= (.status = "skipped" | .reason = "no pages" | .summary = null)'
make_result cycles.json 1000 0.005 '.cells[].unit = "cycles"'
run "$HVBENCH" compare base.json fewer.json
test_that "a cell that the new result lacks is named, status 2" all exited 2 -- \
	out_has "only in base: cpuid" -- out_has "1 same, 1 missing."
for missing in fail=1 warn=2 ignore=0; do
	run "$HVBENCH" compare base.json fewer.json --missing ${missing%=*}
	test_that "--missing ${missing%=*} makes it ${missing#*=}" exited "${missing#*=}"
done
run "$HVBENCH" compare base.json fewer.json -f junit --missing fail
test_that "JUnit reports a missing cell as a failure" all exited 1 -- \
	out_has '<failure message="missing: only the base has it'
run "$HVBENCH" compare base.json fewer.json -f junit
test_that "... or as skipped" out_has '<skipped message="missing: only the base has it'
run "$HVBENCH" compare base.json fewer.json --only pio-user
test_that "a cell that --only leaves out is not missing" exited 0
run "$HVBENCH" compare base.json failed.json --missing ignore
test_that "a cell that fails now is status 1 in any case" all exited 1 -- \
	out_has "1 same, 1 lost." -- out_has "the guest hung"
run "$HVBENCH" compare failed.json failed.json
test_that "a cell that fails in both results is not 'all is well'" exited 2
for unjudged in skipped cycles; do
	run "$HVBENCH" compare base.json $unjudged.json
	test_that "$unjudged: nothing was judged, status 3" all exited 3 -- \
		out_has "Nothing was judged"
done
run "$HVBENCH" compare base.json fewer.json --missing maybe
test_that "--missing takes one of three words" all exited 64 -- one_message

run "$HVBENCH" compare base.json slow.json -f json
test_that "JSON is JSON, with the status in it" all exited 1 -- \
	jq -e \
	'.schema == "hvbench.compare/1" and .status == 1 and .comparisons[0].counts.slower == 1' \
	.out
run "$HVBENCH" compare base.json slow.json -f md
test_that "Markdown has a table" out_has '| `cpuid` |'
run "$HVBENCH" compare base.json slow.json -f junit
test_that "JUnit counts the failure" out_has 'tests="2" failures="1" errors="0" skipped="0"'
test_that "... and its message carries the figure" \
	out_like '<failure message="slower: \+20.00 % \(.*, 300.* -&gt; 360.* ns"'
make_result rate.json 50e9 0.005 '.cells[] |= (.unit = "bytes_per_s" | .higher_is_better = true)'
run "$HVBENCH" compare rate.json rate.json -f junit
test_that "... in the unit that tables have" all out_has "50 -&gt; 50 GB/s" -- out_lacks bytes_per_s
if command -v xmllint >/dev/null; then
	test_that "JUnit is XML" xmllint --noout .out
else
	skip "JUnit is XML" "xmllint is not installed"
fi
run "$HVBENCH" compare base.json slow.json -q -o junit.xml
test_that "-o chooses the format by the file's ending" all exited 1 -- silent -- \
	grep -q '<testsuites' junit.xml
run "$HVBENCH" compare base.json slow.json -o no/such/dir.json
test_that "what cannot be written is status 74" all exited 74 -- err_has "no/such/dir.json"
run bash -c "'$HVBENCH' compare - base.json <same.json"
test_that "standard input is a result too" exited 0

for bad in '' '{' '[]' '{"schema": "hvbench.result/1"}' \
	'{"schema": "hvbench.result/9", "cells": []}'; do
	echo "$bad" >bad.json
	run "$HVBENCH" compare base.json bad.json
	test_that "'$bad' is refused as no result, status 65" \
		all exited 65 -- err_has bad.json -- one_message
done
run "$HVBENCH" compare base.json missing.json
test_that "a missing file is wrong usage" all exited 64 -- err_has missing.json -- one_message
run "$HVBENCH" compare base.json
test_that "one result is not enough" all exited 64 -- err_has "missing"
run "$HVBENCH" compare base.json same.json --only pio-usr
test_that "--only with an unknown name is a mistake" all exited 64 -- err_has pio-usr
for arguments in '--threshold 2' '--threshold -1%' '--threshold x%' '--alpha 0' '--alpha 7' \
	'--format yaml' '--only a,,b'; do
	# shellcheck disable=SC2086 # two words
	run "$HVBENCH" compare base.json same.json $arguments
	test_that "$arguments is refused" all exited 64 -- one_message
done

# Under the sanitizers, with files damaged in many places.
if [ -x "$HVBENCH_SANITIZED" ]; then
	bad=0
	for filter in '.cells[0].rounds = []' '.cells[0].rounds[].samples = []' \
		'.cells[0].summary = null' 'del(.host.cpu)' \
		'.cells[0].params = null' 'del(.cells[].config)' \
		'.cells[0].rounds[0].samples = [1e308, -1e308]' \
		'.cells[0].rounds[].samples = [0]' '.cells[0].rounds[].samples = [-5]' \
		'.cells[1] = .cells[0]' \
		'.cells[0].exits = {}' '.cells[0].exits.per_op = {a: 1e300}' \
		'.cells[0].status = "failed"' '.plan = {}' \
		'.cells[0].reference = {label: "x", log_ratio: {pairs: [1, 2, 3]}}' '.host = {}' \
		'.cells[0].workload = ""'; do
		make_result odd.json 1000 0.005 "$filter"
		for format in text json md junit; do
			run "$HVBENCH_SANITIZED" compare base.json odd.json -f $format --force
			[ "$status" -le 3 ] || { bad=1; echo "# $filter, $format: status $status" &&
				head -n 20 <<<"$err"; }
			run "$HVBENCH_SANITIZED" compare odd.json odd.json -f $format --force
			[ "$status" -le 3 ] || { bad=1; echo "# $filter, $format: status $status" &&
				head -n 20 <<<"$err"; }
		done
	done
	test_that "damaged documents are read without an error of memory" [ $bad = 0 ]
else
	skip "damaged documents are read without an error of memory" "there is no sanitizer build"
fi
tap_done
