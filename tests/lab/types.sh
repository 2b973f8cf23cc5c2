#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvbench lab type1-vs-type2: the table, and that its sentences follow from the figures.
. "$(dirname "$0")/common.bash"
lane_or_skip tcg

run "$HVBENCH" lab run tcg type1-vs-type2 -q -o "$TMP/tcg.json" --format csv
# Made-up figures for the other lanes: nothing has to boot, and the sentences can be predicted.
made_up()
{
	jq --argjson c "$2" --argjson p "$3" \
		'(.cells[] | .status) = "ok" | (.cells[] | .reason) = null |
		(.cells[] | .unit) = "insn" | (.cells[] | .summary) = {p50: $c, min: $c} |
		(.cells[] | select(.workload == "pio-user" or .workload == "mmio-user") |
			.summary.p50) = $p' \
		"$TMP/tcg.json" >"$TMP/$1.json"
}
made_up svm 1000 2000
made_up xen-domu 3000 500
made_up xen-dm 3000 20000
run "$HVBENCH" lab type1-vs-type2 --result "svm=$TMP/svm.json" \
	--result "xen-domu=$TMP/xen-domu.json" \
	--result "xen-dm=$TMP/xen-dm.json" --result "tcg=$TMP/tcg.json" -o "$TMP/all.json"
test_that "the table has a column for each hypervisor" all exited 0 -- \
	out_like '^cpuid +1,000 +3,000 +3,000 +[0-9.]+$' \
	-- out_like '^pio-user +2,000 +500 +20,000'
test_that "the reading follows the figures" all out_has "3.00 times as many" -- \
	out_has "10.0 times as many" \
	-- out_has "500 of these are Xen's own"
test_that "what could not be measured is named, with the reason" \
	out_like 'hypercall under TCG: .*needs a hypervisor'
test_that "it says what the figures are not" out_has "not time"
test_that "the document conforms to the schema" \
	"$TOP/tests/schema-validate" --documented "$TMP/all.json"
test_that "all results are in the document" \
	jq -e '(.lanes | length) == 4 and .lanes[0].result.cells' "$TMP/all.json"
run "$HVBENCH" lab type1-vs-type2 --result "svm=$TMP/svm.json" --format md
test_that "with one result alone nothing is made up about the others" all exited 0 -- \
	out_has '| `cpuid`' -- out_lacks Xen
run "$HVBENCH" lab type1-vs-type2 --lanes tcg --result "svm=$TMP/none.json"
test_that "results are checked before anything boots" all exited 69 -- err_has none.json -- \
	err_lacks "kept in"
run "$HVBENCH" lab type1-vs-type2 --lanes svm,kvm
test_that "an unknown lane is refused" all exited 64 -- err_has "'kvm'"
run "$HVBENCH" lab type1-vs-type2 --lanes ''
test_that "... and an empty list, which is not that of all" all exited 64 -- silent
run "$HVBENCH" lab type1-vs-type2 --fast --lanes vmx
test_that "--fast and --lanes exclude each other" all exited 64 -- err_has --lanes
tap_done
