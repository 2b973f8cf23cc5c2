#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What hvbench needs from the system: one table, on which everything here works.
#
#   deps.sh check [GROUP…]	status 0 when all is there, else 1 and a list of what is missing
#   deps.sh install [GROUP…]	installs by apt what is missing (Debian and its derivatives)
#   deps.sh try [GROUP…]	the same, but only reports what cannot be installed: status 0
#   deps.sh makefile		compiler and linker flags for the Makefile, and where bpftool is
#   deps.sh list [GROUP…]	package names for this distribution
#
# Groups: build (to compile), check (to test), lab (emulated hosts), run (reports), more (further
# tests), roots (tests in other distributions' roots); all of them if none is named. CC, CLANG and
# BPFTOOL name programs to use instead of gcc, clang and bpftool.
set -u
GROUPS_KNOWN="build check lab run more roots"
PATH=$PATH:/usr/sbin:/sbin
OS_RELEASE=${OS_RELEASE:-/etc/os-release}

# group | test | what for | Debian, Ubuntu | Fedora | Arch | openSUSE
#
# Tests: cmd:NAME a command, pkg:NAME[>=VERSION] a library known to pkg-config, file:PATH[,PATH] any of
# these files, fn:NAME a function below. "-" means that the distribution has no such package.
TABLE='
build | fn:gcc           | compiler                    | gcc             | gcc             | gcc           | gcc
build | file:/usr/include/stdio.h | C library headers  | libc6-dev       | glibc-devel     | glibc         | glibc-devel
build | file:/usr/include/linux/kvm.h | the KVM interface | linux-libc-dev | kernel-headers | linux-api-headers | linux-glibc-devel
build | cmd:make         | the build                   | make            | make            | make          | make
build | cmd:pkg-config   | finding libraries           | pkg-config      | pkgconf-pkg-config | pkgconf    | pkgconf-pkg-config
build | fn:clang         | compiling the eBPF probes   | clang           | clang           | clang         | clang
build | fn:bpftool       | eBPF skeletons              | bpftool         | bpftool         | bpf           | bpftool
build | pkg:libbpf>=1.0  | loading the eBPF probes     | libbpf-dev      | libbpf-devel    | libbpf        | libbpf-devel
build | pkg:libelf       | programs and symbols        | libelf-dev      | elfutils-libelf-devel | libelf   | libelf-devel
build | pkg:jansson      | result documents            | libjansson-dev  | jansson-devel   | jansson       | libjansson-devel
build | pkg:libtraceevent | tracepoint formats         | libtraceevent-dev | libtraceevent-devel | libtraceevent | libtraceevent-devel
build | pkg:zlib        | compressed profiles         | zlib1g-dev      | zlib-devel      | zlib          | zlib-devel
build | pkg:sqlite3      | history                     | libsqlite3-dev  | sqlite-devel    | sqlite        | sqlite3-devel
build | pkg:ncursesw     | live views                  | libncurses-dev  | ncurses-devel   | ncurses       | ncurses-devel
build | file:/usr/include/unistr.h | text of others   | libunistring-dev | libunistring-devel | libunistring | libunistring-devel
build | fn:libperf       | performance counters        | linux-source    | libperf-devel   | -             | -
check | pkg:cmocka       | unit tests                  | libcmocka-dev   | libcmocka-devel | cmocka        | libcmocka-devel
check | fn:asan          | sanitizer builds            | libgcc-12-dev   | libasan libubsan | gcc-libs     | libasan8
check | cmd:jq           | checking JSON output        | jq              | jq              | jq            | jq
check | cmd:/usr/bin/time | memory of a run            | time            | time            | time          | time
check | fn:jsonschema    | checking result documents   | python3-jsonschema | python3-jsonschema | python-jsonschema | python3-jsonschema
lab   | cmd:qemu-system-x86_64 | emulated hosts (svm, xen, tcg) | qemu-system-x86 | qemu-system-x86-core | qemu-system-x86 | qemu-x86
lab   | cmd:bochs        | emulated host (vmx)         | bochs           | bochs           | bochs         | bochs
lab   | file:/usr/lib/bochs/plugins/libbx_rfb_gui.so,/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_rfb_gui.so,/usr/lib64/bochs/plugins/libbx_rfb_gui.so | Bochs without a display | bochs-term | bochs | bochs | bochs
lab   | file:/usr/share/bochs/BIOS-bochs-latest | firmware for Bochs | bochsbios | bochs | bochs  | bochs
lab   | file:/usr/share/bochs/VGABIOS-lgpl-latest,/usr/share/vgabios/vgabios.bin | firmware for Bochs | vgabios | bochs | bochs | bochs
lab   | cmd:busybox      | user space of lab images    | busybox-static  | busybox         | busybox       | busybox-static
lab   | cmd:cpio         | lab images                  | cpio            | cpio            | cpio          | cpio
lab   | cmd:xz           | lab images                  | xz-utils        | xz              | xz            | xz
lab   | cmd:xorriso      | lab images                  | xorriso         | xorriso         | libisoburn    | xorriso
lab   | cmd:grub-mkrescue | lab images                 | grub-common     | grub2-tools-extra | grub        | grub2
lab   | file:/usr/lib/grub/i386-pc/boot.img,/usr/share/grub2/i386-pc/boot.img | lab images | grub-pc-bin | grub2-pc-modules | grub | grub2-i386-pc
lab   | fn:perf          | exits counted a second way | linux-perf     | perf            | perf          | perf
lab   | cmd:mformat      | lab images                  | mtools          | mtools          | mtools        | mtools
run   | cmd:gnuplot      | plots in HTML reports       | gnuplot-nox     | gnuplot-minimal | gnuplot       | gnuplot
more  | cmd:chromium     | looking at HTML reports     | chromium        | chromium        | chromium      | chromium
more  | fn:scipy         | checking statistics         | python3-scipy   | python3-scipy   | python-scipy  | python3-scipy
more  | cmd:promtool     | reading metrics             | prometheus      | golang-github-prometheus | prometheus | golang-github-prometheus-prometheus
more  | fn:prometheus    | reading metrics             | python3-prometheus-client | python3-prometheus_client | python-prometheus_client | python3-prometheus-client
more  | cmd:protoc       | decoding profiles           | protobuf-compiler | protobuf-compiler | protobuf   | protobuf-devel
more  | pkg:libdw        | source lines of kernels     | libdw-dev       | elfutils-devel  | libelf        | libdw-devel
more  | pkg:libpq        | histories on a server       | libpq-dev       | libpq-devel     | postgresql-libs | postgresql-devel
more  | fn:postgresql    | testing them with a server  | postgresql      | postgresql-server | postgresql  | postgresql-server
more  | cmd:ansible-playbook | roll-out examples        | ansible-core    | ansible-core    | ansible-core  | ansible
more  | fn:yaml          | roll-out examples           | python3-yaml    | python3-pyyaml  | python-yaml   | python3-PyYAML
more  | cmd:sqlite3      | damaged histories           | sqlite3         | sqlite          | sqlite        | sqlite3
more  | cmd:shellcheck   | checking scripts            | shellcheck      | ShellCheck      | shellcheck    | ShellCheck
more  | fn:clang_format  | checking the layout of code | clang-format-14 | -               | -             | -
more  | cmd:xmllint      | checking JUnit output       | libxml2-utils   | libxml2         | libxml2       | libxml2-tools
roots | cmd:debootstrap  | building on bare systems    | debootstrap     | debootstrap     | debootstrap   | debootstrap
'

