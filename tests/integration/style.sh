#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tier: quick
#
# Coding style that the compiler does not check: make lint.
. "$(dirname "$0")/../tap.sh"
cd "$TOP" || exit 1

# Everything in the tree, also files that git does not know yet.
mapfile -t sources < <(find bench probes reports workloads tests -name '*.[chS]' | sort)
mapfile -t c_sources < <(printf '%s\n' "${sources[@]}" | grep -v '\.S$')
mapfile -t scripts < <(find . -path ./build -prune -o -path ./.git -prune -o -type f -exec \
	awk 'FNR == 1 { if (/^#!.*sh$/ || FILENAME ~ /\.(ba)?sh$/) print FILENAME; nextfile }' {} \
	+ | sort)

# complaints NAME TEXT: passes if TEXT is empty
complaints()
{
	if [ -z "$2" ]; then pass "$1"; else fail "$1" "$2"; fi
}

# Everything that people write, but for prose (Markdown), data, examples of configuration, patches
# (tests/bisect) and the table of packages in deps.sh. Tabs go to the next multiple of 8.
long_lines()
{
	find Makefile bench probes reports workloads scripts tests .ci -type f \
		! -path 'tests/fuzz/corpus/*' ! -path 'tests/bisect/*' ! -name '*.yml' \
		! -name '*.md' ! -name '*.json' ! -name '*.xz' ! -name '*.svg' ! -name '*.png' \
		! -name '*.py' \
		! -path scripts/deps.sh -exec wc -L {} + |
		awk '$2 != "total" && $1 > 100 { print $2 ": " $1 " columns" }' | sort
}
complaints "no line is longer than 100 columns" "$(long_lines)"

# Prose is read in an editor too; tables and what a program printed are as wide as they are.
wide_prose()
{
	find . -path ./build -prune -o -name '*.md' -exec \
		awk 'FNR == 1 { fenced = 0 } /^```/ { fenced = !fenced }
			!fenced && !/^(\||    )/ && length > 120 { print FILENAME ":" FNR }' {} +
}
complaints "no line of prose is longer than 120 columns" "$(wide_prose)"
complaints "README has none at all" "$(wc -L README.md | awk '$1 > 120')"

# Other versions of clang-format format a little differently.
if command -v clang-format-14 >/dev/null; then
	complaints "clang-format would change nothing" \
		"$(clang-format-14 --dry-run "${c_sources[@]}" 2>&1 | grep 'warning: code should')"
else
	skip "clang-format would change nothing" "no clang-format 14"
fi

# The top level is what people see first, and a report or a log that a command left there is easily
# added by accident.
top_level()
{
	git ls-files | cut -d/ -f1 | sort -u |
		grep -vxE \
		'\..*|COPYING|Makefile|README\.md|bench|probes|reports|scripts|tests|workloads'
}
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$TOP" ]; then
	complaints "the top level has what belongs there" "$(top_level)"
else
	skip "the top level has what belongs there" "this tree is no git checkout"
fi

# Generated headers (skeletons, the version) and those of an architecture (arch.h) have no path
# from the root.
includes()
{
	grep -Hn '^#include "' "${sources[@]}" | while IFS='"' read -r where file _; do
		case $file in
		arch.h | version.h | *.skel.h) ;;
		*) [ -e "$file" ] ||
			echo "${where%:*}: \"$file\" is no file by its name from the root" ;;
		esac
	done
}
complaints "includes are written from the root" "$(includes)"

