#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3600
# Memory runs out at any allocation of any command: the command either prints one message and ends
# with status 70, or its output is complete. OOM_TRIES=0 tries every allocation; by default a
# selection for each command, always the same.
. "$(dirname "$0")/../tap.sh"

if ! cc -shared -fPIC -O1 -o "$TMP/failing.so" "$TOP/tests/integration/failing-malloc.c"; then
	skip "allocations that fail" "no C compiler"
	tap_done
	exit
fi
export FAIL_DIR=$TMP CELLS=

# Whether a run with the status $1, that neither failed with one message nor did what it usually
# does, is right all the same. A result that was measured and could not be written is saved
# elsewhere. Measured documents differ each time: check that all cells are there, and that failed
# ones say why.
cat >"$TMP/check" <<'END'
#!/bin/bash
cd "$FAIL_DIR" || exit 1
kept=$(sed -n 's/.*the result is kept in //p' err)
[ "$1" = 74 ] && grep -qi memory err && jq -e .cells "$kept" >/dev/null && rm -f "$kept" && exit
[ "$CELLS" ] && [ "$1" -le 1 ] && jq -e --argjson cells "$CELLS" '(.cells | length) == $cells and
	all(.cells[]; .status == "ok" or ((.reason // "") | test("memory"; "i")))' out \
		>/dev/null 2>&1
END
chmod +x "$TMP/check"
export FAIL_CHECK=$TMP/check

# walk NAME COMMAND…: counts the ways in which it ended correctly; shows the first that was wrong.
walk()
{
	local name=$1 all ended as_usual bad first

	shift
	rm -f "$TMP/walk"
	FAIL_WALK=${OOM_TRIES:-60} LD_PRELOAD="$TMP/failing.so" "$@" </dev/null
	read -r all ended as_usual bad first <"$TMP/walk"
	echo "# $name: of $all allocations $((ended + as_usual + bad)) failed, alone or with all" \
		"after them: $ended ended it, $as_usual changed nothing, $bad wrong"
	if [ "$bad" = 0 ] && [ "$ended" -gt 0 ]; then
		pass "$name: a failed allocation is one message and status 70"
	else
		fail "$name: a failed allocation is one message and status 70" "$bad wrong; $first"
	fi
}

CELLS=2
OOM_TRIES=${OOM_TRIES:-12} walk "run --backend native" \
	"$HVBENCH" run --backend native -w cpuid,chase:working_set=32k \
	--rounds 2 --samples 10 -q -o -
"$HVBENCH" run --backend native -w cpuid,chase:working_set=32k,touch --rounds 2 --samples 10 \
	-q -o "$TMP/a.json"
if [ -r /dev/kvm ] &&
	"$HVBENCH" run -w pio-user,ipi --rounds 2 --samples 10 -q -o "$TMP/b.json" 2>/dev/null; then
	OOM_TRIES=${OOM_TRIES:-12} walk "run" \
		"$HVBENCH" run -w pio-user,ipi --rounds 2 --samples 10 -q -o -
else
	cp "$TMP/a.json" "$TMP/b.json"
fi
CELLS=
for format in text md csv html; do
	walk "report -f $format" "$HVBENCH" report --no-plots -f $format -o - "$TMP/b.json" \
		"$TMP/a.json"
done
for format in text md json junit; do
	walk "compare -f $format" "$HVBENCH" compare --force -f $format "$TMP/b.json" "$TMP/b.json"
done
walk "run --dry-run" "$HVBENCH" run --dry-run --seed 1 -w cpuid --matrix irqchip=kernel \
	--matrix vcpus=1,2
walk "list" "$HVBENCH" list workloads
# Of a host that could only be read in part nothing may be said that looks whole.
prints() { jq -c '[.. | strings | select(startswith("fnv1a64"))]'; }
usual=$("$HVBENCH" doctor thp -f json | prints) wrong=
for ((at = 400; at < 900; at += 10)); do
	said=$(FAIL_AT=$at LD_PRELOAD="$TMP/failing.so" "$HVBENCH" doctor thp -f json \
		2>/dev/null | prints)
	[ "${said:-$usual}" = "$usual" ] || wrong+=" $at"
done
test_that "doctor: no fingerprint is made of a part of the host" \
	all [ -n "$usual" ] -- [ -z "$wrong" ]
walk "doctor" "$HVBENCH" doctor thp
walk "export -f jsonl" "$HVBENCH" export -f jsonl "$TMP/a.json"
walk "help" "$HVBENCH" help run
# Start each time from the same history.
"$HVBENCH" history add --file "$TMP/first.db" "$TMP/a.json" "$TMP/b.json" >/dev/null 2>&1
if [ -s "$TMP/first.db" ]; then
	export FAIL_FIRST="cp $TMP/first.db $TMP/h.db"
	walk "history trend" "$HVBENCH" history trend --file "$TMP/h.db"
	walk "history list" "$HVBENCH" history list --file "$TMP/h.db"
	# The latest of the two, which is judged.
	walk "history gate" "$HVBENCH" history gate --file "$TMP/h.db" "$TMP/b.json"
	walk "history add" "$HVBENCH" history add --file "$TMP/h.db" "$TMP/a.json"
fi
tap_done
