#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# `hvbench profile --live` in terminals of 80x24 and 200x50: what the screen shows, and the keys.
. "$(dirname "$0")/../tap.sh"
cd "$TMP" || exit

if ! command -v tmux >/dev/null; then
	skip "the live view" "no tmux"
	tap_done
	exit 0
fi
run "$HVBENCH" profile -d 0.1 -q
if [ "$status" = 77 ] || [ "$status" = 69 ] || ! [ -w /dev/kvm ]; then
	skip "the live view" "no KVM or no probe here: $(head -n 1 <<<"$err")"
	tap_done
	exit 0
fi
gcc -O2 -Wall -static -pthread -o guest "$TOP/tests/guests/exits-guest.c" ||
	fail "the guest's VMM compiles"
# Servers of our own: whoever runs this may be in a tmux. Each session has another one, since one
# that is told to end still answers for a while.
servers=0
tmux() { command tmux -L "hvbench-$$-$servers" -f /dev/null "$@"; }
end_session()
{
	tmux kill-server
	servers=$((servers + 1))
}
clean_up()
{
	tmux kill-server 2>/dev/null
	kill "${guests[@]}" 2>/dev/null
}
guests=()
cp guest other-vmm
./guest pqwm 100 13000 2 >/dev/null & guests+=($!)
./other-vmm pqpq 100 13000 >/dev/null & guests+=($!)
busy=${guests[0]} other=${guests[1]}
# Others may run VMs here as well.
mine="-p $busy,$other"

screen() { tmux capture-pane -p >screen; }
shows() { screen; grep -Eq -e "$1" screen || { cat screen; return 1; }; }
wait_for() { until_true shows "$1" >/dev/null; }
key() { tmux send-keys "$@"; }
# What is not there after ten seconds does not come.
until_true()
{
	local end=$((SECONDS + 10))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
fits() { [ "$(wc -L <screen)" -le "$1" ]; }
port='(kvm_pio|io|IO_INSTRUCTION)'
for size in 80x24 200x50; do
	columns=${size%x*}
	tmux new-session -d -x "$columns" -y "${size#*x}" \
		"LC_ALL=C.UTF-8 '$HVBENCH' profile --live $mine; echo status \$?; sleep 100"
	wait_for "^$port +[0-9]"
	test_that "$size: reasons, the rate of all, and how many VMs are there now" all \
		shows "^ hvbench profile  [0-9]+ exits/s  2 VMs, 3 vCPUs" -- fits "$columns"
	test_that "$size: no column without a figure" \
		bash -c '! grep -E "^[a-zA-Z_]+ +[0-9]+ .* - +- " screen'
	key '?'
	test_that "$size: ? explains the keys" wait_for "sort by cost"
	key x
	test_that "$size: ... until the next key" wait_for "^$port +[0-9]"
	key v
	test_that "$size: v shows VMs by number and name" all wait_for "^$other other-vmm " -- \
		shows "^$busy guest "
	key / o t h e r Enter
	wait_for "only /other"
	test_that "$size: / shows only what has it in its name" \
		all shows "^$other other-vmm " -- bash -c "! grep -q '^$busy' screen"
	key Enter
	test_that "$size: enter shows the reasons of that VM alone" all \
		wait_for "reasons of $other other-vmm" -- shows "^$port +[0-9]" -- \
		bash -c '! grep -Eq "^(kvm_msr|msr|MSR_READ)" screen'
	key Enter
	test_that "$size: ... and of that reason the vCPUs" \
		wait_for "^$other(/[0-9]+| thread [0-9]+) other"
	key Escape
	key Escape
	test_that "$size: esc leads back" wait_for "^$busy guest "
	key v
	test_that "$size: vCPUs of two VMs of one process can be told apart" \
		[ "$(wait_for "^$busy.*" && sleep 0.2; screen; grep "^$busy" screen | cut -c 1-21 |
			sort -u | wc -l)" = 2 ]
	key Space
	wait_for FROZEN
	cp screen frozen
	sleep 1.3
	screen
	test_that "$size: space freezes the figures" \
		diff <(sed 1d frozen) <(sed 1d screen)
	key s
	test_that "$size: s sorts by something else" all wait_for "\[vCPUs by (rate|name)\]"
	key q
	test_that "$size: q ends it with a summary of all, status 0" all \
		wait_for "^status 0" -- shows "^$port +[0-9]" -- shows "COUNT"
	end_session
done

# A VM that ends is no longer counted, and one that was asked for ends the view.
tmux new-session -d -x 80 -y 24 "'$HVBENCH' profile --live $mine; sleep 100"
wait_for "  2 VMs, 3 vCPUs"
kill "$other"
wait "$other" 2>/dev/null
test_that "a VM that has ended is counted as that" wait_for "  1 VMs \(1 more ended\), 2 vCPUs"
end_session
tmux new-session -d -x 80 -y 24 "'$HVBENCH' profile --live -p $busy; echo status \$?; sleep 100"
wait_for "1 VMs, 2 vCPUs"
kill "$busy"
wait "$busy" 2>/dev/null
test_that "when the watched VM ends so does the view, with a summary" all \
	wait_for "^status 0" -- shows "the VM ended after"
tap_done
