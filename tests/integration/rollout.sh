#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The roll-out examples in scripts/rollout: what each host runs every night, with a history that is
# not there in between; the units, the playbook and the DaemonSet as far as their own tools, or what
# can be read in them, say.
. "$(dirname "$0")/../tap.sh"
examples=$TOP/scripts/rollout
cd "$TMP" || exit 1

# The program measures in no time here: run writes a result that is there already.
mkdir bin
cat >bin/hvbench <<'EOF2'
#!/bin/bash
[ "$1" = run ] || exec "$REAL_HVBENCH" "$@"
while [ "$1" != -o ]; do shift; done
[ -z "${NO_RESULT:-}" ] || exit 69
cp "next.json" "$2"
exit "${RUN_STATUS:-0}"
EOF2
# The name of each result holds the second in which it was measured.
cat >bin/date <<'EOF2'
#!/bin/bash
echo "20260101T0000$(cat night)Z"
EOF2
chmod +x bin/hvbench bin/date
export REAL_HVBENCH=$HVBENCH PATH=$PWD/bin:$PATH XDG_DATA_HOME=$PWD/data HOME=$PWD
export HVBENCH_SPOOL=$PWD/spool HVBENCH_MACHINE=alpha
unset HVBENCH_DB HVBENCH_JOB HVBENCH_LABEL

# night N FACTOR: what hvbench-nightly does in one night.
night()
{
	local night
	printf -v night %02d "$1"
	echo "$night" >night
	cat >next.json <<-EOF2
		{"schema": "hvbench.result/1", "tool": {"version": "0.1.0"}, "seed": $1,
		"started": "2026-01-${night}T03:00:00Z", "plan": {"name": "quick", "rounds": 1},
		"host": {"kernel": "6.1.0", "clock": "tsc", "virt": "vmx", "fingerprint": "f"},
		"cells": [{"workload": "cpuid", "label": "cpuid", "group": "exit", "params": {},
		"ring": 3, "backend": "kvm", "config": {"name": "default"}, "status": "ok",
		"unit": "ns", "higher_is_better": false, "warnings": [],
		"rounds": [{"samples": [$((1000 * $2 + $1 % 3))]}],
		"summary": {"p50": $((1000 * $2 + $1 % 3)), "ci95": [1, 2]}}]}
	EOF2
	run "$examples/hvbench-nightly"
}
waiting() { find spool -name '*.json' | wc -l; }
kept() { "$HVBENCH" history list --machine alpha --last 0 -f json | jq '.results | length'; }

if command -v jq >/dev/null; then
	night 1 1
	test_that "the first night is undecided, and kept" all exited 2 -- [ "$(kept)" = 1 ] -- \
		[ "$(waiting)" = 0 ]
	for i in 2 3 4 5 6 7 8; do night $i 1; done
	night 9 1
	test_that "after eight nights one like them is the same" all exited 0 -- out_has "1 same."
	# Not a directory, so no history can be opened in it.
	mv data data.away
	: >data
	night 10 1
	test_that "a night without the history is 74, and its result waits" all exited 74 -- \
		[ "$(waiting)" = 1 ]
	echo '{' >spool/alpha-20260101T000000Z.json
	rm data
	mv data.away data
	night 11 1
	test_that "the next night adds both" all exited 0 -- [ "$(kept)" = 11 ] -- \
		[ "$(waiting)" = 0 ]
	test_that "... and sets aside what is no result" \
		[ -e spool/alpha-20260101T000000Z.json.damaged ]
	night 12 2
	test_that "a slower one is 1" all exited 1 -- out_has slower -- [ "$(waiting)" = 0 ]
	RUN_STATUS=1 night 13 1
	test_that "of a run with failed cells the gate judges what there is" all exited 0 -- \
		[ "$(kept)" = 13 ]
	NO_RESULT=1 night 14 1
	test_that "where nothing was measured the status is that of the run" all exited 69 -- \
		[ "$(kept)" = 13 ]
	if "$HVBENCH" --version | grep -q '^  PostgreSQL *yes'; then
		HVBENCH_DB="postgresql:///x?host=$PWD" night 15 1
		test_that "a server that is not there is 74, and the result waits" \
			all exited 74 -- [ "$(waiting)" = 1 ]
	fi
