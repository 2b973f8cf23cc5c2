#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What .github/CONTRIBUTING.md says about adding things is true: in a copy of the tree one of each
# is added, by the page's own code and in no other file than it names, and the program then knows
# them.
. "$(dirname "$0")/../tap.sh"
page=$TOP/.github/CONTRIBUTING.md
copy=$TMP/tree
mkdir "$copy"

# The sources, and what was made of them, with its times, so that only what is new is compiled.
# Tests are left out, but for those that are built below.
{ git -C "$TOP" ls-files -z -co --exclude-standard 2>/dev/null ||
	find "$TOP" -path "$TOP/build" -prune -o -type f -printf '%P\0'; } >"$TMP/files"
tar -C "$TOP" --null --ignore-failed-read -cf - -T "$TMP/files" 2>/dev/null | tar -C "$copy" -xf -
tar -C "$TOP" -cf - --exclude='build/sanitize-*' --exclude=build/tests --exclude=build/fuzz \
	--exclude=build/hvbench build |
	tar -C "$copy" -xf -
cd "$copy" || exit

# Writes each block of code of the page into the file that the line before it names: "`FILE`:" is a
# new one, "`FILE`, before `TEXT`:" a line of one, "`FILE`, `FILE`, at the end:" the end of each.
# Prints what it did.
add()
{
	awk '
	# The words between backticks, which become files[1..nr]; TEXT comes last.
	function words(line) {
		nr = 0
		while (match(line, /`[^`]*`/)) {
			files[++nr] = substr(line, RSTART + 1, RLENGTH - 2)
			line = substr(line, RSTART + RLENGTH)
		}
	}
	function put(file,   line, text, found) {
		if (how == "new") {
			if ((getline line <file) >= 0) { print file ": is there already"; exit }
			printf "%s", block >file
		} else if (how == "end") {
			printf "%s", block >>file
		} else {
			while ((getline line <file) > 0) {
				if (index(line, before)) { text = text block; found++ }
				text = text line "\n"
			}
			close(file)
			if (found != 1) {
				print file ": \"" before "\" stands there " found + 0 " times";
				exit }
			printf "%s", text >file
		}
		close(file)
		print how, file
	}
	/^```/ && inside { inside = 0; for (i = 1; how != "" && i <= nr; i++) put(files[i]);
		how = ""; next }
	/^```/ { inside = 1; block = ""; next }
	inside { block = block $0 "\n"; next }
	/^`.*`:$/ || /^`.*`, at the end:$/ {
		words($0)
		how = /, at the end:$/ ? "end" : /`, before `/ ? "before" : "new"
		if (how == "before") before = files[nr--]
		next
	}
	NF { how = "" }' "$page"
}

run add
added=$out
test_that "there is code for each kind, with a place for it" \
	[ "$(sort <<<"$out")" = "before bench/backends/kvm/kvm.c
before bench/base/verdicts.h
before bench/plan/config.c
before bench/plan/config.h
end workloads/jobs/exits.ini
end workloads/jobs/full.ini
new bench/commands/example.c
new bench/doctor/example.c
new probes/example.c
new reports/charts/chart_example.c
new reports/charts/example.gp
new reports/formats/example.c
new workloads/example.c" ]

# A backend and a lane, which the page advises to begin as copies of the shortest.
sed 's/backend_native/backend_example/; s/"native"/"example"/' bench/backends/native.c \
	>bench/backends/example.c
sed 's/lane_tcg/lane_example/; s/"tcg",$/"example",/' bench/lab/lanes/tcg.c \
	>bench/lab/lanes/example.c
# All but kvm.c: a key put into the middle of a list does not end its line where clang-format would.
if command -v clang-format-14 >/dev/null; then
	run clang-format-14 --dry-run --Werror \
		$(awk '/\.[ch]$/ && !/kvm\.c$/ { print $2 }' <<<"$added")
	test_that "the code is formatted like the rest" exited 0
else
	skip "the code is formatted like the rest" "no clang-format 14"
fi

compiler=gcc
! command -v ccache >/dev/null || compiler="ccache gcc"
export CCACHE_NOHASHDIR=1
unset MAKEFLAGS MAKELEVEL MFLAGS
run make -j"$(nproc)" CC="$compiler" WERROR=-Werror build/hvbench build/tests/unit/plan/test_jobs \
	build/tests/unit/backends/test_honours build/tests/unit/base/test_verdicts
test_that "it builds without warnings" exited 0
[ $status = 0 ] || { tap_done; exit; }
echo "# $(grep -c '^  \(CC\|GUEST\)' <<<"$out") files compiled"
new=$copy/build/hvbench

run "$new" list --format json
test_that "hvbench list has the workload, the backend and the key, with who honours it" jq -e '
	any(.workloads[]; .name == "example") and any(.configs[]; .key == "example") and
	(.backends | map({(.name): .keys}) | add | has("example") and (.kvm | index("example")) and
	 (.native | index("example") | not))' "$TMP/.out"
run "$new" help
test_that "hvbench help has the command" out_like '^ *example +say that it is there'
run "$new" example
test_that "the command runs" all exited 0 -- [ "$out" = here ]
run "$new" example --no-such-option
test_that "... refuses an option that it does not know" all exited 64 -- err_has no-such-option
run "$new" help --man example
test_that "... and has a manual page" all exited 0 -- out_has "say that it is there"
run "$new" lab list
test_that "hvbench lab list has the lane" out_like '^ *example '
run "$new" doctor --format json
test_that "hvbench doctor makes the check" jq -e 'any(.checks[]; .id == "example")' "$TMP/.out"

for test in plan/test_jobs backends/test_honours base/test_verdicts; do
	run build/tests/unit/$test
	test_that "$test passes" exited 0
done

run "$new" run -q -w example,empty --backend example --rounds 2 --samples 5 -o result.json
test_that "the workload runs on the backend" all exited 0 -- \
	jq -e '[.cells[] | .status == "ok" and .backend == "example"] == [true, true]' result.json
run "$new" run -q -w example --backend native --config example=on
test_that "a backend that does not honour the key refuses it and says who does" \
	all exited 69 -- err_like "native does not honour example=on; kvm does"
run "$new" report result.json -f example
test_that "report --format knows the renderer" all exited 0 -- [ "$out" = "2 cells" ]
run "$new" report result.json -o report.example
test_that "... and chooses it by the file's ending" all exited 0 -- \
	[ "$(cat report.example)" = "2 cells" ]
if command -v gnuplot >/dev/null; then
	run "$new" report result.json --png plots -o report.html
	test_that "report --png draws the chart" all exited 0 -- \
		[ -n "$(compgen -G 'plots/*example*.png')" ]
else
	skip "report --png draws the chart" "no gnuplot"
fi
if [ -w /dev/kvm ]; then
	run "$new" run -q -w example --rounds 2 --samples 5 -o kvm.json
	test_that "the probe's figure is in a VM's cell" \
		jq -e '.cells[0].example.waits | numbers' kvm.json
	run "$new" run -q -w example --config example=on --rounds 1 --samples 5 --probes off \
		-o kvm.json
	test_that "a backend that honours the key takes it" \
		jq -e '.cells[0].config.example == "on"' kvm.json
else
	skip "the probe's figure is in a VM's cell" "no /dev/kvm"
	skip "a backend that honours the key takes it" "no /dev/kvm"
fi
tap_done
