#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hvbench doctor: its formats, its exit statuses, whom it refuses, and a proof that leaves nothing
# switched.
. "$(dirname "$0")/../tap.sh"

# A host whose halt polling is as advised for latency, and not for density.
host=$TMP/host
mkdir -p "$host"/proc/sys/kernel "$host"/sys/module/{kvm/parameters,kvm_intel}
echo live >"$host/sys/module/kvm_intel/initstate"
echo 200000 >"$host/sys/module/kvm/parameters/halt_poll_ns"
doctor() { run "$HVBENCH" doctor --root "$host" "$@"; }

doctor halt-polling --goal latency
test_that "a host that is as advised has status 0" \
	all exited 0 -- out_like 'ok +halt-polling +halt_poll_ns 200000' -- quiet
doctor halt-polling --goal density
test_that "advice says by whom it is and how to prove it, status 1" all exited 1 -- \
	out_has "0 where CPUs are shared" -- \
	out_has "halt-polling.rst" -- out_has "hvbench run -w halt-wake --ab "
echo much >"$host/sys/module/kvm/parameters/halt_poll_ns"
doctor halt-polling --goal density
test_that "what cannot be read leaves a check undecided, status 2" all exited 2 -- \
	out_has "does not read as a number"
printf 'a\033[31mb|`<b>\n' >"$host/sys/module/kvm/parameters/halt_poll_ns"
for format in text md json junit; do
	doctor halt-polling -f $format
	test_that "hostile text in a file leaves $format whole" all exited 2 -- \
		out_lacks $'\033' -- [ -n "$out" ]
done
# What has no file of its own is compared as well, and what changes by itself is not.
echo 200000 >"$host/sys/module/kvm/parameters/halt_poll_ns"
echo 'cpu 1 2 3 4 5 6 7 8' >"$host/proc/stat"
echo 'ro' >"$host/proc/cmdline"
doctor -o "$TMP/before.json"
echo 'ro mitigations=off isolcpus=2' >"$host/proc/cmdline"
echo 'cpu 9 9 9 9 9 9 9 9' >"$host/proc/stat"
doctor --baseline "$TMP/before.json"
test_that "--baseline compares what has no file of its own, and no counters" all exited 1 -- \
	out_like 'mitigations= +- +off' -- out_like 'isolcpus +- +2' -- out_lacks /proc/stat
rm "$host/proc/cmdline" "$host/proc/stat"
rm "$host/sys/module/kvm/parameters/halt_poll_ns"
doctor halt-polling
test_that "checks of what the host does not have are listed as not applicable" \
	all exited 0 -- out_has "Not applicable: halt-polling"
doctor halt-polling -o "$TMP/doctor.json"
test_that "-o writes the document" \
	[ "$(jq -r '.schema + " " + .checks[0].outcome' "$TMP/doctor.json")" \
	= "hvbench.doctor/1 not-applicable" ]

echo 200000 >"$host/sys/module/kvm/parameters/halt_poll_ns"
doctor -o "$TMP/before.json"
doctor --baseline "$TMP/before.json"
test_that "--baseline of the same host shows no difference" \
	all exited 0 -- out_has "0 settings differ"
echo 0 >"$host/sys/module/kvm/parameters/halt_poll_ns"
mkdir -p "$host/sys/kernel/mm/ksm" && echo 1 >"$host/sys/kernel/mm/ksm/run"
doctor --baseline "$TMP/before.json"
test_that "... and of one that was changed, what was and what is" all exited 1 -- \
	out_has "2 settings differ" -- \
	out_like 'halt_poll_ns +200000 +0' -- out_like 'ksm/run +- +1'
doctor --baseline "$host/proc/sys"
test_that "--baseline refuses what is no document of the doctor's, status 65" \
	all exited 65 -- one_message
doctor --baseline "$TMP/before.json" -f junit
test_that "--baseline has no JUnit" exited 64
doctor halt-poling
test_that "for a check that does not exist the nearest is suggested" \
	all exited 64 -- err_has "halt-polling"
