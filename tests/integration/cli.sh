#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line as a whole: help, misuse, exit statuses, where output goes.
. "$(dirname "$0")/../tap.sh"

commands=$("$HVBENCH" help | sed -n '/^Commands:/,$s/^  \([a-z]*\)  .*/\1/p')

run "$HVBENCH"
test_that "no command: usage on standard error, 64" all exited 64 -- silent -- err_has "a command is missing" -- err_has "  run "
for form in help --help -h; do
	run "$HVBENCH" $form
	test_that "hvbench $form lists the commands" all exited 0 -- quiet -- out_has "Usage: hvbench" -- out_has "  list "
done
run "$HVBENCH" --version
test_that "--version" all exited 0 -- quiet -- out_like '^hvbench [0-9.]+ \(commit [0-9a-z-]+\)$'
run "$HVBENCH" --vresion
test_that "unknown option of hvbench: the nearest" all exited 64 -- silent -- err_has "did you mean '--version'?"
run "$HVBENCH" lsit
test_that "unknown command: the nearest" all exited 64 -- silent -- err_has "unknown command 'lsit'; did you mean 'list'?"
run "$HVBENCH" qqqqqqqqqqq
test_that "unknown command like no other: no guess" all exited 64 -- silent -- err_lacks "did you mean"
run "$HVBENCH" help lsit
test_that "help on an unknown command" all exited 64 -- silent -- err_has "did you mean 'list'?"
run "$HVBENCH" help list
help_text=$out
run "$HVBENCH" list --help
test_that "help COMMAND is COMMAND --help" [ "$help_text" = "$out" ]
COLUMNS=200 run "$HVBENCH" help
test_that "help keeps to 80 columns where there is no terminal" [ "$(wc -L <<<"$out")" -le 80 ]

# every_help WORDS…: --help of a command and of those below it
every_help()
{
	local sub

	run "$HVBENCH" "$@" --help
	test_that "$* --help: on standard output, status 0" all exited 0 -- quiet -- out_has "Usage: hvbench $*" -- out_has "--help"
	test_that "$* --help keeps to 80 columns" [ "$(grep -v '^ ' <<<"$out" | wc -L)" -le 80 ]
	run "$HVBENCH" "$@" --no-such-option
	test_that "$*: unknown option, 64" all exited 64 -- silent -- err_has "--no-such-option" -- err_has "hvbench $*"
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
		test_that "$command's manual page is formatted without warnings" all exited 0 -- quiet
	else
		skip "$command's manual page is formatted without warnings" "no man"
	fi
	missing=
	for option in $("$HVBENCH" "$command" --help | sed -n 's/^  .*--\([a-z-]*\).*/\1/p'); do
		sed 's/\\//g' "$page" | grep -q -e "--$option" || missing="$missing --$option"
	done
	test_that "$command's manual page has all its options" [ -z "$missing" ]
done

run bash -c '"$HVBENCH" list >/dev/full'
test_that "a full disk under standard output is an error, 74" all exited 74 -- err_has "standard output could not be written"
run bash -c '"$HVBENCH" help >&-'
test_that "a closed standard output is an error, 74" exited 74
tap_done
