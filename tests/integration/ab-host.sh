#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# --ab switches settings of the host for each sample and restores them, however it ends; if no
# process was left alive to restore them, hvbench restore does.
. "$(dirname "$0")/../tap.sh"

# Settings that only this test sees, in namespaces for names, networks and IPC; also a /run of its
# own.
if [ ! -w /dev/kvm ] || ! unshare --uts --net --ipc --mount true 2>/dev/null; then
	skip "settings of the host" "needs /dev/kvm and the right to namespaces of its own"
	tap_done
	exit
fi
if [ -z "${IN_NAMESPACE:-}" ]; then
	IN_NAMESPACE=1 exec unshare --uts --net --ipc --mount "$0"
fi
mount -t tmpfs -o mode=755 tmpfs /run
setting=/proc/sys/kernel/hostname
ports=/proc/sys/net/ipv4/ip_local_reserved_ports
# A threshold so small that --ab adds pairs until the time is over.
long=(-q -w pio-user --threshold 0.0001%)
echo before >$setting
now_is() { [ "$(cat $setting)" = "$1" ]; }
# wait_for SECONDS CONDITION…
wait_for()
{
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}
switched() { ! now_is before; }
none_written_down() { ! ls /run/hvbench/* >/dev/null 2>&1; }

run "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 2s -f json
test_that "measured: the host's name does not change the cost" all err_has "" -- \
	jq -e '.ab[0].pairs > 0' <<<"$out"
test_that "... and restored, and its record is gone" all now_is before -- none_written_down
run "$HVBENCH" run -q -w pio-user --time 1s --ab $setting=a \
	$setting=a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.0.1.2.3.4.5.6.7.8.9
test_that "after a value that the kernel takes in part, or not at all, all is restored" \
	now_is before
run "$HVBENCH" run -q -w pio-user --ab $setting=a,irqchip=split $setting=b
test_that "a setting of the host against one of the VM: refused, nothing is changed" \
	all exited 64 -- now_is before

# Whatever characters the original value holds, exactly that is restored.
for name in 'a[b]c' '[b]' 'x [b] y' "$(printf 'n\xc3\xff[m]')"; do
	echo "$name" >$setting
	run "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 0.2s
	test_that "the name '${name//[^ -~]/.}' comes back whole" now_is "$name"
done
echo before >$setting
for many in 1 60 1500; do
	list=$(seq -s , 20001 2 $((20000 + 2 * many)))
	echo "$list" >"$TMP/list"
	cat "$TMP/list" >$ports	# in one piece
	run "$HVBENCH" run -q -w pio-user --ab $ports=30000 $ports=30002 --time 0.2s
	cat $ports >"$TMP/now"
	test_that "a list of ${#list} bytes comes back whole" cmp "$TMP/list" "$TMP/now"
done
echo >$ports
run "$HVBENCH" run -q -w pio-user --ab $ports=30000 $ports=30002 --time 0.2s
test_that "an empty value comes back empty" [ -z "$(cat $ports)" ]
choices=/sys/kernel/mm/transparent_hugepage/shmem_enabled
if grep -q '\[never\]' $choices 2>/dev/null && [ -w $choices ]; then
	run "$HVBENCH" run -q -w pio-user --ab $choices=never $choices=advise --time 0.2s
	test_that "of a list of words the chosen one comes back" \
		all grep -q '\[never\]' $choices -- none_written_down
else
	skip "of a list of words the chosen one comes back" "no $choices that says never"
fi
# On the side that does not name the setting it has its original value.
"$HVBENCH" run "${long[@]}" --ab $setting=a irqchip=kernel --time 1s >"$TMP/one" 2>&1 &
pid=$! seen=
while kill -0 $pid 2>/dev/null; do seen+=" $(cat $setting)"; done
wait $pid
test_that "a setting of one side has its original value on the other" \
	all grep -q " a .* before .* a " <<<"$seen" -- now_is before

# A setting whose original value cannot be written back is refused.
msg=/proc/sys/kernel/msg_next_id
if [ "$(cat $msg 2>/dev/null)" = -1 ]; then
	run "$HVBENCH" run -q -w pio-user --ab $msg=1 $msg=2
	test_that "a setting that does not accept its own value: refused, unchanged" \
		all exited 64 -- err_has "put back" -- [ "$(cat $msg)" = -1 ] -- none_written_down
else
	skip "a setting that does not accept its own value" "no $msg that says -1"
fi
run "$HVBENCH" run -q -w pio-user --ab $ports=30000 $ports=30000-30000
test_that "two values that mean the same to the kernel: refused" all exited 64 -- \
	err_has "says the same" -- [ -z "$(cat $ports)" ]

cc -shared -fPIC -O1 -o "$TMP/sticky.so" "$TOP/tests/integration/sticky.c" -ldl
sticky()
{
	run env LD_PRELOAD="$TMP/sticky.so" STICKY_PATH=$setting STICKY_VALUE="$1" \
		STICKY_FROM="$2" "${@:3}"
}
STICKY_EIO=1 sticky none 1 "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 0.2s
test_that "an I/O error on reading what it says now: 74, unchanged" all exited 74 -- \
	err_has "cannot be read: Input/output error" -- now_is before -- none_written_down
STICKY_EIO=2 sticky none 1 "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 0.2s
test_that "an I/O error while reading back is no refusal: 74, with the error, unchanged" \
	all exited 74 -- err_has "$setting could not be read back afterwards: Input/output error" \
	-- err_lacks "refuses" -- now_is before -- none_written_down
sticky before 3 "$HVBENCH" run "${long[@]}" --ab $setting=a $setting=b --time 0.3s -o "$TMP/r.json"
test_that "a setting that cannot be restored: 74, a message, the result is kept" all exited 74 -- \
	err_has $setting -- err_has "'before'" -- err_has "hvbench restore" -- \
	jq -e '.ab[0].pairs > 0' "$TMP/r.json"
test_that "... and the setting is indeed still switched" switched
sticky before 1 "$HVBENCH" restore
test_that "restore fails as well: 74, the record is kept" all exited 74 -- \
	out_has "cannot be put back" -- switched
run "$HVBENCH" restore --dry-run
test_that "restore --dry-run: what is left, nothing is changed" all exited 0 -- \
	out_has "$setting: was left changed" -- out_has "'before'" -- switched
run "$HVBENCH" run -q -w pio-user --rounds 1
test_that "a run warns of a setting that was left switched" \
	all exited 0 -- err_has "$setting is not as it was" -- \
	err_has "hvbench restore"
run "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b
test_that "the next run refuses to take the switched value for the original one" all exited 69 -- \
	err_has "hvbench restore" -- switched
run unshare --uts "$HVBENCH" restore
test_that "restore in another namespace: leaves the setting alone" all exited 0 -- \
	out_has "not of this namespace" -- switched
run "$HVBENCH" restore
test_that "restore puts it back, says so, and removes the record" \
	all exited 0 -- out_has "$setting: put back" -- now_is before -- \
	none_written_down
run "$HVBENCH" restore
test_that "after that restore finds nothing to do" all exited 0 -- out_has "nothing"
record=/run/hvbench/1-1.json
for damage in ": >" "echo '{' >" mkfifo "ln -s /etc/hostname"; do
	eval "$damage $record"
	run timeout 10 "$HVBENCH" restore
	test_that "a damaged record ($damage): told, status 65" all exited 65 -- \
		out_has "$record: the record is damaged" -- out_lacks "nothing"
	run "$HVBENCH" run -q -w pio-user --rounds 1
	test_that "... and a run warns of it" all exited 0 -- err_has "$record"
	run "$HVBENCH" restore --forget
	test_that "... until it is removed" all exited 0 -- out_has "forgotten" -- none_written_down
done
run "$HVBENCH" run -q -w pio-user --ab /proc/sys/kernel/version=a /proc/sys/kernel/version=b
test_that "where not even root may write, the advice is not to be root" all exited 77 -- \
	err_has "root is not enough" -- err_lacks "it takes root"
sticky before 3 "$HVBENCH" run "${long[@]}" --ab $setting=a $setting=b --time 0.2s
run "$HVBENCH" restore --forget
test_that "restore --forget: the setting stays as it is" all exited 0 -- switched -- \
	none_written_down
echo before >$setting

# A directory that others can write to is not used for records.
mkdir "$TMP/elsewhere"
rm -rf /run/hvbench
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
ln -s "$TMP/elsewhere" /run/hvbench
ln -s "$TMP/elsewhere" /var/tmp/hvbench-0
run "$HVBENCH" run -q -w pio-user --ab $setting=a $setting=b --time 0.2s
test_that "no safe place for the record: nothing is switched" all [ "$status" != 0 ] -- \
	err_has "/run/hvbench" -- now_is before -- [ -z "$(ls "$TMP/elsewhere")" ]
rm /run/hvbench
mkdir -m 777 /run/hvbench
run "$HVBENCH" restore
test_that "records in a directory that others can write to are ignored" all exited 77 -- \
	err_has /run/hvbench
rmdir /run/hvbench
run "$HVBENCH" restore
test_that "another user's link in place of the directory: not used" all exited 0 -- out_has nothing
rm /var/tmp/hvbench-0

for signals in KILL TERM "TERM TERM"; do
	"$HVBENCH" run "${long[@]}" --ab $setting=a $setting=b --time 20s >/dev/null 2>&1 &
	pid=$!
	wait_for 5 switched
	was_switched=$?
	sleep 0.3
	for signal in $signals; do
		kill -$signal $pid
		sleep 0.02
	done
	wait $pid 2>/dev/null
	wait_for 2 none_written_down
	test_that "SIG$signals: the setting was switched, and is restored" \
		all [ $was_switched = 0 ] -- now_is before -- none_written_down
done
test_that "no guardian is left" bash -c "sleep 0.2; ! pgrep -f '^$HVBENCH run .*$setting=a '"

# Without root: a setting that the owner of a network namespace may write; its record goes to
# /var/tmp.
if mknod -m 666 "$TMP/kvm" c 10 232 && mount --bind "$TMP/kvm" /dev/kvm &&
	cp "$HVBENCH" /run/hvbench-test &&
   setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn true 2>/dev/null; then
	# shellcheck disable=SC2016
	run setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urn bash -c '
		echo 5-7 >$1
		/run/hvbench-test run -q -w pio-user --threshold 0.0001% --ab $1=8 $1=9 \
			--time 20s >/dev/null &
		until [ "$(cat $1)" != 5-7 ]; do sleep 0.02; done
		kill -KILL $! $(pgrep -P $!)
		ls /var/tmp/hvbench-0/
		/run/hvbench-test restore
		cat $1; ls /var/tmp/hvbench-0' sh $ports 2>/dev/null
	test_that "without root: recorded in /var/tmp, restored" \
		all out_like '^[0-9]+-[0-9]+\.json$' -- out_has "put back" -- \
		[ "$(tail -n 1 <<<"$out")" = 5-7 ]
	umount /dev/kvm
else
	skip "without root" "no user namespaces"
fi

# Three runs at once that switch the same setting take turns.
for i in 1 2 3; do
	"$HVBENCH" run -w pio-user --threshold 0.0001% --ab $setting=a$i $setting=b$i --time 1s \
		>"$TMP/$i.out" 2>"$TMP/$i.err" &
	pids[i]=$!
done
failures=0
for i in 1 2 3; do
	wait ${pids[i]}
	[[ $? == [012] ]] || failures=$((failures + 1))
done
waited=$(grep -l "being switched by process [0-9]* (hvbench): waiting" "$TMP"/[123].err | wc -l)
test_that "three at once: each is measured, two wait and say for which run ($failures, $waited)" \
	all [ $failures = 0 ] -- [ "$waited" = 2 ] -- now_is before -- none_written_down

# The run and its guardian are both killed, and restore is called at once: a dying process still
# has the lock.
late=0
for i in 1 2 3 4 5; do
	"$HVBENCH" run "${long[@]}" --ab $setting=a $setting=b --time 20s >/dev/null 2>&1 &
	pid=$!
	wait_for 5 switched
	{ sleep 0.2; kill -KILL $pid "$(pgrep -P $pid -x hvbench)"; } 2>/dev/null
	"$HVBENCH" restore >/dev/null
	now_is before || late=$((late + 1))
	wait $pid 2>/dev/null
done 2>/dev/null
test_that "restore right after a kill: restored ($late of 5 not)" [ $late = 0 ]

# kill_one KIND: with SIGKILL, at a random moment of a run
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/hvbench-test-$$
mkdir "$cgroup" 2>/dev/null && [ -e "$cgroup/cgroup.kill" ] || cgroup=
kill_one()
{
	setsid bash -c '[ -z "$1" ] || echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$cgroup" \
		"$HVBENCH" run "${long[@]}" --ab $setting=a $setting=b --time 0.8s >/dev/null 2>&1 &
	local pid=$! guardian
	sleep "0.$(printf %03d $((RANDOM % 600)))"
	guardian=$(pgrep -P $pid -x hvbench)
	case $1 in
	main) kill -KILL $pid ;;
	guardian) [ -z "$guardian" ] || kill -KILL $guardian ;;
	both) kill -KILL $pid $guardian ;;
	group) kill -KILL -- -$pid ;;
	cgroup) if [ -n "$cgroup" ]; then echo 1 >"$cgroup/cgroup.kill"; else kill -KILL $guardian \
		$pid; fi ;;
	esac 2>/dev/null
	wait $pid 2>/dev/null
	# Wait for the processes that are left to restore it.
	wait_for 3 bash -c "! pgrep -f '^$HVBENCH run .*$setting=a ' >/dev/null"
}
kinds=(main guardian both group cgroup)
restored=0 lost=0 kills=${KILLS:-20} by_itself=0
for i in $(seq "$kills"); do
	kind=${kinds[i % 5]}
	kill_one $kind
	if now_is before && none_written_down; then
		by_itself=$((by_itself + 1))
		continue
	fi
	[ $kind = both ] || [ $kind = cgroup ] ||
		echo "# killed $kind: left '$(cat $setting)', $(ls -A /run/hvbench)"
	"$HVBENCH" restore >/dev/null 2>&1
	if now_is before && none_written_down; then
		restored=$((restored + 1))
	else
		lost=$((lost + 1))
		echo "# killed $kind: '$(cat $setting)', $(ls -A /run/hvbench)"
		echo before >$setting
		rm -f /run/hvbench/*
	fi
done
[ -z "$cgroup" ] || rmdir "$cgroup"
test_that "$kills kills at random: $by_itself put back by the run, $restored by restore" \
	[ $lost = 0 ]
tap_done
