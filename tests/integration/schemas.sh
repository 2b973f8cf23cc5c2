#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every JSON document names its schema and conforms to it; and every path that the sources read
# from documents is in a schema.
. "$(dirname "$0")/../tap.sh"

cd "$TMP" || exit 1
export XDG_DATA_HOME=$TMP/data
schemas=$TOP/bench/result
paths() { python3 "$TOP/tests/doc-paths.py" "$@"; }

# Plain python3 is enough; no library is needed.
if command -v python3 >/dev/null; then
	run paths
	test_that "every path into a document is in a schema" all exited 0 -- silent -- \
		[ -z "$err" ]
	test_that "... and there are some 200 of them" [ "$(paths --list | wc -l)" -ge 200 ]
	cat >misspelt.c <<'END'
static double f(const json_t *cell, const json_t *doc)
{
	return doc__number(cell, "summary.p50") + doc__number(cell, "sumary.p50") +
	       doc__number(doc, "summary.p50") +
	       doc__number(doc__at(cell, "exits"), "unknown_why") +
	       doc__element(cell, "summary.ci95", 0);
}
static const char *const columns[] = {
	"summary.ci95.1", "summary.ci59.1", "report.html"	/* "no.path" */
};
END
	run paths misspelt.c
	test_that "a path that is misspelt, of another document or of another type is found" \
		all exited 1 -- err_has 'misspelt.c:3: doc__number(cell, "sumary.p50")' -- \
		err_has 'doc__number(doc, "summary.p50")' -- \
		err_has '"unknown_why"' -- err_has 'misspelt.c:9: "summary.ci59.1"' -- \
		[ "$(wc -l <<<"$err")" = 4 ]
else
	skip "paths into documents" "there is no python3"
fi

# Each schema's name, and that it is installed with the others.
named=$(cd "$TOP" && grep -rhoE '"hvbench\.[a-z0-9-]+/1"' bench reports --include='*.[ch]' |
	sort -u | tr -d '"')
for name in $named; do
	[ "$name" != hvbench.switched/1 ] ||
		continue	# a note of the program to itself, read by nobody else
	file=${name#hvbench.}
	test_that "$name has a schema, which says so" \
		[ "$(jq -r .properties.schema.const "$schemas/${file%/1}.schema.json")" = "$name" ]
done
test_that "no schema is left over" [ "$(ls "$schemas"/*.schema.json | wc -l)" \
	= "$(grep -vc switched <<<"$named")" ]

if ! "$TOP/scripts/python3-with" jsonschema >/dev/null; then
	skip "documents against their schemas" "no python3-jsonschema"
	tap_done
	exit
fi

# valid FILE NAME: conforms to the schema NAME, and has no undocumented field
valid()
{
	jq -e --arg s "hvbench.$2/1" '.schema == $s' "$1" >/dev/null &&
		"$TOP/tests/schema-validate" --documented "$1"
}

# A result with one or two cells, and everything that can be made from it without measuring.
jq -n '{ schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: "2026-01-31T12:00:00Z",
	seed: 1, plan: {name: "t", rounds: 6},
	host: {virt: "vmx", clock: "tsc", fingerprint: "fnv1a64:0123456789abcdef", kernel: "6.1",
		cpu: {model: "x", flags: ["a"]}},
	cells: [ {workload: "cpuid", label: "cpuid", group: "exit", backend: "kvm", ring: 3,
		params: {}, config: {name: "default"},
		status: "ok", unit: "ns", higher_is_better: false, warnings: [],
		rounds: [range(6) as $i | {status: "ok", samples: [range(8) | 1000 + 7 * $i + .]}],
		summary: {n: 48, rounds: 6, min: 1000, p50: 1021, ci95: [1003, 1038],
			ci_coverage: 0.97, ci_basis: "rounds"},
		reference: {label: "native", log_ratio: {pairs: [range(6) |
			0.7 + . / 1000], p50: 0.7025, ci95: [0.7, 0.705], ci_coverage: 0.97}},
		exits: {per_op: {total: 1, CPUID: 1}, as_expected: true} },
	  {workload: "touch", label: "touch:working_set=1m", group: "memory", status: "failed",
	  	reason: "no memory", unit: "cycles",
		warnings: ["plain"], rounds: [], summary: null} ] }' >result.json
jq '.started = "2026-02-01T12:00:00Z" | .seed = 2 | .host.kernel = "6.2" | .host.cpu.flags = ["b"] |
	.cells[0].rounds[].samples[] += 300 |
	.cells[0].exits.per_op = {total: 2, CPUID: 1, HLT: 1} |
		.cells[1].label = "touch:working_set=2m"' result.json >new.json
jq '.host.clock = "icount" | .cells[0].unit = "insn"' result.json >insn.json
jq '.cells[0].summary.p50 += 500 | .cells[0].summary.min += 500' insn.json >insn2.json
jq '.plan = {name: "profile", rounds: 0} | .cells = []' result.json >profile.json
for file in result new insn insn2 profile; do
	test_that "$file.json of this test conforms to the schema" valid $file.json result
done

