#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Mistakes of users, and hosts that lack something: one clear message, the right exit status, and
# no file that holds half a result.
. "$(dirname "$0")/../tap.sh"

run "$HVBENCH" run -w pio-usr
test_that "for an unknown workload the nearest is suggested" \
	all exited 64 -- silent -- err_has "'pio-usr'" -- \
	err_has "did you mean 'pio-user'?"
run "$HVBENCH" run -w chase:strid=64
test_that "for an unknown parameter the nearest is suggested" \
	all exited 64 -- silent -- err_has "'strid'" -- \
	err_has "stride"
run "$HVBENCH" run -w chase:stride=lots
test_that "a bad value of a parameter is shown, with its parameter" \
	all exited 64 -- silent -- err_has "'lots'" -- err_has "stride"
run "$HVBENCH" run -w chase:working_set=1
test_that "for a value out of bounds the message gives the bounds" \
	all exited 64 -- silent -- err_like '4k'
run "$HVBENCH" run -w pio-user:op=wriet
test_that "for a bad choice the message lists the choices" \
	all exited 64 -- err_has "write" -- err_has "read"
run "$HVBENCH" run -w ''
test_that "an empty list of workloads is refused" all exited 64 -- silent -- one_message
run "$HVBENCH" run -w pio-user,,cpuid
test_that "an empty name in a list is refused" all exited 64 -- silent -- one_message
run "$HVBENCH" run -w cpuid --config page=2m
test_that "for an unknown configuration key the nearest is suggested" \
	all exited 64 -- err_has "'page'" -- \
	err_has pages
run "$HVBENCH" run -w cpuid --config pages=3m
test_that "for a bad value of a key the message lists the values" \
	all exited 64 -- err_has "3m" -- err_has thp
run "$HVBENCH" run -w cpuid --backend vmware
test_that "for an unknown backend the message says what lists them" \
	all exited 64 -- err_has vmware -- \
	err_has "list backends"
run "$HVBENCH" run -w cpuid --rounds 0
test_that "--rounds 0 is refused" all exited 64 -- err_has "--rounds: '0'"
run "$HVBENCH" run -w cpuid --time never
test_that "a time that is not one is refused" all exited 64 -- err_has "never"
run "$HVBENCH" run -w cpuid --format yaml
test_that "an unknown format is refused" all exited 64 -- err_has yaml
for backend in xen qemu-kvm; do
	HVBENCH_QEMU=/no/qemu run "$HVBENCH" run --backend $backend
	test_that "a backend that is not there ($backend) is one message, and no plan before it" \
		all test "$status" -ge 64 -- silent -- err_lacks "rounds, about" -- \
		bash -c '[ "$(wc -l <<<"$1")" = 1 ]' - "$err"
done
run "$HVBENCH" run -w pio-user --config pin=1000 --rounds 1 -q
test_that "a CPU that does not exist: the message says how to find those that do" all exited 1 -- \
	out_has "taskset -cp \$\$"
run "$HVBENCH" run no-such-job
test_that "neither a job nor a file: the shipped ones are named" all exited 64 -- \
	err_has no-such-job -- err_has quick
run "$HVBENCH" run quick -w cpuid
test_that "a job and a list cannot be combined" all exited 64 -- silent

# Job files: the message names file, line and reason; status 65.
job()
{
	printf '%b' "$2" >"$TMP/job.ini"
	run "$HVBENCH" run "$TMP/job.ini"
	test_that "job file: $1" all exited 65 -- silent -- err_has "$TMP/job.ini:$3" -- \
		err_has "$4"
}
job "unknown workload" '[global]\nrounds = 2\n[pio-usr]\n' 3 pio-user
job "unknown key" '[cpuid]\nleef = 3\n' 2 leef
job "bad value" '[cpuid]\n\nleaf = many\n' 3 many
job "a line that is none of INI's" '[cpuid]\nwhat is this\n' 2 ''
job "an unclosed section" '[cpuid\n' 1 ''
# Lines may be of any length and spaced in any way.
sizes=$(seq -s 'k ,  ' 64 64 8192)k
printf '; A comment\n[global]\nrounds = 1 ; another\n[chase]\nworking_set: %s' "$sizes" \
	>"$TMP/job.ini"
run "$HVBENCH" run "$TMP/job.ini" --dry-run
test_that "job file: a line of $(tail -1 "$TMP/job.ini" | wc -c) bytes" all exited 0 -- quiet -- \
	out_has "128 cells, 1 round" -- out_has working_set=8m
