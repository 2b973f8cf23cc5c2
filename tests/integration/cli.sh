#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line as a whole: help, misuse, exit statuses, where output goes.
. "$(dirname "$0")/../tap.sh"

commands=$("$HVBENCH" help | sed -n '/^Commands:/,$s/^  \([a-z]*\)  .*/\1/p')

run "$HVBENCH"
test_that "without a command usage goes to standard error, status 64" all exited 64 -- silent -- \
	err_has "a command is missing" -- err_has "  run "
for form in help --help -h; do
	run "$HVBENCH" $form
	test_that "hvbench $form lists the commands" all exited 0 -- quiet -- \
		out_has "Usage: hvbench" -- out_has "  list "
done
run "$HVBENCH" --version
test_that "--version names release and commit" \
	all exited 0 -- quiet -- out_like '^hvbench [0-9.]+ \(commit [0-9a-z-]+\)$' -- \
	[ "$(grep -c '^hvbench' <<<"$out")" = 1 ]
run "$HVBENCH" --vresion
test_that "for an unknown option of hvbench the nearest is suggested" all exited 64 -- silent -- \
	err_has "did you mean '--version'?"
run "$HVBENCH" lsit
test_that "for an unknown command the nearest is suggested" all exited 64 -- silent -- \
	err_has "unknown command 'lsit': did you mean 'list'?"
run "$HVBENCH" hist
test_that "... of one that was begun, the whole, not another that is near" all exited 64 -- \
	err_has "did you mean 'history'?"
run "$HVBENCH" qqqqqqqqqqq
test_that "for a command unlike any other nothing is suggested" all exited 64 -- silent -- \
	err_lacks "did you mean"
run "$HVBENCH" help lsit
test_that "help on an unknown command suggests the nearest" \
	all exited 64 -- silent -- err_has "did you mean 'list'?"
run "$HVBENCH" help list
help_text=$out
run "$HVBENCH" list --help
test_that "help COMMAND is COMMAND --help" [ "$help_text" = "$out" ]
COLUMNS=200 run "$HVBENCH" help
test_that "help keeps to 80 columns where there is no terminal" [ "$(wc -L <<<"$out")" -le 80 ]

ascii() { ! LC_ALL=C grep -P '[\x80-\xff]' <<<"$1"; }

# every_help WORDS…: prints --help of a command and of its subcommands
every_help()
{
	local sub

	run "$HVBENCH" "$@" --help
	test_that "$* --help goes to standard output, status 0" all exited 0 -- quiet -- \
		out_has "Usage: hvbench $*" -- out_has "--help"
	test_that "$* --help lists each option once in each form of the command" \
		bash -c '! grep "OPTION.*OPTION" <<<"$1"' - "$out"
	test_that "$* --help keeps to 80 columns" [ "$(grep -v '^ ' <<<"$out" | wc -L)" -le 80 ]
	LC_ALL=C run "$HVBENCH" "$@" --help
	test_that "$* --help without UTF-8 is ASCII" all ascii "$out" -- \
		[ "$(grep -v '^ ' <<<"$out" | wc -L)" -le 80 ]
	run "$HVBENCH" "$@" --no-such-option
	test_that "$* refuses an unknown option, status 64" all exited 64 -- silent -- \
		err_has "--no-such-option" -- err_has "hvbench $*"
	run "$HVBENCH" help "$@"
	for sub in $(sed -n '/^Commands:/,$s/^  \([a-z]*\)  .*/\1/p' <<<"$out"); do
		every_help "$@" "$sub"
	done
}

test_that "there are commands" [ -n "$commands" ]
for command in $commands; do
	every_help "$command"
	page=$TMP/hvbench-$command.1
	run "$HVBENCH" help --man "$command"
	test_that "$command has a manual page" all exited 0 -- quiet -- out_has ".SH SYNOPSIS"
	cp "$TMP/.out" "$page"
	if command -v man >/dev/null; then
		run man --warnings -E UTF-8 -l -Tutf8 -Z "$page"
		test_that "$command's manual page is formatted without warnings" all exited 0 -- \
			quiet
	else
		skip "$command's manual page is formatted without warnings" "no man"
	fi
	missing=
	for option in $("$HVBENCH" "$command" --help | sed -n 's/^  .*--\([a-z-]*\).*/\1/p'); do
		sed 's/\\//g' "$page" | grep -q -e "--$option" || missing="$missing --$option"
	done
	test_that "$command's manual page has all its options" [ -z "$missing" ]