doctor --goal speed
test_that "for a goal that does not exist the message lists the goals" \
	all exited 64 -- err_has "latency, throughput"
run "$HVBENCH" doctor --root "$TMP/nowhere"
test_that "--root refuses a directory without a /proc, status 65" all exited 65 -- one_message
doctor --prove halt-polling
test_that "--prove refuses --root: it measures on this machine" \
	all exited 64 -- err_has "without --root"
run "$HVBENCH" doctor --prove smis
test_that "for what no single switch proves it is said what shows it, status 69" \
	all exited 69 -- err_has "hwlat"
run "$HVBENCH" doctor --list
test_that "--list has all 51 checks below its heading" [ "$(wc -l <<<"$out")" = 52 ]

# Six VMs whose memory is in small pages, and pools of pages of two sizes.
many=$TMP/many
mkdir -p "$many"/proc/sys/kernel "$many"/sys/kernel/mm/hugepages/hugepages-{2048,1048576}kB
for pid in 71 72 73 74 75 76; do
	mkdir -p "$many/proc/$pid/fd"
	ln -s anon_inode:kvm-vm "$many/proc/$pid/fd/3"
	echo vmm >"$many/proc/$pid/comm"
	printf 'Rss: 204800 kB\nAnonHugePages: 0 kB\n' >"$many/proc/$pid/smaps_rollup"
done
echo 3 >"$many/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
echo 0 >"$many/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
run "$HVBENCH" doctor --root "$many" vm-pages reserved-huge-pages
test_that "of many VMs a few are told one by one, and how many more there are" \
	all exited 1 -- out_has "vm-pages: and 2 more" -- \
	[ "$(grep -c '^\* vm-pages.*huge pages for vmm' <<<"$out")" = 4 ]
test_that "values of the same name have their directory with it" \
	out_has "hugepages-2048kB/nr_hugepages 3"
run "$HVBENCH" doctor --root "$many" vm-pages -f json
test_that "a document has all that is said of many VMs" \
	[ "$(jq '.checks[0].advice | length' "$TMP/.out")" = 6 ]

# How to make a setting permanent, in the way of each distribution, for modules and for what is
# built into the kernel.
mkdir -p "$host"/etc/tuned "$host"/proc/sys/vm "$host"/sys/kernel/mm/ksm
echo 60 >"$host/proc/sys/vm/swappiness"
printf 'ID=debian\nPRETTY_NAME="Debian \033[31m12"\n' >"$host/etc/os-release"
rm -rf "$host/sys/kernel/mm/ksm"
doctor --apply swap halt-polling clocksource smis ksm --goal latency
test_that "--apply for Debian has a sysctl, a built-in module, the command line" \
	all exited 0 -- quiet -- \
	out_like '^vm.swappiness = 10$' -- out_like '^kvm.halt_poll_ns=200000$' -- \
	out_like '^skew_tick=1$' -- out_has update-grub -- \
	out_has "smis: there is nothing to set" -- out_has "ksm: there is no such setting" -- \
	out_has "(now 60)" -- out_lacks $'\033' -- out_lacks tuned
echo live >"$host/sys/module/kvm/initstate" 2>/dev/null
printf 'ID="centos"\nID_LIKE="rhel fedora"\nPRETTY_NAME="CentOS Stream 9"\n' >"$host/etc/os-release"
echo virtual-host >"$host/etc/tuned/active_profile"
doctor --apply swap halt-polling clocksource --goal latency
test_that "... for CentOS modprobe.d, grubby, and a tuned profile on top of the one in use" \
	all exited 0 -- \
	out_like '^options kvm halt_poll_ns=200000$' -- out_has "dracut -f" -- \
	out_like '^#   at once: echo 200000 >/sys/module/kvm/par' -- \
	out_like '^grubby --update-kernel=ALL --args="skew_tick=1"$' -- \
	out_like '^include=virtual-host$' -- out_like '^vm.swappiness=10$' -- \
	out_like '^cmdline_hvbench=.skew_tick=1$'
