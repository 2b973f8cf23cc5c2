#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long do queries of a fleet's history take: 1,000 machines of 5 kinds, 200 cells, 100 nights,
# which are 20 million figures on a PostgreSQL server that is started here? Fails if the list, the
# trend of one machine, its gate, or what one cell does on all machines takes a second or more.
# Needs some minutes and 4 GB of disk below TMPDIR.
#
#   tests/bench/history-fleet.sh [HVBENCH [MACHINES]]
set -eu
here=$(dirname "$(realpath "$0")")
hvbench=$(realpath "${1:-build/hvbench}")
machines=${2:-1000}
TMP=$(mktemp -d)
. "$here/../postgresql.sh"
missing=$(postgresql_missing)
[ -z "$missing" ] || { echo "A fleet's history: not measured: $missing"; exit; }
trap 'postgresql_stop; rm -rf "$TMP"' EXIT
cd "$TMP"
postgresql_init
# Memory as on a small server; nothing is written twice while it is filled.
postgresql_start "-c shared_buffers=512MB -c max_wal_size=8GB -c autovacuum=off \
	-c maintenance_work_mem=512MB -c wal_level=minimal -c max_wal_senders=0"
sql postgres "CREATE DATABASE fleet"
db=postgresql:///fleet

# Let the program create the tables, so that they are its current ones; it refuses this result.
echo '{"schema": "hvbench.result/1"}' >empty.json
"$hvbench" history add empty.json --db $db 2>/dev/null || [ $? = 65 ]
echo "Filling: $machines machines, 200 cells, 100 nights"
fill=$SECONDS
# Cell 7 is slower by 4 % from the 60th night on, but on one machine of 13.
sql fleet "
	SET search_path TO hvbench;
	ALTER TABLE figures DROP CONSTRAINT figures_pkey, DROP CONSTRAINT figures_cell_fkey,
		DROP CONSTRAINT figures_result_fkey;
	DROP INDEX figures_by_cell;
	TRUNCATE figures;
	INSERT INTO results (id, digest, started, name, label, kernel, version, fingerprint, clock,
		cells)
		SELECT 1000 + n * $machines + m, md5((n * $machines + m)::text),
			to_char(timestamp '2026-08-01' + n * interval '1 day' +
				m * interval '5 seconds', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
			'r', 'build ' || n / 20, CASE WHEN n < 60 THEN '6.1.0' ELSE '6.2.0' END,
			'0.1.0', 'fnv1a64:' || md5((m % 5)::text), 'tsc', 200
		FROM generate_series(0, 99) n, generate_series(0, $machines - 1) m;
	INSERT INTO machines SELECT id, 'host' || (id - 1000) % $machines FROM results
		WHERE id >= 1000;
	INSERT INTO jobs SELECT id, 'quick' FROM results WHERE id >= 1000;
	INSERT INTO loads SELECT id, 8, 1, 0.1, 0.5 FROM results WHERE id >= 1000;
	INSERT INTO cells (id, key, label, config, backend, grp, unit, higher)
		SELECT c, '{\"workload\":\"cell-' || c || '\"}', 'cell-' || c, 'default', 'kvm',
			'exit', 'ns', 0 FROM generate_series(1, 200) c;
	INSERT INTO figures (result, cell, p50, low, high, ratio, exits)
		SELECT r.id, c, v, v * 0.99, v * 1.01, NULL, 1 FROM results r,
		generate_series(1, 200) c, LATERAL (SELECT 1000 * (1 + 0.02 * random()) *
			CASE WHEN c = 7 AND (r.id - 1000) / $machines >= 60 AND
			(r.id - 1000) % $machines % 13 <> 0 THEN 1.04 ELSE 1 END AS v) figure
		WHERE r.id >= 1000;
	ALTER TABLE figures ADD PRIMARY KEY (result, cell);
	CREATE INDEX figures_by_cell ON figures (cell, result) INCLUDE (p50, ratio);"
sql fleet "VACUUM ANALYZE"
sql fleet "SELECT format('%s figures, %s on disk, filled in ', count(*),
	pg_size_pretty(pg_database_size('fleet'))) FROM hvbench.figures" | tr -d '\n'
echo "$((SECONDS - fill)) s"

status=0
# took WHAT LIMIT ARGUMENTS…: by the wall clock, since most is the server's; the least of three.
took()
{
	local what=$1 limit=$2 seconds all=
	shift 2
	TIMEFORMAT=%R
	for _ in 1 2 3; do
		all+=$({ time "$hvbench" history "$@" --db $db >out; } 2>&1)$'\n'
	done
	seconds=$(sort -n <<<"$all" | grep . | head -n 1)
	awk -v what="$what" -v limit="$limit" -v seconds="$seconds" 'BEGIN {
		slow = limit && seconds >= limit
		printf "%-52s %6.2f s%s\n", what, seconds, slow ? ", more than " limit " s" : ""
		exit slow }' || status=1
}
took "list" 1 list
took "list of one machine" 1 list --machine host$((machines / 2)) --last 0
took "trend of one machine, 200 cells of 100 results" 1 trend --machine host$((machines / 2))
took "gate of one machine" 1 gate --machine host$((machines / 2))
took "one cell on $machines machines (100,000 figures)" 1 trend --across-hosts --only cell-7
grep '^cell-7' out || status=1
exit $status