# symbols: lines "SOURCE TYPE NAME" for the objects of the program and of the guest. Workloads and
# the code that times them are in both. Objects whose source no longer exists are left over from an
# earlier build.
symbols()
{
	find bench probes reports workloads build/gen -name '*.[cS]' >"$TMP/sources"
	(cd "$BUILD" && find bench probes reports workloads gen payload/workloads -name '*.o' \
		-exec nm -A {} +) | awk '
		NR == FNR { stem = $0; sub(/\.[cS]$/, "", stem); sub(/^build\//, "", stem)
			source[stem] = $0; next }
		{ stem = $1; sub(/\.o:.*/, "", stem); sub(/^payload\//, "", stem) }
		stem in source { print source[stem], $(NF - 1), $NF }' "$TMP/sources" -
}
symbols >"$TMP/symbols"
test_that "the objects have symbols to look at" [ "$(wc -l <"$TMP/symbols")" -gt 1000 ]

# Symbols that a file exports but no other file of the program uses. Workloads are found through a
# linker section; names of the assembler and the linker do not belong to C files.
awk '$2 == "U" { used[$3] = used[$3] " " $1 }
     $2 ~ /^[TDBRC]$/ && $1 ~ /\.c$/ && $1 !~ /^build/ && $3 != "main" &&
     	$3 !~ /^workload_/ { defined[$3] = $1; type[$3] = $2 }
     END { for (name in defined) {
		split(used[name], users, " ")
		for (i in users) if (users[i] != defined[name]) delete defined[name]
     }
     for (name in defined) print defined[name], type[name],
     	name }' "$TMP/symbols" | sort >"$TMP/alone"

# Lines "MACRO WORD": the words in the definition of each macro of a header.
find bench probes reports workloads -name '*.h' -exec cat {} + | awk '
/^#define/ { macro = $2; sub(/\(.*/, "", macro); inside = 1 }
inside {
	n = split($0, words, /[^A-Za-z0-9_]+/)
	for (i = 1; i <= n; i++) print macro, words[i]
	inside = /\\$/
}' | sort -u >"$TMP/macros"

# in_tests NAME: a test uses it, or a macro that does
in_tests()
{
	local names

	names=$1$(awk -v name="$1" '$2 == name { printf "|%s", $1 }' "$TMP/macros")
	grep -rqwE --include='*.c' --include='*.h' -- "$names" tests
}

# Those that the file itself does not use either are dead, even if a test uses them; those that no
# test uses could be static. Data whose name was made by a macro is in a table, and so in use.
while read -r source type name; do
	if [ "$(grep -cw -- "$name" "$source")" -le 1 ]; then
		[ "$type" != T ] || echo "$source: $name()" >>"$TMP/dead"
	elif ! in_tests "$name"; then
		echo "$source: $name" >>"$TMP/static"
	fi
done <"$TMP/alone"
touch "$TMP/dead" "$TMP/static"
complaints "no function is there that nothing calls" "$(cat "$TMP/dead")"
complaints "what only its own file uses is static" "$(cat "$TMP/static")"

# A file that exports no function (a command, a renderer, a lane, a chart: it registers itself, or
# is in a table by its descriptor) needs no header; nor do workloads, whose interface is
# workload.h. A file in an architecture's directory may have its header above that, for all
# architectures.
headers()
{
	awk '$2 == "T" && $3 != "main" && $1 ~ /^(bench|probes|reports)\// { print $1 }' \
		"$TMP/symbols" | sort -u |
		while read -r source; do
			common=${source/x86_64\//}
			[ -e "${source%.c}.h" ] || [ -e "${common%.c}.h" ] ||
				echo "$source: no ${source%.c}.h"
		done
}
complaints "every file with functions for others has a header of its name" "$(headers)"

# When a file is renamed, what names it in a comment ("see FILE.h") and its own include guard are
# easily left behind. Headers of the kernel and of libraries are named in other words.
named_files()
{
	local where file guard name

	find . -path ./build -prune -o -type f -print >"$TMP/files"
	grep -noE '[Ss]ee ([a-z0-9_.]+/)*[a-z0-9_]+\.(h|c|sh)\b' "${c_sources[@]}" "${scripts[@]}" |
		while IFS=: read -r where line file; do
		grep -q "/${file#* }\$" "$TMP/files" ||
			echo "$where:$line: there is no ${file#* }"
	done
	grep -m 1 '^#ifndef' $(printf '%s\n' "${c_sources[@]}" | grep '\.h$') |
		while IFS=: read -r file guard; do
		name=${file##*/}
		name=${name%.h}
		name=${name^^}
		[[ $guard == *"${name//[.-]/_}_H"* ]] || echo "$file: $guard"
	done
}
complaints "files are named by the names they have" "$(named_files)"

# A change of the code can leave a planted fault without its place.
complaints "each fault of tests/mutants has its place" "$(tests/mutants/run --places 2>&1)"

# Switched off: variables that tap.sh and tests/run set (SC2154) or read (SC2034), and following
# them (SC1090, SC1091); lists of words without quotes (SC2046, SC2206), empty assignments (SC1007)
# and typographic quotes (SC1112) are intended.
if command -v shellcheck >/dev/null; then
	complaints "shellcheck has no warnings" \
		"$(printf '%s\0' "${scripts[@]}" | xargs -0 -n 8 -P "$(nproc)" shellcheck \
			-S warning -e SC1007,SC1090,SC1091,SC1112,SC2034,SC2046,SC2154,SC2206 \
			-f gcc)"
else
	skip "shellcheck has no warnings" "no shellcheck"
fi

# An editor should know the same sources as make.
run make -C "$TOP" --no-print-directory compile_commands.json
jq -r '.[].file' "$BUILD/compile_commands.json" | sort -u >"$TMP/compiled"
find bench probes reports workloads tests/unit -name '*.c' | sort >"$TMP/there"
test_that "compile_commands.json is made" exited 0
complaints "... and has every source" "$(comm -13 "$TMP/compiled" "$TMP/there")"
tap_done
