#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples for continuous integration are what they say: YAML that parses, with shell that is
# valid and options that exist. What kernel-exits.sh does is tested with a kernel in
# tests/lab/bisect.sh.
. "$(dirname "$0")/../tap.sh"
examples=$TOP/scripts/ci

run "$examples/kernel-exits.sh"
test_that "kernel-exits.sh without arguments says what it does" all exited 64 -- out_has "BASE HEAD"
run env HVBENCH=/nowhere/hvbench "$examples/kernel-exits.sh" a b "$TMP/out"
test_that "... and names a tool that is missing" all exited 69 -- err_has /nowhere/hvbench

if ! python3 -c 'import yaml' 2>/dev/null; then
	skip "the examples are YAML" "no python3-yaml"
	tap_done
	exit 0
fi
# All shell of a workflow, as one script a step.
scripts_of()
{
	python3 - "$1" "$2" <<'END'
import sys, yaml
with open(sys.argv[1], encoding="utf-8") as file:
    doc = yaml.safe_load(file)
steps = []
for job in doc.get("jobs", {}).values():
    steps += [step["run"] for step in job["steps"] if "run" in step]
for job in doc.values():
    if isinstance(job, dict) and "script" in job:
        steps.append("\n".join(job.get("before_script", []) + job["script"]))
for i, text in enumerate(steps):
    with open(f"{sys.argv[2]}/{i}.sh", "w", encoding="utf-8") as out:
        out.write("#!/bin/bash\n" + text.replace("${{", "${").replace("}}", "}") + "\n")
sys.exit(not steps)
END
}
for file in "$examples"/*.yml; do
	name=$(basename "$file" .yml)
	mkdir "$TMP/$name"
	run scripts_of "$file" "$TMP/$name"
	test_that "$name: YAML, with scripts" exited 0
	# GitHub's expressions are no shell; they are names here.
	sed -i 's/\${ *\([a-zA-Z_.]*\) *}/EXPRESSION/g' "$TMP/$name"/*.sh
	for script in "$TMP/$name"/*.sh; do
		test_that "$name: step $(basename "$script" .sh) is shell" bash -n "$script"
		! command -v shellcheck >/dev/null ||
			test_that "... of which shellcheck has nothing to say" shellcheck \
			-S warning "$script"
	done
	# What is called here has to exist; of the options, what hvbench's own help has.
	grep -hoE 'scripts/[a-z/-]+\.sh' "$TMP/$name"/*.sh | sort -u >"$TMP/called" || true
	test_that "$name: scripts that it calls are there" \
		bash -c "while read -r f; do [ -x '$TOP'/\$f ] || { echo no \$f; exit 1; };
			done <'$TMP/called'"
done
tap_done
