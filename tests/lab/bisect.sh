#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# hvbench lab bisect: a git tree whose commits are Debian's kernels is searched with real boots,
# interrupted and continued, without /dev/kvm. Then histories of all shapes, whose measurements are
# made up and in the state file already. Then scripts/ci/kernel-exits.sh.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
lane_or_skip svm --kernel debian:6.12
command -v git >/dev/null || { skip "bisect" "no git"; tap_done; exit 0; }
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/lab
cd "$TMP" || exit
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_AUTHOR_DATE="2026-01-01T00:00:00Z"
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

# without_kvm COMMAND…: in a mount namespace whose /dev has no kvm.
without_kvm()
{
	unshare -m bash -c '
		dev=$1 && shift && mkdir -p "$dev/shm" "$dev/pts" &&
		for n in null zero full random urandom tty; do
			touch "$dev/$n" && mount --bind "/dev/$n" "$dev/$n" || exit 125
		done
		ln -sfn /proc/self/fd "$dev/fd" && mount --rbind "$dev" /dev &&
			[ ! -e /dev/kvm ] || exit 125
		exec "$@"' bash "$TMP/dev" "$@"
}
if without_kvm true 2>/dev/null; then
	hidden=(without_kvm)
else
	hidden=()
	skip "without /dev/kvm" "no mount namespaces here"
fi

# The tree: which kernel a commit is, and where its packages are unpacked.
commit() { git -C "$1" commit -q --allow-empty -m "$2" && git -C "$1" rev-parse HEAD; }
is() { echo "$2" >"$1/which" && git -C "$1" add which && commit "$1" "$3"; }
git init -q -b main real
cat >build.sh <<END
[ "\$(cat which)" != broken ] || { echo "it is broken" >&2; exit 2; }
package=\$(sed 's,.*debs/,,' "$cache/sets/kernel-\$(cat which)") || exit
rm -rf out && mkdir out && ln -s "$cache/trees/\$package"/boot/vmlinuz-* out/bzImage
find "$cache/trees/\$package/" -name '*.ko*' -exec ln -s {} out/ ';'
END
printf 'out\n' >real/.gitignore
git -C real add .gitignore
one=$(is real 6.1 "the good one")
broken=$(is real broken "one that does not build")
two=$(is real 6.12 "the new series")
# The second commit that is built stops hvbench first, as Ctrl-C does.
cat >stop.sh <<'END'
[ -e ../stopped ] || [ "$(cat which)" != 6.12 ] || { touch ../stopped; kill -INT $1; sleep 5; }
END
args=(-q -w cpuid --git real --build 'sh ../stop.sh $PPID; sh ../build.sh' --kernel out/bzImage
	--modules out --good "$one" --bad main)
run "${hidden[@]}" "$HVBENCH" lab bisect svm "${args[@]}"
test_that "after an interruption what was measured is kept, and the branch is back" \
	all exited 130 -- err_has "1 measured are in hvbench-bisect.json" -- \
	[ "$(git -C real symbolic-ref --short HEAD)" = main ]
run "${hidden[@]}" "$HVBENCH" lab bisect svm "${args[@]}" -o /dev/full
test_that "it continues, and a report that cannot be written loses nothing" \
	all exited 74 -- [ "$(jq '.measured | length' hvbench-bisect.json)" = 3 ]
jq '[.measured[].result | select(.)] | .[0]' hvbench-bisect.json >6.1.json
jq '[.measured[].result | select(.)] | .[1]' hvbench-bisect.json >6.12.json
run "$HVBENCH" lab bisect svm "${args[@]}" -o real.json
test_that "where the commit before the step does not build both are named, status 2" \
	all exited 2 -- out_has "${two:0:12} the new series, or one of these" -- \
	out_has "${broken:0:12} one that does not build" -- jq -e --arg two "$two" \
	'.steps | length == 1 and .[0].to.id == $two and (.[0].between | length) == 1' real.json
test_that "... with the reason why one was left out" out_has "it did not build: status 2"
test_that "the functions of the step add up to it" \
	jq -e '.steps[0].cells[0] | .difference == ([.blame.functions[] | .new - .base] | add)' \
		real.json
test_that "the document conforms to the schema" "$TOP/tests/schema-validate" --documented real.json
test_that "the state file is removed once the result is shown" [ ! -e hvbench-bisect.json ]

