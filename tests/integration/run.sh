#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvbench run on this machine's /dev/kvm: exact exits, complete documents, formats, files.
. "$(dirname "$0")/../tap.sh"

result=$TMP/result.json
json() { jq -e "$@" "$result" >/dev/null; }

if [ ! -w /dev/kvm ]; then
	skip "hvbench run measures VMs" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

run "$HVBENCH" run -w pio-user,mmio-user,mmio-user:op=read,pio-ioeventfd --rounds 2 --seed 7 \
	-o "$result"
test_that "four cells are measured, with a table on standard output and status 0" \
	all exited 0 -- out_has pio-user -- \
	out_has pio-ioeventfd -- out_has exits/op
test_that "the result conforms to the schema" \
	json '.schema == "hvbench.result/1" and (.cells | length) == 4 and .seed == 7'
test_that "... and all its fields are documented there" "$TOP/tests/schema-validate" \
	--documented "$result"
test_that "all cells are ok, with samples of two rounds" \
	json '[.cells[] | .status == "ok" and (.rounds | length) == 2 and .summary.n > 0] | all'
test_that "exits per operation are exact, within 0.1 %" \
	json '[.cells[].exits.per_op | .total >= 0.999 and .total <= 1.001] | all'
test_that "exits to user space are exact: one for device models, none for ioeventfd" \
	json '[.cells[] |
	.exits.per_op.user == (if .workload == "pio-ioeventfd" then 0 else 1 end)] | all'
test_that "quantiles are in order; two rounds have no 95 % interval" json '[.cells[].summary |
	.ci95 == null and .ci_coverage == 0.5 and .min <= .p25 and .p25 <= .p50 and .p50 <= .p75 and
	.p75 <= .p99 and .p99 <= .max] | all'
test_that "an exit handled in the kernel costs less than one through user space" json '
	(.cells | map({key: .label, value: .summary.p50}) | from_entries) as $p50 |
	$p50["pio-ioeventfd"] < $p50["pio-user"]'

begin=$EPOCHREALTIME
run "$HVBENCH" run -w pio-user --rounds 1 -q -o "$result"
took_us=$((${EPOCHREALTIME/./} - ${begin/./}))
test_that "-q with -o prints nothing" all exited 0 -- silent -- quiet
test_that "one cell in one round takes less than 1 s" [ $took_us -lt 1000000 ]

for format in text json csv md; do
	run "$HVBENCH" run -w cpuid --rounds 1 --format $format
	test_that "--format $format goes to standard output" all exited 0 -- out_has cpuid
done
for ending in json csv md txt; do
	run "$HVBENCH" run -w cpuid --rounds 1 -q -o "$TMP/by-ending.$ending"
	test_that "-o FILE.$ending is in the format its name says" all exited 0 -- \
		[ -s "$TMP/by-ending.$ending" ]
done
test_that "... JSON is JSON" jq -e .schema "$TMP/by-ending.json"
test_that "... Markdown is a table" grep -q '^|' "$TMP/by-ending.md"

run "$HVBENCH" run -w chase:working_set=64k,cpuid --backend native --rounds 2 -o "$result"
test_that "the native backend runs the same code without a VM" all exited 0 -- \
	json '[.cells[] | .backend == "native" and .status == "ok"] | all'
run "$HVBENCH" run -w pio-user --backend native --rounds 1 -o "$result"
test_that "what cannot run on a backend is skipped with its reason" \
	json '.cells[0] | .status == "skipped" and (.reason | length > 10)'

# If nothing was measured, for whatever reason, that is not a success; and it is said once.
nothing_measured()
{
	all exited 69 -- err_has "nothing was measured" -- [ "$(grep -c "$1" <<<"$err")" = 1 ]
}
run "$HVBENCH" run -q -w pio-user,mmio-user,hypercall --backend native --rounds 1 -o "$result"
test_that "a run of which all cells are skipped is 69, with the reason once" \
	nothing_measured "needs a VM"
