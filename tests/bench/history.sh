#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long does 'hvbench history trend' take over 10,000 results of 200 cells, whose levels change
# now and then? Fails if the trend of one cell or of all takes a second or more, five for all cells
# and results, which all CPUs share.
#
#   tests/bench/history.sh [HVBENCH]
set -eu
hvbench=$(realpath "${1:-build/hvbench}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

command -v sqlite3 >/dev/null ||
	{ echo "history.sh: sqlite3 is not installed (Debian: apt install sqlite3)" >&2; exit 1; }
# Let the program create the tables, so that they are its current ones; it refuses this result.
printf '{"schema": "hvbench.result/1", "tool": {"version": "0"}, "cells": [],
"started": "2026-01-01T00:00:00Z", "plan": {"rounds": 1},
"host": {"kernel": "6.1.0", "clock": "tsc", "virt": "vmx", "fingerprint": "f"}}' >empty.json
"$hvbench" history add empty.json --file h.sqlite 2>/dev/null || [ -e h.sqlite ]
sqlite3 h.sqlite "
	PRAGMA synchronous = OFF; BEGIN; DELETE FROM results;
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO results SELECT i, 'd' ||
		i, strftime('%Y-%m-%dT%H:%M:%SZ', 1600000000 + i * 3600, 'unixepoch'), 'r', '', 'k',
		'1', 'f',
		'tsc', 200 FROM n;
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
	INSERT INTO cells SELECT i, 'k' || i, 'cell-' ||
		i, 'default', 'kvm', 'exit', 'ns', 0 FROM n;
	INSERT INTO figures SELECT c.id, r.id,
		(1000 + abs(random() % 100)) * (1 + 0.05 * ((r.id / 600 + c.id) % 3)), NULL, NULL,
		NULL, 1
		FROM cells c, results r;
	COMMIT;" >/dev/null

status=0
# took WHAT LIMIT ARGUMENTS…: user and system seconds together, since other processes may keep the
# CPUs busy.
took()
{
	local what=$1 limit=$2 seconds
	shift 2
	TIMEFORMAT='%R %U %S'
	seconds=$({ time "$hvbench" history trend --file h.sqlite "$@" >trend; } 2>&1)
	awk -v what="$what" -v limit="$limit" '{
		slow = limit && $2 + $3 >= limit
		printf "%-44s %6.2f s, %6.2f s of CPU%s\n", what, $1, $2 + $3,
			slow ? ", more than " limit " s" : ""
		exit slow }' <<<"$seconds" || status=1
}
echo "hvbench history trend, of 10,000 results of 200 cells ($(du -m h.sqlite | cut -f1) MiB)"
took "one cell" 1 --only cell-7
took "all cells" 1
took "one cell, over all 10,000 results" 1 --only cell-7 --last 0
took "all cells, over all 10,000 results" 5 --last 0
exit $status
