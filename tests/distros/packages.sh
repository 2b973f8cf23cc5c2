#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3000
# make deb in a fresh root of each release in HVBENCH_RELEASES (make check-distros), and the
# packages in another one that has nothing: they are clean, install, run, and leave nothing. make
# rpm on this machine.
. "$(dirname "$0")/../tap.sh"

bare=$TOP/tests/distros/bare-root
[ -n "${HVBENCH_RELEASES:-}" ] || {
	echo "1..0 # SKIP packages: make check-distros builds and installs them"
	exit 0
}
roots=()
clean_up() { [ ${#roots[@]} = 0 ] || rm -rf --one-file-system "${roots[@]}"; }
trap 'exit 143' TERM INT
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$TOP" || exit 1
run make dist
test_that "make dist makes a tarball" exited 0
tarball=$(echo "$BUILD"/hvbench-*.tar.xz)
top=$(basename "$tarball" .tar.xz)

# fresh: a copy of the release's root, which is then $root. Beside the cache, since it is too large
# for a /tmp in memory.
fresh()
{
	root=$(mktemp -d "$base.XXXXXX")
	roots+=("$root")
	cp -a "$base/." "$root/"
}
in_root() { "$bare" in "$root" "$release" sh -c "cd /root && $1"; }
apt="apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends"
files() { (cd "$root" && find usr etc opt -path usr/share/doc -prune -o -print | sort); }

for release in $HVBENCH_RELEASES; do
	run "$bare" make "$release"
	if ! exited 0; then
		skip "$release: a bare root" "$(tail -n 1 <<<"$err")"
		continue
	fi
	base=$out
	fresh
	cp "$tarball" "$root/root/"
	run in_root "apt-get -qq update && export DEBIAN_FRONTEND=noninteractive &&
		$apt install debhelper lintian dpkg-dev xz-utils && tar -xf $top.tar.xz &&
		cp -R $top/scripts/packaging/debian $top/ &&
		$apt build-dep ./$top && rm -r $top/debian"
	test_that "$release: what the package says it needs can be installed" exited 0
	run in_root "make -C $top deb"
	test_that "$release: make deb makes packages" all exited 0 -- out_has hvbench-lab_
	run in_root "lintian --allow-root --fail-on error,warning $top/build/deb/*.changes"
	test_that "$release: lintian has nothing to say" all exited 0 -- silent
	debs=$root/root/$top/build/deb
	fresh
	cp "$debs"/hvbench_*_amd64.deb "$debs"/hvbench-lab_*.deb "$root/root/"
	run in_root "apt-get -qq update"
	begin=$SECONDS
	run in_root "DEBIAN_FRONTEND=noninteractive $apt install ./hvbench_*.deb"
	test_that "$release: hvbench is installed where nothing was" exited 0
	run in_root "hvbench run -w pio-user"
	figure() { out_like 'pio-user +[0-9.,]+ +[0-9.,]+ '; }
	says_why() { [ ! -e /dev/kvm ] && err_like 'hvbench.*(kvm|KVM)'; }
	test_that "$release: and has a figure, or says why there is none" \
		eval '{ exited 0 && figure; } || says_why'
	echo "# $release: that took $((SECONDS - begin)) s"
	run in_root "hvbench run --backend native -w empty --rounds 2"
	test_that "$release: without KVM too" exited 0
	run in_root "apt-get -s -qq install ./hvbench-lab_*.deb"
	test_that "$release: what the lab needs is there" exited 0
	run in_root "$apt purge hvbench"
	test_that "$release: it is removed" all exited 0 -- [ -z "$(files | grep hvbench)" ]
	clean_up
	roots=()
done

if command -v rpmbuild >/dev/null; then
	run make rpm
	test_that "make rpm makes packages" all exited 0 -- out_has "hvbench-lab-"
	mkdir "$TMP/root"
	package=$(ls "$BUILD"/rpm/hvbench-[0-9]*.x86_64.rpm)
	run rpm --root "$TMP/root" --nodeps -i "$package"
	test_that "rpm installs the package" all exited 0 -- "$TMP/root/usr/bin/hvbench" --version
	test_that "... with the files that make install has" [ -z "$(rpm -qpl "$package" |
		grep -v '/doc/\|/licenses/\|/.build-id' | while read -r file; do
			[ -e "$TMP/root/$file" ] || echo "$file"
		done)" ]
	run rpm --root "$TMP/root" --nodeps -e hvbench
	test_that "rpm removes it" all exited 0 -- [ -z "$(find "$TMP/root/usr" -type f)" ]
else
	skip "make rpm makes packages" "no rpmbuild"
fi
tap_done
