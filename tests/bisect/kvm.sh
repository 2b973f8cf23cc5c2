#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check-bisect: hvbench lab bisect on real commits. KVM's modules are built out of the tree
# from Debian's kernel source, in a git tree made here: patches that add 1, add 12 and remove 30
# instructions in the path of a CPUID exit, among neutral commits and one that does not build. It
# has to name each of the three and its function.
#
# Takes some 15 minutes of CPU time and 300 MB; packages are fetched, nothing is installed. Needs
# gcc-12, make, bc, libelf and what 'hvbench lab run svm' needs. DIR=… keeps what was built there.
# timeout: 7200
. "$(dirname "$0")/../lab/common.bash"

need()
{
	echo "1..0 # SKIP $*"
	exit 0
}
for program in gcc-12 git apt-get dpkg-deb xz; do
	command -v $program >/dev/null || need "no $program"
done
image=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
	sed -n 's/.*Depends: \(linux-image-6\.1\..*\)/\1/p' | head -n 1)
abi=${image#linux-image-}
version=$(apt-cache policy "linux-headers-$abi" 2>/dev/null | sed -n 's/ *Candidate: //p')
case $abi:$version in
:* | *: | *:"(none)") need "apt has no cloud kernel 6.1 and its headers" ;;
esac
dir=${DIR:-$TMP/kvm}
mkdir -p "$dir/debs" "$dir/root" && cd "$dir" || exit
common=linux-headers-${abi%-cloud-amd64}-common
fetch() { (cd debs && apt-get download -qq "$@") >/dev/null 2>&1; }
if [ ! -e root/done ]; then
	fetch "linux-headers-$abi=$version" "$common=$version" linux-kbuild-6.1 \
		"linux-source-6.1=$version" ||
		need "apt cannot fetch the headers and the source of $version"
	for deb in debs/*.deb; do dpkg-deb -x "$deb" root; done
	headers=$dir/root/usr/src
	sed -i "s,include /usr/src,include $headers," "$headers/linux-headers-$abi/Makefile"
	rm -rf "$headers/$common/arch/x86/kvm"
	ln -s "$dir/tree/arch/x86/kvm" "$headers/$common/arch/x86/kvm"
	ln -sfn "$dir/tree/virt" "$headers/$common/virt"
	touch root/done
fi
# As it was, and younger than what may have been built here before of other patches.
mkdir -p tree
tar -C tree --strip-components=1 -m -xf root/usr/src/linux-source-6.1.tar.xz \
	linux-source-6.1/arch/x86/kvm linux-source-6.1/virt || exit
# irqbypass is the package's; only what is KVM's is built.
build="nice -n 19 make -s -j2 DEBIAN_KERNEL_USE_CCACHE=1 -C '$dir/root/usr/src/linux-headers-$abi' \
M='$dir/tree/arch/x86/kvm' CONFIG_KVM_INTEL=n modules"
command -v ccache >/dev/null || build=${build/DEBIAN_KERNEL_USE_CCACHE=1 /}

# commit SUBJECT: something has to have changed.
commit() { git commit -qam "$1" || { fail "commit '$1': nothing changed"; tap_done; exit 1; }; }
neutral() { echo "/* neutral $2 */" >>"arch/x86/kvm/$1" && commit "KVM: neutral $2"; }
cd tree || exit
export GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@example.org GIT_COMMITTER_NAME=test \
	GIT_COMMITTER_EMAIL=test@example.org
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
rm -rf .git
git init -q -b main .
rm -f arch/x86/kvm/.gitignore
printf '*.o\n*.ko\n*.mod*\n*.cmd\n*.order\n*.symvers\n*.a\n*.s\nkvm-asm-offsets.h\n.tmp*\n' \
	>.gitignore
