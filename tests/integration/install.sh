#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and uninstall; the payload's bytes; the version in a tree that is not a git
# checkout.
. "$(dirname "$0")/../tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$TOP" || exit 1
root=$TMP/root
run make install DESTDIR="$root" PREFIX=/usr
test_that "make install succeeds" exited 0
test_that "the installed program runs" "$root/usr/bin/hvbench" --version
test_that "the payload is installed as a file" cmp "$root/usr/lib/hvbench/payload.elf" \
	"$BUILD/payload.elf"
symbol() { echo $((0x$(nm "$BUILD/hvbench" | awk -v name="$1" '$3 == name { print $1 }'))); }
test_that "the program carries a payload of the same size" \
	[ $(($(symbol hv_payload_end) - $(symbol hv_payload_start))) \
	= "$(stat -c %s "$BUILD/payload.elf")" ]
test_that "manual pages are installed" [ -s "$root/usr/share/man/man1/hvbench.1" ]
test_that "the schemas of all documents are installed" bash -c \
	'for f in bench/result/*.schema.json; do cmp "$0/usr/share/hvbench/${f##*/}" "$f" || exit;
		done' "$root"
run make uninstall DESTDIR="$root" PREFIX=/usr
test_that "make uninstall leaves no file" [ -z "$(find "$root" -type f)" ]

run make B="$TMP/again" "$TMP/again/payload.elf"
test_that "the same sources make the same payload, byte for byte" cmp "$TMP/again/payload.elf" \
	"$BUILD/payload.elf"

mkdir "$TMP/tarball"
cp -R Makefile scripts "$TMP/tarball/"
run make -C "$TMP/tarball" build/gen/version.h
test_that "without git the commit is unknown" grep -q 'HVBENCH_COMMIT "unknown"' \
	"$TMP/tarball/build/gen/version.h"
tap_done
