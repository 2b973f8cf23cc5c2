#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Roots of distributions' releases in which nothing is installed but what README asks for: git, make and
# certificates. For root; debootstrap makes them, under $XDG_CACHE_HOME/hvbench/roots (else ~/.cache).
#
#   bare-root.sh make SUITE		makes the root once a week, prints where it is. It is to be copied, not used
#   bare-root.sh in DIR SUITE COMMAND…	runs a command in DIR, a copy of it: with the host's /proc, /sys and /dev, in a
#					mount namespace of its own, so that nothing stays mounted
#
# SUITE: bookworm, trixie, sid; noble and other releases of Ubuntu. Where packages come from is what the host's apt says, for
# the host's distribution, else debootstrap's default. Packages that were fetched are kept for the next time.
# Status of make: 75 if something could not be fetched, 69 if debootstrap, root or namespaces are missing.
set -u
PATH=$PATH:/usr/sbin:/sbin
roots=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/roots
self=$(readlink -f "$0")

die()
{
	local status=$1
	shift
	echo "bare-root.sh: $*" >&2
	exit "$status"
}

is_debian() { [[ " buster bullseye bookworm trixie forky duke sid " == *" $1 "* ]]; }

# What of apt's configuration says how to fetch: proxies, certificates, checks of dates.
apt_fetches() { apt-config dump | grep -Ei '^Acquire::(http|https|ftp|Retries|Proxy|Check|ForceIPv)'; }

# Lines "URI RELEASE COMPONENT" of the host's distribution, as they would be for the suite. The same archive has the
# other releases of it; sid has neither updates nor a security archive.
sources()
{
	local suite=$1 origin=Ubuntu host

	is_debian "$suite" && origin=Debian
	host=$(. /etc/os-release; echo "${VERSION_CODENAME:-none}")
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
		sed -n "s/^$origin \([^ ]*\) $host\([^ ]*\) /\1 $suite\2 /p" | sort -u |
		{ [ "$suite" = sid ] && grep -v ' sid-' || cat; }
}

# Debian's package of Ubuntu's keys is signed by Debian; the host's release may not have it.
ubuntu_keyring()
{
	local key=/usr/share/keyrings/ubuntu-archive-keyring.gpg debian kept=$roots/ubuntu-archive-keyring.gpg

	[ -e $key ] && echo $key && return
	if [ ! -s "$kept" ]; then
		debian=$("$self" make trixie) || return 1
		rm -rf "$roots/keyring.$$"
		cp -a "$debian" "$roots/keyring.$$"
		"$self" in "$roots/keyring.$$" trixie sh -c \
			'apt-get -q -y update && apt-get -q -y install --no-install-recommends ubuntu-keyring' >&2 &&
			cp "$roots/keyring.$$$key" "$kept"
		rm -rf "$roots/keyring.$$"
	fi
	[ -s "$kept" ] && echo "$kept"
}

bootstrap()
{
	local suite=$1 root=$2 mirror="" options=() script=() key

	read -r mirror _ < <(sources "$suite" | grep " $suite ")
	if is_debian "$suite"; then
		[ -e /usr/share/debootstrap/scripts/"$suite" ] || script=(/usr/share/debootstrap/scripts/sid)
		mirror=${mirror:-http://deb.debian.org/debian}
	else
		key=$(ubuntu_keyring) || die 75 "Ubuntu's keys could not be fetched (package ubuntu-keyring)"
		options=(--components=main,universe --keyring="$key")
		[ -e /usr/share/debootstrap/scripts/"$suite" ] || script=(/usr/share/debootstrap/scripts/gutsy)
		mirror=${mirror:-http://archive.ubuntu.com/ubuntu}
	fi
	mkdir -p "$roots/debs/$suite"
	debootstrap --variant=minbase --include=git,make,ca-certificates --cache-dir="$roots/debs/$suite" \
		"${options[@]}" "$suite" "$root" "$mirror" "${script[@]}"
}

make_root()
{
	local suite=$1 root=$roots/$1 log=$roots/$1.log

	[ "$(id -u)" = 0 ] || die 69 "only root can make a root file system"
	command -v debootstrap >/dev/null || die 69 "debootstrap is not installed (scripts/deps.sh install roots)"
	unshare --mount true 2>/dev/null || die 69 "no mount namespaces here"
	mkdir -p "$roots"
	exec 9>"$roots/$suite.lock"
	flock 9
	if [ -n "$(find "$root" -maxdepth 0 -mtime -7 2>/dev/null)" ]; then
		echo "$root"
		return
	fi
	rm -rf "$root" "$root.new"
	# Their own dates are the archive's; ctime is when they came here.
	find "$roots/debs/$suite" -name '*.deb' -ctime +30 -delete 2>/dev/null
	if ! bootstrap "$suite" "$root.new" >"$log" 2>&1 9>&-; then
		tail -n 15 "$log" >&2
		rm -rf "$root.new"
		die 75 "$suite could not be fetched (see $log)"
	fi
	rm -rf "$root.new"/var/lib/apt/lists/* "$root.new"/var/cache/apt/archives/*.deb
	if [ -n "$(sources "$suite")" ]; then
		sources "$suite" | sed 's/^/deb /' >"$root.new/etc/apt/sources.list"
	fi
	{
		apt_fetches
		echo 'Dir::Cache::archives "/var/cache/hvbench";'
	} >"$root.new/etc/apt/apt.conf.d/99host"
	mkdir "$root.new/var/cache/hvbench"
	touch "$root.new"
	mv "$root.new" "$root"
	echo "$root"
}

# In the namespace: what is mounted here is seen by this process and its children only.
in_namespace()
{
	local root=$1 suite=$2 variable environment=()
	shift 2

	mount --bind "$roots/debs/$suite" "$root/var/cache/hvbench"
	for dir in proc sys dev; do
		mount --rbind /$dir "$root/$dir" || die 71 "/$dir could not be mounted in $root"
	done
	for variable in http_proxy https_proxy ftp_proxy no_proxy; do
		[ -z "${!variable:-}" ] || environment+=("$variable=${!variable}")
	done
	exec env -i "${environment[@]}" HOME=/root TERM=dumb \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"
}

enter()
{
	local root=$1 suite=$2
	shift 2

	[ -e "$root/etc/os-release" ] || die 64 "$root is no copy of a root"
	# apt locks the packages it has fetched, and does not wait.
	exec 9>"$roots/$suite.lock"
	flock 9
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null
	mkdir -p "$roots/debs/$suite/partial"
	unshare --mount --propagation private "$self" in-namespace "$root" "$suite" "$@" 9>&-
}

case ${1:-}:$# in
make:2) make_root "$2" ;;
in:[1-3]) die 64 "in DIR SUITE COMMAND…" ;;
in:*) shift; enter "$@" ;;
in-namespace:*) shift; in_namespace "$@" ;;
*) sed -n '/^# Roots/,/^# Status/s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
