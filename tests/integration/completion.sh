#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What shells offer on a command line: asked of the program, then of the shells themselves.
. "$(dirname "$0")/../tap.sh"

export PATH=$BUILD:$PATH
next() { run "$HVBENCH" help --complete "$@"; }
has() { grep -q "^$1	" <<<"$out"; }
has_not() { ! has "$1"; }

next ""
for command in $("$HVBENCH" help | sed -n '/^Commands:/,$s/^  \([a-z]*\)  .*/\1/p'); do
	has "$command" || missing=$command
done
test_that "every command is offered, with what it does" all [ -z "${missing:-}" ] -- \
	out_has "run	measure" -- quiet
next lab ""
test_that "subcommands are offered" all has compare -- has trace -- has_not run-of-nothing
next comp
test_that "what was typed chooses" all has compare -- has_not run

# The names of all options of a command's help, whichever it is.
offered=
for words in run compare report "history trend" "lab run" profile doctor; do
	# shellcheck disable=SC2086 # words
	next $words --
	for option in $("$HVBENCH" $words --help | grep -oE '^ +(-., )?--[a-z-]+' |
		grep -o -- '--.*'); do
		has "$option" || offered="$offered $words:$option"
	done
done
test_that "every option is offered" [ -z "$offered" ]
next run -
test_that "short ones too" all has -o -- has --output
next run --format ""
test_that "formats are those that the command takes" all has json -- has_not openmetrics
next export -f ""
test_that "... and another's are others" all has openmetrics -- has_not html
next run --format=c
test_that "an argument behind = is completed whole" [ "${out%%	*}" = --format=csv ]
next run -w pio-user,ch
test_that "workloads are offered in lists" has pio-user,chase
next run -w chase:work
test_that "... and their parameters" has chase:working_set=
next run --config irq
test_that "configuration keys are offered" has irqchip=
next run --config irqchip=
test_that "... and their values" has irqchip=split
next run --probes ""
test_that "alternatives in the help are offered" all has auto -- has on -- has off
next run ""
test_that "jobs are offered, and files" all has quick -- out_has ":files"
next lab run ""
test_that "lanes are offered" all has svm -- has vmx
next list ""
test_that "operands in the help are offered" all has workloads -- has jobs
next help lab ""
test_that "help is completed as commands are" has trace
next profile -- ""
test_that "of another command's line nothing is said" silent
next nothing ""
test_that "nor of an unknown command's" all exited 0 -- silent -- quiet
run "$HVBENCH" help --completion tcsh
test_that "an unknown shell is refused" all exited 64 -- err_has "bash, zsh and fish"

# in_bash LINE: what bash would offer behind it
in_bash()
{
	bash --norc -c 'source <(hvbench help --completion bash)
		COMP_LINE=$1 COMP_POINT=${#1}; _hvbench; printf "%s\n" "${COMPREPLY[@]}"' - "$1"
}
cd "$TMP" && : >result.json && mkdir results
run in_bash "hvbench his"
test_that "bash: a command" [ "$out" = history ]
run in_bash "hvbench run --format=c"
test_that "bash: behind =" [ "$out" = csv ]
run in_bash "hvbench run -w chase:work"
test_that "bash: behind :" [ "$out" = working_set= ]
run in_bash "hvbench report resu"
test_that "bash: files" [ "$(sort <<<"$out" | paste -sd' ')" = "result.json results" ]

if command -v fish >/dev/null; then
	in_fish()
	{
		HOME=$TMP fish --no-config -c 'hvbench help --completion fish | source
			complete -C "$argv[1]"' "$1"
	}
	run in_fish "hvbench his"
	test_that "fish: a command, with what it does" out_like "^history	results over time"
	run in_fish "hvbench run --config irqchip="
	test_that "fish: values" out_like '^irqchip=split'
	run in_fish "hvbench report resu"
	test_that "fish: files" all out_has result.json -- out_has results/
else
	skip "fish" "not installed"
fi

# In a terminal of zsh's own, which shows the line as it is completed.
if command -v zsh >/dev/null; then
	mkdir "$TMP/functions"
	hvbench help --completion zsh >"$TMP/functions/_hvbench"
	cat >"$TMP/typed.zsh" <<-'END'
		zmodload zsh/zpty
		zpty shell "TERM=dumb HOME=$TMP zsh -f -i"
		zpty -w shell "PS1=; fpath=($TMP/functions \$fpath); autoload -U compinit"
		zpty -w shell "compinit -u -D; echo rea''dy"
		zpty -r -m shell said "*ready*" || exit
		zpty -w -n shell "$1"$'\t'
		zpty -r -m shell said "*$2*" && print -r -- "$said"
	END
	typed() { run timeout 20 zsh -f "$TMP/typed.zsh" "$1" "$2"; }
	typed "hvbench his" history
	test_that "zsh: a command" all exited 0 -- out_has "history"
	typed "hvbench run --config irqchip=sp" irqchip=split
	test_that "zsh: values" all exited 0 -- out_has "irqchip=split"
	typed "hvbench run -w chase:work" chase:working_set=
	test_that "zsh: behind :" all exited 0 -- out_has "chase:working_set="
	typed "hvbench report result.j" result.json
	test_that "zsh: files" all exited 0 -- out_has "result.json"
else
	skip "zsh" "not installed"
fi
tap_done
