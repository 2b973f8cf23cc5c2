#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rpm.sh TARBALL DIR: makes the packages hvbench and hvbench-lab, and the source package, in DIR
# from a tarball of make dist. Where rpm is not what installs packages (Debian has it too), its
# build dependencies are not known to it: scripts/deps.sh looks for them then.
set -eu -o pipefail
tarball=$(readlink -e "${1:?rpm.sh TARBALL DIR}") dir=$(readlink -m "${2:?rpm.sh TARBALL DIR}")
here=$(dirname "$(readlink -f "$0")")
command -v rpmbuild >/dev/null || {
	echo "rpm.sh: rpmbuild is missing: the package rpm-build (Debian: rpm)" >&2
	exit 1
}
nodeps=()
if ! rpm -q rpm >/dev/null 2>&1; then
	"$here/../deps.sh" check build
	nodeps=(--nodeps)
fi
rm -rf "$dir"
mkdir -p "$dir"
# The time of the tarball's files, which is that of the commit, for those of the packages.
SOURCE_DATE_EPOCH=$(tar -xOf "$tarball" --wildcards '*/.release' | sed -n 's/^time //p')
export SOURCE_DATE_EPOCH
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
rpmbuild --quiet -ba "${nodeps[@]}" --define "_topdir $dir" --define "_sourcedir ${tarball%/*}" \
	--define 'use_source_date_epoch_as_buildtime 1' --define '_buildhost hvbench' \
	--define 'clamp_mtime_to_source_date_epoch 1' "$here/hvbench.spec" \
	>"$dir/build.log" 2>&1 || {
	tail -n 25 "$dir/build.log" >&2
	echo "rpm.sh: the packages could not be built; see $dir/build.log" >&2
	exit 1
}
mv "$dir"/RPMS/*/*.rpm "$dir"/SRPMS/*.rpm "$dir/"
rm -rf "$dir"/{BUILD,BUILDROOT,RPMS,SRPMS,SPECS,SOURCES}
ls "$dir"/*.rpm