chmod 444 "$host/sys/module/kvm/parameters/halt_poll_ns"
echo 'ID=opensuse-leap' >"$host/etc/os-release"
doctor --apply halt-polling clocksource --goal latency,density
test_that "... for SUSE both values, as comments, where goals want the opposite" all exited 0 -- \
	out_has grub2-mkconfig -- \
	out_like '^# options kvm halt_poll_ns=0$' -- \
	out_like '^# options kvm halt_poll_ns=200000$' -- out_has "choose by --goal" -- \
	out_has "in force when kvm is loaded again"
doctor --apply smis ksm
test_that "--apply refuses what cannot be set, status 69" exited 69
doctor --apply swap --goal benchmarking,density
test_that "... and says in words what can only be done by hand" \
	all exited 0 -- out_has "swapoff -a" -- \
	out_lacks "vm.swappiness ="
for wrong in "--apply" "--apply swap -f json" "--apply --prove swap" "--restore swap" \
	"--restore --baseline x"; do
	doctor $wrong
	test_that "doctor $wrong is refused, 64" all exited 64 -- one_message
done
run "$HVBENCH" doctor --restore
test_that "--restore does what 'hvbench restore' does" all exited 0 -- out_has "left switched"
all_of_them=$("$HVBENCH" doctor --list | awk 'NR > 1 { print $1 }')
run "$HVBENCH" doctor --apply $all_of_them
test_that "--apply of all checks of this machine says that nothing was done yet" \
	all exited 0 -- out_has "Nothing of this has been done"

begin=${EPOCHREALTIME/./}
run "$HVBENCH" doctor
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
test_that "all checks of this machine take less than half a second ($took ms)" [ $took -lt 500 ]

setting=/proc/sys/kernel/timer_migration
prove() { run "$HVBENCH" doctor --prove "$@" --with-running-vms; }
if [ -w /dev/kvm ] && [ -w $setting ]; then
	before=$(cat $setting)
	prove timer-migration --time 2s
	test_that "a proof says both sides of the trade-off and how it was measured" \
		all [ $status = 0 -o $status = 2 ] -- \
		out_like '^timer-migration: timer_migration 0 -> 1: wake-up [0-9.]+ [um]s -> ' -- \
		out_like 'CPU time per wake-up .*: [a-z]' -- out_has "took turns"
	test_that "... and leaves the setting as it was" [ "$(cat $setting)" = "$before" ]
	prove timer-migration=77
	test_that "a value that the kernel refuses is named, and nothing is changed" \
		all exited 69 -- \
		err_has "writing '77' to $setting" -- [ "$(cat $setting)" = "$before" ]
	mkdir -p "$TMP/ro" && readonly_sys='mount --bind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys && exec "$@"'
	if unshare -m sh -c "$readonly_sys" sh true 2>/dev/null; then
		run unshare -m sh -c "$readonly_sys" sh "$HVBENCH" doctor --prove timer-migration \
			--with-running-vms
		test_that "a read-only /proc/sys is named, status 77" \
			all exited 77 -- one_message -- \
			err_has "$setting: " -- \
			[ "$(cat $setting)" = "$before" ]
	else
		skip "a read-only /proc/sys" "no namespace of mounts to be had"
	fi
else
	skip "a proof that switches the host" "no KVM, or no right to switch $setting"
