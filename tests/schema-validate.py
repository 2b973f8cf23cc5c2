# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks result documents against bench/result/result.schema.json.

usage: schema-validate [--documented] RESULT.json...

Status 0: all are valid; 1: one is not (place and reason on standard error); 2: it could not be checked.
With --documented a field that the schema does not describe is an error too.
"""
import json
import os
import sys

import jsonschema

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "result", "result.schema.json")


def close(schema):
    """The same schema in which objects hold only what it describes."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def main(arguments):
    documented = arguments[:1] == ["--documented"]
    if documented:
        arguments = arguments[1:]
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    check = validator(close(schema) if documented else schema)
    status = 0
    for name in arguments:
        try:
            with open(name, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
            continue
        for error in sorted(check.iter_errors(document), key=lambda e: e.json_path):
            print(f"{name}: {error.json_path}: {error.message[:300]}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
