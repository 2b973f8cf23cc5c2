#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lane vmx: KVM on an emulated Intel host.
# timeout: 2400
. "$(dirname "$0")/common.bash"
lane_or_skip vmx
first=${out%% *}
run "$HVBENCH" lab setup vmx --offline -q
test_that "the image is the same bytes when built again, offline" [ "${out%% *}" = "$first" ]

# An emulator that aborts before its host says anything, as Bochs does now and then, is started a
# second time, but not a third.
mkdir "$TMP/bin"
printf '#!/bin/bash\necho x >>"%s"\necho "*** buffer overflow detected ***"\nkill -ABRT $$\n' \
	"$TMP/starts" >"$TMP/bin/bochs"
chmod +x "$TMP/bin/bochs"
run env PATH="$TMP/bin:$PATH" "$HVBENCH" lab run vmx -q -w cpuid --timeout 100
test_that "an emulator that aborts at its start is started once more, with a message" \
	all exited 69 -- err_has "starting it once more" -- err_has "killed by signal 6" -- \
	[ "$(wc -l <"$TMP/starts")" = 2 ]

for i in 1 2; do
	run "$HVBENCH" lab run vmx -q --timeout 1000 \
		-w cpuid,hypercall,rdmsr,pio-user,mmio-user,mmio-ioeventfd \
		-o "$TMP/$i.json" --format csv
	test_that "run $i" exited 0
done
test_that "measured, in instructions" all_ok "$TMP/1.json" cpuid hypercall rdmsr pio-user \
	mmio-user mmio-ioeventfd
test_that "it is KVM on VMX with a counting clock" \
	[ "$(jq -r '.host.virt + " " + .host.clock' "$TMP/1.json")" = "vmx icount" ]
test_that "minimum and median of each cell are the same in two runs" same_figures "$TMP/1.json" \
	"$TMP/2.json"
test_that "each operation takes one exit" \
	jq -e '[.cells[].exits.per_op.total | . > 0.999 and . < 1.001] | all' "$TMP/1.json"
while read -r workload figure; do
	test_that "$workload is within 3 % of the reference" within 3 "$TMP/1.json" "$workload" \
		"$figure"
done <<'END'
cpuid 965
hypercall 1008
rdmsr 1079
END
tap_done