else
	skip "hvbench-nightly" "jq is not installed"
fi

if command -v systemd-analyze >/dev/null; then
	mkdir units
	cp "$examples"/systemd/* units
	sed -i "s,/usr/local/bin/hvbench-nightly,$examples/hvbench-nightly," units/*.service
	verify()
	{
		PATH=${PATH#*:} run systemd-analyze verify --man=no --recursive-errors=no "$@"
	}
	verify units/hvbench-nightly.timer units/hvbench-nightly.service
	test_that "systemd finds nothing wrong with the units" all exited 0 -- quiet
	sed 's/^OnCalendar=.*/OnCalendar=nightly/; s/^Persistent/Persistence/' \
		"$examples/systemd/hvbench-nightly.timer" >units/hvbench-nightly.timer
	verify units/hvbench-nightly.timer
	test_that "... and would" err_has "calendar specification"
else
	skip "systemd finds nothing wrong with the units" "no systemd-analyze"
fi

if command -v ansible-playbook >/dev/null; then
	export ANSIBLE_HOME=$PWD/ansible ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=False
	playbook()
	{
		run env PATH="${PATH#*:}" LC_ALL=C.UTF-8 ansible-playbook -i localhost, -c local \
			-e hvbench_hosts=all "$@" "$examples/ansible/site.yml"
	}
	playbook --syntax-check
	test_that "the playbook's syntax is right" exited 0
	before=$(ls -l --time-style=full-iso /etc/hvbench 2>&1)
	playbook --check -e ansible_become=false -e ansible_service_mgr=none \
		-e hvbench_db=postgresql://h/fleet -e hvbench_pgpass=secret
	test_that "it can be played, without doing anything" all exited 0 -- out_has "failed=0" -- \
		[ "$(ls -l --time-style=full-iso /etc/hvbench 2>&1)" = "$before" ] -- \
		out_lacks secret
else
	skip "the playbook can be played" "no ansible-playbook"
fi

if python=$("$TOP/scripts/python3-with" yaml); then
	cat >daemonset.py <<-'EOF2'
		import sys, yaml
		ds = yaml.safe_load(open(sys.argv[1]))
		spec, pod = ds["spec"], ds["spec"]["template"]["spec"]
		assert (ds["apiVersion"], ds["kind"]) == ("apps/v1", "DaemonSet")
		labels = ds["spec"]["template"]["metadata"]["labels"]
		assert spec["selector"]["matchLabels"].items() <= labels.items()
		volumes = {v["name"] for v in pod["volumes"]}
		for c in pod["containers"]:
		    mounts = {m["name"] for m in c["volumeMounts"]}
		    assert mounts == volumes, (mounts, volumes)
		    assert "cpu" not in c["resources"]["limits"]
		    for e in c["env"]:
		        assert ("value" in e) != ("valueFrom" in e), e
		    print(c["command"][2])
		for v in pod["volumes"]:
		    assert len(v) == 2, v
	EOF2
	run "$python" daemonset.py "$examples/kubernetes/daemonset.yml"
	test_that "the DaemonSet is one: labels, volumes and variables fit" all exited 0 -- quiet
	cp .out loop.sh
	# Its loop, with a day of four seconds of which two have passed.
	sed -i 's/86400/4/g; s/86399/3/; s/10800/0/; s/3600/1/' loop.sh
	cat >bin/hvbench-nightly <<-'EOF2'
		#!/bin/sh
		echo measured
		exit 2
	EOF2
	chmod +x bin/hvbench-nightly
	rm bin/date
	run timeout -s TERM 9 sh loop.sh
	test_that "... measures once a day, and ends when it is told to" \
		all [ "$(grep -c '^measured' <<<"$out")" = 2 ] -- out_has "status 2" -- exited 124
	loop=$(date +%s)
	timeout -s TERM 1 sh loop.sh >/dev/null
	test_that "... at once" [ $(($(date +%s) - loop)) -le 2 ]
else
	skip "the DaemonSet is one" "no Python has the module yaml"
fi
tap_done
