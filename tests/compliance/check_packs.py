#!/usr/bin/python3
"""Checks the rule packs in config/compliance: form, keys, ids, dates, intervals, line length. Exits 1 on any fault."""
import glob, os, re, sys
from datetime import date, timedelta
import yaml
sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(TESTS, "../../config/compliance")
sys.path.insert(0, TESTS)
import holiday_dates

PACKS = ["au", "ca-crtc", "de", "fr", "in-trai", "uk-ofcom", "us-reg-f", "us-states", "us-tcpa-tsr"]
TOP = ["name", "version", "title", "regions", "rules"]
COMMON = {"id", "regions", "source", "verified", "note", "effective_from", "effective_through"}
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
KINDS = {  # kind: (required keys, optional keys); hours and holidays have their own checks
    "hours": None, "holidays": None,
    "dnc_copy": ({"max_age"}, set()), "attempts": ({"most", "within", "per"}, {"outcome"}),
    "gap": ({"of", "per"}, set()), "cool_off": ({"after", "for", "per"}, set()), "ring_floor": ({"for"}, set()),
    "abandonment": ({"cap", "period", "per", "answer_limit", "of"}, set()),
    "records": ({"keep"}, set()), "consent": ({"required", "for"}, set()),
    "caller_id": ({"required", "note"}, set()), "message": ({"within", "note"}, set())}
WORDS = {("attempts", "within"): r"\d+[hd]|day|ever", ("gap", "of"): r"\d+[hd]", ("gap", "per"): "number|contact|account",
         ("attempts", "per"): "number|contact|account",
         ("cool_off", "after"): "conversation|refusal|abandoned|machine", ("cool_off", "per"): "number|contact|account",
         ("cool_off", "for"): r"\d+[hd]", ("ring_floor", "for"): r"\d+s", ("dnc_copy", "max_age"): r"\d+d",
         ("records", "keep"): r"\d+y", ("message", "within"): r"\d+s", ("abandonment", "cap"): r"\d+(\.\d+)?%",
         ("abandonment", "period"): "30d|day|month", ("abandonment", "per"): "campaign|account|number",
         ("abandonment", "answer_limit"): r"\d+s", ("abandonment", "of"): "answered_by_person"}
REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
faults = []


class Loader(yaml.SafeLoader):
    """Refuses a key given twice, which plain YAML loaders swallow."""


def mapping(loader, node, deep=False):
    keys = [loader.construct_object(k, deep=True) for k, _ in node.value]
    for key in set(keys):
        if keys.count(key) > 1:
            faults.append(f"line {node.start_mark.line + 1}: key {key} twice")
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", mapping)


def minutes(text):
    m = re.fullmatch(r"(\d\d):(\d\d)", text)
    value = int(m[1]) * 60 + int(m[2]) if m and int(m[2]) < 60 else -1
    return value if 0 <= value <= 1440 else -1


def check_hours(where, hours):
    for key, value in hours.items():
        if key not in DAYS + ["default", "holidays"]:
            faults.append(f"{where}: hours key {key}")
        if value == "closed":
            continue
        last = -1
        for interval in value if isinstance(value, list) else [value]:
            if not isinstance(interval, str) or interval.count("-") != 1:
                faults.append(f"{where}: interval {interval!r}")
                continue
            start, end = map(minutes, interval.split("-"))
            if start < 0 or end <= start or start == 1440 or start <= last:
                faults.append(f"{where}: interval {interval} bad, unsorted, touching or overlapping")
            last = end
    if "default" not in hours and not set(DAYS) <= set(hours):
        faults.append(f"{where}: days without hours")


def check_holidays(where, holidays):
    days = list(holidays)
    if not all(type(d) is date and isinstance(holidays[d], str) and holidays[d] for d in days):
        faults.append(f"{where}: a date or a name is not one")
    elif days != sorted(days) or not days or days[0] < holiday_dates.FIRST or days[-1] > holiday_dates.LAST:
        faults.append(f"{where}: dates unsorted or out of range")
    elif holidays not in [holiday_dates.table(t) for t in holiday_dates.TABLES]:
        faults.append(f"{where}: dates differ from holiday_dates.py")


def iso(where, text):
    try:
        assert isinstance(text, str)
        return date.fromisoformat(text)
    except (AssertionError, ValueError):
        faults.append(f"{where}: date {text!r} (wants a quoted YYYY-MM-DD)")


