#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Matrices: what --dry-run says is what is measured; settings of the host that cells are measured under.
. "$(dirname "$0")/../tap.sh"

result=$TMP/result.json
json() { jq -e "$@" "$result" >/dev/null; }
dry() { run "$HVBENCH" run --dry-run --format json "$@"; printf '%s' "$out" >"$result"; }

cat >"$TMP/matrix.ini" <<'END'
[global]
description = a product of four with one left out
rounds = 2
[chase]
working_set = 16k,32k
pages = 4k,thp
exclude = working_set=32k pages=thp
END

run "$HVBENCH" run "$TMP/matrix.ini" --dry-run
test_that "--dry-run shows cells, rounds, time and what is excluded" all exited 0 -- quiet -- \
	out_like '^matrix: a product of four with one left out' -- out_like '^3 cells, 2 rounds: about [0-9.]+ s' -- \
	out_like '^  chase:working_set=16k +kvm +pages=thp +[0-9.]+ s' -- out_has "1 combination is excluded"
dry "$TMP/matrix.ini"
test_that "... and the same as JSON" json '.schema == "hvbench.dry-run/1" and .rounds == 2 and .excluded == 1 and
	.seed == null and ([.cells[] | [.label, .config.name, .backend, .params.working_set]] ==
	[["chase:working_set=16k", "pages=4k", "kvm", 16384], ["chase:working_set=16k", "pages=thp", "kvm", 16384],
	 ["chase:working_set=32k", "pages=4k", "kvm", 32768]])'
test_that "... its time is that of the cells" json '(.estimated_s - ([.cells[].estimated_s] | add) | fabs) < 0.001 and .estimated_s > 0'
dry -w pio-kernel --matrix irqchip=kernel,user
test_that "what cannot run is told before it is tried" json '.cells[0].skipped == null and
	(.cells[1].skipped | test("irqchip=kernel")) and .cells[1].estimated_s == 0'
dry -w cpuid --backend nonsense
test_that "a backend that does not exist is refused" all exited 64 -- err_has "unknown backend 'nonsense'" -- silent
run "$HVBENCH" run --dry-run --format csv
test_that "--dry-run has no CSV" all exited 64 -- err_has "as text or json"
run "$HVBENCH" run --dry-run -o "$TMP/x"
test_that "--dry-run has no -o" all exited 64 -- err_has "takes no -o" -- [ ! -e "$TMP/x" ]
run "$HVBENCH" run --dry-run -w chase --matrix pages=4k,8k
test_that "a bad value in a list is refused by name" all exited 64 -- err_has "bad value '8k' for 'pages'"
run "$HVBENCH" run --dry-run -w chase --matrix seed="$(seq -s, 1 5000)"
test_that "too many cells are refused with what multiplies" all exited 64 -- err_has "more than 4096 cells" -- \
	err_has "seed(5000)"
run "$HVBENCH" run --dry-run --backend native
test_that "what the command line makes the same is measured once, and said" all exited 0 -- \
	out_has "the command line makes it the same"

run "$HVBENCH" run -w chase:working_set=16k --backend native --matrix pages=4k,thp --matrix stride=64,128 \
	--exclude 'pages=thp stride=128' --rounds 1 --samples 5 -q -o "$result"
test_that "the cells measured are the product, less what is excluded" all exited 0 -- json '
	[.cells[] | [.params.stride, .config.pages, .status]] ==
	[[64, "4k", "ok"], [128, "4k", "ok"], [64, "thp", "ok"]]'

if [ ! -w /dev/kvm ]; then
	skip "cells are measured under the host's settings" "no /dev/kvm that can be written to"
	tap_done
	exit
fi

# Which CPUs ran it is what the scheduler says, not what we asked for.
cpus=$(nproc)
run "$HVBENCH" run -w cpuid --matrix overcommit=none,2 --rounds 1 --samples 5 -q -o "$result"
test_that "overcommit=2 makes two vCPUs a CPU" all exited 0 -- json --argjson cpus "$cpus" '
	[.cells[] | [.status, [.warnings[].text | select(test("vCPUs share")) | split(":")[0]]]] ==
	[["ok", []], ["ok", ["\(2 * $cpus) vCPUs share \($cpus) CPU" + (if $cpus == 1 then "" else "s" end)]]]'
test_that "... of as many VMs: their samples are all there" json --argjson cpus "$cpus" '
	(.cells[1].rounds[0].samples | length) == 2 * $cpus * (.cells[0].rounds[0].samples | length)'
run taskset -c 0 "$HVBENCH" run -w cpuid --config overcommit=3 --config pin=all --rounds 1 --samples 5 -q -o "$result"
test_that "CPUs are those that the process may use" all exited 0 -- json '
	[.cells[0].warnings[].text] | any(startswith("3 vCPUs share 1 CPU:"))'
run "$HVBENCH" run -w chase --matrix numa=0,1023 --rounds 1 --samples 5 -q -o "$result"
test_that "numa=0 is measured; a node that is not there is skipped with those that are" all exited 0 -- json '
	.cells[0].status == "ok" and .cells[1].status == "skipped" and
	(.cells[1].reason | test("no such NUMA node; it has 0"))'
tap_done
