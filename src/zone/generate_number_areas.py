#!/usr/bin/python3
"""Writes the table of number_areas.cpp: which time zones, countries, and in North America states, a number's first digits may mean; and regions.csv
as a table.

  generate_number_areas.py area_code_complexes.csv number_areas.csv regions.csv OUTPUT.cpp

  +1      Google's data in Debian's python3-phonenumbers: each area code has all zones that are named anywhere under it,
          and under those that overlay it. The longest prefix is never taken: an exchange that is not listed may be
          on the other side of the border that runs through its area code. A code that is not known has no row, nor has a
          toll-free one.
  others  the zones of all countries of the country code, by the system's zone.tab; where number_areas.csv tells a
          part of a country by its numbers, those of the part
"""

import csv
import sys
from collections import defaultdict
from pathlib import Path

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA
from phonenumbers.tzdata import TIMEZONE_DATA

ZONE_TAB = Path("/usr/share/zoneinfo/zone.tab")
ZONE_VERSION = Path("/usr/share/zoneinfo/tzdata.zi")

STATES = {
    "Alabama": "US-AL", "Alaska": "US-AK", "Arizona": "US-AZ", "Arkansas": "US-AR", "California": "US-CA",
    "Colorado": "US-CO", "Connecticut": "US-CT", "Delaware": "US-DE", "Washington D.C.": "US-DC", "Florida": "US-FL",
    "Georgia": "US-GA", "Hawaii": "US-HI", "Idaho": "US-ID", "Illinois": "US-IL", "Indiana": "US-IN", "Iowa": "US-IA",
    "Kansas": "US-KS", "Kentucky": "US-KY", "Louisiana": "US-LA", "Maine": "US-ME", "Maryland": "US-MD",
    "Massachusetts": "US-MA", "Michigan": "US-MI", "Minnesota": "US-MN", "Mississippi": "US-MS", "Missouri": "US-MO",
    "Montana": "US-MT", "Nebraska": "US-NE", "Nevada": "US-NV", "New Hampshire": "US-NH", "New Jersey": "US-NJ",
    "New Mexico": "US-NM", "New York": "US-NY", "North Carolina": "US-NC", "North Dakota": "US-ND", "Ohio": "US-OH",
    "Oklahoma": "US-OK", "Oregon": "US-OR", "Pennsylvania": "US-PA", "Philadelphia": "US-PA", "Rhode Island": "US-RI",
    "South Carolina": "US-SC", "South Dakota": "US-SD", "Tennessee": "US-TN", "Texas": "US-TX", "Utah": "US-UT",
    "Vermont": "US-VT", "Virginia": "US-VA", "Washington State": "US-WA", "West Virginia": "US-WV", "Wisconsin": "US-WI",
    "Wyoming": "US-WY",
    "Alberta": "CA-AB", "British Columbia": "CA-BC", "Manitoba": "CA-MB", "New Brunswick": "CA-NB",
    "Newfoundland and Labrador": "CA-NL", "Nova Scotia/Prince Edward Island": "CA-NS CA-PE",
    "Northwest Territories/Nunavut/Yukon": "CA-NT CA-NU CA-YT", "Ontario": "CA-ON", "Quebec": "CA-QC",
    "Saskatchewan": "CA-SK",
}
# "Dallas, TX": the same states by their letters. DC, and territories that Google names so.
LETTERS = {state[3:]: state for states in STATES.values() for state in states.split()}
LETTERS.update({"VI": "US-VI", "PR": "US-PR", "GU": "US-GU"})
# Territories with area codes of their own, which Google's texts do not name as such.
TERRITORIES = {"340": "US-VI", "670": "US-MP", "671": "US-GU", "684": "US-AS", "787": "US-PR", "939": "US-PR"}


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.reader(file) if row and not row[0].startswith("#")]


def zones_by_country():
    found = defaultdict(set)
    for line in ZONE_TAB.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            found[country].add(zone)
    return found


