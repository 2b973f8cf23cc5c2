#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hvbench report: a page that needs no other file, with and without gnuplot; checked in a browser
# where there is one.
. "$(dirname "$0")/../tap.sh"

for tool in jq xmllint; do
	command -v $tool >/dev/null && continue
	[ $tool = jq ] || continue
	skip "hvbench report" "$tool is not installed"
	tap_done
	exit
done
cd "$TMP" || exit 1

# make_result FILE [JQ]: exits, a curve over a working set, a rate, failed cells; names are set to
# $name.
make_result()
{
	jq -n --arg name "${name:-}" '
	def summary($r): ($r | sort) as $s | {n: 12, rounds: 12, min: $s[0], p50: $s[6], p25: $s[3],
		p75: $s[9], p90: $s[10],
		p99: null, p999: null, max: $s[11], mean: $s[6], sd: 1, ci95: [$s[2], $s[9]],
			ci_coverage: 0.96, ci_basis: "rounds"};
	def cell($w; $level; $group; $unit): [range(12) |
		$level * (1 + 0.02 * ((. * 7 % 12) - 5.5) / 5.5)] as $r |
	{ workload: ($w + $name), label: ($w + $name), group: ($group + $name), kind: "batch",
		backend: "kvm", params: {}, ring: 3,
	  config: {name: "default", irqchip: "kernel"}, status: "ok", reason: null, unit: $unit,
	  	higher_is_better: ($unit == "bytes_per_s"),
	  warnings: [{text: ("a warning" + $name), count: 2}], rounds: [$r[] |
	  	{status: "ok", samples: [.]}], summary: summary($r) };
	def exits($e): . + {exits: {per_op: {total: $e, user: 1}, expected: {IO_INSTRUCTION: 1},
		expected_total: 1, as_expected: ($e == 1),
		by_reason: [{reason: ("IO_INSTRUCTION" + $name), count: 100, per_op: 1}]},
		cost: {kernel: 400, user: 300, off_cpu: 10, switch: (.summary.p50 - 710)},
			sched: {("run_delay_ns" + $name): 5e6},
		kvm_histograms: {("halt_wait_hist" + $name): {kind: "log", unit: ("ns" + $name),
			n: 7, p50: 1500.25, p99: null,
			buckets: [[1024, 2048, 6], [2048, null, 1]]}},
		latency: {unit: "ns", n: 1000, mean: 1100, p50: 1000, p90: 1200, p99: 2000,
			p999: 9000, max: 9100, overhead: 20,
			buckets: [[900, 999, 400], [1000, 1199, 500], [1200, 2000, 95], [8000, 9500,
				5]]}};
	{ schema: "hvbench.result/1", tool: {version: "0.1.0"}, started: "2026-01-31T12:00:00Z",
		duration_s: 10, seed: 1,
	  plan: {name: ("test" + $name), rounds: 12},
	  host: {kernel: ("6.1.0" + $name), clock: "tsc", virt: "vmx", fingerprint: "fnv1a64:1",
	  	cpu: {model: ("A CPU" + $name), flags: ["tsc"]}},
	  cells: ([(cell("pio-user"; 1000; "exit"; "ns") | exits(1)), (cell("cpuid"; 300; "exit";
	  	"ns") | exits(2)), cell("empty"; 0.01; "exit"; "ns"),
	  cell("bandwidth"; 2e10; "memory"; "bytes_per_s"), (cell("broken"; 1; "exit"; "ns") |
	  	.status = "failed" | .reason = "the guest hung" + $name | .summary = null)]
	  + [range(2) as $poll | range(3) as $delay | cell("halt-wake";
	  	20000 + 9000 * $poll + 5000 * $delay; "sched"; "ns") |
		.params = {delay: ($delay * 50000)} |
			.config.halt_poll_ns = "\($poll * 50000)" + $name | .cpu_ns_per_op = 30000 |
		if $poll + $delay == 3 then .status = "skipped" | .reason = "not here" |
			.summary = null else . end]
	  + [range(4) as $poll | cell("ipi"; 50000 - 9000 * $poll; "sched"; "ns") |
	  	.config.halt_poll_ns = "\($poll * 50000)" |
		.cpu_ns_per_op = 30000 + 4000 * $poll | .halt_poll_ns_per_op = {success: 4000,
			fail: 0}]
	  + [range(4, 9) | pow(8; .) as $size | cell("chase"; . * 3; "memory"; "ns") |
	  	.label = "chase:\($size)" + $name | .params = {working_set: $size}]) }' |
		jq "${2:-.}" >"$1"
}

