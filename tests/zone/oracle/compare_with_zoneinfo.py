#!/usr/bin/python3
"""Compares the calling hours that Outdial computes with what Python's zoneinfo makes of the same rules.

  compare_with_zoneinfo.py PROGRAM [--shard N --of M] [--seed N]

PROGRAM is print_open_intervals. Every time zone that the system has gets a random rule of its own: weekly hours with up
to three intervals a day, holidays, days in force. Compared is not one computation with another of the same kind: zoneinfo
is asked what the clock on the wall shows at each instant at which the answer could change, on either side (each edge that Outdial
gave, each edge by the wall in both of the hours that come twice, each midnight and each clock change), and the
rule is applied to that. Exit status: 0 no difference, 1 a difference, 77 no zones on this machine.
"""

import argparse
import bisect
import random
import subprocess
import sys
import zoneinfo
from datetime import date, datetime, timedelta, timezone

FIRST = date(2024, 1, 1)
LAST = date(2037, 12, 31)  # the last that the system's data knows, up to the end of the year by UTC
EPOCH = date(1970, 1, 1)
DAY_MINUTES = 1440


def random_hours(chance):
    """Up to three intervals; quarters of an hour, and now and then any minute."""
    if chance.random() < 0.15:
        return []
    if chance.random() < 0.1:
        return [(0, DAY_MINUTES)]
    step = chance.choice((15, 15, 1))
    count = chance.choice((1, 1, 2, 3))
    edges = sorted(chance.sample(range(0, DAY_MINUTES + 1, step), 2 * count))
    return list(zip(edges[::2], edges[1::2]))


class Rule:
    def __init__(self, chance):
        self.weekdays = [random_hours(chance) for _ in range(7)]
        self.on_holidays = random_hours(chance)
        days = (LAST - FIRST).days
        self.holidays = {FIRST + timedelta(chance.randrange(days)) for _ in range(chance.choice((0, 20, 150)))}
        self.first = FIRST + timedelta(chance.randrange(days // 4)) if chance.random() < 0.2 else None
        self.last = LAST - timedelta(chance.randrange(days // 4)) if chance.random() < 0.2 else None

    def hours(self, day):
        if self.first and day < self.first or self.last and day > self.last:
            return [(0, DAY_MINUTES)]
        return self.on_holidays if day in self.holidays else self.weekdays[day.weekday()]

    def text(self):
        def hours(day):
            return ",".join(f"{opens}-{closes}" for opens, closes in day)

        def number(day):
            return str((day - EPOCH).days) if day else ""
        parts = [hours(day) for day in self.weekdays] + [hours(self.on_holidays)]
        return ";".join(parts + [",".join(number(day) for day in sorted(self.holidays)), number(self.first), number(self.last)])


def seconds(moment):
    return int(moment.timestamp())


def is_open(rule, zone, at):
    wall = datetime.fromtimestamp(at, zone)
    minute = wall.hour * 60 + wall.minute
    return any(opens <= minute < closes for opens, closes in rule.hours(wall.date()))


def clock_changes(zone):
    """The first second of each new offset."""
    def offset(at):
        return datetime.fromtimestamp(at, zone).utcoffset()
    found = []
    at = seconds(datetime(FIRST.year, 1, 1, tzinfo=timezone.utc))
    end = seconds(datetime(LAST.year + 1, 1, 1, tzinfo=timezone.utc))
    before = offset(at)
    while at < end:
        following = at + 43200
        if (now := offset(following)) != before:
            low, high = at, following
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == before else (low, middle)
            found.append(high)
            before = now
        at = following
    return found


def instants(rule, zone):
    """At which the answer may change by the wall: edges of the hours and midnights, in both hours that come twice."""
    day = FIRST
    while day <= LAST:
        minutes = {0}
        for opens, closes in rule.hours(day):
            minutes.update((opens, closes))
        midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
        for minute in minutes:
            wall = midnight + timedelta(minutes=minute)
            yield seconds(wall)
            if (second := seconds(wall.replace(fold=1))) != seconds(wall):
                yield second
        day += timedelta(1)


def differences(rule, zone, edges, start, end, changes):
    """Seconds of which the two say different things."""
    for at in {*edges, *instants(rule, zone), *changes}:
        for moment in (at - 1, at):
            if start <= moment < end and (bisect.bisect_right(edges, moment) % 2 == 1) != is_open(rule, zone, moment):
                yield moment


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--shard", type=int, default=1)
    parser.add_argument("--of", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    # "localtime" is this machine's, "Factory" nobody's.
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"})[options.shard - 1::options.of]
    if not names:
        return 77
    start = seconds(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=timezone.utc))
    end = seconds(datetime(LAST.year + 1, 1, 1, tzinfo=timezone.utc))
    program = subprocess.Popen([options.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    days = changes_seen = wrong = 0
    for name in names:
        rule = Rule(random.Random(f"{options.seed} {name}"))
        zone = zoneinfo.ZoneInfo(name)
        program.stdin.write(f"{name} {start} {end} {rule.text()}\n")
        program.stdin.flush()
        answer = program.stdout.readline()
        if not answer.endswith("\n"):
            sys.exit(f"{options.program} ended at {name}")
        edges = [int(edge) // 1000 for edge in answer.split()]
        changes = clock_changes(zone)
        for at in differences(rule, zone, edges, start, end, changes):
            wrong += 1
            if wrong <= 20:
                print(f"{name} at {datetime.fromtimestamp(at, timezone.utc)}: zoneinfo says "
                      f"{'open' if is_open(rule, zone, at) else 'closed'}, Outdial not; rule {rule.text()}")
        days += (LAST - FIRST).days + 1
        changes_seen += len(changes)
    program.stdin.close()
    if program.wait() != 0:
        sys.exit(f"{options.program} ended with {program.returncode}")
    print(f"{len(names)} zones, {days} days, {changes_seen} clock changes: {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
