#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
# The backends qemu-kvm and qemu-tcg measure the same cells as other backends; guests that hang or
# lie, and a QEMU that dies, fail only their own cell; and no process is left behind.
. "$(dirname "$0")/../tap.sh"

program=$HVBENCH
[ -x "$HVBENCH_SANITIZED" ] && program=$HVBENCH_SANITIZED
if ! command -v "${HVBENCH_QEMU:-qemu-system-$(uname -m)}" >/dev/null; then
	run "$HVBENCH" run -q -w empty --backend qemu-tcg
	test_that "without QEMU the message says what to install" \
		all exited 69 -- err_has "install QEMU"
	skip "backends qemu-kvm and qemu-tcg" "no qemu-system-$(uname -m)"
	tap_done
	exit
fi

# Every process that a run starts carries this mark.
export HVBENCH_TEST_MARK=qemu.sh.$$
marked()
{
	local environ pid
	for environ in /proc/[0-9]*/environ; do
		pid=${environ#/proc/}
		pid=${pid%/environ}
		[ "$(readlink "/proc/$pid/exe")" = "$emulator" ] || continue
		grep -qsaz "^HVBENCH_TEST_MARK=$HVBENCH_TEST_MARK\$" "$environ" && echo "$pid"
	done
}
emulator=$(readlink -f "$(command -v "${HVBENCH_QEMU:-qemu-system-$(uname -m)}")")
shm_before=$(ls -A /dev/shm)
# A killed process needs a moment to be gone.
nothing_left()
{
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -z "$(marked)" ] && break
		sleep 0.2
	done
	[ -z "$(marked)" ] && [ "$(ls -A /dev/shm)" = "$shm_before" ]
}

measure()
{
	run timeout 60 "$program" run -q --probes off --rounds 1 --samples 20 --format json "$@"
	out=$(jq -c '{host: .host | {virt}, cells: [.cells[] |
		{workload, backend, status, reason, summary, exits, warnings, kvm_histograms,
		kvm_vm_stats}]}' \
		<<<"$out" 2>/dev/null || echo "$out")
}
cell() { jq -e "$@" <<<"$out" >/dev/null; }
failed_with()
{
	jq -r '.cells[] | select(.status == "failed") | .reason' <<<"$out" | grep -Eq -e "$1"
}
skipped_with()
{
	jq -r '.cells[] | select(.status == "skipped") | .reason' <<<"$out" | grep -Eq -e "$1"
}
unharmed() { err_lacks Sanitizer && err_lacks "runtime error"; }