make_result base.json
make_result new.json '.cells[0].rounds[].samples[] *= 1.2 | .cells[0].summary.p50 *= 1.2'
have_gnuplot=
command -v gnuplot >/dev/null && have_gnuplot=1

# The page loads nothing and runs no script.
self_contained()
{
	! grep -Eiq -e '<script|<link [^>]*href="?[^d"]|<img|<iframe|<object|<embed|@import' \
		-e 'url\(|(src|href)="?(https?:)?//' "$1"
}
balanced() { [ "$(grep -o "<$2[ >]" "$1" | wc -l)" = "$(grep -o "</$2>" "$1" | wc -l)" ]; }
whole()
{
	balanced "$1" table && balanced "$1" tr && balanced "$1" section && balanced "$1" svg &&
		balanced "$1" div && grep -q '</html>' "$1"
}

run "$HVBENCH" report base.json
test_that "without options it writes report.html and says so" all exited 0 -- \
	err_has report.html -- silent -- [ -s report.html ]
test_that "the page needs nothing but itself" self_contained report.html
test_that "every element is closed" whole report.html
test_that "what the observers saw is in it, histograms by their quantiles" bash -c \
	"grep -q 'run_delay_ns.*5000000' report.html &&
		grep -q 'halt_wait_hist.*n 7, p50 1500.25 ns' report.html"
test_that "why a cell failed is in it" grep -q 'failed: the guest hung' report.html
test_that "the raw result is a download that is the result" bash -c \
	"sed -n 's/.*href=\"data:application\/json;base64,\([^\"]*\)\".*/\1/p' report.html |
	base64 -d | jq -e --slurpfile r base.json \
	'.host == \$r[0].host and (.cells | length) == (\$r[0].cells | length)'"
# What stands out is said before everything else, once, with the way to it.
top=$(sed -n '/id="summary"/,/class="results"/p' report.html)
test_that "a failed cell and its reason are at the top" \
	grep -q 'Failed: broken: the guest hung' <<<"$top"
test_that "... cells with other exits by their names" grep -q 'hardware: cpuid' <<<"$top"
test_that "... and what is skipped for one reason is one line" \
	[ "$(grep -c 'Skipped' <<<"$top")" = 1 ]
make_result settings.json '.cells |= map(select(.label == "ipi") |
	.config.name = "halt_poll_ns=" + .config.halt_poll_ns)'
run "$HVBENCH" report settings.json -q -o settings.html
test_that "what a setting makes of a workload is there with figures" grep -q \
	'ipi: 23.0 µs with halt_poll_ns=150000, 50.1 µs with halt_poll_ns=0, 2.2 times as long' \
	settings.html
test_that "the groups have names that people use" grep -q '<h2>Exits</h2>' report.html
if [ $have_gnuplot ]; then
	for title in 'exit: cost of an operation' 'exit: where the time goes' \
		'exit: exits of an operation' \
		'exit: latency of single operations' 'chase over working_set' 'memory: bandwidth' \
		'halt-wake over delay and halt_poll_ns' 'ipi: latency against CPU time'; do
		test_that "there is a plot '$title'" grep -q "<b>$title</b>" report.html
	done
	test_that "a field of the heat map that was not measured says so" \
		grep -q '<text>skipped</text>' report.html
	test_that "every plot could be drawn" bash -c "! grep 'No plot' report.html"
	ids=$(grep -oE " id=[\"'][^\"']*" report.html | tr -d "\"'" | sort)
	test_that "no two elements have the same id" [ -n "$ids" -a -z "$(uniq -d <<<"$ids")" ]
	run "$HVBENCH" report base.json -q --png plots
	test_that "--png writes plots" all exited 0 -- quiet -- [ -s plots/01-exit-costs.png ]
	test_that "they are PNG files" bash -c "head -c 4 plots/01-exit-costs.png | grep -q PNG"
else
	skip "plots" "gnuplot is not installed"
fi

run "$HVBENCH" report base.json new.json -q -o two.html
test_that "of two results the verdicts are shown" all exited 0 -- quiet -- \
	grep -q 'id="verdicts"' two.html -- grep -q 'class="l red"[^>]*>slower' two.html
test_that "... and the page is whole" all whole two.html -- self_contained two.html
rows=$(sed -n '/id="verdicts"/,/<\/section>/p' two.html | grep -o '<tr><th scope="row"[^<]*')
test_that "what changed is the first row of its table" grep -q 'pio-user$' \
	<(head -n 1 <<<"$rows")
