#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 2400
# Whatever goes wrong with an emulated host, there is one reason, the right exit status, and nothing
# is left behind.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/lab

# Lists the processes that have this test's own directory in their command line.
export TMPDIR=$TMP/tmp
mkdir "$TMPDIR"
left_processes() { pgrep -af "qemu-system.*$TMPDIR" | grep -v pgrep; }
left_nothing() { ! left_processes && [ -z "$(ls -A "$TMPDIR")" ]; }

run "$HVBENCH" lab run svm -w cpuid -q --cmdline rdinit=/nothing
test_that "of a kernel that panics the message has the end of the console" \
	all exited 1 -- silent -- err_has "before it had sent a result" -- \
	err_has "console log is in" -- err_like '\| .*(panic|init)'
test_that "... and nothing is left of it" left_nothing

kernel=$(find "$cache/trees" -name 'vmlinuz-6.1.*-cloud-amd64' | head -n 1)
mkdir "$TMP/none" "$TMP/wrong"
run "$HVBENCH" lab run svm -w cpuid -q --kernel "$kernel" --modules "$TMP/none"
test_that "a kernel without KVM is status 1, with what is missing" \
	all exited 1 -- silent -- err_has "no /dev/kvm" -- err_has "none was found"
cp "$(find "$cache/trees" -path '*6.1.*cloud*' -name kvm.ko | head -n 1)" "$TMP/wrong/kvm.ko"
printf 'no module at all' >"$TMP/wrong/kvm-amd.ko"
run "$HVBENCH" lab run svm -w cpuid -q --kernel "$kernel" --modules "$TMP/wrong"
test_that "a module that does not fit is named, with what insmod says" all exited 1 -- \
	err_has "kvm-amd" -- err_has insmod
run "$HVBENCH" lab run svm -w cpuid -q --kernel /etc/passwd
test_that "a file that is not a kernel is refused before anything boots" all exited 65 -- \
	err_has "/etc/passwd" -- err_has "no bootable"
run "$HVBENCH" lab run svm -w cpuid -q --kernel "$TMP/nowhere"
test_that "a kernel that is not there is named" all exited 69 -- err_has "$TMP/nowhere"
run "$HVBENCH" lab run svm -w cpuid -q --kernel 'debian:6.1/../..'
test_that "a name that is no kernel's is refused" \
	all exited 64 -- err_has "not the name of a Debian kernel"
run "$HVBENCH" lab run smv -w cpuid
test_that "for an unknown lane the nearest is suggested" \
	all exited 64 -- err_has "did you mean 'svm'"

begin=$SECONDS
run "$HVBENCH" lab shell svm -q --timeout 20 -c 'while :; do :; done'
test_that "a host that hangs is stopped in time" all exited 1 -- err_has "within 20 s" -- \
	[ $((SECONDS - begin)) -lt 60 ]
test_that "... and nothing is left of it" left_nothing
for signal in INT TERM; do
	run timeout --preserve-status -s $signal 4 "$HVBENCH" lab shell svm -q -c 'sleep 1000'
	test_that "SIG$signal ends the lab with status 130" \
		all exited 130 -- silent -- err_has interrupted
	test_that "SIG$signal leaves nothing behind" left_nothing
done
timeout -s KILL 4 "$HVBENCH" lab shell svm -q -c 'sleep 1000' 2>/dev/null
sleep 1
test_that "after SIGKILL the emulator ends with the program" [ -z "$(left_processes)" ]
rm -rf "${TMPDIR:?}"/*

if mkdir "$TMP/small" && mount -t tmpfs -o size=2m tmpfs "$TMP/small" 2>/dev/null; then
	TMPDIR=$TMP/small run "$HVBENCH" lab run svm -w cpuid -q
	test_that "with a full disk the message says what could not be written, and where" \
		all exited 74 -- err_has "No space" -- err_has "$TMP/small"
	test_that "with a full disk nothing is left behind" [ -z "$(ls -A "$TMP/small")" ]
	umount "$TMP/small"
else
	skip "a full disk" "cannot mount a small file system here"
fi

# A copy of the cache, to be damaged.
mkdir -p "$TMP/xdg/hvbench/lab"
cp -a "$cache/sets" "$cache/debs" "$cache/trees" "$TMP/xdg/hvbench/lab/"
export XDG_CACHE_HOME=$TMP/xdg
run "$HVBENCH" lab setup svm --offline -q
image=${out%% *}
test_that "a copy of the cache works as well" exited 0
# Damages every kernel of that name in the cache, so that it does not matter which one is used.
damage()
{
	find "$TMP/xdg/hvbench/lab/trees" -path '*6.1.*cloud*' -name kvm.ko |
		while read -r module; do
			printf 'x' | dd of="$module" bs=1 seek=1000 conv=notrunc 2>/dev/null
		done
}
damage
run "$HVBENCH" lab setup svm --offline
test_that "a damaged file of the cache is noticed, and unpacked anew" \
	all exited 0 -- err_has damaged -- \
	[ "${out%% *}" = "$image" ]
damage
truncate -s 1000 "$TMP"/xdg/hvbench/lab/debs/linux-image-6.1*cloud*.deb
run "$HVBENCH" lab setup svm --offline -q
test_that "where the package is damaged as well it is refused offline" \
	all exited 69 -- err_has "damaged"
run "$HVBENCH" lab setup svm -q
if [ "$status" = 69 ]; then
	skip "... and fetched anew with a network" "$(head -n 1 <<<"$err")"
else
	# It is the same one, unless the archive has a newer one by now.
	kernel_of() { cat "$1/sets/kernel-6.1"; }
	test_that "... and fetched anew with a network" all exited 0 -- [ "${out%% *}" = "$image" \
		-o "$(kernel_of "$TMP/xdg/hvbench/lab")" != "$(kernel_of "$cache")" ]
fi
rm -rf "$TMP/xdg/hvbench/lab/sets"/*
run "$HVBENCH" lab setup svm --offline -q
test_that "with an empty cache and offline the message says what to do" all exited 69 -- \
	err_has "lab setup"

# Two runs at the same time, on a cache that has to be repaired first.
rm -rf "$TMP/xdg" && mkdir -p "$TMP/xdg/hvbench/lab"
cp -a "$cache/sets" "$cache/debs" "$TMP/xdg/hvbench/lab/"
"$HVBENCH" lab shell svm -q -c 'echo one' >"$TMP/one" 2>&1 &
"$HVBENCH" lab shell svm -q -c 'echo two' >"$TMP/two" 2>&1
wait
test_that "two runs at the same time do not disturb each other" [ "$(cat "$TMP/one" "$TMP/two")" \
	= $'one\ntwo' ]
test_that "... and nothing is left of either" left_nothing
tap_done
