#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""validate.py SCHEMA FILE...: check reports against the schema; *.jsonl has one a line.

The status is 77 without the library that this takes."""

import json
import sys

try:
    import jsonschema
except ImportError as problem:
    print(problem, file=sys.stderr)
    sys.exit(77)


def records(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".jsonl"):
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        return [json.loads(line) for line in text[:-1].split("\n")]
    return [json.loads(text)]


def complaints(validator, path):
    try:
        for record in records(path):
            for error in validator.iter_errors(record):
                yield f"{path}: {error.json_path}: {error.message}"
    except ValueError as error:
        yield f"{path}: {error}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    maker = jsonschema.validators.validator_for(schema)
    maker.check_schema(schema)
    found = [line for path in sys.argv[2:] for line in complaints(maker(schema), path)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


sys.exit(main())
