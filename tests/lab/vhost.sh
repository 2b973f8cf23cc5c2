#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
# The kernel's vhost against a thread of the VMM behind the same queues of the same guest, on an
# emulated host whose kernel has vhost-vsock as modules.
. "$(dirname "$0")/common.bash"
lane_or_skip svm

cache=${XDG_CACHE_HOME:-$HOME/.cache}/hvbench/lab
deb=$(sed -n 's|^[0-9a-f]*  \(debs/linux-[bi].*\)|\1|p' "$cache/sets/kernel-6.1" 2>/dev/null |
	head -1)
modules="vsock vmw_vsock_virtio_transport_common vhost_iotlb vhost vhost_vsock"
files=()
for m in $modules; do
	dpkg-deb --fsys-tarfile "$cache/$deb" 2>/dev/null |
		tar -xO --wildcards "*/$m.ko*" >"$TMP/$m.ko" 2>/dev/null
	[ -s "$TMP/$m.ko" ] && files+=(--file "$TMP/$m.ko:/vhost/$m.ko")
done
if [ ${#files[@]} -lt 10 ]; then
	skip "vhost is measured" "the lane's kernel has no vhost-vsock as plain modules"
	tap_done
	exit
fi

cat >"$TMP/measure" <<END
for m in $modules; do insmod /vhost/\$m.ko || exit 1; done
exec hvbench run --clock icount --samples 41 --ops 64 --rounds 1 --seed 1 --probes on -q \
	--format json -w vsock,vsock:by=vhost \
	-w vsock:depth=64:batch=16,vsock:depth=64:batch=16:by=vhost \
	-w vsock:done=interrupt,vsock:done=interrupt:by=vhost
END
run "$HVBENCH" lab shell svm -q "${files[@]}" --file "$TMP/measure:/measure" -c "sh /measure"
echo "$out" >"$TMP/r.json"
out=
p50() { jq ".cells[] | select(.label == \"$1\") | .summary.p50 | floor" "$TMP/r.json"; }
test_that "vhost and a thread answer the same guest, each in every way" all exited 0 -- \
	jq -e '[.cells[] | .status == "ok" and .summary.p50 > 0] | length == 6 and all' \
	"$TMP/r.json"
jq -r '.cells[] | "# \(.label): \(.summary.p50) instructions, \(.exits.per_op.total) exits"' \
	"$TMP/r.json"
test_that "in batches a request takes less than one alone, by either" \
	[ "$(p50 vsock:depth=64:batch=16)" -lt "$(p50 vsock)" -a \
	"$(p50 vsock:depth=64:batch=16:by=vhost)" -lt "$(p50 vsock:by=vhost)" ]
test_that "... and fewer exits" jq -e '[.cells[] | select(.params.batch == 16) |
	.exits.per_op.total < 0.2] | length == 2 and all' "$TMP/r.json"
tap_done