for section in "" workloads configs backends jobs; do
	"$HVBENCH" list $section -f json >list.json
	test_that "list $section conforms to its schema" valid list.json list
done
"$HVBENCH" run full --dry-run -f json >dry-run.json
test_that "run --dry-run of a job conforms to its schema" valid dry-run.json dry-run
"$HVBENCH" run -w pio-user,touch --backend kvm,native --seed 7 --dry-run -f json >dry-run.json
test_that "run --dry-run of the command line conforms to its schema" valid dry-run.json dry-run
"$HVBENCH" doctor -f json >doctor.json
test_that "doctor conforms to its schema" valid doctor.json doctor
"$HVBENCH" doctor thp smis halt-polling --goal density -f json >doctor.json
test_that "doctor of three checks conforms to its schema" valid doctor.json doctor
if [ -w /dev/kvm ]; then
	"$HVBENCH" doctor --prove vhost --time 10s -f json >doctor.json
	test_that "doctor with a proof conforms to its schema" valid doctor.json doctor
fi
for of in "result.json new.json" "result.json result.json new.json --across config" \
	"result.json profile.json" "profile.json profile.json" \
	"insn.json insn2.json" "result.json insn.json"; do
	"$HVBENCH" compare $of -f json >compare.json 2>/dev/null
	test_that "compare $of conforms to its schema" valid compare.json compare
done
for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
	jq --arg i $i \
		'.started = "2026-01-\($i)T12:00:00Z" | .seed = ($i | ltrimstr("0") | tonumber) |
		if $i > "06" then .cells[0].summary.p50 += 400 |
			.cells[0].reference.log_ratio.p50 += 0.4 else . end' result.json >at-$i.json
done
jq '.started = "2026-01-13T12:00:00Z" | .cells = [] | .seed = 13 |
	.ab = [{workload: "touch", verdict: "same", pairs: 12, p: 0.5, threshold: 0.0025,
	duration_s: 70, a: {label: "extra=0", p50_ns: 1}, b: {label: "extra=9", p50_ns: 1},
		log_ratio: {pairs: [0.01], p50: 0.01, ci95: null}}]' \
	result.json >ab.json
test_that "ab.json of this test conforms to the schema" valid ab.json result
"$HVBENCH" history add at-*.json ab.json 2>/dev/null
"$HVBENCH" history list -f json >list.json
test_that "history list conforms to its schema" valid list.json history-list
"$HVBENCH" history trend -f json >trend.json
test_that "history trend conforms to its schema" valid trend.json history-trend
test_that "... and has the change that the results have" \
	[ "$(jq '[.trends[].changes[]] | length' trend.json)" -ge 1 ]
for machine in a b c d e f g h; do
	for i in 0 1 2 3; do
		jq -c --argjson i "$i" --arg machine "$machine" '($machine | explode[0]) as $nr |
			.started = "2026-02-0\($i + 1)T00:00:00Z" | .seed = 10 * $nr + $i |
			(.cells[] | select(.status == "ok") | .summary.p50) |=
				. * (1 + $nr % 5 / 1000) * (if $machine == "h" then 2 else 1 end)
			' result.json >host.json
		"$HVBENCH" history add host.json --machine $machine --file fleet.sqlite 2>/dev/null
	done
done
"$HVBENCH" history trend --across-hosts --figure cost --file fleet.sqlite -f json >fleet.json
test_that "history trend --across-hosts conforms to its schema" valid fleet.json history-fleet
test_that "... and names the host that stands apart" \
	jq -e '[.apart[].machine] | unique == ["h"]' fleet.json
jq '.started = "2026-03-01T12:00:00Z" | .seed = 99 | .cells[0].status = "skipped" |
	.cells[0].rounds = [] | .cells[0].summary = null' result.json >last.json
"$HVBENCH" history gate new.json -f json >gate.json
test_that "history gate conforms to its schema" valid gate.json history-gate
"$HVBENCH" history gate last.json -f json >gate.json
test_that "history gate of a result that lacks a cell conforms to its schema" \
	valid gate.json history-gate
"$HVBENCH" lab compare svm --base insn.json --new insn2.json -f json >lab.json
test_that "lab compare conforms to its schema" valid lab.json lab-compare
"$HVBENCH" lab type1-vs-type2 --result svm=insn.json --result tcg=insn2.json -o lab.json >/dev/null
test_that "lab type1-vs-type2 conforms to its schema" valid lab.json lab-types
"$HVBENCH" lab sweep svm --kernels insn.json,insn2.json,insn.json -f json >lab.json
test_that "lab sweep conforms to its schema" valid lab.json lab-sweep
jq '.cells[0].verdict = 3 | .extra = 1' lab.json >damaged.json
jq '.results[1].cells[0].ring = "three"' lab.json >damaged.json
run "$TOP/tests/schema-validate" damaged.json
test_that "... and the results in it to the result's" all exited 1 -- \
	err_has 'results.1.cells[0].ring'
invalid() { ! valid "$@"; }
test_that "... and a document that does not conform is found" invalid damaged.json lab-sweep

tap_done
