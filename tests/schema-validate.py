# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks documents against their schemas, bench/result/NAME.schema.json for "schema": "hvbench.NAME/1".

usage: schema-validate [--documented] DOCUMENT.json...
       schema-validate --verdicts LINES

Status 0: all are valid; 1: one is not (place and reason on standard error); 2: it could not be checked.
With --documented a field that the schema does not describe is an error too. With --verdicts each line of the file
is [true or false, result document]; lines are reported where the schema judges otherwise.
"""
import json
import os
import re
import sys

import jsonschema

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "result")


def close(schema):
    """The same schema in which objects hold only what it describes."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    if True in closed.get("anyOf", []):
        closed["anyOf"] = [variant for variant in closed["anyOf"] if variant is not True]
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def validator(name, documented=False):
    with open(os.path.join(SCHEMAS, f"{name}.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(close(schema) if documented else schema)


def schema_of(document):
    """The name of the schema that it says is its own; that of results where it says none."""
    said = str(document.get("schema")) if isinstance(document, dict) else ""
    match = re.fullmatch(r"hvbench\.([a-z0-9-]+)/[0-9]+", said)
    return match.group(1) if match else "result"


def documents(value, path=""):
    """The document and those within it that name a schema of their own, with their places."""
    if isinstance(value, dict) and (not path or str(value.get("schema", "")).startswith("hvbench.")):
        yield path, value
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
        yield from documents(below, f"{path}.{key}")


def check(names, documented):
    status = 0
    for name in names:
        try:
            with open(name, encoding="utf-8") as file:
                document = json.load(file)
            checks = [(path, part, validator(schema_of(part), documented)) for path, part in documents(document)]
        except (OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
            continue
        for path, part, against in checks:
            for error in sorted(against.iter_errors(part), key=lambda e: e.json_path):
                print(f"{name}: ${path}{error.json_path[1:]}: {error.message[:300]}", file=sys.stderr)
                status = 1
    return status


def check_verdicts(name):
    against, status = validator("result"), 0
    with open(name, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            accepted, document = json.loads(line)
            error = next(against.iter_errors(document), None)
            if accepted == (error is not None):
                print(f"{name}:{number}: {'accepted' if accepted else 'refused'}, by the schema "
                      f"{f'{error.json_path}: {error.message[:300]}' if error else 'valid'}", file=sys.stderr)
                status = 1
    return status


def main(arguments):
    if arguments[:1] == ["--verdicts"] and len(arguments) == 2:
        return check_verdicts(arguments[1])
    documented = arguments[:1] == ["--documented"]
    if not arguments[documented:]:
        print(__doc__, file=sys.stderr)
        return 2
    return check(arguments[documented:], documented)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
