#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tier: quick
# No two files need each other, and no room needs one above it: checked by the symbols of the
# objects, and by the sources' includes.
. "$(dirname "$0")/../tap.sh"
cd "$TOP" || exit

# Each room may use itself and those before it.
rooms='bench/base bench/gen workloads bench/host bench/kvm probes bench/doctor bench/plan bench/vmm
	bench/backends bench/result reports/compare bench/history reports bench/cli bench/measure
	bench/profile bench/lab bench/commands'

# Lines "FILE FILE SYMBOL": the first needs a symbol that the second defines. Files are objects.
needs()
{
	nm -A -P "$@" | awk '
	{ object = substr($1, 1, length($1) - 1) }
	$3 ~ /^[TDBRCVWG]$/ { defined_by[$2] = object }
	$3 == "U" { wanted[++n] = object " " $2 }
	END {
		for (i = 1; i <= n; i++) {
			split(wanted[i], w, " ")
			if (w[2] in defined_by && defined_by[w[2]] != w[1])
				print w[1], defined_by[w[2]], w[2]
		}
	}'
}

# Those files from needs() that are in a circle: files that nothing needs, or that need nothing,
# are removed again and again.
circles()
{
	awk '
	{ line[NR] = $0; from[NR] = $1; to[NR] = $2 }
	END {
		do {
			split("", leaves); split("", comes); gone = 0
			for (i in line) { leaves[from[i]]; comes[to[i]] }
			for (i in line)
				if (!(to[i] in leaves) || !(from[i] in comes)) { delete line[i];
					gone = 1 }
		} while (gone)
		for (i in line) print line[i]
	}' "$1" | sort
}

# Lines "A B …" where A is in a room below B's, or in none. The longest matching name of a room
# counts.
upward()
{
	awk -v rooms="$(echo $rooms)" '
	function room_of(file,   name) {
		name = file
		while (sub(/\/[^\/]*$/, "", name)) if (name in place) return name
		return ""
	}
	BEGIN { n = split(rooms, list, " "); for (i = 1; i <= n; i++) place[list[i]] = i }
	{
		a = room_of($1); b = room_of($2)
		if (a == "" || b == "") print $0, "(no room has " (a == "" ? $1 : $2) ")"
		else if (place[a] < place[b]) print
	}' "$1"
}

sources=$(find bench reports probes workloads/*.c workloads/runtime/measure.c \
	-name '*.c' ! -name '*.bpf.c' |
	  grep -Ev "/(x86_64|aarch64|plugin)/" ; ls bench/*/"$(uname -m)"/*.c 2>/dev/null)
objects=$(printf "$BUILD/%s\n" $(sed 's/\.c$/.o/' <<<"$sources"))
ls $objects >/dev/null 2>"$TMP/missing" ||
	{ run cat "$TMP/missing"; fail "all objects are there" "$out"; tap_done; exit; }

needs $objects "$BUILD"/gen/{jobs,payload}.o |
	sed "s,$BUILD/gen/,bench/gen/,g; s,$BUILD/,,g" >"$TMP/needs"
test_that "the objects have symbols to look into" [ "$(wc -l <"$TMP/needs")" -gt 500 ]
run circles "$TMP/needs"
test_that "no two files need each other" silent
run upward "$TMP/needs"
test_that "no room needs one above it" silent
# Reports are made of the document alone, so that they can be made later and elsewhere.
run grep -rnP '^#include "(?!reports/|version.h|bench/(base|result)/)' reports
test_that "reports see nothing but the result document" silent

# Headers count with everything they include.
grep -Eo '^#include "(bench|reports|probes|workloads)/[^"]*"' $sources \
	$(find bench reports probes workloads -name '*.h') |
	sed 's,:#include ", ,; s,"$,,' >"$TMP/includes"
test_that "the sources have includes to look into" [ "$(wc -l <"$TMP/includes")" -gt 500 ]
run upward "$TMP/includes"
test_that "no room includes a header of one above it" silent
run circles "$TMP/includes"
test_that "no two headers include each other" silent

# Without the boot code, which is entered first and called back by every trap and interrupt.
payload=$(find "$BUILD/payload/workloads" -name '*.o' ! -name start.o)
needs $payload >"$TMP/payload"
test_that "the payload has symbols to look into" [ "$(wc -l <"$TMP/payload")" -gt 20 ]
run circles "$TMP/payload"
test_that "no two files of the payload need each other" silent

# The host's half of a workload can be found from the workload's file.
for file in $(grep -lE 'WORKLOAD_HOST,|NEEDS_INJECTOR' workloads/*.c); do
	half=$(sed -n "s,^ \* The host's half: ,,p" "$file")
	[ -n "$half" ] && [ -e "$half" ] || echo "$file: '$half'"
done >"$TMP/halves"
run cat "$TMP/halves"
test_that "a workload that has a half on the host names it" silent

# A test of the check itself.
printf 'bench/base/%s.o bench/base/%s.o %s\n' a b f b c g c b h >"$TMP/two"
run circles "$TMP/two"
test_that "the check sees a circle, and names only its files" \
	all out_has "c.o bench/base/b.o h" -- \
	out_lacks "a.o"
printf '%s/a.o %s/b.o f\n' bench/base bench/plan reports/views reports/compare \
	new bench/base >"$TMP/two"
run upward "$TMP/two"
test_that "... and a need of a room above, and a room that is not in the list" \
	all out_has "bench/plan/b.o f" -- out_lacks reports -- out_has "no room has new/a.o"
tap_done