fi
if [ -w /dev/kvm ]; then
	prove vhost -f json --time 20s
	cp "$TMP/.out" "$TMP/proved.json"
	test_that "a difference of many times is decided in less than 20 s, and in the document" \
		all exited 0 -- \
		jq -e '.checks[0].proved | (.text | test("worth it for latency")) and
			.ab[0].verdict == "faster" and .ab[0].duration_s < 20' "$TMP/proved.json"
	prove vm-irqchip=kernel --time 1s -f md
	test_that "... in Markdown too, also of what nothing is advised about" \
		all [ $status = 0 -o $status = 2 ] -- \
		out_has 'irqchip kernel -> kernel: wake-up'
	if command -v script >/dev/null && [ -w $setting ]; then
		printf 'n\n' |
			script -qec "'$HVBENCH' doctor --prove timer-migration --with-running-vms" \
			/dev/null >"$TMP/asked"
		test_that "on a terminal it is asked before all VMs feel it" \
			all grep -q 'Go on? .y/N.' "$TMP/asked" -- \
			grep -q 'not proved' "$TMP/asked"
	else
		skip "a question on a terminal" "no script(1), or no right to switch $setting"
	fi
	prove --goal isolation --time 1s
	test_that "--prove without names proves all that matters for the goals, once" \
		all [ $status = 0 -o $status = 2 ] -- out_like '^rt-throttling: sched' -- \
		out_lacks vhost -- [ "$(grep -c '^rt-throttling' <<<"$out")" = 1 ]
	prove vhost=on --time 1s
	test_that "a setting against itself is no difference" \
		all out_like ': (the same|undecided)' -- [ $status = 0 -o $status = 2 ]
	prove vm-pinning --time 1s
	test_that "what twins cannot differ in is measured in fresh VMs, one after the other" \
		all [ $status = 0 -o $status = 2 ] -- \
		out_has "one after the other" -- out_has "--ab pin=none pin=all --apart"
	prove vm-pages=5k
	test_that "for a value that does not exist the message lists the values" \
		all exited 69 -- one_message -- \
		err_has "auto|4k|thp"
	prove halt-polling governor=nosuch --time 1s
	test_that "the rest is proved although one cannot be" all [ $status != 0 ] -- \
		out_has "halt-polling: halt_poll_ns" -- err_has governor
	run "$HVBENCH" doctor --restore
	test_that "... and nothing is left switched" all exited 0 -- out_lacks "left changed" -- \
		out_lacks "put back"
else
	skip "proofs" "no KVM"
fi
# What a run says of its host beside the figures.
if [ -w /dev/kvm ]; then
	"$HVBENCH" run -q -w empty --rounds 1 --probes off -o "$TMP/run.json"
	test_that "a result has what the doctor said of its host" \
		jq -e '.doctor.counts.ok >= 0 and (.doctor.checks | type) == "array" and
		([.doctor.checks[].outcome] | all(. != "ok" and
			. != "not-applicable"))' "$TMP/run.json"
	jq '.doctor.checks = [{id: "<b>", title: "t", outcome: "warning", found: [{what: "a",
		value: "<script>"}], advice: [{outcome: "warning",
		goals: ["latency"], text: "<i>do</i>"}], judged: {latency: "warning"}, why: null,
			sources: [], proof: null, no_proof: "<u>"}, {}]' \
		"$TMP/run.json" >"$TMP/hostile.json"
	"$HVBENCH" report "$TMP/run.json" --no-plots -o "$TMP/run.html" >/dev/null
	"$HVBENCH" report "$TMP/hostile.json" --no-plots -o "$TMP/hostile.html" >/dev/null
	test_that "... and the HTML page has a section of it" \
		grep -q '<section id="health">' "$TMP/run.html"
	test_that "... which hostile text cannot break out of" \
		all grep -q '&lt;i&gt;do' "$TMP/hostile.html" -- \
		[ "$(grep -c '<script>\|<u>\|<i>do' "$TMP/hostile.html")" = 0 ]
	jq 'del(.doctor)' "$TMP/run.json" >"$TMP/older.json"
	"$HVBENCH" report "$TMP/older.json" --no-plots -o "$TMP/older.html" >/dev/null
	test_that "a result from before the doctor has no such section" \
		all grep -q '</html>' "$TMP/older.html" -- \
		[ "$(grep -c 'id="health"' "$TMP/older.html")" = 0 ]
	jq '.doctor.checks = 7' "$TMP/run.json" >"$TMP/damaged.json"
	run "$HVBENCH" report "$TMP/damaged.json"
	test_that "a result with damaged checks is refused" all exited 65 -- err_has "doctor.checks"
else
	skip "what a run says of its host" "no KVM"
