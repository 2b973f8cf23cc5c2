#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# Guests that hang, crash, ring the wrong bells and lie about what they measured: the cell fails
# with the reason, the run goes on, and nothing the guest writes does any harm. Under the
# sanitizers, if that build exists.
. "$(dirname "$0")/../tap.sh"

program=$HVBENCH
[ -x "$HVBENCH_SANITIZED" ] && program=$HVBENCH_SANITIZED
payloads=$BUILD/tests/payloads
if [ ! -w /dev/kvm ]; then
	skip "hostile guests" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

# guest PAYLOAD OPTIONS…: one measurement with that payload
guest()
{
	local payload=$1
	shift
	run timeout 30 "$program" run -q --rounds 1 --samples 5 --timeout 500ms \
		--format json --payload "$payload" "$@"
	now=$EPOCHREALTIME
	# Shortened so that the output of a failing test can be read; anything that is not JSON
	# stays as it is.
	out=$(jq -c '{cells: [.cells[] |
		{workload, status, reason, summary, rounds}]}' <<<"$out" 2>/dev/null || echo "$out")
}
cell() { jq -e "$@" <<<"$out" >/dev/null; }
failed_with()
{
	jq -r '.cells[] | select(.status == "failed") | .reason' <<<"$out" | grep -Eq -e "$1"
}
unharmed() { err_lacks Sanitizer && err_lacks "runtime error"; }

# fails NAME PAYLOAD REASON OPTIONS…
fails()
{
	local name=$1 payload=$payloads/$2.elf reason=$3
	shift 3
	guest "$payload" -w pio-user "$@"
	test_that "$name" all unharmed -- exited 1 -- failed_with "$reason"
}

where='\[vCPU 0 at RIP 0x[0-9a-f]+, CPL [0-3], last exit [A-Z_]+'
fails "hangs at once" hang-at-once "no progress for 0.5 s: stopped $where"
fails "halts at once, for ever" halt-at-once "(no progress for 0.5 s|halted).* $where"
fails "floods the VMM with exits: the watchdog still works" flood \
	"no progress for 0.5 s: stopped $where"
fails "exception without an IDT" triple-fault "triple fault.* $where.*bytes 0f 0b"
fails "jumps to where there is no memory" unbacked \
	'KVM_EXIT_INTERNAL_ERROR.* \[vCPU 0 at RIP 0x40000000,'
fails "an instruction KVM cannot emulate: its bytes are shown" internal-error \
	"KVM_EXIT_INTERNAL_ERROR.* $where, bytes f3 0f b8"
fails "rings an unknown bell instead of READY" boot-bells "rang 77 \(unknown\) where"

fails "END without BEGIN" bells "rang 3 \(END\) where 2 \(BEGIN\) was expected" --ops 1
fails "BEGIN for ever" bells "rang 2 \(BEGIN\) where 3 \(END\) was expected" --ops 2
fails "READY for ever, with a result without a timed part" bells "no timed part" --ops 3
fails "an unknown bell" bells "rang 4294967295 \(unknown\) where" --ops 4
fails "FAULT without a fault" bells "rang 4 \(FAULT\) where" --ops 5
fails "END twice" bells "rang 3 \(END\) where 1 \(READY\) was expected" --ops 6
fails "hangs inside the timed part" bells "no progress for 0.5 s: stopped $where" --ops 7
fails "halts inside the timed part" bells "(no progress for 0.5 s|halted).* $where" --ops 8
fails "hangs after the timed part" bells "no progress for 0.5 s: stopped $where" --ops 9
fails "triple fault inside the timed part" bells "triple fault.* $where" --ops 10
# A guest may lie about its progress: that extends the time limit, but not for ever.
fails "claims progress for ever" bells "still not done for 2.1 s: stopped $where" --ops 11 \
	--timeout 100ms
guest "$payloads/bells.elf" -w pio-user --ops 12
test_that "a guest that makes progress may take twice the time limit in all" all exited 0 -- \
	cell '.cells[0].status == "ok"'

lie() { fails "lies: $2" liar "$3" --ops "$1"; }
impossible='claims .*: impossible'
lie 1 "magic" "damaged its mailbox's header"
lie 2 "version" "damaged its mailbox's header"
lie 3 "size" "damaged its mailbox's header"
lie 4 "2^32 - 1 samples" "$impossible"
lie 5 "one sample more than there is room for" "$impossible"
lie 6 "no samples" "$impossible"
lie 7 "more samples than were asked for" "$impossible"
lie 8 "2^32 - 1 empty loops" "$impossible"
lie 9 "one empty loop more than there is room for" "$impossible"
lie 10 "no operations" "$impossible"
lie 11 "2^64 - 1 operations" "$impossible"
lie 12 "unknown state" "state 305419896 of command"
lie 13 "still running" "state 2 of command"
lie 14 "the result of another command" "of command 2, not that command 1 is done"
lie 15 "refused for an unknown reason" "gave an unknown reason"
lie 16 "refused for no reason" "without a reason"
lie 17 "a fault of nothing but ones" "vector 4294967295.*RIP 0xffffffffffffffff"
lie 18 "2^32 - 1 operations in an empty histogram" "$impossible|histogram"
lie 19 "everything is overwritten" "state 4294967295|damaged|impossible"
lie 20 "a histogram without its count" "$impossible|histogram"
lie 21 "other operations than those asked for" "$impossible"

for way in 1 2; do
	guest "$payloads/extremes.elf" -w pio-user --ops $way
	test_that "extreme values (way $way) are reported as they are, as valid JSON" \
		all unharmed -- \
		exited 0 -- \
		cell '.cells[0].summary | [.p50, .mean, .max] | all(type == "number")'
	for format in text md csv; do
		run "$program" run -q --rounds 1 --samples 5 --payload "$payloads/extremes.elf" \
			-w pio-user --ops $way --format $format
		test_that "... and are shown as $format" \
			all unharmed -- exited 0 -- out_has pio-user
	done
