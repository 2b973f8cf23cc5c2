#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
#
# Every operation takes the exits that its descriptor says, in each lane of KVM's, or exactly those
# that are written down here instead; where the number varies, the descriptor's note names them.
# workloads/lanes.md says the same. Prints a line for each cell: workload, local APIC, what was
# expected, what was seen, instructions.
#
#   WHOLE=1           the jobs exits, interrupts and enlightened instead of one boot of a few
#                     cells, a quarter of an hour
#   JOBS="exits"      fewer of the three
#   LANES="svm vmx"   other lanes than svm (with WHOLE=1: than svm, svm-bochs and vmx)
. "$(dirname "$0")/common.bash"
jobs=()
if [ "${WHOLE:-}" ]; then
	LANES=${LANES:-svm svm-bochs vmx}
	read -ra jobs <<<"${JOBS:-exits interrupts enlightened}"
fi
# Those whose exits depend on a parameter, the lane or the local APIC's mode, and one that would
# take minutes if each of its operations, two time slices of the host's, were measured 300 times.
FEW=cpuid:leaf=13:subleaf=0xffff,wrmsr,wrmsr:msr=0xc0000102,rdmsr,rdmsr:msr=0x10
FEW+=,rdmsr:msr=0xc0000100,cr0-wp,cr0-wp:others=clear,xsetbv,invd,mmio-kernel,eoi,self-ipi
FEW+=,nested-exit,tlb-shootdown
for lane in ${LANES:-svm}; do
	lane_or_skip "$lane"
done

# LANE CELL: the exits an operation that are seen instead of those expected. A note beside the cell
# says why, and so does lanes.md; but a note of something else lets nothing else pass.
instead()
{
	cat <<-'END'
		svm xsetbv: none
		svm invd: 1 wbinvd
		svm nested-exit:to=l0: 1 cpuid + 1 hypercall + 1 vmrun
		svm-bochs nested-exit: 1 clgi + 1 cpuid + 1 stgi + 1 vmrun
		svm-bochs nested-exit:to=l0: 1 clgi + 1 cpuid + 1 hypercall + 1 stgi + 1 vmrun
		svm-bochs svm-insn:insn=gif: 1 clgi + 1 stgi
		vmx mmio-kernel: 2 EPT_VIOLATION
		vmx eoi, x2apic=off: 1 EPT_VIOLATION
		vmx self-ipi, x2apic=off: 2 EPT_VIOLATION + 1 INTERRUPT_WINDOW
		vmx self-ipi:how=sti-hlt, x2apic=off: 2 EPT_VIOLATION + 1 HLT + 1 INTERRUPT_WINDOW
		vmx self-ipi:how=tpr, x2apic=off: 2 EPT_VIOLATION + 1 TPR_BELOW_THRESHOLD
	END
	printf '%s 2 EPT_VIOLATION + 1 INTERRUPT_WINDOW + 1 TPR_BELOW_THRESHOLD\n' \
		"vmx self-ipi:how=tpr-sti-nop, x2apic=off:"
	printf '%s 2 EPT_VIOLATION + 1 HLT + 1 INTERRUPT_WINDOW + 1 TPR_BELOW_THRESHOLD\n' \
		"vmx self-ipi:how=tpr-sti-hlt, x2apic=off:"
}