printf '' >"$TMP/job.ini"
run "$HVBENCH" run "$TMP/job.ini"
test_that "job file: empty" all exited 65 -- silent -- err_has "$TMP/job.ini"
head -c 65536 /dev/urandom >"$TMP/job.ini"
run "$HVBENCH" run "$TMP/job.ini"
test_that "job file: random bytes" all exited 65 -- silent -- err_has "$TMP/job.ini"
run "$HVBENCH" run "$TMP"
test_that "job file: a directory" all silent -- err_has "$TMP" -- test "$status" -ge 64

# The same under the sanitizers: here what matters is that no memory is read wrongly.
if [ -x "$HVBENCH_SANITIZED" ]; then
	wild=
	for i in $(seq 1 20); do
		head -c $((RANDOM % 4000)) /dev/urandom | tr -d '\0' |
			sed '1s/^/[cpuid]\n/' >"$TMP/job.ini"
		run "$HVBENCH_SANITIZED" run "$TMP/job.ini" --rounds 1
		[ "$status" = 65 ] && err_lacks Sanitizer && err_lacks "runtime error" ||
			wild="$status $err"
	done
	test_that "random job files under the sanitizers" [ -z "$wild" ]
else
	skip "random job files under the sanitizers" "no sanitizer build"
fi

# Problems with the file that the result goes to.
if [ ! -w /dev/kvm ]; then
	skip "output that cannot be written" "no /dev/kvm that can be written to"
	tap_done
	exit
fi
measure() { run "$HVBENCH" run -w cpuid --rounds 1 --samples 5 -q "$@"; }
begin=$EPOCHREALTIME
measure -o "$TMP/none/result.json"
test_that "a directory that is not there: 74" all exited 74 -- err_has "$TMP/none"
test_that "... told before anything is measured" [ $((${EPOCHREALTIME/./} - ${begin/./})) \
	-lt 150000 ]
mkdir "$TMP/dir"
measure -o "$TMP/dir"
test_that "a directory in place of a file" all exited 74 -- err_has "$TMP/dir"
measure -o /dev/full
test_that "a device that is full: 74, and it is still a device" all exited 74 -- [ -c /dev/full ]
ok_cell() { jq -e '.cells[0].status == "ok"' <<<"$out"; }
# A limit on the size of files, which also sends a signal.
# limited SIZE COMMAND…: neither output nor messages of the command go to a file
# shellcheck disable=SC2016
limited()
{
	run bash -o pipefail -c '{ (ulimit -f $0; exec "$@" 2>&1 >&4) | cat >&2; } 4>&1 | cat' "$@"
}
for size in 0 1; do
	limited $size "$HVBENCH" run -w cpuid --rounds 3 --samples 30 -q -o "$TMP/limited.json"
	test_that "ulimit -f $size: a message, and the result is printed if no file can hold it" \
		all exited 74 -- err_has "File too large" -- \
		err_has "standard output" -- ok_cell -- [ ! -e "$TMP/limited.json" ]
done
for command in "list workloads" "report $TMP/whole.json -f text" \
	"compare $TMP/whole.json $TMP/whole.json"; do
	[ -e "$TMP/whole.json" ] || measure -o "$TMP/whole.json"
	run bash -c "ulimit -f 0; exec $HVBENCH $command"
	test_that "ulimit -f 0, ${command%% *}: 74, no signal" exited 74
done
# Another user of /tmp has prepared the result's name there, as a link to a file of root's or as a
# pipe.
mkdir "$TMP/tmp"
echo precious >"$TMP/victim"
# shellcheck disable=SC2016
run bash -c \
	'for i in $(seq $$ $(($$ + 50))); do ln -s "$1/victim" "$1/tmp/hvbench-result-$i.json"; done
	TMPDIR=$1/tmp exec "$2" run -w cpuid --rounds 3 --samples 5 -q -o /dev/full' \
	sh "$TMP" "$HVBENCH"
kept=$(sed -n 's/.*the result is kept in //p' <<<"$err")
test_that "a result that cannot be written is kept elsewhere, under an unpredictable name" \
	all exited 74 -- jq -e .cells "$kept" -- \
	[ "$(stat -c %a "$kept")" = 600 ] -- grep -qx precious "$TMP/victim"
mkdir "$TMP/fs"
if ! unshare -m mount -t tmpfs tmpfs "$TMP/fs" 2>/dev/null; then
	skip "full and read-only file systems, no /dev/kvm, no permission" \
		"mounts of its own need root"
	tap_done
	exit
fi

# in_namespace COMMANDS: a root shell with mounts of its own (unshare makes them private).
in_namespace() { run unshare -m bash -c "$1"; }
in_namespace "mount -t tmpfs -o size=4k tmpfs $TMP/fs &&
	$HVBENCH run -w cpuid --rounds 3 -q -o $TMP/fs/r.json; s=\$?; ls -A $TMP/fs; exit \$s"