done
guest "$payloads/odd-doorbells.elf" -w pio-user --ops 3
test_that "reads, other widths and strings at the doorbell ring nothing" all unharmed -- \
	exited 0 -- cell '.cells[0].status == "ok"'
guest "$payloads/kicks.elf" -w inject
test_that "asking for an interrupt a thousand times out of order does no harm" all unharmed -- \
	cell '.cells[0].status | IN("ok", "failed", "skipped")'

two="--config vcpus=2"
fails "the second vCPU ends while the first waits" secondary \
	"vCPU 1: .*triple fault.*vCPU 1 at RIP" $two --ops 1
fails "the second vCPU rings the doorbell" secondary "vCPU 1 rang the doorbell" $two --ops 3
for way in 2 4 5; do
	for vms in 1 2; do
		guest "$payloads/secondary.elf" -w pio-user $two --config vms=$vms --ops $way
		test_that "a second vCPU that ends, hangs or scribbles ($way) harms none of $vms" \
			all unharmed -- \
			cell '.cells[0].status | IN("ok", "failed")'
	done
done

# The payload's own fault handlers, tested by an instruction patched into a workload of the real
# payload.
patched=$TMP/patched.elf
# patch BYTES: at the first instruction of pio-user's loop, whose address is left in $at
patch()
{
	local offset
	at=$(readelf -sW "$BUILD/payload.elf" | awk '$4 == "FILE" { file = $8 } $8 == "run" &&
		file == "pio-user.c" { print $2 }')
	offset=$(readelf -lW "$BUILD/payload.elf" | awk -v at=$((16#$at)) '
		function hex(s,  n, i) { for (i = 3; i <= length(s);
			i++) n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return n }
		$1 == "LOAD" && at >= hex($3) &&
			at < hex($3) + hex($5) { print hex($2) + at - hex($3) }')
	cp "$BUILD/payload.elf" "$patched"
	printf "$1" | dd of="$patched" bs=1 seek="$offset" conv=notrunc status=none
	at=$(printf '0x%x' $((16#$at)))
}
if ! command -v readelf >/dev/null; then
	skip "exceptions in the real payload" "no readelf"
else
	exception()
	{
		local name=$1 reason=$3
		shift 3
		guest "$patched" -w "$@"
		test_that "the payload's IDT reports an exception: $name" \
			all unharmed -- exited 1 -- \
			failed_with "$reason"
	}
	patch '\x0f\x0b'
	exception "ud2 at CPL3" - \
		"guest exception #UD \(vector 6, error code 0x0\) at RIP $at, CPL 3" pio-user
	exception "ud2 at CPL0" - "guest exception #UD .* at RIP $at, CPL 0" pio-user:ring=0
	patch '\xf4'
	exception "hlt at CPL3" - \
		"guest exception #GP \(vector 13, error code 0x0\) at RIP $at, CPL 3" pio-user
	patch '\x31\xc9\xf7\xf1'
	exception "division by zero" - "guest exception #DE \(vector 0," pio-user
	patch '\xa1\x00\x00\x00\x00\x40\x00\x00\x00'	# mov 0x4000000000, %eax
	exception "access to an address that is not mapped" - \
		"guest exception #PF \(vector 14,.*CR2 0x4000000000" pio-user
	patch '\x0f\x01\x1c\x25\x00\x00\x00\x00\x0f\x0b'	# lidt 0; ud2
	exception "the IDT is taken away" - "triple fault" pio-user:ring=0
	patch '\xeb\xfe'
	exception "an endless loop in the timed part" - \
		"no progress for 0.5 s: stopped \[vCPU 0 at RIP $at, CPL 3" pio-user
fi

# A failing cell does not make the others fail, and is not tried for ever.
run timeout 60 "$program" run -q --rounds 5 --samples 5 --timeout 1s -w pio-user,cpuid \
	--payload "$patched" --format json
test_that "the run goes on beside a cell that hangs" all unharmed -- exited 1 -- cell '
	[.cells[] | {(.workload): .status}] | add == {"pio-user": "failed", "cpuid": "ok"}'
test_that "a cell that hangs is given up after two rounds" cell '.cells[0].rounds | length == 2'
for limit in 200 900; do
	begin=$EPOCHREALTIME
	guest "$payloads/hang-at-once.elf" -w pio-user --timeout ${limit}ms
	took_ms=$(((${now/./} - ${begin/./}) / 1000))
	test_that "--timeout ${limit}ms is kept (took $took_ms ms)" all exited 1 -- \
		[ $took_ms -ge $limit ] -- [ $took_ms -lt $((limit + 3000)) ]
done

# Files that are not a payload.
bad_file()
{
	run "$program" run -q --rounds 1 -w pio-user --samples 5 --payload "$TMP/bad.elf" \
		--format json
	test_that "a payload file is refused: $1" all unharmed -- test "$status" -ne 0 -- \
		test -n "$(grep -E "payload|ELF" <<<"$err$out")"
}
: >"$TMP/bad.elf"
bad_file "empty"
head -c 100000 /dev/urandom >"$TMP/bad.elf"
bad_file "random bytes"
head -c 4000 "$BUILD/payload.elf" >"$TMP/bad.elf"
bad_file "cut off"
cp /bin/true "$TMP/bad.elf"
bad_file "another program"
rm "$TMP/bad.elf"
bad_file "not there"
mkdir "$TMP/bad.elf"
bad_file "a directory"
tap_done