test_that "... and the first sentence of the page" \
	grep -q '<li>pio-user: slower, +20.0 %' <(grep -A 3 'id="summary"' two.html)
mkdir -p old new
cp base.json old/result.json
cp new.json new/result.json
run "$HVBENCH" report old/result.json new/result.json -q -o same.html
test_that "results with equal file names get labels that differ" all exited 0 -- \
	whole same.html -- \
	grep -q '<title>hvbench: old/result, new/result</title>' same.html -- \
	grep -q 'download="old-result.json"' same.html -- \
	grep -q 'download="new-result.json"' same.html
if command -v gnuplot >/dev/null; then
	test_that "... in the legends of plots too" all grep -q '>old/result<' same.html -- \
		grep -q '>new/result<' same.html
fi
cp base.json "a<b & it's.json"
cp new.json plain.json
run "$HVBENCH" report "a<b & it's.json" plain.json -q -o same.html
if command -v gnuplot >/dev/null; then
	test_that "no character of a name is missing in a legend" all whole same.html -- \
		grep -q '>a‹b ＆ it’s<' same.html
fi
run "$HVBENCH" report old/result.json new/result.json -f text
test_that "... in text" all out_like '^old/result:$' -- out_like '^new/result:$'
run "$HVBENCH" report old/result.json new/result.json -f md
test_that "... in Markdown" all out_like '^## `old/result`$' -- out_like '^## `new/result`$'
run "$HVBENCH" report old/result.json new/result.json -f csv
test_that "... in CSV" all out_like ',result$' -- out_like ',"old/result"$' -- \
	out_like ',"new/result"$'
jq '.cells = [] | .ab = [
	{ workload: "pio-user", verdict: "faster", method: "twins", pairs: 16, threshold: 0.0025,
	  duration_s: 1, p: 0.00003, pairs_needed: null,
	  log_ratio: {pairs: [], p50: -0.7, ci95: [-0.71, -0.69], ci_coverage: 0.96},
	  a: {label: "ioeventfd=off", p50_ns: 2000}, b: {label: "ioeventfd=on", p50_ns: 1000} },
	{ workload: "touch", verdict: "inconclusive", method: "twins", pairs: 5, threshold: 0.0025,
	  duration_s: 1, p: null, pairs_needed: null,
	  log_ratio: {pairs: [], p50: 0.01, ci95: null, ci_coverage: 0.9},
	  a: {label: "pages=4k", p50_ns: 400}, b: {label: "pages=thp", p50_ns: 404} } ]' \
	base.json >ab.json
jq '.interrupted = true' base.json >cut-short.json
run "$HVBENCH" report cut-short.json -f text
test_that "that a run was interrupted is a line of its own" out_like '^INTERRUPTED: only what'
run "$HVBENCH" report ab.json -q -o ab.html
test_that "settings against each other: what is decided comes first, in words" \
	all exited 0 -- quiet -- whole ab.html -- grep -q \
	'<li>pio-user: faster with ioeventfd=on than with ioeventfd=off, -50.3 %' ab.html -- \
	grep -q '<li>touch: pages=4k and pages=thp: not decided' ab.html
make_result split.json '.cells |= map(.config += {name: "irqchip=split", irqchip: "split"})'
run "$HVBENCH" report base.json split.json -q -o across.html
test_that "two results without a cell alike: it says so, and how they match" grep -q \
	'<li>Not compared: no cell of one has its like in the other; .*--across irqchip' across.html
run "$HVBENCH" report base.json split.json --across irqchip -q -o across.html
test_that "... and --across matches them" all exited 0 -- \
	grep -q '<b>[0-9]*</b> same' across.html -- bash -c "! grep -q 'Not compared' across.html"
run "$HVBENCH" report base.json --across irqchip
test_that "--across needs two results" all exited 64 -- err_has "two results"
run "$HVBENCH" report base.json split.json --across irqchp
test_that "... and a key that there is" all exited 64 -- err_has "did you mean 'irqchip'"
run "$HVBENCH" report base.json new.json base.json -q -o three.html
test_that "three results stand side by side" all exited 0 -- whole three.html

mkdir bin
for tool in bash cat; do ln -s "$(command -v $tool)" bin/; done
run env PATH="$PWD/bin" "$HVBENCH" report base.json -o bare.html
test_that "without gnuplot the report is complete but for plots, and says how to get it" \
	all exited 0 -- err_has gnuplot -- grep -q 'apt install gnuplot-nox' bare.html -- \
	grep -q 'pio-user' bare.html -- whole bare.html