done

# on_terminal COLUMNS COMMAND…: prints what a terminal of that width gets, without carriage returns
on_terminal()
{
	local columns=$1

	shift
	script -qec "stty cols $columns rows 40; $*" /dev/null </dev/null |
		sed 's/\x1b\[[0-9;]*[mK]//g' | tr '\r' '\n'
}

if [ -w /dev/kvm ]; then
	run "$HVBENCH" run -w empty --rounds 3 --time 2s
	test_that "with both rounds and a time it is said first which of them applies" \
		err_has "all 3 rounds are made, which on a busy host takes longer than the 2 s"
	run "$HVBENCH" run -w empty --rounds 3
	test_that "... and with one of them nothing is said" err_lacks "busy host takes longer"
	run "$HVBENCH" run -q -w pio-user --time 0.1s
	test_that "a time that cannot be kept is reported with -q too" all exited 0 -- \
		err_has "needs at least" -- one_message
	run "$HVBENCH" run -q -w pio-user --time 0.1s --dry-run -f json
	test_that "... and by a dry run" all err_has "needs at least" -- jq -e .cells <<<"$out"
	run "$HVBENCH" run -q -w pio-user --rounds 2
	test_that "... and without a time nothing is" quiet
	"$HVBENCH" run -q -w halt-wake,cpuid --rounds 2 -o "$TMP/r.json"
	for what in "report $TMP/r.json -f text" "compare $TMP/r.json $TMP/r.json" \
		"run quick --dry-run" "list workloads" "list configs"; do
		LC_ALL=C run bash -c '"$HVBENCH" $1' - "$what"
		test_that "without UTF-8 the output of '${what%% -f*}' is ASCII" \
			all ascii "$out" -- [ -n "$out" ]
	done
	LC_ALL=C run "$HVBENCH" report "$TMP/r.json" -f text
	test_that "without UTF-8 the unit is us" out_has "CPU us/op"
	run "$HVBENCH" report "$TMP/r.json" -f text
	test_that "... and with it µs" out_has "CPU µs/op"
	if command -v script >/dev/null; then
		widest() { on_terminal "$1" "$HVBENCH report $TMP/r.json -f text" | wc -L; }
		all_of_it=$(wc -L <<<"$out")
		test_that "a wide terminal gets whole tables" [ "$(widest 400)" = "$all_of_it" ]
		test_that "a terminal of 130 columns gets more than 100, and no more than 130" \
			bash -c '[ "$1" -gt 100 ] && [ "$1" -le 130 ]' - "$(widest 130)"
		for columns in 30 45 120; do
			text=$(on_terminal $columns '>/dev/null' \
				"$HVBENCH" run -w chase:working_set=64k,pio-user --rounds 3 \
				--seed 1)
			test_that "progress stays on one line of $columns columns" \
				bash -c 'grep -q "^round" <<<"$1" &&
					[ "$(grep "^round" <<<"$1" | wc -L)" -lt $2 ]' \
				- "$text" $columns
		done
	else
		skip "terminals" "no script(1)"
	fi
else
	skip "characters and widths of tables" "no /dev/kvm"
fi

run "$HVBENCH" run --dry-run
rounds=$(sed -n '2s/.*cells, \([0-9]*\) to \([0-9]*\) rounds.*/default \1; \2/p' <<<"$out")
run "$HVBENCH" run --help
test_that "run --help says how many rounds there are by default ($rounds)" \
	all [ -n "$rounds" ] -- \
	bash -c 'tr -s "\n " " " <<<"$1" | grep -qF "($2 "' - "$out" "$rounds"

run bash -c '"$HVBENCH" list >/dev/full'
test_that "a full disk under standard output is an error, 74" all exited 74 -- \
	err_has "standard output could not be written"
run bash -c '"$HVBENCH" help >&-'
test_that "a closed standard output is an error, 74" exited 74
tap_done