# kernel-exits.sh builds the head, boots it, and compares it with an earlier result of the base.
cp real/.gitignore real/which .
run "${hidden[@]}" env -C real HVBENCH="$HVBENCH" WORKLOADS=cpuid BASE_RESULT="$TMP/6.1.json" \
	BUILD='sh ../../../build.sh && mkdir -p arch/x86/boot && cp -L out/bzImage arch/x86/boot/' \
	"$TOP/scripts/ci/kernel-exits.sh" "$one" "$two" exits
# Whether 6.12 is longer changes with Debian's updates of it.
want=(0 "No exit path of KVM's is longer")
! jq -e '.cells[0].difference > 0' real/exits/compare.json >/dev/null ||
	want=(1 "Exit paths of KVM's are longer")
test_that "kernel-exits.sh writes a comment with the functions that changed" \
	all exited "${want[0]}" -- grep -q "${want[1]}" real/exits/comment.md -- \
	grep -q '| `kvm_pmu_trigger_event`' real/exits/comment.md -- \
	[ "$(wc -l <real/exits/comment.md)" -lt 45 ] -- \
	jq -e '.cells[0].summary.p50' real/exits/head.json
run env -C real HVBENCH="$HVBENCH" BUILD='sh ../../../build.sh' \
	"$TOP/scripts/ci/kernel-exits.sh" "$one" "$broken" exits
test_that "... and for a commit that does not build 1, with the end of its output" \
	all exited 1 -- err_has "does not build" -- err_has "it is broken"

# Histories whose commits are all measured already, by a state file made here. A commit's figure is
# that of 6.1 plus what a file of the commit says.
git init -q -b main made
declare -A added
c()
{
	echo "$2" >"made/$1" && git -C made add "$1" && last=$(commit made "$1: $2") &&
		added[$last]=$2
}
# build_state: a state file with all commits measured. Its description of the search is taken from
# the file that a search begins.
build_state()
{
	rm -f state.json
	"$HVBENCH" lab bisect svm "${made[@]}" --build 'exit 1' "$@" >/dev/null 2>&1
	for id in "${!added[@]}"; do echo "$id ${added[$id]}"; done |
		jq -R -n --slurpfile state state.json --slurpfile doc 6.1.json '
			def more($d): .cells[0] |= (.summary.p50 += $d | .footprint.insn += $d |
				(.footprint.functions[] |
					select(.name == "svm_handle_exit").insn) += $d);
			def value: if . == "skip" then {skipped: "it did not build: made up"}
				else tonumber as $d | {result: ($doc[0] | more($d))} end;
			[inputs | split(" ") | {key: .[0], value: (.[1] | value)}] |
			from_entries as $m | $state[0] | .measured = $m' >state.new &&
		mv state.new state.json
}
made=(-q -w cpuid --git made --kernel debian:6.1 --state state.json)
ask()
{
	build_state "$@" &&
		run "$HVBENCH" lab bisect svm "${made[@]}" --build 'exit 1' "$@" -o made.json
}
steps() { jq -r '[.steps[] | .to.title] | join(", ")' made.json; }

for i in $(seq 1 20); do
	c "m$i" 0
	[ "$i" != 1 ] || first=$last
	[ "$i" != 5 ] || git -C made branch side
done
git -C made checkout -q side
for i in 1 2 3; do c "s$i" 0; done
for i in 4 5 6; do c "s$i" 1; done
git -C made checkout -q main
git -C made merge -q --no-ff -m "merge: 1" side
added[$(git -C made rev-parse HEAD)]=1
for i in $(seq 21 30); do c "m$i" 1; done
ask --good "$first" --bad main
test_that "one instruction more behind a merge is found in the branch's commit" \
	all exited 0 -- [ "$(steps)" = "s4: 1" ] -- jq -e '(.tested | length) <= 8 and
		([.steps[0].cells[0].blame.functions[] | select(.new != .base) | .name] ==
			["svm_handle_exit"])' made.json
