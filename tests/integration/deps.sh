#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/deps.sh: what is missing is told for every distribution, and installed only where it can be.
. "$(dirname "$0")/../tap.sh"

deps=$TOP/scripts/deps.sh
unset MAKEFLAGS MFLAGS MAKELEVEL

# A system without these commands, and without libraries.
farm=$TMP/bin
mkdir "$farm"
ln -s /usr/bin/* "$farm/" 2>/dev/null
rm -f "$farm"/{gcc,clang,jq,qemu-system-x86_64,gnuplot,sudo}
bare() { PATH=$farm PKG_CONFIG_LIBDIR=/nonexistent LIBPERF_SOURCE=/nonexistent OS_RELEASE=$TMP/os-release "$@"; }
# id, apt-get: who we are, and what apt was asked to do.
fake()
{
	rm -f "$farm/$1"
	printf '#!/bin/bash\n%s\n' "$2" >"$farm/$1"
	chmod +x "$farm/$1"
}
as_user() { fake id 'echo 1000'; }
as_root() { fake id 'echo 0'; }
distribution() { printf 'ID=%s\nID_LIKE="%s"\n' "$1" "${2:-}" >"$TMP/os-release"; }

as_user
distribution debian
run bare "$deps" check build
test_that "what is missing is listed, with what for" all exited 1 -- silent -- err_like '^  gcc +compiler' -- err_like '^  jansson' -- err_like 'libjansson-dev +jansson-devel +jansson'
test_that "what is there is not" err_lacks "the build"
test_that "one command installs it" err_like '^  sudo apt-get install .*clang.* libjansson-dev'
run bare "$deps" check check
test_that "other groups by their names" all exited 1 -- err_has jq -- err_lacks clang
for pair in "fedora dnf jansson-devel" "arch pacman clang" "opensuse-tumbleweed zypper libjansson-devel" "linuxmint apt-get libjansson-dev"; do
	read -r id tool package <<<"$pair"
	distribution "$id" "$([ $id = linuxmint ] && echo 'ubuntu debian')"
	run bare "$deps" check build
	test_that "$id: a command for $tool" err_like "^  sudo $tool .*$package"
done
distribution plan9
run bare "$deps" check build
test_that "an unknown distribution: the table alone" all exited 1 -- err_has jansson-devel -- err_lacks "Install with"
distribution fedora
as_root
run bare "$deps" install build
test_that "install without apt: the command to run" all exited 1 -- err_has "dnf install"

distribution debian
as_user
fake apt-get 'echo "$*" >>"$APT_LOG"; exit 0'
export APT_LOG=$TMP/apt.log
run bare "$deps" install build
test_that "install without root: the command, and apt is not called" all exited 1 -- err_has "sudo apt-get install" -- [ ! -e "$APT_LOG" ]
as_root
run bare "$deps" install build
test_that "install as root: asks apt for what is missing, without recommendations" grep -q -e '--no-install-recommends.* libjansson-dev' "$APT_LOG"
test_that "lists are not fetched when apt knows the packages" [ "$(grep -c -e ' update' "$APT_LOG")" = 0 ]
test_that "what is still missing afterwards is an error" all exited 1 -- err_has jansson
rm -f "$APT_LOG"
fake apt-get 'echo "$*" >>"$APT_LOG"; echo "E: no network" >&2; exit 100'
run bare "$deps" install build
test_that "lists are fetched when it does not" grep -q -e ' update' "$APT_LOG"
test_that "apt's own words when it fails" all exited 1 -- err_has "E: no network"
run bare "$deps" try lab
test_that "try: told, and no error" all exited 0 -- err_has "will be skipped"
run "$deps" check nonsense
test_that "an unknown group" all exited 64 -- err_has "no group 'nonsense'"

# The same through make, in a copy of what it needs.
mkdir "$TMP/tree"
cp -R "$TOP/Makefile" "$TOP/scripts" "$TMP/tree/"
as_user
run bare make -C "$TMP/tree"
test_that "make stops with the list, not with a compiler's error" all exited 2 -- err_like '^  jansson' -- err_lacks "fatal error" -- err_lacks "No such file"
run bare make -C "$TMP/tree" help
test_that "make help needs nothing" all exited 0 -- out_has "make demo"
run bare make -C "$TMP/tree" clean
test_that "nor does make clean" exited 0
tap_done
