#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvbench list: all formats hold the same, complete tables.
. "$(dirname "$0")/../tap.sh"

json() { jq -e "$@" <<<"$out" >/dev/null; }

run "$HVBENCH" list --format json
test_that "list backends shows the keys that each honours" \
	json '.backends | map({(.name): .keys}) | add |
	(.kvm | index("dirty_log")) and (.native | index("dirty_log") | not) and (.native |
		index("pages"))'
test_that "list --format json is JSON with all four lists" \
	json '.workloads and .configs and .backends and .jobs'
all_json=$out
names=$(jq -r '.workloads[].name' <<<"$out")
test_that "every workload of workloads/ is listed" \
	[ "$(sort <<<"$names")" \
	= "$(sed -n 's/^	\.name = "\(.*\)",$/\1/p' "$TOP"/workloads/*.c | sort)" ]
test_that "... and every file there describes one" \
	[ -z "$(grep -L '^DEFINE_WORKLOAD(' "$TOP"/workloads/*.c)" ]
test_that "within a group they are in the order of their names" \
	json '[.workloads[] | [.group, .name]] |
	group_by(.[0]) as $groups | ([$groups[] | map(.[1]) | . == sort] | all)'
test_that "names are unique" [ -z "$(sort <<<"$names" | uniq -d)" ]
test_that "every workload says group, unit, ring, vCPUs and whether it is native" \
	json '[.workloads[] |
	(.group | IN("exit", "interrupt", "memory", "sched", "io", "lifecycle")) and (.what |
		length > 5) and
	(.unit | IN("cycles", "ns", "bytes_per_s")) and (.ring | IN(0, 3)) and .vcpus >= 1 and
	(.native | type == "boolean")] | all'
test_that "expected exits are given for both vendors, or a note says why there is no number" \
	json '[.workloads[] |
	if .exits == null then (.exits_note | type == "string") else
	(.exits.vmx | length) == (.exits.svm | length) or (.exits_note | type == "string") end] |
		all'
test_that "defaults lie within their bounds" json '[.workloads[].params[] |
	if .kind == "choice" then (.default as $d | .choices | index($d) != null)
	else (.default | tonumber) >= (.min | tonumber) and (.default | tonumber) <= (.max |
		tonumber) end] | all'
test_that "pio-user is expected to take one I/O exit, to user space" \
	json '.workloads[] | select(.name == "pio-user") |
	.exits.vmx.IO_INSTRUCTION == 1 and .exits.svm.io == 1 and .user_exits == 1'
test_that "pio-ioeventfd needs an ioeventfd and nothing else" json '.workloads[] |
	select(.name == "pio-ioeventfd") | .needs == ["ioeventfd"]'
test_that "a backend that is not there says why" json '[.backends[] |
	if .available then .why == null and (.virt | type == "string") else (.why |
		length > 0) end] | all'
test_that "every file of workloads/jobs/ is listed as a job" \
	[ "$(jq -r '.jobs[].name' <<<"$out" | sort)" \
	= "$(cd "$TOP/workloads/jobs" && ls -- *.ini | sed 's/\.ini$//' | sort)" ]
test_that "every job says what it is for" \
	json '[.jobs[] | (.what | length > 5) and .cells > 0] | all'

for section in workloads configs backends jobs; do
	run "$HVBENCH" list $section --format json
	test_that "list $section --format json is that list alone" json --arg s $section \
		'del(.schema) | keys == [$s]'
	run "$HVBENCH" list $section
	missing=
	for name in $(jq -r --arg s $section '.[$s][] | .name // .key' <<<"$all_json"); do
		out_has "$name" || missing="$missing $name"
	done
	test_that "list $section as text has every name" all exited 0 -- quiet -- [ -z "$missing" ]
	run "$HVBENCH" list $section --format md
	test_that "list $section as Markdown has rows of equal length" \
		[ "$(sed 's/\\|//g' <<<"$out" | grep '^|' | tr -cd '|\n' | sort -u | wc -l)" = 1 ]
done

run "$HVBENCH" list --peers --format json
peers_json=$out
test_that "list --peers --format json has only the tests of other tools" all \
	json 'del(.schema) | keys == ["peers"]' -- \
	json '[.peers[] | select(.run == null) | .note | type == "string"] | all' -- \
	json '[.peers[] | select(.peer | contains("vmexit.c"))] | length == 36'
run "$HVBENCH" list --peers
missing=
while read -r item; do
	out_has "$item" || missing="$missing $item"
done <<<"$(jq -r '.peers[].run // empty' <<<"$peers_json")"
test_that "list --peers as text has every test" all exited 0 -- quiet -- [ -z "$missing" ]
run "$HVBENCH" list --peers --format md
test_that "list --peers as Markdown has a row for each test" \
	[ "$(grep -c '^|' <<<"$out")" = $(($(jq '.peers | length' <<<"$peers_json") + 2)) ]
run "$HVBENCH" list jobs --peers
test_that "--peers is a list of its own" all exited 64 -- silent -- \
	err_has "--peers is a list of its own"
run "$HVBENCH" list workloads
missing=
for item in $(jq -r '.workloads[].params[] | "\(.name)=\(.default_text)"' <<<"$all_json"); do
	out_has "$item" || missing="$missing $item"
done
test_that "list workloads as text has every parameter with its default" [ -z "$missing" ]
run "$HVBENCH" list
test_that "list alone is an overview" all exited 0 -- quiet -- out_has pio-user -- \
	out_has halt_poll_ns -- out_has native

run "$HVBENCH" list workload
test_that "for an unknown kind of list the nearest is suggested" all exited 64 -- silent -- \
	err_has "did you mean 'workloads'?"
run "$HVBENCH" list workloads jobs
test_that "two lists at once are refused" all exited 64 -- silent -- \
	err_has "unexpected argument 'jobs'"
run "$HVBENCH" list --format yaml
test_that "for an unknown format the message lists the formats" all exited 64 -- silent -- \
	err_has "'yaml' is none of text, json, csv or md"
tap_done