backends=()
run "$HVBENCH" list backends --format json
for backend in qemu-tcg qemu-kvm; do
	if [ "$(jq ".backends[] | select(.name == \"$backend\") | .available" <<<"$out")" = true \
		]; then
		backends+=("$backend")
		test_that "list backends says which QEMU $backend is" \
			jq -e ".backends[] | select(.name == \"$backend\") | .detail |
				test(\"QEMU [0-9]+\\\\.[0-9]\")" "$TMP/.out"
	else
		skip "$backend" \
			"$(jq -r ".backends[] | select(.name == \"$backend\") | .why" <<<"$out")"
	fi
done
[ ${#backends[@]} = 0 ] && { tap_done; exit; }

# A QEMU that never answers is given up. In the background, since that takes its time.
asked='case $1 in --version | -accel | -machine) [ $# -lt 3 ] && exec %q "$@" ;; esac'
printf "#!/bin/sh\n$asked\nexec sleep 100\n" "$emulator" >"$TMP/mute"
chmod +x "$TMP/mute"
HVBENCH_QEMU=$TMP/mute timeout 60 "$program" run -q --rounds 1 --timeout 500ms -w empty \
	--backend "${backends[0]}" --format json \
	>"$TMP/mute.json" 2>&1 &
mute=$!

# The same cells on all backends side by side.
cat >"$TMP/side.ini" <<'INI'
[global]
rounds = 1
[pio-kvm]
workload = pio-user
[pio-qemu-kvm]
workload = pio-user
backend = qemu-kvm
[pio-qemu-tcg]
workload = pio-user
backend = qemu-tcg
[chase-kvm]
workload = chase
working_set = 16k
[chase-qemu-kvm]
workload = chase
working_set = 16k
backend = qemu-kvm
[chase-qemu-tcg]
workload = chase
working_set = 16k
backend = qemu-tcg
[chase-native]
workload = chase
working_set = 16k
backend = native
INI
measure "$TMP/side.ini"
test_that "one result holds the same cells on every backend there is" all unharmed -- exited 0 -- \
	cell '(.cells | length == 7) and ([.cells[] | select(.status == "ok") | .summary.p50 > 0] |
		all) and
	      ([.cells[] | select(.status == "skipped") | .reason | length > 10] | all)'
for backend in "${backends[@]}"; do
	test_that "$backend measured both workloads" cell \
		"[.cells[] | select(.backend == \"$backend\") | .status == \"ok\"] | all"
done
p50() { jq "[.cells[] | select(.workload == \"$1\" and .backend == \"$2\") |
	.summary.p50][0] // empty" <<<"$out"; }
less() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }
if [[ " ${backends[*]} " == *" qemu-tcg "* ]]; then
	test_that "software translates loads: a chase by TCG takes longer than in a process" \
		less "$(p50 chase native)" "$(p50 chase qemu-tcg)"
	test_that "exits under TCG are null, not 0" \
		cell '.cells[] | select(.backend == "qemu-tcg") |
		.exits.per_op.total == null and (.exits.unknown_why | test("TCG"))'
	test_that "TCG's cells say that they are software" cell \
		'[.cells[] | select(.backend == "qemu-tcg") |
		.warnings | tostring | test("TCG")] | all'
	test_that "TCG's clock is found to be the host's" cell \
		'[.cells[] | select(.backend == "qemu-tcg") | .warnings |
		tostring | test("clock runs at") | not] | all'
fi
if [ -n "$(p50 pio-user kvm)" ] && [[ " ${backends[*]} " == *" qemu-tcg "* ]]; then
	test_that "a port access costs less in TCG than through an exit" less \
		"$(p50 pio-user qemu-tcg)" "$(p50 pio-user kvm)"
fi
if [[ " ${backends[*]} " == *" qemu-kvm "* ]]; then
	measure -w pio-user --backend qemu-kvm --rounds 5
	if cell '.cells[] | select(.backend == "qemu-kvm" and .workload == "pio-user") |
		.exits.per_op.total == null'; then
		skip "exits by KVM's statistics" "$(jq -r '[.cells[] |
			select(.backend == "qemu-kvm") | .exits.unknown_why][0]' <<<"$out")"
	else
		names='.cells[0] | [(.kvm_histograms | keys), (.kvm_vm_stats | keys)]'
		test_that "the statistics are those of KVM's own descriptors, histograms too" \
			[ "$(jq -c "$names" <<<"$out")" = \
			"$("$HVBENCH" run -w pio-user --rounds 1 --samples 5 --probes off -q \
				--format json | jq -c "$names")" ]
		test_that "there is exactly one exit for each operation of the timed part" \
			cell '
			.cells[] | select(.backend == "qemu-kvm" and .workload == "pio-user") |
			(.exits.per_op.total - 1 | fabs) < 0.001 and .exits.as_expected == true'
	fi
	test_that "exits to QEMU are unknown, not 0" cell '
		.cells[] | select(.backend == "qemu-kvm" and .workload == "pio-user") |
		.exits.per_op.user == null and .exits.user_as_expected == null'
fi
test_that "... and none of its processes is left" nothing_left

if [[ " ${backends[*]} " == *" qemu-tcg "* ]]; then
	# QEMU with a guest clock that counts instructions, and so has another rate.
	{
		echo '#!/bin/bash'
		echo 'args=() ; for a; do args+=("${a/tcg,thread=multi/tcg,thread=single}"); done'
		echo '[ $# -gt 2 ] && args+=(-icount shift=7,sleep=off)'
		echo "exec $(printf %q "$emulator") \"\${args[@]}\""
	} >"$TMP/counting"
	chmod +x "$TMP/counting"
	HVBENCH_QEMU=$TMP/counting measure -w chase --backend qemu-tcg
	test_that "a guest clock of another rate is noticed and reported" all unharmed -- \
		cell \
		'.cells[0] | .status == "ok" and (.warnings | tostring | test("clock runs at"))'