def postal_codes(text):
    """'005 100-102' -> '005 100 101 102'"""
    found = []
    for part in text.split():
        first, _, last = part.partition("-")
        found += [f"{code:03}" for code in range(int(first), int(last) + 1)] if last else [first]
    return found


def north_america(complexes):
    """{area code: (zones, states)}"""
    zones, states = defaultdict(set), defaultdict(set)
    for prefix, named in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4:
            zones[prefix[1:4]].update(named)
    for prefix, texts in GEOCODE_DATA.items():
        if prefix.startswith("1") and len(prefix) >= 4 and "en" in texts:
            place = texts["en"].split(", ")[-1]
            named = STATES.get(place) or LETTERS.get(place)
            states[prefix[1:4]].update(named.split() if named else ())
    for code, state in TERRITORIES.items():
        states[code] = {state}
    together = []
    for codes, _, _, *better in complexes:
        codes = codes.split()
        known = [code for code in codes if code in zones]
        if not known:
            sys.exit(f"area_code_complexes.csv: none of {codes} is known to Google's data")
        of_all = set(better[0].split()) if better else set().union(*(zones[code] for code in known))
        together.append((codes, of_all, set().union(*(states[code] for code in known)), bool(better)))
    for codes, all_zones, all_states, replaced in together:
        for code in codes:
            zones[code] = all_zones if replaced else zones[code] | all_zones
            states[code] |= all_states
    return {code: (zones[code], states[code]) for code in zones}


def areas(complexes, parts):
    """{digits: (zones, regions)}; the longest that begins a number is its area."""
    by_country = zones_by_country()
    country_of = {zone: country for country, zones in by_country.items() for zone in zones}
    found = {}
    for code, (zones, states) in north_america(complexes).items():
        # Where no state is known it is an island, whose zones are its own.
        found["1" + code] = (zones, states or {country_of[zone] for zone in zones})
    for code, countries in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        zones = set().union(*(by_country[country] for country in countries))
        if code != 1 and zones:
            found[str(code)] = (zones, set(countries))
    countries = dict(found)
    for prefix, zones, _ in parts:
        whole, regions = next(countries[prefix[:length]] for length in range(3, 0, -1) if prefix[:length] in countries)
        if strangers := set(zones.split()) - whole:
            sys.exit(f"number_areas.csv: {prefix}: {strangers} are not in that country by zone.tab")
        found[prefix] = (set(zones.split()), regions)
    return found


def quoted(text):
    return '"' + text + '"'


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    table = areas(rows(sys.argv[1]), rows(sys.argv[2]))
    regions = rows(sys.argv[3])
    tzdata = ZONE_VERSION.read_text(encoding="utf-8").splitlines()[0].split()[-1]
    lines = ["// Written by generate_number_areas.py.", '#include "zone/number_area_table.hpp"', "",
             "namespace outdial::zone {", "",
             f"const std::string_view number_area_version = {quoted(f'libphonenumber {phonenumbers.__version__}, zone.tab {tzdata}')};",
             "", "const std::vector<NumberAreaRow>& number_area_table() {",
             "    static const std::vector<NumberAreaRow> table{"]
    for digits, (zones, places) in sorted(table.items()):
        lines.append(f"        {{{quoted(digits)}, {quoted(' '.join(sorted(zones)))}, {quoted(' '.join(sorted(places)))}}},")
    lines += ["    };", "    return table;", "}", "", "const std::vector<RegionRow>& region_table() {",
              "    static const std::vector<RegionRow> table{"]
    for region, name, postal, zones in regions:
        columns = (region, name, " ".join(postal_codes(postal)), " ".join(sorted(zones.split())))
        lines.append(f"        {{{', '.join(quoted(column) for column in columns)}}},")
    lines += ["    };", "    return table;", "}", "", "}  // namespace outdial::zone", ""]
    Path(sys.argv[4]).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