test_that "a full file system: 74, and nothing is left there" all exited 74 -- silent -- \
	err_like "No space left|[Ff]ull"
# Through its descriptor: the program itself may lie below one of these directories.
in_namespace "exec 3<$HVBENCH; for d in /tmp /var/tmp; do mount -t tmpfs -o size=4k tmpfs \$d; done;
	unset TMPDIR; /proc/self/fd/3 run -w cpuid --rounds 3 -q -o /tmp/r.json"
test_that "all places for temporary files full too: the result is printed" all exited 74 -- \
	err_has "standard output" -- ok_cell
in_namespace "mount -t tmpfs -o ro tmpfs $TMP/fs &&
	$HVBENCH run -w cpuid --rounds 1 -q -o $TMP/fs/r.json"
test_that "a read-only file system: 74" all exited 74 -- silent -- err_like "[Rr]ead-only"
echo precious >"$TMP/old.json"
in_namespace "mount --bind $TMP $TMP && mount -o remount,bind,ro $TMP &&
	$HVBENCH run -w cpuid --rounds 1 -q -o $TMP/old.json"
test_that "an older result is kept when the new one cannot be written" all exited 74 -- \
	grep -qx precious "$TMP/old.json"

# How many cycles of the guest's clock make a millisecond, according to the result.
own_khz() { "$HVBENCH" run -q -w empty --rounds 1 --format json | jq '.cells[0].tsc_khz'; }
no_kvm='mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 &&
	mknod -m 666 /dev/urandom c 1 9 && '
in_namespace "$no_kvm$HVBENCH run -w cpuid --rounds 1 </dev/null"
test_that "no /dev/kvm: 69, with what to do" all exited 69 -- err_has /dev/kvm -- \
	err_like "kvm_intel|kvm-intel|modprobe|module|BIOS|firmware"
in_namespace "$no_kvm$HVBENCH run -w cpuid --backend native --rounds 1 </dev/null"
test_that "without /dev/kvm the native backend still runs" exited 0
# Without the right to use it, perf does not give the frequency either.
in_namespace "$no_kvm$HVBENCH run -w bandwidth --backend native --rounds 1 --format json </dev/null"
# Warnings of a busy host are allowed.
test_that "without /dev/kvm the clock's frequency is measured" jq -e --argjson khz "$(own_khz)" '
	.cells[0] | .unit == "bytes_per_s" and (.tsc_khz / $khz | . > 0.995 and . < 1.005) and
		(.warnings | map(select(contains("busy") | not))) == []' <<<"$out"
in_namespace "$no_kvm$HVBENCH run -w bandwidth --backend native --config pages=1g --rounds 1 \
	--format json </dev/null"
test_that "where nothing was measured there is no warning about figures" \
	jq -e '.cells[0] | .status == "skipped" and .warnings == []' <<<"$out"
in_namespace "$no_kvm$HVBENCH list backends --format json </dev/null"
test_that "without /dev/kvm 'list backends' says so" jq -e '.backends[] | select(.name == "kvm") |
	.available == false and (.why | contains("/dev/kvm"))' <<<"$out"
in_namespace "${no_kvm}ln -s /dev/null /dev/kvm && $HVBENCH run -w cpuid --rounds 1 </dev/null"
test_that "a /dev/kvm that is not KVM: 69" all exited 69 -- err_has /dev/kvm

chmod 755 "$TMP"
cp "$HVBENCH" "$TMP/hvbench"
in_namespace "mknod -m 600 $TMP/kvm c 10 232 && mount --bind $TMP/kvm /dev/kvm && cd / &&
	setpriv --reuid=65534 --regid=65534 --clear-groups $TMP/hvbench run -w cpuid --rounds 1"
test_that "no permission for /dev/kvm, which only root has: 77, and no group is suggested" \
	all exited 77 -- one_message -- err_has "run as root" -- err_has setfacl -- \
	err_lacks usermod
in_namespace "chgrp users $TMP/kvm && chmod 660 $TMP/kvm && mount --bind $TMP/kvm /dev/kvm &&
	cd / &&
	setpriv --reuid=65534 --regid=65534 --clear-groups $TMP/hvbench run -w cpuid --rounds 1"
test_that "no permission for /dev/kvm, which has a group: 77, and its name" all exited 77 -- \
	one_message -- err_has "usermod -aG users"
in_namespace "chmod 666 $TMP/kvm && mount --bind $TMP/kvm /dev/kvm && cd / &&
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	$TMP/hvbench run -w cpuid,pio-user --rounds 1"
test_that "an ordinary user who may open /dev/kvm measures" all exited 0 -- out_has pio-user
tap_done