# gcc compiles the payload even where CC is clang.
have_gcc()
{
	local cc=${CC:-gcc}

	[[ $cc == *clang* ]] && { command -v gcc >/dev/null || return 1; }
	cc=${cc%% -*}
	command -v "${cc##* }" >/dev/null
}

have_clang() { command -v "${CLANG:-clang}" >/dev/null; }

# Ubuntu's bpftool and perf are wrappers that need a package for the running kernel; the programs
# from another kernel's package work as well.
find_bpftool()
{
	local tool

	for tool in ${BPFTOOL:-bpftool $(ls -v -r /usr/lib/linux-tools/*/bpftool 2>/dev/null)}; do
		"$tool" version >/dev/null 2>&1 && echo "$tool" && return
	done
	return 1
}

have_bpftool() { find_bpftool >/dev/null; }
have_perf() { perf version >/dev/null 2>&1; }

# Each version formats a little differently, so only this one will do; it is optional.
have_clang_format()
{
	command -v clang-format-14 >/dev/null || [ -z "$(candidate clang-format-14)" ]
}

have_scipy() { "${0%/*}/python3-with" scipy.stats >/dev/null; }
have_prometheus() { "${0%/*}/python3-with" prometheus_client.openmetrics.parser >/dev/null; }
have_yaml() { "${0%/*}/python3-with" yaml >/dev/null; }
have_jsonschema() { "${0%/*}/python3-with" jsonschema >/dev/null; }

have_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

have_asan() { [[ $(gcc -print-file-name=libasan.so 2>/dev/null) == /* ]]; }

# Either libperf itself, or kernel sources from which scripts/libperf.sh can build it.
have_libperf()
{
	pkg-config --exists libperf 2>/dev/null || "${0%/*}/libperf.sh" source >/dev/null 2>&1
}

have()
{
	local path

	case $1 in
	cmd:*) command -v "${1#cmd:}" >/dev/null ;;
	pkg:*) pkg-config --exists "$(sed "s/>=/ >= /" <<<"${1#pkg:}")" 2>/dev/null ;;
	fn:*) "have_${1#fn:}" ;;
	file:*)
		for path in $(tr , ' ' <<<"${1#file:}"); do
			[ -e "$path" ] && return 0
		done
		return 1 ;;
	esac
}

# The usual name of what a test looks for.
describe()
{
	case $1 in
	pkg:*) echo "${1#pkg:} (library)" ;;
	file:*/unistr.h) echo "libunistring" ;;
	fn:asan) echo "libasan, libubsan" ;;
	fn:clang_format) echo "clang-format 14" ;;
	fn:scipy) echo "scipy (Python)" ;;
	fn:prometheus) echo "prometheus_client (Python)" ;;
	fn:postgresql) echo "a PostgreSQL server" ;;
	fn:yaml) echo "yaml (Python)" ;;
	fn:jsonschema) echo "jsonschema (Python)" ;;
	file:*) local first=${1%%,*}; echo "${first##*/}" ;;
	*) echo "${1#*:}" ;;
	esac
}

