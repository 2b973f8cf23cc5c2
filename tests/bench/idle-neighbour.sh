#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# idle-neighbour.sh [N]: the victims of the job `isolation` beside a neighbour that stands idle, N
# times (default 50). Prints how often each was called what; "slower" and "faster" are false alarms,
# and then the status is 1. HVBENCH: the program. WITH: a command to run it under. ROUNDS: of a run.
HVBENCH=${HVBENCH:-$(dirname "$0")/../../build/hvbench}
job=$(dirname "$0")/../../workloads/jobs/isolation.ini
nr=${1:-50} dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
{
	printf '[global]\nneighbour = none, idle\nrounds = %s\n' "${ROUNDS:-40}"
	sed -n '/^\[[^g]/,$p' "$job"
} >"$dir/idle.ini"
verdicts='same|slower|faster|inconclusive'
for ((i = 0; i < nr; i++)); do
	# shellcheck disable=SC2086
	$WITH "$HVBENCH" run "$dir/idle.ini" -q --probes off -o "$dir/r.json" || exit
	"$HVBENCH" report -f text "$dir/r.json" | sed -nE \
		"s/^ *([^ ]+) .*neighbour=idle.* ~?[0-9.]+ ($verdicts) .*/\1 \2/p" >>"$dir/verdicts"
done
[ -s "$dir/verdicts" ] || { echo "idle-neighbour.sh: nothing was judged" >&2; exit 69; }
sort "$dir/verdicts" | uniq -c
! grep -qE 'slower|faster' "$dir/verdicts"