fi
# A VM that runs here, of two VMMs; the kernel's own threads in it are no vCPUs.
if [ -w /dev/kvm ]; then
	# Its VM is made, set up and run: until that is so nothing is known of its vCPU.
	"$HVBENCH" run -q -w halt-wake --rounds 1 --samples 4096 --ops 1000 --probes off \
		>"$TMP/.vm" 2>&1 &
	vm=$!
	its_vcpu='any(.checks[].found[];
		(.what | contains($vm)) and (.value | test(" of 1 vCPUs")))'
	for _ in {1..100}; do
		run "$HVBENCH" doctor vm-pinning vm-irqchip vm-pages -f json
		cp "$TMP/.out" "$TMP/vms.json"
		jq -e --arg vm "(pid $vm)" "$its_vcpu" "$TMP/vms.json" >/dev/null && break
		sleep 0.1
	done
	kill -9 $vm
	wait $vm 2>/dev/null
	test_that "of a VM that runs its pages and one vCPU are found" \
		jq -e --arg vm "(pid $vm)" '[.checks[].found[] | select(.what | contains($vm))
			| .value] | (any(test("MiB"))) and any(test(" of 1 vCPUs"))' "$TMP/vms.json"
	if command -v qemu-system-x86_64 >/dev/null; then
		taskset -c 0 qemu-system-x86_64 -accel kvm -cpu qemu64 -m 128 -smp 2 \
			-name doctored -display none -serial none -monitor none >"$TMP/.vm" 2>&1 &
		vm=$!
		for _ in {1..100}; do
			"$HVBENCH" doctor vm-pinning -f json | grep -q '2 of 2 vCPUs' && break
			sleep 0.1
		done
		run "$HVBENCH" doctor vm-pinning vm-irqchip vm-cores -f json
		cp "$TMP/.out" "$TMP/vms.json"
		kill -9 $vm
		wait $vm 2>/dev/null
		test_that "of QEMU without names of threads two vCPUs are found, and no more" \
			jq -e '[.checks[].found[] | select(.what | test("doctored")) | .value]
				| any(. == "2 of 2 vCPUs pinned to one CPU") and
				any(. == "kernel, with a PIT in the kernel")' "$TMP/vms.json"
		test_that "... that share a CPU with each other and with QEMU's own threads" \
			all grep -q "a CPU for each vCPU of doctored" "$TMP/vms.json" -- \
			grep -q "own threads of doctored" "$TMP/vms.json"
	else
		skip "QEMU's VMs" "there is no qemu-system-x86_64"
	fi
else
	skip "VMs that run" "no KVM"
fi
# A container without KVM, and a machine without /sys: said plainly.
without()
{
	run unshare -m sh -c 'mount -t tmpfs none "$1" && shift && exec "$@"' sh "$1" "$HVBENCH" \
		doctor "${@:2}"
}
if unshare -m true 2>/dev/null; then
	without /dev --prove vhost
	test_that "without KVM the status is 69, with what to do" all exited 69 -- one_message -- \
		err_has "there is no /dev/kvm"
	without /dev kvm-capabilities
	test_that "... and its check is undecided" all exited 2 -- out_has "there is no /dev/kvm"
	without /sys --prove ksm --with-running-vms
	test_that "without /sys a proof says that there is no such setting" \
		all exited 69 -- one_message -- \
		err_has "ksm/run: No such file"
	without /sys
	test_that "... and the rest is judged" all [ $status -le 2 ] -- \
		out_has "Not applicable" -- quiet
else
	skip "no KVM, no /sys" "no namespace of mounts to be had"
fi
if setpriv --reuid 65534 --clear-groups test -x "$HVBENCH" 2>/dev/null; then
	run setpriv --reuid 65534 --clear-groups "$HVBENCH" doctor --prove timer-migration
	test_that "without the right to switch a setting it is 77, with what it takes" \
		all exited 77 -- \
		err_has "it takes root"
else
	skip "without the right to switch a setting" \
		"it takes root to be someone else, and the program readable"
fi
for wrong in "--prove halt-polling --time soon" "--prove halt-poling=3"; do
	run "$HVBENCH" doctor $wrong
	test_that "doctor $wrong: 64" all exited 64 -- one_message
done
tap_done
