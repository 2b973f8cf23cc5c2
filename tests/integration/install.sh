#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and uninstall; the payload's bytes; make dist, which needs no git to be built, and
# the same bytes from any directory; the version in a tree that is not a git checkout.
. "$(dirname "$0")/../tap.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$TOP" || exit 1
root=$TMP/root
run make install DESTDIR="$root" PREFIX=/usr
test_that "make install succeeds" exited 0
run "$root/usr/bin/hvbench" --version
test_that "the installed program says what it was built with" all exited 0 -- quiet -- \
	out_like '^  compiler +(gcc|.*[Cc]lang) [0-9.]+' -- out_like '^  eBPF compiler .*clang' -- \
	out_like '^  libbpf +[0-9.]+' -- out_like '^  libperf +[a-z0-9.]' -- \
	out_like '^  source lines +(yes|no)'
test_that "the payload is installed as a file" cmp "$root/usr/lib/hvbench/payload.elf" \
	"$BUILD/payload.elf"
symbol() { echo $((0x$(nm "$BUILD/hvbench" | awk -v name="$1" '$3 == name { print $1 }'))); }
test_that "the program carries a payload of the same size" \
	[ $(($(symbol hv_payload_end) - $(symbol hv_payload_start))) \
	= "$(stat -c %s "$BUILD/payload.elf")" ]
test_that "manual pages are installed" [ -s "$root/usr/share/man/man1/hvbench.1" ]
test_that "completion is installed where shells look for it" \
	all [ -s "$root/usr/share/bash-completion/completions/hvbench" ] -- \
	[ -s "$root/usr/share/zsh/site-functions/_hvbench" ] -- \
	[ -s "$root/usr/share/fish/vendor_completions.d/hvbench.fish" ]
test_that "README and its chapters are installed, and no link between them leads nowhere" bash -c \
	'cd "$0/usr/share/doc/hvbench" && [ -s bench/lab/README.md ] &&
		! python3 "$TOP/tests/shown.py" links $(find . -name "*.md") |
			grep -E "\.(md|png|svg)(#.*)?$" | grep -v "\.github/"' "$root"
test_that "the schemas of all documents are installed" bash -c \
	'for f in bench/result/*.schema.json; do cmp "$0/usr/share/hvbench/${f##*/}" "$f" || exit;
		done' "$root"
run make uninstall DESTDIR="$root" PREFIX=/usr
test_that "make uninstall leaves no file" [ -z "$(find "$root" -type f)" ]

run make B="$TMP/again" "$TMP/again/payload.elf"
test_that "the same sources make the same payload, byte for byte" cmp "$TMP/again/payload.elf" \
	"$BUILD/payload.elf"

run make dist
test_that "make dist makes a tarball" exited 0
tarball=$(echo "$BUILD"/hvbench-*.tar.xz)
top=$(basename "$tarball" .tar.xz)
mkdir -p "$TMP/here" "$TMP/else/where"
tar -C "$TMP/here" -xf "$tarball"
tar -C "$TMP/else/where" -xf "$tarball"
commit=$(git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null)
# Of the program's parts one each: host, payload, plugin, eBPF. libperf, from what the tarball has
# of the kernel's sources, takes too long to be built twice.
parts="bench/base/stats.o payload.elf lab-plugin.so gen/sched.skel.h"
build_parts()
{
	local dir

	for dir; do
		LIBPERF_SOURCE='' PATH=$TMP/no-git:$PATH make -C "$dir/$top" \
			$(printf 'build/%s ' $parts) || return
	done
}
# As if there were none.
mkdir "$TMP/no-git"
printf '#!/bin/sh\nexit 127\n' >"$TMP/no-git/git"
chmod +x "$TMP/no-git/git"
run build_parts "$TMP/here"
test_that "the tarball is built without git" exited 0
test_that "... and has what libperf is built from" grep -q '"of linux-' \
	"$TMP/here/$top/build/libperf/include/hvbench_libperf.h"
mkdir "$TMP/else/where/$top/build"
cp -a "$TMP/here/$top/build/libperf" "$TMP/else/where/$top/build/"
run build_parts "$TMP/else/where"
for part in $parts; do
	test_that "in another directory it makes the same $part" cmp \
		"$TMP/here/$top/build/$part" "$TMP/else/where/$top/build/$part"
done
test_that "its version has the commit" grep -q "HVBENCH_COMMIT \"${commit:-unknown}\"" \
	"$TMP/here/$top/build/gen/version.h"
run env PATH="$TMP/no-git:$PATH" make -C "$TMP/here/$top" dist
test_that "the unpacked tarball makes itself, byte for byte" \
	cmp "$tarball" "$TMP/here/$top/build/$top.tar.xz"
test_that "it has every file of the tree" [ -z "$(git ls-files | while read -r file; do
	[ ! -e "$file" ] || cmp -s "$file" "$TMP/here/$top/$file" || echo "$file"
done)" ]

mkdir "$TMP/tarball"
cp -R Makefile scripts "$TMP/tarball/"
run make -C "$TMP/tarball" build/gen/version.h
test_that "without git the commit is unknown" grep -q 'HVBENCH_COMMIT "unknown"' \
	"$TMP/tarball/build/gen/version.h"
tap_done
