#!/usr/bin/python3
"""Computes the holiday dates of the rule packs, from 2026-11-24 to 2028-12-31.

    holiday_dates.py            lists the tables
    holiday_dates.py US-AL 6    prints one table as YAML, indented by 6
check.py imports this file and compares every pack with it.
"""
import sys
from datetime import date, timedelta

FIRST, LAST = date(2026, 11, 24), date(2028, 12, 31)
YEARS = (2026, 2027, 2028)
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def easter(year):
    """Gregorian Easter Sunday (anonymous algorithm, Meeus/Jones/Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    l = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * l) // 451
    n = h + l - 7 * m + 114
    return date(year, n // 31, n % 31 + 1)


def nth(year, month, weekday, n):
    """The n-th such weekday of the month; n = -1 is the last."""
    if n > 0:
        day = date(year, month, 1)
        return day + timedelta((weekday - day.weekday()) % 7 + 7 * (n - 1))
    day = date(year + month // 12, month % 12 + 1, 1) - timedelta(1)
    return day - timedelta((day.weekday() - weekday) % 7)


def fixed(month, day):
    return lambda y: [date(y, month, day)]


def rule(month, weekday, n):
    return lambda y: [nth(y, month, weekday, n)]


def from_easter(days):
    return lambda y: [easter(y) + timedelta(days)]


def election_day(y):
    """The Tuesday after the first Monday of November."""
    return [nth(y, 11, MON, 1) + timedelta(1)]


def general_election_day(y):
    return election_day(y) if y % 2 == 0 else []


def day_after_thanksgiving(y):
    return [nth(y, 11, THU, 4) + timedelta(1)]


def thanksgiving(y):
    return [nth(y, 11, THU, 4)]


def only_from(first_year, days):
    return lambda y: days(y) if y >= first_year else []


# How a holiday on a weekend is observed. The day itself always stays in the list.
def federal(day):        # Saturday: Friday before; Sunday: Monday after (also AL, LA, UT)
    return {SAT: [day - timedelta(1)], SUN: [day + timedelta(1)]}.get(day.weekday(), [])


def sunday_only(day):    # Sunday: Monday after (MS, PA)
    return [day + timedelta(1)] if day.weekday() == SUN else []


def next_monday(day):    # Saturday or Sunday: Monday after (RI)
    return {SAT: [day + timedelta(2)], SUN: [day + timedelta(1)]}.get(day.weekday(), [])


def both(day):           # RI counts state and federal holidays
    return federal(day) + next_monday(day)


def juneteenth_utah(day):  # Tuesday to Friday: Monday before; Saturday or Sunday: Monday after
    w = day.weekday()
    return [day - timedelta(w)] if TUE <= w <= FRI else next_monday(day)


def never(day):
    return []


NEW_YEAR = ("New Year's Day", fixed(1, 1))
MLK = rule(1, MON, 3)
PRESIDENTS = rule(2, MON, 3)
GOOD_FRIDAY = ("Good Friday", from_easter(-2))
EASTER_MONDAY = ("Easter Monday", from_easter(1))
MARDI_GRAS = from_easter(-47)
MEMORIAL = ("Memorial Day", rule(5, MON, -1))
JUNETEENTH = ("Juneteenth", fixed(6, 19))
JULY_4 = ("Independence Day", fixed(7, 4))
LABOR = ("Labor Day", rule(9, MON, 1))
COLUMBUS = ("Columbus Day", rule(10, MON, 2))
VETERANS = ("Veterans Day", fixed(11, 11))
THANKSGIVING = ("Thanksgiving Day", thanksgiving)
CHRISTMAS = ("Christmas Day", fixed(12, 25))


def australia(y):
    """National days, with the Monday or Tuesday the states give for one on a weekend."""
    out = {date(y, 1, 1): "New Year's Day", date(y, 1, 26): "Australia Day",
           easter(y) - timedelta(2): "Good Friday", easter(y) + timedelta(1): "Easter Monday",
           date(y, 4, 25): "Anzac Day", date(y, 12, 25): "Christmas Day", date(y, 12, 26): "Boxing Day"}
    for day, name in list(out.items()):
        if day.weekday() >= SAT:
            other = day
            while other.weekday() >= SAT or other in out:
                other += timedelta(1)
            out[other] = name + " (observed)"
    return out


def victoria_day(y):
    day = date(y, 5, 24)             # the last Monday before 25 May
    return [day - timedelta(day.weekday())]


def repentance_day(y):               # the Wednesday before 23 November
    day = date(y, 11, 22)
    return [day - timedelta((day.weekday() - WED) % 7)]


# name -> (how weekend days are observed, [(holiday, year -> dates), or (holiday, dates, its own observance)])
TABLES = {
    "US-AL": (federal, [
        NEW_YEAR, ("Martin Luther King Jr. and Robert E. Lee birthdays", MLK),
        ("Washington and Jefferson birthdays", PRESIDENTS), ("Mardi Gras (Mobile and Baldwin counties)", MARDI_GRAS),
        ("Confederate Memorial Day", rule(4, MON, 4)), MEMORIAL, ("Jefferson Davis birthday", rule(6, MON, 1)),
        JUNETEENTH, JULY_4, LABOR, COLUMBUS, VETERANS, THANKSGIVING,
        ("Mrs. Rosa L. Parks Day (where a county elects it)", fixed(12, 1), never), CHRISTMAS]),
    "US-LA": (federal, [
        NEW_YEAR, ("Martin Luther King Jr. Day", MLK), ("Mardi Gras", MARDI_GRAS), GOOD_FRIDAY, MEMORIAL, JUNETEENTH, JULY_4,
        LABOR, ("General Election Day", general_election_day), VETERANS, THANKSGIVING,
        ("Day after Thanksgiving", day_after_thanksgiving), CHRISTMAS]),
    "US-MS": (sunday_only, [
        NEW_YEAR, ("Martin Luther King Jr. and Robert E. Lee birthdays", MLK), ("Washington's birthday", PRESIDENTS),
        ("Confederate Memorial Day", rule(4, MON, -1)), MEMORIAL, JULY_4, LABOR, VETERANS, THANKSGIVING, CHRISTMAS]),
    "US-PA": (sunday_only, [
        NEW_YEAR, ("Martin Luther King Jr. Day", MLK), ("Presidents' Day", PRESIDENTS), GOOD_FRIDAY, MEMORIAL,
        ("Flag Day", fixed(6, 14)), JULY_4, LABOR, COLUMBUS, ("Election Day", election_day), VETERANS, THANKSGIVING,
        ("Bill of Rights Day", fixed(12, 15), never), CHRISTMAS]),
    "US-RI": (both, [
        NEW_YEAR, ("Martin Luther King Jr. Day", MLK), ("Washington's birthday", PRESIDENTS),
        ("Rhode Island Independence Day", fixed(5, 4), sunday_only), MEMORIAL, JUNETEENTH, JULY_4,
        ("Victory Day", rule(8, MON, 2)), LABOR, COLUMBUS, ("Election Day", general_election_day), VETERANS,
        THANKSGIVING, CHRISTMAS]),
    "US-UT": (federal, [
        NEW_YEAR, ("Martin Luther King Jr. Day", MLK), ("Presidents' Day", PRESIDENTS), GOOD_FRIDAY,
        ("Easter Sunday", from_easter(0), never), MEMORIAL, ("Juneteenth", fixed(6, 19), juneteenth_utah), JULY_4,
        ("Pioneer Day", fixed(7, 24)), LABOR, COLUMBUS, ("Election Day", only_from(2027, election_day)), VETERANS,
        THANKSGIVING, CHRISTMAS]),
    "CA-BC": (never, [
        NEW_YEAR, ("Family Day", rule(2, MON, 3)), GOOD_FRIDAY, ("Victoria Day", victoria_day), ("Canada Day", fixed(7, 1)),
        ("British Columbia Day", rule(8, MON, 1)), ("Labour Day", rule(9, MON, 1)),
        ("National Day for Truth and Reconciliation", fixed(9, 30)), ("Thanksgiving Day", rule(10, MON, 2)),
        ("Remembrance Day", fixed(11, 11)), CHRISTMAS]),
    "AU": australia,
    "DE": (never, [
        ("Neujahr", fixed(1, 1)), ("Karfreitag", from_easter(-2)), ("Ostermontag", from_easter(1)),
        ("Tag der Arbeit", fixed(5, 1)), ("Christi Himmelfahrt", from_easter(39)), ("Pfingstmontag", from_easter(50)),
        ("Tag der Deutschen Einheit", fixed(10, 3)), ("1. Weihnachtstag", fixed(12, 25)), ("2. Weihnachtstag", fixed(12, 26))]),
    "DE-heilige-drei-koenige": (never, [("Heilige Drei Koenige", fixed(1, 6))]),
    "DE-frauentag": (never, [("Frauentag", fixed(3, 8))]),
    "DE-fronleichnam": (never, [("Fronleichnam", from_easter(60))]),
    "DE-mariae-himmelfahrt": (never, [("Mariae Himmelfahrt", fixed(8, 15))]),
    "DE-weltkindertag": (never, [("Weltkindertag", fixed(9, 20))]),
    "DE-reformationstag": (never, [("Reformationstag", fixed(10, 31))]),
    "DE-allerheiligen": (never, [("Allerheiligen", fixed(11, 1))]),
    "DE-busstag": (never, [("Buss- und Bettag", repentance_day)]),
    "FR": (never, [
        ("Jour de l'an", fixed(1, 1)), ("Lundi de Paques", from_easter(1)), ("Fete du Travail", fixed(5, 1)),
        ("Victoire de 1945", fixed(5, 8)), ("Ascension", from_easter(39)), ("Lundi de Pentecote", from_easter(50)),
        ("Fete nationale", fixed(7, 14)), ("Assomption", fixed(8, 15)), ("Toussaint", fixed(11, 1)),
        ("Armistice de 1918", fixed(11, 11)), ("Noel", fixed(12, 25))]),
}


def table(name):
    """{date: holiday}, sorted, within FIRST..LAST."""
    entry, days = TABLES[name], {}

    def add(day, label):
        if FIRST <= day <= LAST:
            days[day] = label if day not in days or label == days[day] else days[day] + " / " + label

    for year in YEARS + (2029,):     # 2029: a New Year's Day may be observed in 2028
        if callable(entry):
            for day, label in sorted(entry(year).items()):
                add(day, label)
            continue
        observe, holidays = entry
        for label, dates, *own in holidays:
            for day in dates(year):
                add(day, label)
                for other in sorted(set((own[0] if own else observe)(day))):
                    add(other, label + " (observed)")
    return dict(sorted(days.items()))


def block(name, indent):
    return "\n".join(f'{" " * indent}{day}: "{label}"' for day, label in table(name).items())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        for key in TABLES:
            print(key, len(table(key)))
    else:
        print(block(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))
