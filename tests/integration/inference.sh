#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Random samples, with and without ties, give the statistics and p values that scipy gives.
. "$(dirname "$0")/../tap.sh"

asked=$BUILD/tests/unit/base/test_inference
if ! python=$("$TOP/scripts/python3-with" scipy.stats); then
	skip "500 random samples agree with scipy" "python3-scipy is not installed"
	tap_done
	exit
fi

cat >"$TMP/check.py" <<'PYTHON'
import random, subprocess, sys
from scipy.stats import mannwhitneyu, wilcoxon

random.seed(int(sys.argv[2]))
lines, wanted = [], []
for _ in range(250):
    n, m = random.randint(1, 60), random.randint(1, 60)
    digits, move = random.choice([0, 1, 15]), random.choice([0, 0.5, 2])
    x = [round(random.gauss(0, 1), digits) for _ in range(n)]
    y = [round(random.gauss(move, 2), digits) for _ in range(m)]
    if len(set(x + y)) == 1:
        continue
    exact = len(set(x + y)) == n + m and n < 50 and m < 50
    r = mannwhitneyu(x, y, method="exact" if exact else "asymptotic", use_continuity=True)
    lines.append("u %d %d %s" % (n, m, " ".join(map(repr, x + y))))
    wanted.append((r.statistic, r.pvalue, exact))
for _ in range(250):
    n = random.randint(1, 60)
    digits = random.choice([0, 1, 15])
    d = [round(random.gauss(random.choice([0, 0.3]), 1), digits) for _ in range(n)]
    kept = [v for v in d if v]
    if not kept:
        continue
    size = [abs(v) for v in kept]
    exact = len(set(size)) == len(d) and n < 50
    r = wilcoxon(kept, method="exact" if exact else "approx", correction=True,
                 alternative="two-sided")
    total = len(kept) * (len(kept) + 1) / 2
    lines.append("w %d 0 %s" % (n, " ".join(map(repr, d))))
    # scipy's statistic is the lesser of W+ and W-
    wanted.append((r.statistic, r.pvalue, exact, total))
out = subprocess.run([sys.argv[1], "answer"], input="\n".join(lines), text=True,
                     capture_output=True,
                     check=True).stdout.splitlines()
assert len(out) == len(wanted), (len(out), len(wanted))
for line, text, want in zip(lines, out, wanted):
    s, p, exact = text.split()
    s, p = float(s), float(p)
    if len(want) == 4:
        s = min(s, want[3] - s)
    if (abs(s - want[0]) > 1e-9 or abs(p - want[1]) > 1e-9 * want[1] + 1e-15 or
            int(exact) != want[2]):
        print("%s\n  %s, not %s" % (line, text, want))
        sys.exit(1)
print(len(wanted))
PYTHON

for seed in 1 2; do
	run "$python" "$TMP/check.py" "$asked" $seed
	test_that "about 500 random samples agree with scipy (seed $seed)" all exited 0 -- \
		out_like '^4[5-9][0-9]|500'
done
tap_done
