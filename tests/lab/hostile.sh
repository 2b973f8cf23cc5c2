#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# What is passed to an emulated host arrives unchanged or is refused before anything boots; runs
# that end badly leave nothing behind and lose nothing.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/lab
export TMPDIR="$TMP/a,b c"
mkdir "$TMPDIR"

mkfifo "$TMP/fifo"
run timeout 20 "$HVBENCH" lab run svm -w cpuid -q --kernel "$TMP/fifo"
test_that "a FIFO as a kernel is refused" \
	all exited 64 -- err_has "$TMP/fifo" -- err_has "no regular file"
run timeout 20 "$HVBENCH" lab run xen -w cpuid -q --xen "$TMP/fifo"
test_that "a FIFO as a hypervisor is refused" all exited 64 -- err_has "no regular file"
run timeout 20 "$HVBENCH" lab shell svm -q --file /dev/zero:zero -c true
test_that "a device as a file to copy is refused" \
	all exited 64 -- err_has "/dev/zero" -- err_has "no regular file"
long=$(printf 'x%.0s' {1..5000})
run timeout 60 "$HVBENCH" lab shell svm -q --cmdline "a=$long" -c true
test_that "a command line that the kernel would cut is refused" \
	all exited 64 -- err_has "Linux reads 2047"
run timeout 60 "$HVBENCH" lab run xen -q -w cpuid --cmdline "a=$long"
test_that "... and so is one that Xen would cut" all exited 64 -- err_has "Xen reads 1023"

printf '#!/bin/sh\necho "a script, $1"\n' >"$TMP/script"
run "$HVBENCH" lab shell svm -q --file "$TMP/script" --file /etc/hostname:etc/name \
	--cmdline 'd=$HOME c="x y"' -c "$(cat <<'END'
cat <<'END_OF_COMMAND'
in a here-document
END_OF_COMMAND
script one; ls /etc/name; cat /proc/cmdline
END
)"
test_that "a directory with comma and blank, and a command with any text, do no harm" \
	all exited 0 -- out_like '^in a here-document$'
test_that "a script and a plain file are copied in" \
	all out_like '^a script, one$' -- out_like '^/etc/name$'
test_that "a command line arrives as it is" out_has 'd=$HOME c="x y"'
test_that "nothing is left" [ -z "$(ls -A "$TMPDIR")" ]
run "$HVBENCH" lab run svm -q -w cpuid --config irqchip=user -o "$TMP/comma.json" --format csv
test_that "... and what is measured does not depend on it" \
	all exited 0 -- all_ok "$TMP/comma.json" cpuid

# Directories that other runs left behind, and those still in use.
mkdir "$TMPDIR"/hvbench-lab.{stale0,inuse0,fresh0,d}
touch "$TMPDIR/hvbench-lab.stale0/capture" "$cache/apt.4194304.log"
touch -d '2 hours ago' "$TMPDIR"/hvbench-lab.{stale0,inuse0,d} \
	"$cache/apt.4194304.log" "$cache/lock"
touch -d '2 hours ago' "$cache/tool.$$.log"
exec 9<"$TMPDIR/hvbench-lab.inuse0"
flock 9
run "$HVBENCH" lab setup svm -q
test_that "directories not in use any more are removed, and nothing else" \
	[ "$(cd "$TMPDIR" && echo *)" = "hvbench-lab.d hvbench-lab.fresh0 hvbench-lab.inuse0" ]
test_that "... and so they are in the cache" [ ! -e "$cache/apt.4194304.log" -a \
	-e "$cache/tool.$$.log" -a -e "$cache/lock" ]
