#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel-exits.sh BASE HEAD [OUT]: what the commits from BASE to HEAD of a kernel tree, in which it
# is run, do to each of KVM's exit paths, in instructions and by function. Builds both, runs both in
# an emulated host, and leaves in OUT (default: hvbench-exits)
#
#	comment.md	for the merge request, of less than 40 lines
#	compare.json	all of it	base.json, head.json	the two results
#
# Needs no KVM: any runner will do. The exit status is hvbench's: 0 no path is longer, 1 one is, or
# the kernel does not boot; 69 a tool is missing. From the environment:
#
#	HVBENCH		the program (hvbench)
#	LANE		svm (30 s of CPU time a kernel), svm-bochs, vmx: 'hvbench lab list'
#	WORKLOADS	which exits (the lane's)
#	THRESHOLD	how much longer a path may get, in instructions or percent (0)
#	BUILD		how to build here; leaves arch/x86/boot/bzImage, and the modules
#			of KVM somewhere below
#	BASE_RESULT	a result of before in place of BASE, which is then not built
set -euo pipefail
[ $# -ge 2 ] || { sed -n '4,23s/^# \{0,1\}//p' "$0"; exit 64; }
base=$1 head=$2 out=${3:-hvbench-exits}
hvbench=${HVBENCH:-hvbench} lane=${LANE:-svm}
build=${BUILD:-'make -s defconfig kvm_guest.config &&
	scripts/config -m KVM -m KVM_AMD -m KVM_INTEL -e KALLSYMS_ALL -e BPF_SYSCALL -e DEBUG_FS &&
	make -s olddefconfig && make -s -j"$(nproc)" bzImage modules'}
for tool in git jq "$hvbench"; do
	command -v "$tool" >/dev/null || { echo "$0: there is no $tool" >&2; exit 69; }
done
mkdir -p "$out"
out=$(realpath "$out")

# host NAME REVISION: builds it in a work tree of its own; prints the HOST for hvbench.
host()
{
	local tree=$out/tree-$1
	[ -e "$tree/.git" ] || git worktree add -q --detach -f "$tree" "$2" >&2
	git -C "$tree" checkout -q --detach "$2" >&2
	(cd "$tree" && eval "$build") >"$out/build-$1.log" 2>&1 </dev/null || {
		echo "$0: $1 ($2) does not build:" >&2
		tail -n 20 "$out/build-$1.log" >&2
		exit 1
	}
	echo "$tree/arch/x86/boot/bzImage,modules=$tree"
}

from=${BASE_RESULT:-}
[ -n "$from" ] || from=$(host base "$base")
to=$(host head "$head")
status=0
"$hvbench" lab compare "$lane" ${WORKLOADS:+-w "$WORKLOADS"} --threshold "${THRESHOLD:-0}" \
	--base "$from" --new "$to" --blame -o "$out/compare.json" -f md >"$out/table.md" ||
	status=$?
[ -s "$out/compare.json" ] && [ "$status" -le 1 ] || exit "$status"
{
	case $status in
	0) echo "### No exit path of KVM's is longer" ;;
	*) echo "### Exit paths of KVM's are longer" ;;
	esac
	echo
	cat "$out/table.md"
} >"$out/comment.md"
rm -f "$out/table.md"
jq .results.base "$out/compare.json" >"$out/base.json"
jq .results.new "$out/compare.json" >"$out/head.json"
exit "$status"
