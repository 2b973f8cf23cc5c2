#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dist.sh VERSION FILE: makes the tarball hvbench-VERSION from this tree, or from an unpacked
# tarball. It needs no git to be built, nor the kernel's sources, since what libperf is built from
# is in it; .release names the commit. The same commit and the same kernel sources make the same
# bytes: times are those of the commit, or SOURCE_DATE_EPOCH.
set -eu -o pipefail
version=${1:?dist.sh VERSION FILE} file=$(readlink -m "${2:?dist.sh VERSION FILE}")
cd "$(dirname "$0")/../.."

# What is in git, as it is in the working tree.
if [ -e .git ]; then
	list() { git ls-files -z; }
	commit=$(git describe --always --dirty --abbrev=12 --exclude='*')
	time=$(git log -1 --format=%ct)
elif [ -e .release ]; then
	list() { find . -path ./build -prune -o -path ./debian -prune -o ! -type d -print0; }
	commit=$(sed -n 's/^commit //p' .release)
	time=$(sed -n 's/^time //p' .release)
else
	echo "dist.sh: neither a git checkout nor an unpacked tarball: which commit is this?" >&2
	exit 1
fi
time=${SOURCE_DATE_EPOCH:-$time}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/hvbench-$version" "$(dirname "$file")"
list | while IFS= read -r -d '' path; do
	[ ! -e "$path" ] || printf '%s\0' "$path"
done | tar -c --null -T - | tar -C "$work/hvbench-$version" -x
cd "$work/hvbench-$version"
printf 'commit %s\ntime %s\n' "$commit" "$time" >.release
source=$(scripts/libperf.sh source) || {
	echo "dist.sh: no kernel sources to take libperf from: install linux-source, or set" \
		"LIBPERF_SOURCE" >&2
	exit 1
}
[ "${source%/*}" = scripts ] || {
	name=$(basename "$(readlink -f "$source")" |
		sed 's/^linux-source-//; s/^linux-//; s/\.tar.*//')
	scripts/libperf.sh vendor "scripts/linux-$name.tar.xz"
}
tar -C "$work" --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner --format=gnu \
	--mode=go=rX,u+rw -c "hvbench-$version" | xz -9 -T1 >"$file.new"
mv "$file.new" "$file"