family()
{
	local id

	for id in $(. "$OS_RELEASE" 2>/dev/null; echo "${ID:-} ${ID_LIKE:-}"); do
		case $id in
		debian | ubuntu) echo debian; return ;;
		fedora | rhel | centos) echo fedora; return ;;
		arch) echo arch; return ;;
		opensuse* | suse*) echo suse; return ;;
		esac
	done
	echo unknown
}

# Lines "test|what for|Debian|Fedora|Arch|openSUSE" of the groups, without padding; with "missing"
# only those whose test fails.
rows()
{
	local which=$1 group test rest wanted
	shift
	while IFS='|' read -r group test rest; do
		[ -n "$group" ] || continue
		for wanted; do
			[ "$wanted" = "$group" ] || continue
			[ "$which" = missing ] && have "$test" && continue
			echo "$test|$rest"
		done
	done < <(sed 's/ *| */|/g; s/ *$//' <<<"$TABLE")
}

# Package names in the distribution's family for the rows on standard input.
packages()
{
	local test what debian fedora arch suse

	while IFS='|' read -r test what debian fedora arch suse; do
		case $1 in
		debian) debian_package "$debian" ;;
		fedora) echo "$fedora" ;;
		arch) echo "$arch" ;;
		suse) echo "$suse" ;;
		esac
	done | tr ' ' '\n' | grep -vx -- - | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# The version that apt would install; empty if it knows none.
candidate()
{
	apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: *//p' | grep -vx '(none)'
}

# The first of the packages that apt knows, or simply the first.
first_known()
{
	local name

	for name; do
		[ -n "$(candidate "$name")" ] && echo "$name" && return
	done
	echo "$1"
}

# Adapts a package name that a derivative of Debian or another release has changed.
debian_package()
{
	local id

	id=$(. "$OS_RELEASE"; echo "${ID:-}")
	case $id:$1 in
	ubuntu:bpftool | ubuntu:linux-perf) first_known "$1" "linux-tools-$(uname -r)" linux-tools-generic ;;
	*:clang-format-14) [ -z "$(candidate "$1")" ] || echo "$1" ;;
	*:libgcc-*-dev) echo "libgcc-$(gcc -dumpversion 2>/dev/null || echo 12)-dev" ;;
	*) echo "$1" ;;
	esac
}

# Lines "package|its version|what is needed" for the rows on standard input of which apt has only
# an older version.
too_old()
{
	local test what package rest has

	[ "$(family)" = debian ] || return 0
	while IFS='|' read -r test what package rest; do
		[[ $test == pkg:*'>='* ]] || continue
		has=$(candidate "$package")
		[ -n "$has" ] && dpkg --compare-versions "${has#*:}" lt "${test#*>=}" &&
			echo "$package|${has#*:}|${test#*>=}"
	done
}
install_command()
{
	case $1 in
	debian) echo "apt-get install --no-install-recommends" ;;
	fedora) echo "dnf install" ;;
	arch) echo "pacman -S --needed" ;;
	suse) echo "zypper install" ;;
	esac
}

