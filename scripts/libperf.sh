#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libperf where the distribution has no package of it: built from Linux's tools/lib/perf.
#
#   libperf.sh source	prints the kernel sources that would be used; status 1 if there are none
#   libperf.sh build DIR	makes DIR/libperf.a (with libapi, which it needs) and DIR/include
#   libperf.sh vendor FILE	makes a tarball of what it is built from, for a tarball of hvbench
#
# LIBPERF_SOURCE names a kernel source tree or tarball; without it scripts/linux-*.tar.xz, which
# tarballs of hvbench have, is taken, else the distribution's package (linux-source on Debian and
# Ubuntu) under /usr/src.
set -eu -o pipefail

find_source()
{
	local path

	if [ -n "${LIBPERF_SOURCE:-}" ]; then
		[ -f "$LIBPERF_SOURCE" ] || [ -d "$LIBPERF_SOURCE/tools/lib/perf" ] || {
			echo "libperf.sh: LIBPERF_SOURCE=$LIBPERF_SOURCE is no kernel source tree" \
				"or tarball" >&2
			return 1
		}
		echo "$LIBPERF_SOURCE"
		return
	fi
	path=$(find "$(dirname "$0")" -name 'linux-*.tar.xz')
	[ -z "$path" ] || { echo "$path"; return; }
	path=$(find -L /usr/src -maxdepth 2 -name 'linux-source-*.tar.*' | sort -V | tail -n 1)
	[ -n "$path" ] && echo "$path"
}

# Unpacks only what the library is made of, whatever the tarball's top directory is called.
parts=(tools/arch tools/build tools/include tools/lib tools/scripts)
unpack()
{
	local source=$1 dir=$2

	if [ -d "$source" ]; then
		tar -C "$source" -cf - "${parts[@]}" | tar -C "$dir" -xf -
	else
		XZ_DEFAULTS=-T0 tar -C "$dir" --strip-components=1 --wildcards -xf "$source" \
			"${parts[@]/#/*/}"
	fi
}

# "linux-source-6.1"
name_of()
{
	basename "$(readlink -f "$1")" | sed 's/\.tar.*//; s/["\\]//g'
}

# Of the same sources the same bytes.
vendor()
{
	local file=$1 source work

	source=$(find_source)
	work=$(mktemp -d)
	# shellcheck disable=SC2064 # this directory
	trap "rm -rf '$work'" EXIT
	unpack "$source" "$work"
	cp -R "$(dirname "$0")/../COPYING" "$work/"
	tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu \
		--mode=go=rX,u=rwX --transform="s,^\\.,$(name_of "$source")," -c . |
		xz -6 -T1 >"$file"
}

build()
{
	local dir=$1 source work log

	source=$(find_source)
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	work=$(mktemp -d "$dir/work.XXXXXX")
	log=$dir/build.log
	# shellcheck disable=SC2064 # this directory
	trap "rm -rf '$work'" EXIT
	unpack "$source" "$work"
	# Variables of the make that called us must not reach the kernel's.
	unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL V O OUTPUT CFLAGS LDFLAGS ARCH
	# The same bytes from any directory.
	export EXTRA_CFLAGS="-O2 -g -Wall -ffile-prefix-map=$work=libperf"
	if ! { make -C "$work/tools/lib/api" libapi.a WERROR=0 &&
		make -C "$work/tools/lib/perf" libperf.a; } \
	     >"$log" 2>&1; then
		echo "libperf.sh: libperf of $source does not build; see $log:" >&2
		tail -n 20 "$log" >&2
		exit 1
	fi
	mkdir -p "$dir/include"
	rm -rf "$dir/include/perf"
	cp -R "$work/tools/lib/perf/include/perf" "$dir/include/"
	# For hvbench --version.
	printf '#define HVBENCH_LIBPERF "of %s"\n' "$(name_of "$source")" \
		>"$dir/include/hvbench_libperf.h"
	rm -f "$dir/libperf.a"
	ar rcsD "$dir/libperf.a" "$work/tools/lib/perf/libperf-in.o" \
		"$work/tools/lib/api/libapi-in.o"
}

case ${1:-} in
source) find_source ;;
build) build "${2:?libperf.sh build needs a directory}" ;;
vendor) vendor "${2:?libperf.sh vendor needs a file}" ;;
*) sed -n '/^# libperf where/,/^# Ubuntu/s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
