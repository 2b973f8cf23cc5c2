#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb.sh TARBALL DIR: makes Debian's packages hvbench and hvbench-lab, and the source package, in
# DIR from a tarball of make dist. Their build dependencies have to be installed: it says which
# are not. BUILD_OPTIONS: further ones of dpkg-buildpackage.
set -eu -o pipefail
tarball=$(readlink -e "${1:?deb.sh TARBALL DIR}") dir=$(readlink -m "${2:?deb.sh TARBALL DIR}")
for program in dpkg-buildpackage dh; do
	command -v "$program" >/dev/null || {
		echo "deb.sh: $program is missing: apt-get install dpkg-dev debhelper" >&2
		exit 1
	}
done
top=$(basename "$tarball" .tar.xz)
version=${top##*-}
rm -rf "$dir"
mkdir -p "$dir"
cp "$tarball" "$dir/hvbench_$version.orig.tar.xz"
tar -C "$dir" -xf "$tarball"
cp -R "$dir/$top/scripts/packaging/debian" "$dir/$top/"
cd "$dir/$top"
# Ubuntu's tools know the names of its own releases only.
release=$(. /etc/os-release; [ "${ID:-}" = ubuntu ] && echo "${VERSION_CODENAME:-}") || release=
[ -z "$release" ] || sed -i "1s/ unstable;/ $release;/" debian/changelog
[ "$(dpkg-parsechangelog -S Version)" = "$version-1" ] || {
	echo "deb.sh: scripts/packaging/debian/changelog is not of version $version-1" >&2
	exit 1
}
# Variables of the make that called us must not reach the package's.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
# shellcheck disable=SC2086 # a list of words
dpkg-buildpackage -us -uc ${BUILD_OPTIONS:-} >"$dir/build.log" 2>&1 || {
	tail -n 25 "$dir/build.log" >&2
	echo "deb.sh: the packages could not be built; see $dir/build.log" >&2
	exit 1
}
rm -rf "${dir:?}/$top"
ls "$dir"/*.deb
