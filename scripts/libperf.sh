#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libperf where the distribution has no package of it: built from Linux's tools/lib/perf.
#
#   libperf.sh source	prints the kernel sources that would be used; status 1 if there are none
#   libperf.sh build DIR	makes DIR/libperf.a (with libapi, which it needs) and DIR/include
#
# LIBPERF_SOURCE names a kernel source tree or tarball; without it the distribution's package
# (linux-source on Debian and Ubuntu) is looked for under /usr/src.
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
	path=$(find -L /usr/src -maxdepth 2 -name 'linux-source-*.tar.*' | sort -V | tail -n 1)
	[ -n "$path" ] && echo "$path"
}

# Unpacks only what the library is made of, whatever the tarball's top directory is called.
unpack()
{
	local source=$1 dir=$2 parts=(tools/arch tools/build tools/include tools/lib tools/scripts)

	if [ -d "$source" ]; then
		tar -C "$source" -cf - "${parts[@]}" | tar -C "$dir" -xf -
	else
		XZ_DEFAULTS=-T0 tar -C "$dir" --strip-components=1 --wildcards -xf "$source" \
			"${parts[@]/#/*/}"
	fi
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
	rm -f "$dir/libperf.a"
	ar rcs "$dir/libperf.a" "$work/tools/lib/perf/libperf-in.o" \
		"$work/tools/lib/api/libapi-in.o"
}

case ${1:-} in
source) find_source ;;
build) build "${2:?libperf.sh build needs a directory}" ;;
*) sed -n '/^# libperf where/,/^# (linux/s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
