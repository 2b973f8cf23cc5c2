#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels by name, from the archive that apt is set up for: those it has are found by version and
# by ABI name; others are refused, with a list of what there is.
. "$(dirname "$0")/common.bash"
lane_or_skip svm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/lab

run "$HVBENCH" lab setup svm -q --kernel debian:99.9
if grep -q 'not read' <<<"$err"; then
	echo "1..0 # SKIP not every release could be read: $(head -n 1 <<<"$err")"
	exit 0
fi
test_that "of a kernel that no release has it is said where it was looked for, and the nearest" \
	all exited 69 -- silent -- err_has "no cloud kernel 99.9" -- \
	err_has "bookworm-backports" -- err_like 'nearest (is|are) [0-9.]+-[^ ]+ \('

# An image of RELEASE other than the one its metapackage names: "PACKAGE VERSION".
older_image()
{
	local lists=$cache/apt/$1
	local apt=(-o "Dir::State::Lists=$lists/lists" -o "Dir::Etc::sourcelist=$lists/sources.list"
		-o Dir::Etc::sourceparts=/dev/null -o "Dir::Cache=$lists/cache" \
			-o APT::Architecture=amd64)
	local newest
	newest=$(apt-cache "${apt[@]}" show --no-all-versions linux-image-cloud-amd64 |
		sed -n 's/^Version: //p')
	# shellcheck disable=SC2046
	apt-cache "${apt[@]}" madison $(apt-cache "${apt[@]}" pkgnames linux-image- |
		grep -E '^linux-image-[0-9].*[0-9]-cloud-amd64$') |
		awk -F ' *[|] *' -v newest="$newest" '{ gsub(/^ +| +$/, "", $1); gsub(/ /, "", $2) }
			$1 ~ /[0-9]\.[0-9]+\.[0-9]+/ &&
				$2 != newest { print $1, $2 }' | sort -V | head -n 1
}

for release in bullseye trixie-backports; do
	read -r package version < <(older_image $release)
	[ -n "$package" ] || { skip "$release" "it has one kernel only"; continue; }
	abi=${package#linux-image-}
	for name in "$version" "${version%%-*}" "${abi%-cloud-amd64}" "$abi"; do
		run "$HVBENCH" lab setup svm -q --kernel "debian:$name"
		test_that "$release has debian:$name" all exited 0 -- \
			grep -q "debs/${package}_$version" "$cache/sets/kernel-$name"
	done
done
tap_done
