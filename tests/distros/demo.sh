#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3000
# README's first command on systems that have nothing of what hvbench needs: a fresh root of each
# release in HVBENCH_RELEASES (only bookworm if it is not set; make check-distros names more). The
# tree is that of the last commit plus uncommitted changes.
. "$(dirname "$0")/../tap.sh"

bare=$TOP/tests/distros/bare-root
root=
# Beside the cache, since the copy is too large for a /tmp in memory.
clean_up() { [ -z "$root" ] || rm -rf --one-file-system "$root"; }
trap 'exit 143' TERM INT

# If something cannot be had on this machine, a developer's run skips the test, and CI's fails.
not_here()
{
	if [ -n "${CI:-}" ]; then
		fail "$1" "$2"
	else
		skip "$1" "$2"
	fi
}

# A clone, as a user makes it, plus what is only in the working tree.
clone_to()
{
	git clone -q "$TOP" "$1" || return
	git -C "$TOP" ls-files -z --deleted | (cd "$1" && xargs -0 -r rm -f)
	git -C "$TOP" ls-files -z --modified --others --exclude-standard | (
		cd "$TOP" && while IFS= read -r -d '' file; do
			[ ! -e "$file" ] || printf '%s\0' "$file"
		done | tar -cf - --null -T - ) | tar -C "$1" -xf -
}

in_root() { "$bare" in "$root" "$release" sh -c "cd /root/hvbench && $1"; }
installed() { grep -c '^Status: install ok' "$root/var/lib/dpkg/status"; }
report=build/demo/report.html

# With KVM there is a report; without it, or if KVM refuses, a sentence that says so.
has_report()
{
	[ "$(wc -c <"$root/root/hvbench/$report")" -gt 20000 ] &&
		grep -q '<svg' "$root/root/hvbench/$report"
}
says_why() { [ ! -e /dev/kvm ] && err_like 'hvbench.*(kvm|KVM)'; }
report_or_reason() { { exited 0 && has_report; } || says_why; }

for release in ${HVBENCH_RELEASES:-bookworm}; do
	run "$bare" make "$release"
	if ! exited 0; then
		not_here "$release: a bare root" "$(tail -n 1 <<<"$err")"
		continue
	fi
	root=$(mktemp -d "$out.XXXXXX")
	cp -a "$out/." "$root/"
	run clone_to "$root/root/hvbench"
	test_that "$release: the tree is cloned" all exited 0 -- \
		[ -e "$root/root/hvbench/README.md" ]

	before=$(installed)
	run in_root "make -n demo"
	test_that "$release: make -n demo names what is missing, and installs nothing" \
		all exited 2 -- err_has jansson -- [ "$(installed)" = "$before" ]
	begin=$SECONDS
	run in_root "make demo"
	test_that "$release: make demo ends with a report, or says why there is none" \
		report_or_reason
	echo "# $release: make demo took $((SECONDS - begin)) s"
	rm -f "$root/root/hvbench/$report"
	begin=$SECONDS
	run in_root "make demo"
	test_that "$release: make demo does so again, and installs nothing" \
		all report_or_reason -- out_lacks Installing
	echo "# $release: again it took $((SECONDS - begin)) s"
	clean_up
	root=
done
mounted() { grep -F /hvbench/roots/ /proc/self/mounts; }
test_that "nothing is left mounted" eval '! mounted'
tap_done
