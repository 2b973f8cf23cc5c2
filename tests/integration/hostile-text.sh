#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hostile texts and file names: what commands print of them holds no escape sequence, no
# bidirectional override, no formula and no markup. tests/unit/fuzz/test_hostile_text.c checks each
# field of a document; this checks the commands.
. "$(dirname "$0")/../tap.sh"

if ! command -v jq >/dev/null; then
	skip "hostile texts" "jq is not installed"
	tap_done
	exit
fi
cd "$TMP" || exit 1
ESC=$'\e[31m'
name="r$ESC"$'\u202e\u009b'"<script>.json"
# Replaces all texts except those that make it a valid document of the lab.
hostile='def bad: "\u001b[31m\u009b2J\u202e<script>|`\"\nINJECTED";
	.host.clock = "icount" | .plan.name = bad |
	.host |= with_entries(if (.value | type) == "string" and .key != "clock" then .value = bad
	else . end) |
	.cells[] |= (.label = bad | .group = bad | .config.name = bad | .reason = bad |
	.warnings = [bad] |
	.params[bad] = bad | .exits.note = bad | .exits.unknown_why = bad)'

is_clean()
{
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' \
		"$TMP/.out" "$TMP/.err" &&
		! grep -q '^INJECTED' "$TMP/.out" "$TMP/.err"
}
no_formula() { ! grep -qE '(^|,)"?[=@]' "$TMP/.out"; }
no_markup() { ! sed 's/`[^`]*`//g' "$TMP/.out" | grep -q '<script>'; }
# Formulas are checked in CSV only, where a spreadsheet would run them.
markup_of() { [ "$1" != md ] || no_markup; }

"$HVBENCH" run --backend native -w cpuid,touch --rounds 2 --samples 10 -q -o good.json
jq "$hostile" good.json >"$name"
jq "$hostile | .cells[0].status = \"failed\" | .cells[0].summary = null" good.json >failed.json
for format in text md csv; do
	run "$HVBENCH" report -f $format -o - "$name" failed.json
	test_that "report -f $format prints hostile texts clean" \
		all exited 0 -- is_clean -- no_formula -- markup_of $format
	run "$HVBENCH" lab compare vmx -f $format --base "$name" --new failed.json
	test_that "lab compare -f $format prints hostile texts clean" \
		all out_has INJECTED -- is_clean -- no_formula -- \
		markup_of $format
done
for format in text md; do
	run "$HVBENCH" compare --force -f $format "$name" failed.json
	test_that "compare -f $format prints hostile texts clean" \
		all out_has INJECTED -- is_clean -- markup_of $format
done
for format in openmetrics prometheus jsonl benchmark-action bencher ktap lkp kcidb; do
	build=
	[ $format != kcidb ] || build="--origin us --build us:1"
	# shellcheck disable=SC2086 # words
	run "$HVBENCH" export -f $format $build "$name" failed.json
	test_that "export -f $format prints hostile texts clean" \
		all exited 0 -- out_has INJECTED -- is_clean
done
run "$HVBENCH" report --no-plots -q -o - -f html "$name" failed.json
sed -i '/<style>/,/<\/style>/d' "$TMP/.out"
test_that "report -f html has no markup of the document's" all exited 0 -- is_clean -- no_markup
run "$HVBENCH" report "$name" --png "$name"
test_that "names of files in messages are printed without escape sequences" is_clean
run "$HVBENCH" report "missing$ESC"
test_that "... and so is the name of a file that is not there" all exited 64 -- is_clean
job="j$ESC"$'\u202e'.ini
printf '[one]\nworkload = cpuid\n' >"$job"
run "$HVBENCH" run --dry-run "$job"
test_that "run --dry-run of a job file with such a name prints it clean" all exited 0 -- is_clean
printf '[o\e[31mne]\nworkload = cpuid\n' >"$job"
run "$HVBENCH" run --dry-run "$job"
test_that "the error of a job file with such a text prints it clean" all exited 65 -- is_clean
export XDG_DATA_HOME=$TMP
run "$HVBENCH" history add --label "$ESC=cmd|x" "$name"
for command in list trend gate; do
	run "$HVBENCH" history $command
	test_that "history $command prints hostile texts clean" is_clean
done
tap_done