git -c core.excludesFile= add arch virt .gitignore && git commit -qm "Debian's KVM, $version"
# Thirty instructions that a later commit removes.
nops() { echo "	asm volatile(\".rept $1; nop; .endr\");"; }
sed -i "/^static int vcpu_enter_guest(/,/^}/s/^	bool req_immediate_exit = false;/&\\n$(nops 30)/" \
	arch/x86/kvm/x86.c
commit "KVM: x86: with thirty more"
good=$(git rev-parse HEAD)
neutral cpuid.c 1
neutral svm/svm.c 2
sed -i '/^int kvm_emulate_cpuid(/,/^}/s/^	eax = /	asm volatile("nop");\n	eax = /' \
	arch/x86/kvm/cpuid.c
commit "KVM: x86: one more in CPUID"
one=$(git rev-parse HEAD)
neutral i8259.c 3
echo '#error does not build' >>arch/x86/kvm/svm/svm.c
commit "KVM: a commit that does not build"
sed -i '/#error does not build/d' arch/x86/kvm/svm/svm.c
commit "KVM: builds again"
# In assembly, so that exactly these are added: around an asm statement a compiler moves others.
sed -i 's/^SYM_FUNC_START(__svm_vcpu_run)/&\n	.rept 12\n	nop\n	.endr/' \
	arch/x86/kvm/svm/vmenter.S
commit "KVM: SVM: twelve more in every exit"
twelve=$(git rev-parse HEAD)
neutral cpuid.c 4
sed -i '/\.rept 30; nop; \.endr/d' arch/x86/kvm/x86.c
commit "KVM: x86: without the thirty"
thirty=$(git rev-parse HEAD)
neutral x86.c 5
neutral irq.c 6
git log --oneline --reverse

cd "$TMP" || exit
host=(--kernel "debian:$version" --modules arch/x86/kvm --git "$dir/tree" --build "$build" -w cpuid
	--state "$TMP/state.json")
found()
{
	jq -r '.steps[] | .to.id + " " + ([.cells[].difference | round | tostring] | join(","))' \
		"$1" | sort
}
blamed() { jq -e --arg id "$2" --arg f "$3" --argjson d "$4" \
	'[.steps[] | select(.to.id == $id) | .cells[0].blame.functions[] | select(.new != .base) |
		[.name, .new - .base]] == [[$f, $d]]' "$1"; }
begin=$SECONDS
run "$HVBENCH" lab bisect svm "${host[@]}" --good "$good" --bad main --all -o "$TMP/all.json"
cat "$TMP/.err"
cat "$TMP/.out"
echo "# all: $((SECONDS - begin)) s, $(jq '.tested |
	length' "$TMP/all.json") of $(git -C "$dir/tree" rev-list --count "$good..main") measured"
test_that "--all: three steps, by 1, 12 and -30 instructions" all exited 0 -- \
	diff <(found "$TMP/all.json") \
	<(printf '%s\n' "$one 1" "$twelve 12" "$thirty -30" | sort)
test_that "one more is in kvm_emulate_cpuid, and nowhere else" blamed "$TMP/all.json" "$one" \
	kvm_emulate_cpuid 1
test_that "twelve more are in __svm_vcpu_run, and nowhere else" blamed "$TMP/all.json" "$twelve" \
	__svm_vcpu_run 12
test_that "thirty less are in one function of KVM's x86.c, and nowhere else" \
	jq -e --arg id "$thirty" '[.steps[] | select(.to.id == $id) | .cells[0].blame.functions[] |
		select(.new != .base) | .new - .base] == [-30]' "$TMP/all.json"
run "$HVBENCH" lab bisect svm "${host[@]}" --good "$good" --bad "$twelve" --threshold 5 \
	-o "$TMP/one.json" --format md
cat "$TMP/.out"
test_that "the first that is more than five longer" all exited 0 -- \
	[ "$(found "$TMP/one.json")" = "$twelve 12" ] -- \
	[ "$(wc -l <"$TMP/.out")" -lt 40 ]
test_that "main is checked out again" [ "$(git -C "$dir/tree" symbolic-ref --short HEAD)" = main ]
tap_done