explain()
{
	local rows=$1 groups=$2 family names command package has wanted

	family=$(family)
	echo "hvbench needs $(wc -l <<<"$rows") more from this system ($groups):"
	echo
	{
		echo "missing|needed for|Debian, Ubuntu|Fedora|Arch|openSUSE"
		while IFS='|' read -r test rest; do
			echo "$(describe "$test")|$rest"
		done <<<"$rows"
	} | awk -F'|' '
		{ for (i = 1; i <= 6; i++) { cell[NR, i] = $i; if (length($i) > w[i]) w[i] = length($i) } }
		END { for (r = 1; r <= NR; r++) { line = " "
			for (i = 1; i <= 6; i++) line = line " " sprintf("%-" w[i] "s", cell[r, i])
			sub(/ *$/, "", line); print line } }'
	grep -q '^fn:libperf' <<<"$rows" &&
		printf '\nWithout a libperf package: LIBPERF_SOURCE=PATH names a kernel source tree or tarball.\n'
	while IFS='|' read -r package has wanted; do
		rows=$(grep -v "|$package|" <<<"$rows")
		printf '\nThis release has %s %s, and %s or later is needed: installing it would not help. Debian 12 and\n' \
			"$package" "$has" "$wanted"
		printf 'Ubuntu 24.04 are the first with all that hvbench needs; or build that library from its sources.\n'
	done < <(too_old <<<"$rows")
	names=$(packages "$family" <<<"$rows")
	command=$(install_command "$family")
	if [ -n "$command" ] && [ -n "$names" ]; then
		[ "$(id -u)" = 0 ] || command="sudo $command"
		printf '\nInstall with:\n  %s %s\n' "$command" "$names"
	fi
}

# Retries, since another apt may hold the lock, and mirrors fail now and then.
apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
		-o Acquire::Retries=3 "$@" </dev/null
}

# Whether apt knows where to get the packages; if so, the lists need not be fetched.
apt_knows()
{
	apt-get -s -q --no-install-recommends install "$@" >/dev/null 2>&1
}

install()
{
	local rows names log

	rows=$(rows missing "$@")
	[ -n "$rows" ] || return 0
	if [ "$(family)" != debian ] || [ "$(id -u)" != 0 ]; then
		explain "$rows" "$*" >&2
		return 1
	fi
	names=$(packages debian <<<"$rows")
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list of words
	apt_knows $names || {
		echo "Fetching apt's package lists"
		apt update >"$log" 2>&1
		names=$(packages debian <<<"$rows")
	}
	[ -z "$(too_old <<<"$rows")" ] || {
		rm -f "$log"
		explain "$rows" "$*" >&2
		return 1
	}
	echo "Installing with apt: $names"
	# shellcheck disable=SC2086 # a list of words
	{
		apt install --no-install-recommends $names || { apt update && apt install --no-install-recommends $names; }
	} >>"$log" 2>&1 || {
		echo "apt-get could not install them. The end of what it said:"
		tail -n 20 "$log"
	} >&2
	rm -f "$log"
	rows=$(rows missing "$@")
	[ -n "$rows" ] || return 0
	explain "$rows" "$*" >&2
	return 1
}

LIBS="libbpf libelf zlib jansson libtraceevent sqlite3 ncursesw"

makefile()
{
	echo "# Made by scripts/deps.sh from what pkg-config knows."
	local libdw= libpq= libperf=
	if pkg-config --exists libperf; then
		LIBS="libperf $LIBS"
		libperf="-DHVBENCH_LIBPERF='\"$(pkg-config --modversion libperf)\"'"
		echo "LIBPERF :="
	else
		echo 'LIBPERF := build/libperf/libperf.a'
	fi
	# Optional: without it there are no source lines.
	pkg-config --exists libdw && LIBS="libdw $LIBS" libdw=-DHAVE_LIBDW
	# And without this one no history on a server.
	pkg-config --exists libpq && LIBS="libpq $LIBS" libpq=-DHAVE_LIBPQ
	echo "LIB_CFLAGS := $(pkg-config --cflags $LIBS) $libdw $libpq $libperf"
	# pkg-config does not know this one.
	echo "LIB_LDLIBS := $(pkg-config --libs $LIBS) -lunistring"
	echo "BPFTOOL ?= $(find_bpftool || echo bpftool)"
	echo "TEST_CFLAGS := $(pkg-config --cflags cmocka 2>/dev/null)"
	echo "TEST_LDLIBS := $(pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)"
}

usage()
{
	sed -n '/^# What/,/^# Groups/s/^# \{0,1\}//p' "$0"
}

verb=${1:-}
[ $# -gt 0 ] && shift
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $GROUPS_KNOWN
for group; do
	[[ " $GROUPS_KNOWN " == *" $group "* ]] || {
		echo "deps.sh: no group '$group'; there are $GROUPS_KNOWN" >&2
		exit 64
	}
done

case $verb in
check)
	rows=$(rows missing "$@")
	[ -z "$rows" ] || { explain "$rows" "$*" >&2; exit 1; } ;;
install) install "$@" ;;
try) install "$@" || echo "Going on without; what needs these will be skipped." >&2 ;;
makefile) makefile ;;
list) rows all "$@" | packages "$(family)"; echo ;;
help | --help | -h) usage ;;
*) usage >&2; exit 64 ;;
esac