ask --good "$first" --bad main --all
test_that "--all by first parents names the merge" all exited 0 -- [ "$(steps)" = "merge: 1" ]
c n1 13
c n2 13
c n3 -17
c n4 -17
ask --good "$first" --bad main --all
test_that "--all names each of the steps" [ "$(steps)" = "merge: 1, n1: 13, n3: -17" ]
test_that "... as text each with its function" \
	all out_has "+12" -- out_has "-30" -- out_has "svm_handle_exit"
ask --good "$first" --bad main
test_that "a path that became shorter: the commit that did it is named" [ "$(steps)" = "n3: -17" ]
ask --good "$first" --bad "main~2" --threshold 5
test_that "--threshold passes over smaller steps" [ "$(steps)" = "n1: 13" ]
ask --good "$first" --bad "main~2" --threshold 5 --format md
test_that "the result as Markdown is fit for a mail" \
	all exited 0 -- [ "$(wc -l <<<"$out")" -lt 40 ] -- out_has '| `svm_handle_exit`'
id=$(git -C made commit-tree -p main~2 -m "$(printf 'x\033[31m|<b>')" "main~2^{tree}")
added[$id]=40
ask --good "$first" --bad "$id" --threshold 20 --format md
test_that "a subject is no command to a terminal, and no markup" \
	all exited 0 -- out_lacks $'\033' -- out_has '`x\x1b[31m¦<b>`'
ask --good "$first" --bad "main~2" --threshold 5 --format csv
test_that "CSV has every commit that was measured" \
	all exited 0 -- out_like '^"?commit"?,"?cpuid"?,"?verdict"?,"?subject"?$'
ask --good "$first" --bad main --threshold 1000
test_that "ends that do not differ are status 3" \
	all exited 3 -- err_has "by more than the threshold" -- silent
c n5 skip
c n6 20
ask --good main~4 --bad main
test_that "a commit next to the step that does not build is status 2" \
	all exited 2 -- [ "$(steps)" = "n6: 20" ] -- out_has "n5: skip"

state()
{
	run "$HVBENCH" lab bisect svm "${made[@]}" --build 'exit 1' --good "$first" --bad main "$@"
}
build_state --good "$first" --bad main
state -w rdmsr
test_that "a state of another search is refused" all exited 64 -- err_has "another search" -- silent
echo '{' >state.json
state
test_that "a damaged state is refused" all exited 65 -- err_has "state.json"
rm -f state.json
state
test_that "an end that does not build ends the search" \
	all exited 1 -- err_has "the good host" -- err_has "did not build: status 1"
run "$HVBENCH" lab bisect svm "${made[@]:1}" --build 'exit 1' --good main~6 --bad main
test_that "... and progress said how many boots are left, of both ends too" \
	err_has "6 to choose from, 5 boots to go"
for bad in "--good nosuch --bad main" "--good main --bad $first" "--good main --bad main"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab bisect svm "${made[@]}" --build true $bad
	test_that "refused before anything is built: $(sed "s/[0-9a-f]\{40\}/ID/" <<<"$bad")" \
		all exited 64 -- silent -- one_message
done
run "$HVBENCH" lab bisect svm -q -w cpuid --git made --build true --kernel "$TMP/nowhere" \
	--good "$first" --bad main
test_that "a kernel that is not there is found before anything is built" \
	all exited 69 -- err_has nowhere
run "$HVBENCH" lab bisect svm "${made[@]}" --build true --good "$first" --bad main \
	--state "$TMP/nowhere/state"
test_that "a state file that cannot be written is found before anything is built" \
	all exited 74 -- err_has "$TMP/nowhere/state" -- err_has --state -- one_message
echo x >made/m1
state
test_that "a tree with changes is left alone" \
	all exited 69 -- err_has "not committed" -- [ "$(cat made/m1)" = x ]
run "$HVBENCH" lab bisect tcg -w cpuid --good debian:6.1 --bad debian:6.12
test_that "a lane without Xen is not told of Xen's commits" all exited 64 -- err_lacks Xen
for bad in "--good debian:6.1" "--good debian:6.1 --bad bzImage" "--images . --git ." "--git ." \
	"--good debian:6.1 --bad debian:6.12"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab bisect svm $bad
	test_that "misuse is refused: $bad" all exited 64 -- silent
done
run "$HVBENCH" lab bisect svm -q -w cpuid --images "$TMP/made"
test_that "a directory without kernels is refused" all exited 69 -- err_has "no kernels"
tap_done