test_that "... and the document has each" \
	json '[.cells[].status] == ["skipped", "skipped", "skipped"]'
run "$HVBENCH" run -q -w chase --config numa=1000 --rounds 1
test_that "a NUMA node that is not there is status 69" all nothing_measured numa=1000 -- silent
if [ "$(cat /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages 2>/dev/null)" = 0 ]; then
	run "$HVBENCH" run -q -w chase --config pages=1g --rounds 1
	test_that "huge pages that are not reserved are 69, with how to reserve them" \
		nothing_measured \
		nr_hugepages
else
	skip "huge pages that are not reserved" "1 GiB pages are reserved here, or unknown"
fi
run "$HVBENCH" run -q -w chase,pio-user --ab numa=0 numa=1000
test_that "an --ab that cannot run is 69, with the reason once" all exited 69 -- \
	[ "$(grep -c numa=1000 <<<"$err")" = 1 ]
run "$HVBENCH" run -w pio-user,chase:working_set=64k --backend native --rounds 1
test_that "where some cells were measured the status is 0, and skipped ones are counted" \
	all exited 0 -- \
	err_has "1 of 2 cells skipped"
run "$HVBENCH" run -q -w ipi,pio-user --ab irqchip=kernel irqchip=kernel --time 1s
test_that "--ab goes on after a workload that has no twins" all [ "$status" -le 2 ] -- \
	err_has "no twins" -- err_has "1 of 2 workloads skipped" -- out_has pio-user

run "$HVBENCH" run -w empty -w cpuid,pause --dry-run --format json
test_that "several -w make one list, from which nothing is dropped" all exited 0 -- \
	jq -e '[.cells[].workload] == ["empty", "cpuid", "pause"]' <<<"$out"
run "$HVBENCH" run -w empty --threshold 1% --dry-run
test_that "--threshold without --ab is refused, since it would have no effect" all exited 64 -- \
	err_has "--threshold goes with --ab"

# A host that takes much longer than estimated, here for three seconds in which it does nothing:
# each cell is measured, and the rest of what there is no time for is left out.
overrun()
{
	"$HVBENCH" run -q -w pio-user,mmio-user,cpuid --time 1s -o "$TMP/late.json" 2>"$TMP/late" &
	sleep 0.3
	kill -STOP $!
	sleep 3
	kill -CONT $!
	wait $!
}
run overrun
test_that "a run that takes too long leaves out what it can, and says so" all exited 0 -- \
	grep -q "much longer than estimated" "$TMP/late" -- jq -e '(.cells | length) == 3 and
	all(.cells[]; .status == "ok" and .exits.by_reason == []) and
	any(.cells[].warnings[].text; test("no probes watched it")) and
	.plan.rounds <= .plan.most_rounds' "$TMP/late.json"

# The order in which cells are measured depends on the seed only.
order()
{
	"$HVBENCH" run -w pio-user,cpuid,mmio-user,pause --rounds 3 --seed "$1" --samples 3 \
		--format json 2>/dev/null | jq -c '[.cells[].rounds[].visit]'
}
first=$(order 5)
if [[ $first == *null* ]]; then
	skip "the same seed visits cells in the same order" "documents do not hold the order"
else
	test_that "the same seed visits cells in the same order" [ "$first" = "$(order 5)" ]
	test_that "another seed visits them in another order" [ "$first" != "$(order 6)" ]
fi

ulimit -c 0
run bash -c '/usr/bin/time -f %M -o "$TMP/rss" \
	"$HVBENCH" run -w cpuid,pio-user --rounds 2 -q -o "$TMP/rss.json"'
if [ -s "$TMP/rss" ]; then
	test_that "the program takes less than 64 MiB beside a VM of default size" \
		[ "$(tail -n 1 "$TMP/rss")" -lt 65536 ]
else
	skip "the program stays small" "no /usr/bin/time"
fi
tap_done