fi

for backend in "${backends[@]}"; do
	measure -w ipi --backend "$backend"
	test_that "$backend starts a second vCPU" all unharmed -- exited 0 -- \
		cell '.cells[0].status == "ok"'
	measure -w chase:working_set=3200m:stride=2m --backend "$backend" --config pages=4k
	test_that "$backend has working sets that do not fit below 4 GiB" all unharmed -- \
		cell '.cells[0].status == "ok"'
	measure -w pio-user --backend "$backend" --config vcpus=2 --config pin=0 \
		--config sched=batch
	test_that "$backend pins vCPUs" all unharmed -- \
		cell '.cells[0] | .status == "ok" and (.warnings | tostring | test("share 1 CPU"))'
	measure -w pio-user --backend "$backend" --config pin=1023
	test_that "$backend fails a cell that is pinned to a CPU that is not there" \
		failed_with "pinning .* CPU 1023"
	measure -w pio-ioeventfd,coalesced-mmio,inject,vm-create --backend "$backend"
	test_that "$backend skips what only our own VMM can do" all unharmed -- \
		cell \
		'[.cells[] | .status == "skipped" and (.reason | test("lacks; kvm has it$"))] | all'
done
for setting in vms=2 halt_poll_ns=0 disable_exits=hlt; do
	measure -w pio-user --backend "$backend" --config $setting
	test_that "$backend skips $setting, with the reason" all exited 69 -- \
		skipped_with "${setting%=*}"
done
measure -w cpuid --backend native --config irqchip=split
test_that "native skips settings of VMs, and names a backend that has them" all exited 69 -- \
	skipped_with "backend native does not honour irqchip=split; kvm and qemu-kvm do"

# Guests that misbehave.
guest()
{
	local payload=$1
	shift
	measure --timeout 1s --payload "$payload" -w pio-user "$@"
}
fails()
{
	local name=$1 payload=$BUILD/tests/payloads/$2.elf reason=$3
	shift 3
	guest "$payload" "$@"
	test_that "$backend: $name" all unharmed -- exited 1 -- failed_with "$reason"
}
backend=${backends[0]}
on="--backend $backend"
where='\[vCPU 0 at RIP 0x[0-9a-f]+, CPL [0-3]\]'
fails "hangs at once" hang-at-once "no progress for 1.0 s: stopped $where" $on
fails "triple fault" triple-fault "stopped by itself .*triple fault $where" $on
fails "END without BEGIN" bells "rang 3 \(END\) where 2 \(BEGIN\)" $on --ops 1
fails "a result without a timed part" bells "no timed part" $on --ops 3
fails "an unknown bell" bells "rang 4294967295 \(unknown\) where" $on --ops 4
fails "lies: the header" liar "damaged its mailbox's header" $on --ops 1
fails "lies: 2^32 - 1 samples" liar "claims .*: impossible" $on --ops 4
fails "lies: 2^64 - 1 operations" liar "claims .*: impossible" $on --ops 11
fails "everything is overwritten, the bells too" liar \
	"rang 4294967295|state 4294967295|damaged|impossible" $on --ops 19
guest /bin/true $on
test_that "$backend refuses a payload that is none" all unharmed -- test "$status" -ne 0 -- \
	test -n "$(grep "payload" <<<"$err$out")"
