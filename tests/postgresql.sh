# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A PostgreSQL server of a test's own, in $TMP/pg, which is reached only by a socket there; to be
# sourced. As its own user, since PostgreSQL refuses root.
#
#   postgresql_missing	prints why there can be none; nothing: there can
#   postgresql_init	makes its files: everybody is let in but "guarded", who needs a password
#   postgresql_start	starts it; PGHOST and PGUSER then lead there
#   postgresql_stop	stops it at once, as a power failure would
#   sql WHERE QUERY	runs a query in a database, as plain rows
postgresql_bin=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1)
[ -n "$postgresql_bin" ] || postgresql_bin=$(dirname "$(command -v initdb || echo /none/initdb)")

postgresql_missing()
{
	if [ ! -x "$postgresql_bin/initdb" ]; then
		echo "no PostgreSQL server is installed"
	elif [ "$(id -u)" = 0 ] && ! id postgres >/dev/null 2>&1; then
		echo "there is no user postgres"
	fi
}

as_postgres()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid postgres --regid postgres --clear-groups \
			env PGDATA="$TMP/pg/data" "$@"
	else
		PGDATA="$TMP/pg/data" "$@"
	fi
}

postgresql_init()
{
	mkdir "$TMP/pg" || return
	[ "$(id -u)" != 0 ] || { chmod 711 "$TMP"; chown postgres "$TMP/pg"; }
	as_postgres "$postgresql_bin/initdb" -U postgres --no-sync -E UTF8 --locale C \
		>"$TMP/pg.log" 2>&1 || return
	printf '%s\n' 'local all guarded scram-sha-256' 'local all all trust' |
		as_postgres tee "$TMP/pg/data/pg_hba.conf" >/dev/null
	unset PGPORT PGDATABASE PGPASSWORD PGSERVICE
	export PGHOST="$TMP/pg" PGUSER=postgres PGPASSFILE="$TMP/no-passwords"
}

postgresql_start()
{
	as_postgres "$postgresql_bin/pg_ctl" -s -w -l "$TMP/pg/log" \
		-o "-k $TMP/pg -h '' -F ${1:-}" start >>"$TMP/pg.log" 2>&1 && postgresql_runs=1
}

postgresql_stop()
{
	[ -z "${postgresql_runs:-}" ] ||
		as_postgres "$postgresql_bin/pg_ctl" -s -m immediate stop >/dev/null 2>&1
	postgresql_runs=
}

sql()
{
	"$postgresql_bin/psql" -d "$1" -qtAX -v ON_ERROR_STOP=1 -c "$2"
}
