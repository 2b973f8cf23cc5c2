#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/deps.sh: says what is missing for every distribution, and installs it only where it can.
. "$(dirname "$0")/../tap.sh"

deps=$TOP/scripts/deps.sh
unset MAKEFLAGS MFLAGS MAKELEVEL

# A system without these commands and without libraries.
farm=$TMP/bin
mkdir "$farm"
ln -s /usr/bin/* "$farm/" 2>/dev/null
rm -f "$farm"/{gcc,clang,jq,qemu-system-x86_64,gnuplot,sudo}
bare()
{
	PATH=$farm PKG_CONFIG_LIBDIR=/nonexistent LIBPERF_SOURCE=/nonexistent \
		OS_RELEASE=$TMP/os-release "$@"
}
# Fake commands: id says which user we are, apt-get records what it was asked to do.
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
test_that "what is missing is listed, with its purpose" all exited 1 -- silent -- \
	err_like '^  gcc +compiler' -- err_like '^  jansson' -- \
	err_like 'libjansson-dev +jansson-devel +jansson'
test_that "what is installed is not listed" err_lacks "the build"
test_that "one command that installs all of it is shown" \
	err_like '^  sudo apt-get install .*clang.* libjansson-dev'
run bare "$deps" check check
test_that "other groups are checked by their names" all exited 1 -- err_has jq -- err_lacks clang
for pair in "fedora dnf jansson-devel" "arch pacman clang" \
	"opensuse-tumbleweed zypper libjansson-devel" "linuxmint apt-get libjansson-dev"; do
	read -r id tool package <<<"$pair"
	distribution "$id" "$([ $id = linuxmint ] && echo 'ubuntu debian')"
	run bare "$deps" check build
	test_that "on $id the command is one of $tool" err_like "^  sudo $tool .*$package"
done
distribution plan9
run bare "$deps" check build
test_that "on an unknown distribution only the table of packages is shown" \
	all exited 1 -- err_has jansson-devel -- \
	err_lacks "Install with"
distribution fedora
as_root
run bare "$deps" install build
test_that "install without apt shows the command to run" all exited 1 -- err_has "dnf install"

distribution debian
as_user
fake apt-get 'echo "$*" >>"$APT_LOG"; exit 0'
export APT_LOG=$TMP/apt.log
run bare "$deps" install build
test_that "install without root shows the command, and apt is not called" all exited 1 -- \
	err_has "sudo apt-get install" -- [ ! -e "$APT_LOG" ]
as_root
run bare "$deps" install build
test_that "install as root asks apt for what is missing, without recommendations" \
	grep -q -e '--no-install-recommends.* libjansson-dev' "$APT_LOG"
test_that "apt's lists are not fetched when it knows the packages" \
	[ "$(grep -c -e ' update' "$APT_LOG")" = 0 ]
test_that "what is still missing afterwards is an error" all exited 1 -- err_has jansson
rm -f "$APT_LOG"
fake apt-get 'echo "$*" >>"$APT_LOG"; echo "E: no network" >&2; exit 100'
run bare "$deps" install build
test_that "... and are fetched when it does not" grep -q -e ' update' "$APT_LOG"
test_that "where apt fails its own words are shown" all exited 1 -- err_has "E: no network"
run bare "$deps" try lab
test_that "try has a message, but no error" all exited 0 -- err_has "will be skipped"
run "$deps" check nonsense
test_that "an unknown group is refused" all exited 64 -- err_has "no group 'nonsense'"

# What make does with it, in a copy of the files that it needs.
mkdir "$TMP/tree"
cp -R "$TOP/Makefile" "$TOP/scripts" "$TMP/tree/"
as_user
run bare make -C "$TMP/tree"
test_that "make stops with the list, not with a compiler's error" all exited 2 -- \
	err_like '^  jansson' -- err_lacks "fatal error" -- err_lacks "No such file"
run bare make -C "$TMP/tree" help
test_that "make help needs nothing" all exited 0 -- out_has "make demo"
run bare make -C "$TMP/tree" clean
test_that "... and so does make clean" exited 0

# Run by root, the first command installs.
as_root
fake apt-get 'echo "$*" >>"$APT_LOG"; exit 0'
rm -f "$APT_LOG"
run bare make -C "$TMP/tree" demo
test_that "make demo has apt install what is missing" all exited 2 -- \
	grep -q -e '^-q.* install .* libjansson-dev' "$APT_LOG"

# Options that make was called with must not keep it from installing, nor make it install where it
# only prints: checks what deps.sh is asked to do.
mkdir -p "$TMP/calls/scripts" "$TMP/calls/include"
cp "$TOP/Makefile" "$TMP/calls/"
printf '#!/bin/bash\necho "$*" >>"%s"\nexit 1\n' "$TMP/asked" >"$TMP/calls/scripts/deps.sh"
chmod +x "$TMP/calls/scripts/deps.sh"
# With cd instead of -C, which puts a w into MAKEFLAGS.
in_calls() { rm -f "$TMP/asked"; (cd "$TMP/calls" && "$@") }
asked() { grep -qx -e "$1 build" "$TMP/asked"; }
for arguments in "" -s -k -j2 "-j2 -O" --no-print-directory --warn-undefined-variables "-l 9" \
	"-I include" \
		 V=1 CC=gcc-n "-k --no-print-directory -j2 V=n"; do
	# shellcheck disable=SC2086 # a list of words
	run in_calls make $arguments demo
	test_that "make ${arguments:+$arguments }demo installs" all exited 2 -- asked install
done
for arguments in -n -sn "-n --no-print-directory" "-n V=1" "-j2 -n" --dry-run -q -t; do
	# shellcheck disable=SC2086 # a list of words
	run in_calls make $arguments demo
	test_that "make $arguments demo does not install" all exited 2 -- asked check
done
printf 'demo:\n\t+@$(MAKE) -C calls $@\n' >"$TMP/Makefile"
rm -f "$TMP/asked"
run make -C "$TMP" demo
test_that "a make within make installs" all exited 2 -- asked install
rm -f "$TMP/asked"
run make -C "$TMP" -n demo
test_that "... and with -n does not" all exited 2 -- asked check

# Only cmocka is missing.
mkdir "$TMP/pc"
for library in libbpf:1.5 jansson:2 libtraceevent:1 sqlite3:3 ncursesw:6 libperf:1 libelf:1 \
		zlib:1.2; do
	printf 'Name: x\nDescription: x\nVersion: %s\n' "${library#*:}" >"$TMP/pc/${library%:*}.pc"
done
for tool in gcc clang bpftool; do
	fake $tool 'exit 0'
done
with_build() { PKG_CONFIG_LIBDIR=$TMP/pc PATH=$farm OS_RELEASE=$TMP/os-release "$@"; }
for goal in check tests; do
	as_user
	run with_build make -C "$TMP/tree" $goal
	test_that "make $goal without cmocka names it" all exited 2 -- err_like '^  cmocka' -- \
		err_has libcmocka-dev
done
as_root
rm -f "$APT_LOG"
run with_build make -C "$TMP/tree" --no-print-directory -j2 check
test_that "as root, make check installs it" grep -q -e 'install.* libcmocka-dev' "$APT_LOG"

# Packages that apt has in an older version only, or under another name.
apt_has()
{
	fake apt-cache "for p in $*; do
		[ \$2 = \${p%=*} ] && printf '  Candidate: %s\n' \${p#*=} && exit; done
printf '  Candidate: (none)\n'"
}
distribution ubuntu debian
rm -f "$TMP/pc/libbpf.pc" "$APT_LOG"
apt_has libbpf-dev=1:0.5.0-1ubuntu22.04.1 linux-tools-generic=5.15
run with_build "$deps" install build
test_that "a library that apt has too old is named, and nothing is installed for it" \
	all exited 1 -- err_has "libbpf-dev 0.5.0" -- err_has "1.0 or later" -- \
	err_lacks "apt-get install" -- [ "$(grep -v -e '^-s' "$APT_LOG")" = "" ]
apt_has libbpf-dev=1:1.3.0-2 linux-tools-generic=6.8
fake bpftool 'exit 2'
fake uname 'echo 9.9.9-foreign'
as_user
run with_build "$deps" check build
test_that "for a kernel that is not Ubuntu's its generic tools are installed" \
	all err_like 'apt-get install .*linux-tools-generic' -- err_lacks 9.9.9
apt_has libbpf-dev=1:1.3.0-2 linux-tools-generic=6.8 linux-tools-9.9.9-foreign=6.8
run with_build "$deps" check build
test_that "... and for one that is, the kernel's own" \
	err_like 'apt-get install .*linux-tools-9.9.9-foreign'

printf '#!/bin/bash\nexit 0\n' >"$TMP/my-bpftool"
chmod +x "$TMP/my-bpftool"
run with_build env BPFTOOL="$TMP/my-bpftool" "$deps" check build
test_that "bpftool is not missing where BPFTOOL names another" all exited 1 -- err_lacks "bpftool  "
run with_build env BPFTOOL="$TMP/my-bpftool" "$deps" makefile
test_that "... which the Makefile uses too" out_has "BPFTOOL ?= $TMP/my-bpftool"
rm "$farm/clang"
printf '#!/bin/bash\nexit 0\n' >"$farm/clang-99"
chmod +x "$farm/clang-99"
run with_build "$deps" check build
test_that "clang is named where it is missing" err_like '^  clang'
run with_build env CLANG=clang-99 "$deps" check build
test_that "... but where CLANG names another" err_lacks "  clang"

# A user's own Python comes before the system's in PATH.
own=$TMP/own
mkdir "$own"
printf '#!/bin/bash\nexit 1\n' >"$own/python3"
chmod +x "$own/python3"
run env PATH="$own:$PATH" "$TOP/scripts/python3-with" json
test_that "a Python without the module is passed over" all exited 0 -- out_has /usr/bin/python3
run env PATH="$own:$PATH" "$TOP/scripts/python3-with" no_such_module
test_that "where no Python has the module there is no output" all exited 1 -- silent -- quiet
printf '#!/bin/bash\nexit 0\n' >"$own/python3"
run env PATH="$own:$PATH" "$TOP/scripts/python3-with" no_such_module
test_that "a Python of the user's own that has it is used" all exited 0 -- out_has python3
tap_done