run env PATH="$PWD/bin" "$HVBENCH" report base.json -q -o bare.html --png plots2
test_that "... and --png is an error" all exited 74 -- err_has "gnuplot"
printf '#!/bin/bash\necho bad things >&2\nexit 3\n' >bin/gnuplot
chmod +x bin/gnuplot
run env PATH="$PWD/bin" "$HVBENCH" report base.json -q -o bare.html
test_that "without a working gnuplot there is a report without plots" all exited 0 -- \
	grep -q 'bad things' bare.html -- whole bare.html
printf '#!/bin/bash\necho "<svg><script>alert(1)</script></svg>" >out\n' >bin/gnuplot
run env PATH="$PWD/bin" "$HVBENCH" report base.json -q -o bare.html
test_that "what a hostile gnuplot draws puts nothing active into the page" \
	all exited 0 -- self_contained bare.html -- \
	grep -q 'No plot' bare.html

# Names that are markup, gnuplot commands and terminal sequences.
# shellcheck disable=SC2016 # not to be expanded
name=$(printf '"<script>alert(1)</script><!--\x27`touch pwned`$(touch pwned)\\n"; %s' \
	'system("touch pwned") #'$'\t\033''[31m@{}^_%s|&amp;')
make_result evil.json
export TMPDIR=$PWD/tmp
mkdir tmp
run "$HVBENCH" report evil.json evil.json -q -o evil.html
test_that "names that are markup, commands or sequences have no effect" \
	all exited 0 -- self_contained evil.html -- whole evil.html -- \
	[ ! -e pwned ] -- bash -c "! find . -name pwned | grep ." -- \
	bash -c "! grep -q $'\\033' evil.html"
[ $have_gnuplot ] && test_that "... and their plots are drawn" bash -c "! grep 'No plot' evil.html"
test_that "no temporary file is left" [ -z "$(ls tmp)" ]
unset name TMPDIR

for format in text md csv; do
	run "$HVBENCH" report base.json -f $format
	test_that "a report as $format goes to standard output" \
		all exited 0 -- quiet -- out_has pio-user
done
run "$HVBENCH" report base.json -o report.md
test_that "-o chooses the format by the file's ending" all exited 0 -- grep -q '| --- |' report.md
make_result many.json '.cells = [.cells[0] as $c | range(1000) | . as $i | $c |
	.label = "pio-user:\($i)" | .params = {n: $i}]'
run "$HVBENCH" report many.json -q -o many.html
if [ $have_gnuplot ]; then
	test_that "of a thousand cells it has a few plots, and says that there are more" \
		all exited 0 -- [ "$(grep -c '<figure>' many.html)" = 4 ] -- \
		grep -q 'more plots of this section are left out' many.html
fi
test_that "... and a row for each" [ "$(grep -c '^<tr' many.html)" -ge 1000 ]
make_result nothing.json '.cells = []'
run "$HVBENCH" report nothing.json -q -o nothing.html
test_that "a result without cells makes a whole page" all exited 0 -- whole nothing.html
run "$HVBENCH" report
test_that "without a result the usage is wrong" all exited 64 -- one_message
echo '{' >bad.json
run "$HVBENCH" report bad.json
test_that "a damaged result is status 65" all exited 65 -- err_has bad.json -- one_message
run "$HVBENCH" report missing.json
test_that "a missing result is wrong usage" all exited 64 -- one_message
run "$HVBENCH" report base.json -o no/such/dir/x.html
test_that "what cannot be written is status 74" all exited 74
run "$HVBENCH" report base.json -f pdf
test_that "an unknown format is refused" all exited 64 -- one_message

