#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
#
# Every operation takes the exits that its descriptor says, in each lane of KVM's, or there is a
# sentence beside it that says why not. Prints a line for each cell: lane, workload, what was
# expected, what was seen, instructions.
#
#   WHOLE=1           the jobs exits, interrupts and enlightened instead of one boot of a few
#                     cells, a quarter of an hour
#   LANES="svm vmx"   other lanes than svm (with WHOLE=1: than svm, svm-bochs and vmx)
. "$(dirname "$0")/common.bash"
jobs=()
if [ "${WHOLE:-}" ]; then
	LANES=${LANES:-svm svm-bochs vmx}
	jobs=(exits interrupts enlightened)
fi
# Those whose exits depend on a parameter, the lane or the local APIC's mode, and one that would
# take minutes if each of its operations, two time slices of the host's, were measured 300 times.
FEW=cpuid:leaf=13:subleaf=0xffff,wrmsr,wrmsr:msr=0xc0000102,rdmsr,rdmsr:msr=0x10
FEW+=,rdmsr:msr=0xc0000100,cr0-wp,cr0-wp:others=clear,xsetbv,invd,mmio-kernel,eoi,self-ipi
FEW+=,nested-exit,tlb-shootdown
for lane in ${LANES:-svm}; do
	lane_or_skip "$lane"
done

# A cell's exits are as expected, vary by its descriptor, or have a note that says when they do not.
differ='.cells[] | select(.status == "ok" and .exits.note == null and
	(.exits.as_expected == false or .exits.reasons_as_expected == false)) | .label'
row='.cells[] | [.label, .config.name,
	(.exits.expected | if . == null then "varies"
		elif . == {} then "0"
		else to_entries | map("\(.value) \(.key)") | join(" + ")
		end),
	if .status != "ok" then .status + ": " + .reason
	else (.exits.per_op.total * 100 | round / 100 | tostring) + " (" +
		([.exits.by_reason[] | select(.per_op > 0.01) |
			"\(.per_op * 100 | round / 100) \(.reason)"] | join(" + ")) + ")"
	end,
	.summary.p50 // "-"] | map(tostring) | join(" | ")'

# checked LANE ARGUMENT…: a run in it.
checked()
{
	local lane=$1 seconds=$SECONDS
	shift
	run "$HVBENCH" lab run "$lane" -q --timeout 1000 -o "$TMP/cells.json" --format csv "$@"
	test_that "lane $lane: ${*: -1} is measured" all exited 0 -- [ -s "$TMP/cells.json" ]
	jq -r "$row" "$TMP/cells.json" | sed "s/^/# $lane | /"
	test_that "... nothing fails or stays without figures" \
		jq -e '[.cells[].status] | index("ok") != null and index("failed") == null' \
		"$TMP/cells.json"
	test_that "... exits that are not as expected are explained" \
		[ "$(jq -r "$differ" "$TMP/cells.json")" = "" ]
	echo "# $((SECONDS - seconds)) s"
}

for lane in ${LANES:-svm}; do
	for job in "${jobs[@]}"; do
		checked "$lane" "$job"
	done
	[ ${#jobs[@]} -gt 0 ] || checked "$lane" -w "$FEW"
done

# What depends on the emulated CPU, in full.
if [ -z "${WHOLE:-}" ] && [ "${LANES:-svm}" = svm ]; then
	of() { jq -r --arg l "$1" '.cells[] | select(.label == $l) | .exits.per_op.total' \
		"$TMP/cells.json"; }
	test_that "what KVM leaves to the guest takes no exit" \
		[ "$(of wrmsr:msr=0xc0000102) $(of rdmsr:msr=0xc0000100)" = "0 0" ]
	test_that "... and what it does not takes one" \
		[ "$(of wrmsr) $(of rdmsr:msr=0x10)" = "1 1" ]
	test_that "what takes millions of instructions is measured a few dozen times" jq -e \
		'.cells[] | select(.label == "tlb-shootdown") | .summary |
			.p50 > 1e6 and .n < 100' "$TMP/cells.json"
	test_that "an access that needs no decoding is not said to be decoded" jq -e \
		'[.cells[] | select(.label == "wrmsr:msr=0xc0000102" or .label == "wrmsr") |
			.software_decoding == true] == [true, false]' "$TMP/cells.json"
fi
tap_done