def check_rule(where, rule, pack_regions):
    kinds = [k for k in rule if k in KINDS]
    if len(kinds) != 1:
        faults.append(f"{where}: {len(kinds)} kinds of rule")
        return
    kind = kinds[0]
    for key in rule:
        if key != kind and key not in COMMON:
            faults.append(f"{where}: key {key}")
    if not isinstance(rule.get("source"), str) or not rule["source"]:
        faults.append(f"{where}: no source")
    if type(rule.get("verified")) is not bool:
        faults.append(f"{where}: verified is not true or false")
    elif not rule["verified"] and not rule.get("note"):
        faults.append(f"{where}: not verified and no note")
    for region in rule.get("regions", []):
        if not REGION.fullmatch(str(region)) or not any(region == p or region.startswith(p + "-") for p in pack_regions):
            faults.append(f"{where}: region {region}")
    dates = [iso(where, rule[k]) for k in ("effective_from", "effective_through") if k in rule]
    if len(dates) == 2 and None not in dates and dates[0] > dates[1]:
        faults.append(f"{where}: ends before it begins")
    value = rule[kind]
    if kind == "hours":
        check_hours(where, value)
    elif kind == "holidays":
        check_holidays(where, value)
    else:
        required, optional = KINDS[kind]
        if not required <= set(value) <= required | optional:
            faults.append(f"{where}: {kind} has keys {sorted(value)}, wants {sorted(required)}")
        for key, v in value.items():
            want = WORDS.get((kind, key))
            if want and not re.fullmatch(want, str(v)):
                faults.append(f"{where}: {kind}.{key} {v!r}")
        if kind == "attempts" and type(value["most"]) is not int:
            faults.append(f"{where}: most {value['most']!r}")
        if "required" in value and value["required"] is not True:
            faults.append(f"{where}: required {value['required']!r}")


def overlap(a, b):
    """Do the two rules hold on a common day?"""
    return (a.get("effective_from", "0") <= b.get("effective_through", "9")
            and b.get("effective_from", "0") <= a.get("effective_through", "9"))


def check_pack(path):
    name = os.path.basename(path)[:-5]
    text = open(path, encoding="utf-8").read()
    for n, line in enumerate(text.split("\n"), 1):
        if len(line) > 130 or line != line.rstrip() or "\t" in line:
            faults.append(f"{name}:{n}: {len(line)} columns, or a tab, or space at the end")
    if not text.startswith("#") or not text.endswith("\n"):
        faults.append(f"{name}: no comment at the head or no newline at the end")
    pack = yaml.load(text, Loader)
    if list(pack) != TOP or pack["name"] != name or not isinstance(pack["version"], str):
        faults.append(f"{name}: head")
    iso(name, pack["version"])
    for region in pack["regions"]:
        if not REGION.fullmatch(str(region)):
            faults.append(f"{name}: region {region}")
    ids = [r.get("id") for r in pack["rules"]]
    for rule in pack["rules"]:
        where = f"{name}/{rule.get('id')}"
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(rule.get("id"))) or ids.count(rule.get("id")) > 1:
            faults.append(f"{where}: id bad or twice")
        check_rule(where, rule, pack["regions"])
    regions_of = lambda r: r.get("regions", pack["regions"])
    hours = [r for r in pack["rules"] if "hours" in r]
    for i, a in enumerate(hours):
        for b in hours[i + 1:]:
            if set(regions_of(a)) & set(regions_of(b)) and overlap(a, b):
                faults.append(f"{name}: {a['id']} and {b['id']} are for one region and time")
        if "holidays" in a["hours"]:   # then the dates are in the pack
            for region in regions_of(a):
                if not any("holidays" in r and region in regions_of(r) for r in pack["rules"]):
                    faults.append(f"{name}/{a['id']}: no list of holidays for {region}")
    verified = sum(r["verified"] is True for r in pack["rules"])
    print(f"{name:12} {len(pack['rules']):3} rules, {verified:3} verified, {len(pack['rules']) - verified:3} not")


found = sorted(os.path.basename(p)[:-5] for p in glob.glob(FOLDER + "/*.yaml"))
if found != PACKS:
    faults.append(f"packs: {found}")
for p in found:
    check_pack(f"{FOLDER}/{p}.yaml")
print("\n".join(faults) or "no faults")
sys.exit(bool(faults))