if command -v readelf >/dev/null; then
	# An endless loop is patched into the timed part of the real payload.
	at=$(readelf -sW "$BUILD/payload.elf" | awk '$4 == "FILE" { file = $8 } $8 == "run" &&
		file == "pio-user.c" { print $2 }')
	rip=$(printf '0x%x' $((16#$at)))
	offset=$(readelf -lW "$BUILD/payload.elf" | awk -v at=$((16#$at)) '
		function hex(s,  n, i)
		{
			for (i = 3; i <= length(s); i++)
				n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
			return n
		}
		$1 == "LOAD" && at >= hex($3) &&
			at < hex($3) + hex($5) { print hex($2) + at - hex($3) }')
	for backend in "${backends[@]}"; do
		cp "$BUILD/payload.elf" "$TMP/patched.elf"
		printf '\xeb\xfe' |
			dd of="$TMP/patched.elf" bs=1 seek="$offset" conv=notrunc status=none
		guest "$TMP/patched.elf" --backend "$backend"
		test_that "$backend says where a workload loops endlessly" all unharmed -- \
			exited 1 -- \
			failed_with "no progress for 1.0 s: stopped \[vCPU 0 at RIP $rip, CPL 3\]"
		printf '\x0f\x0b' |
			dd of="$TMP/patched.elf" bs=1 seek="$offset" conv=notrunc status=none
		guest "$TMP/patched.elf" --backend "$backend"
		test_that "$backend reports an exception by its name" all unharmed -- exited 1 -- \
			failed_with "#UD \(vector 6, error code 0x0\) at RIP $rip, CPL 3"
	done
fi
test_that "no process is left of guests that hang" nothing_left

# QEMU dies during a measurement; the other cell goes on.
for backend in "${backends[@]}"; do
	timeout 60 "$program" run -q --probes off --rounds 1 --samples 4000 --ops 20000000 \
		--timeout 20s -w empty \
		--backend "$backend" --format json >"$TMP/killed.json" 2>"$TMP/killed.err" &
	pid=$!
	for i in $(seq 100); do
		sleep 0.1
		# Not those that are only asked for their version and boot nothing.
		victim=$(for p in $(marked); do
			grep -qsa mailbox "/proc/$p/cmdline" && echo "$p"
		done | head -n 1)
		[ -n "$victim" ] && break
	done
	sleep 0.5
	[ -n "$victim" ] && kill -KILL "$victim"
	wait $pid
	out=$(cat "$TMP/killed.json") err=$(cat "$TMP/killed.err")
	test_that "$backend: a QEMU that is killed in the timed part fails only its cell" \
		all unharmed -- \
		failed_with "QEMU was killed by signal 9"
done

# The user stops the run, or the run itself dies.
run timeout --preserve-status -s INT 2 "$HVBENCH" run -q --probes off --rounds 1000 -w empty \
	--backend "${backends[0]}" -o "$TMP/int.json"
test_that "after SIGINT the result is saved, and said to be cut short" all exited 130 -- \
	jq -e '.interrupted == true' "$TMP/int.json"
test_that "after SIGINT no QEMU is left" nothing_left
run timeout -s KILL 2 "$HVBENCH" run -q --probes off --rounds 1 --samples 4000 --ops 20000000 \
	--timeout 50s -w empty --backend "${backends[0]}"
test_that "after SIGKILL no QEMU is left" nothing_left

# A QEMU that does not exist, or does not start.
HVBENCH_QEMU=$TMP/nowhere measure -w empty --backend "${backends[0]}"
test_that "an HVBENCH_QEMU that is not there is named" \
	all exited 69 -- err_has "$TMP/nowhere: no such program"
HVBENCH_QEMU=/bin/true measure -w empty --backend "${backends[0]}"
test_that "an HVBENCH_QEMU that is no QEMU is said to be none" all exited 69 -- err_has "is no QEMU"
printf "#!/bin/sh\n$asked\n"'echo "warning: w" >&2\necho "out of luck" >&2\nexit 3\n' \
	"$emulator" >"$TMP/broken"
chmod +x "$TMP/broken"
HVBENCH_QEMU=$TMP/broken measure -w empty --backend "${backends[0]}"
test_that "a QEMU that does not start says why" all unharmed -- exited 1 -- \
	failed_with "QEMU ended with status 3: out of luck$"
wait $mute
out=$(cat "$TMP/mute.json") err=
test_that "a QEMU that never answers is given up" failed_with "QEMU does not answer"
test_that "... and no process is left of all this" nothing_left
tap_done