# Definitions for what follows, of a cell. The host's own interrupts come whatever the guest does,
# and now and then, less than once in 20 operations, one makes KVM take another way.
defs='def name: .label + if .config.x2apic == "off" then ", x2apic=off" else "" end;
def apart($a; $b): ($a // 0) - ($b // 0) | fabs >= 0.05;
def differs: .exits.expected != null and (.exits as $e | apart($e.per_op.total; $e.expected_total)
	or any($e.expected | keys[]; apart($e.per_op[.]; $e.expected[.])));
def reasons: [.exits.by_reason[] | select(.per_op >= 0.05 and
	(.reason | . != "interrupt" and . != "EXTERNAL_INTERRUPT"))] | sort_by(.reason);
def seen: [reasons[] | "\(.per_op * 100 | round / 100) \(.reason)"] | join(" + ") |
	if . == "" then "none" else . end;'

row='.cells[] | [name,
	(.exits.expected | if . == null then "varies"
		elif . == {} then "0"
		else to_entries | map("\(.value) \(.key)") | join(" + ")
		end),
	if .status != "ok" then .status + ": " + .reason
	else (.exits.per_op.total * 100 | round / 100 | tostring) + " (" + seen + ")"
	end,
	.summary.p50 // "-"] | map(tostring) | join(" | ")'
# What differs, as instead() has it; exits of those that vary and that no note names.
differing='.cells[] | select(.status == "ok" and differs) | "\($lane) \(name): \(seen)"'
unnamed='.cells[] | select(.status == "ok" and .exits.expected == null) | name as $name |
	(.exits.note // "") as $note | reasons[].reason |
	select(. as $r | $note | test("\\b\($r)\\b") | not) | "\($name): \(.)"'
# The cells as lanes.md writes them: CELL: EXITS, with the sign of those that are not as expected.
written='.cells[] | name + ": " + if .status != "ok" then "–"
	else "\(.exits.per_op.total * 10 | round / 10)" + if differs then " ≠" else "" end
	end'

# of_cells JQ LANE: the lines that jq makes of the last run.
of_cells() { jq -r --arg lane "$2" "$defs $1" "$TMP/cells.json"; }

# as_explained LANE: prints what is not, and fails.
as_explained()
{
	local bad
	bad=$(of_cells "$differing" "$1" | grep -vxFf <(instead)
		of_cells "$unnamed" "$1")
	[ -z "$bad" ] || { echo "$bad"; return 1; }
}

# documented LANE: lanes.md's column of it, as above.
documented()
{
	awk -F ' *[|] *' -v lane="$1" '
		/^[|] cell / { for (i = 2; i < NF; i++) if ($i == lane) column = i }
		/^[|] `/ && column {
			gsub(/`/, "", $2)
			sub(/:.*/, "", $column)
			print $2 ": " $column
			next
		}
		!/^[|]/ { column = 0 }' "$TOP/workloads/lanes.md"
}

# as_documented LANE: the cells that are in the page are as it says; with WHOLE=1 all that have
# figures are in it.
as_documented()
{
	local cell bad=0 said
	documented "$1" >"$TMP/documented"
	while read -r cell; do
		said=$(awk -v name="${cell%: *}: " 'index($0, name) == 1' "$TMP/documented")
		case $said in
		"$cell") continue ;;
		"") [ "${WHOLE:-}" ] && [ "${cell##*: }" != – ] || continue ;;
		esac
		bad=1
		echo "seen: $cell; lanes.md: ${said:-nothing}"
	done < <(of_cells "$written" "$1")
	return $bad
}

# checked LANE ARGUMENT…: a run in it.
checked()
{
	local lane=$1 seconds=$SECONDS
	shift
	run "$HVBENCH" lab run "$lane" -q --timeout 1000 -o "$TMP/cells.json" --format csv "$@"
	test_that "lane $lane: ${*: -1} is measured" all exited 0 -- [ -s "$TMP/cells.json" ]
	of_cells "$row" "$lane" | sed "s/^/# $lane | /"
	test_that "... nothing fails or stays without figures" \
		jq -e '[.cells[].status] | index("ok") != null and index("failed") == null' \
		"$TMP/cells.json"
	test_that "... exits that are not as expected are those written down" as_explained "$lane"
	test_that "... and lanes.md has them" as_documented "$lane"
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
	# A note beside a cell does not let an exit pass that it does not speak of.
	cp "$TMP/cells.json" "$TMP/kept.json"
	falsified()
	{
		jq --arg l "$1" --arg r "$2" '(.cells[] | select(.label == $l)).exits |=
			(.per_op.total += 1 | .by_reason += [{reason: $r, per_op: 1}] |
			if .expected then .as_expected = false else . end)' \
			"$TMP/kept.json" >"$TMP/cells.json"
		! as_explained svm && ! as_documented svm
	}
	test_that "an exit more of a cell with a note is found" falsified wrmsr vintr
	test_that "... of one that differs already" falsified invd invd
	test_that "... and of one whose exits vary" falsified tlb-shootdown shutdown
	cp "$TMP/kept.json" "$TMP/cells.json"
	test_that "an access that needs no decoding is not said to be decoded" jq -e \
		'[.cells[] | select(.label == "wrmsr:msr=0xc0000102" or .label == "wrmsr") |
			.software_decoding == true] == [true, false]' "$TMP/cells.json"
fi
tap_done
