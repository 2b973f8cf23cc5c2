#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command of hvbench that a README or CONTRIBUTING shows is one that there is, with options
# that it has; links lead to files that there are.
. "$(dirname "$0")/../tap.sh"
cd "$TOP" || exit 1

mapfile -t pages < <(find . -path ./build -prune -o -name '*.md' -print)
# Lines "FILE:hvbench …": in `…`, or at the beginning of an indented line.
grep -oHE '`hvbench [a-z][^`]*`|^    (sudo )?hvbench [a-z].*' "${pages[@]}" |
	sed -E 's/:( *sudo)? *`?hvbench/:hvbench/; s/`$//; s/ +# .*//' | sort -u >"$TMP/commands"
test_that "there are commands to look at" [ "$(wc -l <"$TMP/commands")" -gt 60 ]

declare -A helps
help_of() { [ -n "${helps[$1]:-}" ] || helps[$1]=$("$HVBENCH" $1 --help 2>&1); }
while IFS= read -r line; do
	# shellcheck disable=SC2086 # words
	set -- ${line#*:hvbench }
	# "hvbench 0.1.0, job quick": what it printed.
	[[ $1 =~ ^[a-z]+$ ]] || continue
	command=$1
	help_of "$command"
	if grep -q '^Commands:' <<<"${helps[$command]}" && [[ ${2:-} =~ ^[a-z][a-z0-9-]*$ ]]; then
		command="$1 $2"
		help_of "$command"
	fi
	if ! grep -q '^Usage:' <<<"${helps[$command]}"; then
		echo "${line%%:*}: no command 'hvbench $command'"
		continue
	fi
	# What stands behind -- belongs to another program; the command ends at a pipe.
	words=${line#*:hvbench }
	words=${words%% -- *}
	words=$(sed "s/'[^']*'//g" <<<"${words%%|*}")
	for option in $(grep -oE '(^| )--[a-z][a-z-]+' <<<"$words"); do
		grep -qE -- "$option( |\$)" <<<"${helps[$command]}" || [ "$option" = --help ] ||
			[ "$command" = help ] ||
			echo "${line%%:*}: 'hvbench $command' has no $option"
	done
done <"$TMP/commands" >"$TMP/wrong"
test_that "every command and option that is shown exists" [ -z "$(cat "$TMP/wrong")" ]
[ ! -s "$TMP/wrong" ] || sed 's/^/# /' "$TMP/wrong"

grep -oHE '\]\([^)#: ]+' "${pages[@]}" | while IFS=: read -r file link; do
	[ -e "$(dirname "$file")/${link#](}" ] || echo "$file: $link"
done >"$TMP/links"
test_that "every link leads to a file" [ -z "$(cat "$TMP/links")" ]
tap_done
