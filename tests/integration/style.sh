#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tier: quick
#
# What the coding style asks for beyond what the compiler warns of: make lint.
. "$(dirname "$0")/../tap.sh"
cd "$TOP" || exit 1

# Nobody's list: what is in the tree, with what git does not know yet.
mapfile -t sources < <(find bench probes reports workloads tests -name '*.[chS]' | sort)
mapfile -t c_sources < <(printf '%s\n' "${sources[@]}" | grep -v '\.S$')
mapfile -t scripts < <(find . -path ./build -prune -o -path ./.git -prune -o -type f -exec \
	awk 'FNR == 1 { if (/^#!.*sh$/ || FILENAME ~ /\.(ba)?sh$/) print FILENAME; nextfile }' {} + | sort)

# complaints NAME TEXT: passed without a text.
complaints()
{
	if [ -z "$2" ]; then pass "$1"; else fail "$1" "$2"; fi
}

# still WHAT NAME: what is not yet as it should be; the list only gets shorter.
still()
{
	grep -qx "$1 $2" tests/integration/style-exceptions.txt 2>/dev/null
}

# Tabs go to the next multiple of 8.
long_lines()
{
	local file

	for file in "${sources[@]}"; do
		[ "$(wc -L <"$file")" -le 100 ] || still columns "$file" || echo "$file: $(wc -L <"$file") columns"
	done
}
complaints "no line is longer than 100 columns" "$(long_lines)"

# Other versions format a little differently.
if still format all; then
	skip "clang-format would change nothing" "the tree is still to be formatted"
elif command -v clang-format-14 >/dev/null; then
	complaints "clang-format would change nothing" \
		"$(clang-format-14 --dry-run "${c_sources[@]}" 2>&1 | grep 'warning: code should')"
else
	skip "clang-format would change nothing" "no clang-format 14"
fi

# What is made (the skeletons, the version) and what each architecture has for itself (arch.h) is found by name.
includes()
{
	grep -Hn '^#include "' "${sources[@]}" | while IFS='"' read -r where file _; do
		case $file in
		arch.h | version.h | *.skel.h) ;;
		*) [ -e "$file" ] || echo "${where%:*}: \"$file\" is no file by its name from the root" ;;
		esac
	done
}
complaints "includes are written from the root" "$(includes)"

# symbols: lines "SOURCE TYPE NAME" of the objects of the program and of the guest's. The workloads and their timing
# are in both. Objects whose source is gone are left from an earlier build.
symbols()
{
	local object source

	find "$BUILD"/{bench,probes,reports,workloads,gen,payload/workloads} -name '*.o' | while read -r object; do
		source=${object#"$BUILD"/}
		source=${source#payload/}
		source=$(compgen -G "${source%.o}.[cS]" || compgen -G "build/${source%.o}.[cS]") || continue
		nm "$object" | awk -v source="$source" '{ print source, $(NF - 1), $NF }'
	done
}
symbols >"$TMP/symbols"
test_that "there are objects to look at" [ "$(wc -l <"$TMP/symbols")" -gt 1000 ]

# What a file defines for others and none of the program's other files uses. Workloads are in a section of their own;
# the assembler's and the linker's names are not C's.
awk '$2 == "U" { used[$3] = used[$3] " " $1 }
     $2 ~ /^[TDBRC]$/ && $1 ~ /\.c$/ && $1 !~ /^build/ && $3 != "main" && $3 !~ /^workload_/ { defined[$3] = $1; type[$3] = $2 }
     END { for (name in defined) {
		split(used[name], users, " ")
		for (i in users) if (users[i] != defined[name]) delete defined[name]
     }
     for (name in defined) print defined[name], type[name], name }' "$TMP/symbols" | sort >"$TMP/alone"

# Of these: what its own file does not use either, whoever tests it; and what no test uses. Data whose name a macro made
# is in a table.
while read -r source type name; do
	if [ "$(grep -cw -- "$name" "$source")" -le 1 ]; then
		[ "$type" != T ] || echo "$source: $name()" >>"$TMP/dead"
	elif ! grep -rqw --include='*.c' --include='*.h' -- "$name" tests; then
		still static "$name" || echo "$source: $name" >>"$TMP/static"
	fi
done <"$TMP/alone"
touch "$TMP/dead" "$TMP/static"
complaints "no function is there for nobody" "$(cat "$TMP/dead")"
complaints "what only its own file uses is static" "$(cat "$TMP/static")"

# A file that has no function for others (a command, a renderer, a lane, a chart: it registers itself, or stands in a
# table by its descriptor) needs no header; nor do workloads, whose interface is workload.h. That of a file in a directory
# of an architecture may stand above it, once for all architectures.
headers()
{
	awk '$2 == "T" && $3 != "main" && $1 ~ /^(bench|probes|reports)\// { print $1 }' "$TMP/symbols" | sort -u |
		while read -r source; do
			common=${source/x86_64\//}
			[ -e "${source%.c}.h" ] || [ -e "${common%.c}.h" ] || still header "$source" ||
				echo "$source: no ${source%.c}.h"
		done
}
complaints "every file with functions for others has a header of its name" "$(headers)"

# What tap.sh and tests/run set (SC2154) or read (SC2034) is not in the file that is checked, nor is it followed (SC1090,
# SC1091). Lists of words without quotes (SC2046, SC2206), nothing given to a variable (SC1007) and quotes of print (SC1112)
# are meant.
if command -v shellcheck >/dev/null; then
	complaints "shellcheck has no warnings" \
		"$(shellcheck -S warning -e SC1007,SC1090,SC1091,SC1112,SC2034,SC2046,SC2154,SC2206 \
			-f gcc "${scripts[@]}")"
else
	skip "shellcheck has no warnings" "no shellcheck"
fi

# What an editor knows of the sources is what make knows.
run make -C "$TOP" --no-print-directory compile_commands.json
jq -r '.[].file' "$BUILD/compile_commands.json" | sort -u >"$TMP/compiled"
find bench probes reports workloads tests/unit -name '*.c' | sort >"$TMP/there"
test_that "compile_commands.json has every source" exited 0
complaints "and none is left out" "$(comm -13 "$TMP/compiled" "$TMP/there")"
tap_done
