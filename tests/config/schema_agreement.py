#!/usr/bin/env python3
"""What an editor would say of configuration files: validates each against its JSON Schema.

usage: schema_agreement.py SCHEMA_DIR FILE...     one line of JSON for each file: {"file", "valid", "message"}

Files whose name begins with `outdial` are daemon configurations, those with `pack` and those of config/compliance rule
packs, others are campaigns. YAML is read as version 1.2's
core schema has it (what editors do), except that yes, no, on and off are booleans as in version 1.1.
"""
import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as error:
    sys.exit(f"{error}; install python3-jsonschema and python3-yaml")


class CoreLoader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}


BOOLEAN = "tag:yaml.org,2002:bool"
INTEGER = "tag:yaml.org,2002:int"
FLOAT = "tag:yaml.org,2002:float"
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
CoreLoader.add_implicit_resolver(BOOLEAN, re.compile(r"^(?:true|false|yes|no|on|off)$", re.I), list("tTfFyYnNoO"))
CoreLoader.add_implicit_resolver(INTEGER, re.compile(r"^(?:[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+)$"), list("-+0123456789"))
CoreLoader.add_implicit_resolver(
    FLOAT,
    re.compile(r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"),
    list("-+0123456789."),
)


def first_complaint(path: pathlib.Path, validator: jsonschema.Draft202012Validator) -> str | None:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=CoreLoader)
    except (yaml.YAMLError, ValueError) as error:
        return str(error).replace("\n", " ")
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return None if error is None else f"{error.json_path}: {error.message}"


def main() -> None:
    schema_dir = pathlib.Path(sys.argv[1])
    validators = {}
    for kind in ("outdial", "campaign", "rule_pack"):
        schema = json.loads((schema_dir / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft202012Validator(schema)
    for name in sys.argv[2:]:
        path = pathlib.Path(name)
        kind = "outdial" if path.name.startswith("outdial") else "campaign"
        if path.name.startswith("pack") or path.parent.name == "compliance":
            kind = "rule_pack"
        message = first_complaint(path, validators[kind])
        print(json.dumps({"file": name, "valid": message is None, "message": message or ""}))


if __name__ == "__main__":
    main()