# A page that frames the report at a given width and shows how wide it became; the report itself
# runs no scripts.
look()
{
	cat >look.html <<-PAGE
	<!DOCTYPE html><title>?</title><iframe id=f src="$1" \
		style="width:$2px;height:2000px;border:0"></iframe>
	<script>
	onload = () => { const d = f.contentDocument.documentElement;
		const cut = [...d.querySelectorAll(".scroll")].filter(
			e => e.scrollWidth > e.clientWidth + 1);
		document.title = d.scrollWidth > $2 ? "overflows to " + d.scrollWidth :
			cut.length && $2 == 390 ? cut.length + " tables are cut" : "fits"; };
	</script>
	PAGE
	timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking \
		--disable-component-update --disable-sync --allow-file-access-from-files \
		--user-data-dir="$PWD/profile" \
		--enable-logging=stderr --window-size=1400,2000 --dump-dom "file://$PWD/look.html" \
		>dom 2>console
	grep -o '<title>[^<]*' dom | sed 's/<title>//'
}
# A report that is killed while it draws leaves neither its temporary directory nor a gnuplot.
if [ $have_gnuplot ]; then
	mkdir drawing
	cut=0
	for signal in INT TERM HUP KILL INT TERM HUP KILL; do
		TMPDIR=$PWD/drawing "$HVBENCH" report base.json new.json -q -o cut.html \
			2>/dev/null &
		sleep "0.$((RANDOM % 3))$((RANDOM % 9 + 1))"
		kill -$signal $! 2>/dev/null && cut=$((cut + 1))
		wait $! 2>/dev/null
	done 2>/dev/null
	for ((i = 0; i < 100; i++)); do
		[ -z "$(ls -A drawing)" ] && break
		sleep 0.05
	done
	test_that "$cut reports killed while they drew: nothing is left of their plots" \
		all [ $cut -gt 0 ] -- [ -z "$(ls -A drawing)" ] -- \
		[ -z "$(grep -l "$PWD/drawing" /proc/[0-9]*/cwd 2>/dev/null)" ]
	if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
		TMPDIR=$PWD/drawing run strace -f -qq -o trace -e trace=mkdir,mkdirat \
			-e inject=mkdir,mkdirat:signal=TERM:when=1 \
			"$HVBENCH" report base.json new.json -q -o cut.html
		for ((i = 0; i < 100; i++)); do
			[ -z "$(ls -A drawing)" ] && break
			sleep 0.05
		done
		test_that "... nor of one that is killed as soon as their directory is there" \
			all [ -z "$(ls -A drawing)" ] -- [ "$status" != 0 ] -- \
			grep -q 'hvbench-.*= 0' trace
	else
		skip "a report killed at a system call" "no strace, or it may not trace"
	fi
else
	skip "reports killed while they draw" "gnuplot is not installed"
fi
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "$browser" ]; then
	printf '%s\n' '<!DOCTYPE html>' \
		'<meta http-equiv="Content-Security-Policy" content="img-src data:">' \
		'<p style="width:500px">x<img src="http://x.invalid/y">' >control.html
	seen=$(look control.html 390)
	test_that "the browser would tell of a page that is too wide" \
		[ "${seen#overflows}" != "$seen" ]
	test_that "... and of one with errors" grep -Eq 'CONSOLE|Content Security' console
	for page in report.html two.html evil.html; do
		for width in 1280 800 390 320; do
			seen=$(look $page $width)
			test_that "in a browser $page fits $width pixels" [ "$seen" = fits ]
			test_that "... and the browser reports no errors" \
				bash -c "! grep -E 'CONSOLE|Content Security' console"
		done
	done
	# axe_of PAGE SCHEME WIDTH: what axe-core finds, "axe:RULE,RULE"; scheme 1: light, 0: dark.
	axe_of()
	{
		{
			grep -v 'http-equiv="Content-Security-Policy"' "$1"
			echo '<script>'
			cat "$axe"
			echo '</script><script>onload = () => axe.run().then(r => {
				const found = r.violations.map(v => v.id + " (" + v.impact + ")");
				document.title = "axe:" + found.join(); });
			</script>'
		} >axe.html
		timeout 60 "$browser" --headless --no-sandbox --disable-gpu --no-first-run \
			--blink-settings=preferredColorScheme=$2 \
			--virtual-time-budget=20000 --user-data-dir="$PWD/profile" \
			--window-size=$3,900 --dump-dom "file://$PWD/axe.html" >dom 2>/dev/null
		grep -a -m 1 -o '<title>[^<]*' dom | sed 's/<title>//'
	}
	axe_finds_nothing()
	{
		found=$(axe_of "$@")
		[ "$found" = axe: ] || { echo "$found"; return 1; }
	}
	if axe=$("$TOP/tests/axe-core"); then
		printf '%s' '<!DOCTYPE html><html lang=en><title>t</title><main><h1>h</h1>' \
			'<img src="data:,">' >control.html
		test_that "axe-core would tell of a picture without words" \
			[ "$(axe_of control.html 1 1280)" = "axe:image-alt (critical)" ]
		for look in "report.html 1 1280" "report.html 0 1280" "report.html 1 390" \
			"two.html 1 1280" "two.html 0 390" "three.html 0 1280" "ab.html 1 1280" \
			"ab.html 0 390"; do
			test_that "axe-core finds nothing in $look" axe_finds_nothing $look
		done
	else
		skip "axe-core finds nothing in the pages" "no axe-core: $axe"
	fi
else
	skip "in a browser the page fits, and the browser reports no errors" \
		"chromium is not installed"
fi
tap_done