exec 9<&-
rm -rf "${TMPDIR:?}"/* "$cache/tool.$$.log"

# A reader of the output that goes away, at once or halfway.
{ "$HVBENCH" lab run tcg -w cpuid -q 2>"$TMP/err"; echo $? >"$TMP/status"; } | true
test_that "where the reader has gone the result is kept, and the message says where" \
	all [ "$(cat "$TMP/status")" = 74 ] -- grep -q 'the result is kept in' "$TMP/err"
file=$(sed -n 's/.*is kept in //p' "$TMP/err")
test_that "... and it is the result" jq -e '.cells[0].status == "ok"' "$file"
rm -f "$file"
test_that "... and nothing else is left" [ -z "$(ls -A "$TMPDIR")" ]

# The second of two hosts fails.
run "$HVBENCH" lab compare svm -q -w cpuid --base mitigations=off --new /no/such/kernel
test_that "all hosts to compare are checked before one boots" all exited 69 -- \
	err_has "/no/such/kernel" -- err_lacks "kept in"
run "$HVBENCH" lab compare svm -q -w cpuid --base mitigations=off --new cmdline=rdinit=/nothing
test_that "results measured before a host failed are kept" all exited 1 -- silent -- \
	err_has "host 'mitigations=off' is not lost" -- err_has "is kept in"
file=$(sed -n 's/.*is kept in //p' <<<"$err")
run "$HVBENCH" lab compare svm --base "$file" --new "$file"
test_that "... and can be compared with" all exited 0 -- out_has "1 the same"
rm -f "$file"

# A sweep that is killed: the hosts measured by then are kept, and need no boot the next time.
"$HVBENCH" lab sweep svm -q -w cpuid --kernels debian:6.1,debian:6.12 -o "$TMP/sweep.json" \
	>/dev/null 2>&1 &
job=$!
partial=$TMP/sweep.json.1.json.partial
for ((i = 0; i < 600; i++)); do
	[ ! -e "$partial" ] || break
	sleep 0.1
done
kill -KILL $job
wait $job 2>/dev/null
run "$HVBENCH" report "$partial" -f text
test_that "a sweep, SIGKILL: what was measured of a host is kept, and shown by report" \
	all exited 0 -- out_has cpuid -- [ ! -e "$TMP/sweep.json" ]
run "$HVBENCH" lab sweep svm -q -w cpuid --host "$partial" --host "$partial" -o "$TMP/sweep.json"
test_that "... and the next takes it instead of a boot" all exited 0 -- \
	jq -e '.schema == "hvbench.lab-sweep/1"' "$TMP/sweep.json" -- \
	[ "$(echo "$TMP"/sweep.json*)" = "$TMP/sweep.json $partial" ]
run "$HVBENCH" lab compare svm -q -w cpuid --base "$partial" --new mitigations=off \
	-o "$TMP/compared.json"
test_that "... and nothing else is left of one that ends" all [ "$status" -le 1 ] -- \
	[ "$(echo "$TMP"/compared.json*)" = "$TMP/compared.json" ]
rm -rf "${TMPDIR:?}"/*

for args in "run svm -w cpuid --cmdline rdinit=/nothing" \
	"run svm -w cpuid --kernel /no/such/kernel" \
	"run svm -w cpuid --kernel /etc/passwd" \
	"compare svm -w cpuid --base $TMP/comma.json --new /no/such/kernel"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab $args --bisect-status -q
	test_that "--bisect-status is 125 for a host that cannot boot (${args//$TMP\//})" exited 125
done
for args in "run nowhere" "run svm -w nothing" "run svm -w cpuid -o /no/such/file" \
	"compare svm --base $TMP/no.json --new debian:6.1"; do
	# shellcheck disable=SC2086
	run "$HVBENCH" lab $args --bisect-status -q
	test_that "--bisect-status is 255, at which git stops (${args//$TMP\//})" exited 255
done
run "$HVBENCH" lab compare svm --base "$TMP/comma.json" --new "$TMP/comma.json" --bisect-status
test_that "--bisect-status is 0 for a good kernel" exited 0
jq '.cells[0].summary.p50 += 1' "$TMP/comma.json" >"$TMP/longer.json"
run "$HVBENCH" lab compare svm --base "$TMP/comma.json" --new "$TMP/longer.json" --bisect-status
test_that "--bisect-status is 1 for a bad one" exited 1

(cd "$TMP" && exec "$HVBENCH" lab shell svm -q -c 'sleep 1000' 2>"$TMP/killed") &
job=$!
for ((i = 0; i < 300; i++)); do
	emulator=$(pgrep -f "qemu-system.*$(basename "$TMP")") && break
	sleep 0.1
done
kill -KILL "$emulator"
wait $job
code=$?
test_that "of an emulator that was killed it is said by which signal" all [ $code = 69 ] -- \
	grep -q 'killed by signal 9' "$TMP/killed"
test_that "nothing is left" [ -z "$(ls -A "$TMPDIR")" ]

run "$HVBENCH" lab run tcg -w cpuid -q
test_that "in a pipe no table is cut to a terminal's width" [ "$(wc -L <<<"$out")" -gt 81 ]
run "$HVBENCH" lab foo
test_that "for an unknown command the lab's help is named" all exited 64 -- \
	err_has "hvbench lab --help"
run "$HVBENCH" lab shell --help
test_that "help begins with a sentence" out_has "A console in"

if lane=vmx; "$HVBENCH" lab setup vmx -q >/dev/null 2>&1; then
	run "$HVBENCH" lab shell vmx -q --cmdline "a='b'" -c true
	test_that "$lane refuses a command line that the boot loader would change" \
		all exited 64 -- \
		err_has "single quote"
	run "$HVBENCH" lab shell vmx -q --timeout 1000 --cmdline 'd=$HOME e=a;b c="x y"' \
		-c 'cat /proc/cmdline'
	test_that "$lane passes on any other" all exited 0 -- out_has 'd=$HOME e=a;b "c=x y"'
else
	skip "lane vmx: a command line through the boot loader" "the lane cannot be set up here"
fi
tap_done
