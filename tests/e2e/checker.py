"""Did Outdial keep its rules? Judged from outside: by what a witness of the calls saw, the final database, and the
rules as in YAML.

    violations = check(history, rules)      # history.py has the evidence, campaign_rules.py the rules

Each rule is a function that yields its violations; RULES lists them. An honest history yields none, and test_checker.py
plants at least one violation for each rule to prove that it is found.
"""

import bisect
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timezone

from campaign_rules import Rules
from history import Call, History

STATES = {"ready", "waiting", "in_call", "done"}
PERSON = {"busy", "no_answer", "declined", "machine", "abandoned"}
TECHNICAL = {"rejected", "congestion", "unreachable", "failed"}
ANSWERED = {"answered", "machine", "abandoned"}
UNSENT_RETRY_AFTER_S = 5  # docs/campaigns.md: canceled, and never placed
# The two clocks are one machine's, but the views and the sandbox's file round to milliseconds.
ROUNDING_S = 0.0015


@dataclass(frozen=True)
class Violation:
    rule: str
    about: str  # attempt, contact or campaign
    number: str
    detail: str

    def __str__(self):
        return f"[{self.rule}] {self.about} {self.number}: {self.detail}"


def clock(at):
    if at is None or math.isinf(at):
        return "open"
    return datetime.fromtimestamp(at, timezone.utc).strftime("%H:%M:%S.%f")[:-3]


class Case:
    """The evidence, with each call joined to its attempt and each contact's attempts in order."""

    def __init__(self, history: History, rules: Rules):
        self.history, self.rules = history, rules
        self.attempts = {attempt.attempt_id: attempt for attempt in history.attempts}
        self.carrier = any(call.attempt is None for call in history.calls)
        by_number = defaultdict(list)
        for attempt in sorted(history.attempts, key=lambda attempt: attempt.claimed):
            by_number[attempt.number].append(attempt)
        self.pairs = [(call, self._attempt_of(call, by_number[call.number])) for call in history.calls]
        self.calls_of = defaultdict(list)
        for call, attempt in self.pairs:
            if attempt:
                self.calls_of[attempt.attempt_id].append(call)
        self.chains = defaultdict(list)  # of (campaign, contact)
        for attempt in sorted(history.attempts, key=lambda attempt: (attempt.claimed, attempt.attempt_id)):
            self.chains[attempt.campaign, attempt.contact_id].append(attempt)
        self.numbers_of = self._numbers_of_contacts()

    def _attempt_of(self, call, candidates):
        if call.attempt is not None:
            return self.attempts.get(call.attempt)
        # A witness that knows no ids: whichever attempt to this number was claimed last before the call.
        place = bisect.bisect_right([attempt.claimed for attempt in candidates], call.began + ROUNDING_S)
        return candidates[place - 1] if place else None

    def _numbers_of_contacts(self):
        """By the list, not the database: its primary number is how a contact is recognised."""
        lists = {}
        for campaign, rule in self.rules.campaigns.items():
            lists[campaign] = {numbers[0]: numbers for numbers in self.rules.lists[rule["list"]]}
        return lists

    def was_out(self, attempt):
        """Whether something was down while the attempt lived, or it was held up on its way."""
        return any(begin <= attempt.until and attempt.claimed <= end
                   for begin, end in self.rules.outages + self.rules.stalls)


def overlaps(items, begin, end):
    """Pairs of neighbours of which the second begins before an earlier one has ended."""
    last = None
    for item in sorted(items, key=begin):
        if last is not None and begin(item) + ROUNDING_S < end(last):
            yield last, item
        if last is None or end(item) > end(last):
            last = item


# --- rules of one call


def originated_at_most_once(case):
    for attempt_id, calls in case.calls_of.items():
        if len(calls) > 1:
            yield attempt_id, calls[0].number, f"{len(calls)} calls, at {', '.join(clock(c.began) for c in calls)}"


def claimed_before_it_began(case):
    for call, attempt in case.pairs:
        if attempt is None:
            yield call.attempt or "no attempt", call.number, f"call at {clock(call.began)} without a row"
        elif attempt.claimed > call.began + ROUNDING_S:
            yield (attempt.attempt_id, call.number,
                   f"claimed at {clock(attempt.claimed)}, after the call began at {clock(call.began)}")


def what_the_row_says_was_seen(case):
    """An attempt that was sent was seen, one that was not was not; number, trunk and server are the row's."""
    nobody_need_see = {"failed", "unreachable", "canceled"} if case.carrier else set()
    for attempt in case.history.attempts:
        calls = case.calls_of.get(attempt.attempt_id, ())
        sent = attempt.originated is not None and not attempt.not_sent
        if sent and not calls and attempt.disposition not in nobody_need_see:
            if not (attempt.disposition in ("lost", None) and case.was_out(attempt)):
                yield (attempt.attempt_id, attempt.number, f"originated at {clock(attempt.originated)}, settled "
                       f"{attempt.disposition} at {clock(attempt.ended)}, and the witness saw nothing")
        for call in calls:
            if not sent:
                yield attempt.attempt_id, attempt.number, f"not sent, says its row, but seen at {clock(call.began)}"
            for what in ("number", "trunk", "server"):
                told, seen = getattr(attempt, what), getattr(call, what)
                if told and seen and told != seen:
                    yield attempt.attempt_id, attempt.number, f"{what} {told} in its row, seen as {seen}"


def the_verdict_is_true(case):
    for attempt in case.history.attempts:
        if attempt.disposition in (None, "lost"):
            continue
        answered = any(call.answered for call in case.calls_of.get(attempt.attempt_id, ()))
        if answered != (attempt.disposition in ANSWERED):
            yield (attempt.attempt_id, attempt.number,
                   f"settled {attempt.disposition}, but it was {'' if answered else 'not '}answered")


def every_attempt_ends(case):
    for attempt in case.history.attempts:
        if attempt.ended is None or attempt.disposition is None:
            yield attempt.attempt_id, attempt.number, f"claimed at {clock(attempt.claimed)} and never ended"


# --- rules of a person


def nobody_is_in_two_calls(case):
    """No number and no contact, in any campaign: by the calls that were seen, and by the rows."""
    seen = [(call, attempt) for call, attempt in case.pairs if call.came_about]
    yield from _two_at_once(seen, "the number", lambda pair: pair[0].number)
    yield from _two_at_once([pair for pair in seen if pair[1]], "the contact", lambda pair: pair[1].contact_id)
    rows = [(attempt, attempt) for attempt in case.history.attempts]
    yield from _two_at_once(rows, "the number's rows", lambda pair: pair[0].number)
    yield from _two_at_once(rows, "the contact's rows", lambda pair: pair[0].contact_id)


def _two_at_once(pairs, whose, key):
    groups = defaultdict(list)
    for pair in pairs:
        groups[key(pair)].append(pair)
    for group in groups.values():
        for first, second in overlaps(group, lambda pair: _span(pair[0])[0], lambda pair: _span(pair[0])[1]):
            ids = " and ".join(attempt.attempt_id if attempt else "no attempt" for _, attempt in (first, second))
            spans = " and ".join("..".join(map(clock, _span(item))) for item, _ in (first, second))
            yield ids, second[0].number, f"two calls at once of {whose}: {spans}"


def _span(item):
    return (item.began if isinstance(item, Call) else item.claimed), item.until


def the_budget_is_kept(case):
    for (campaign, contact), chain in case.chains.items():
        most = case.rules.max_attempts(campaign)
        charged = 0
        for attempt in chain:
            if charged >= most:
                yield (attempt.attempt_id, attempt.number, f"contact {contact} of {campaign} had used up its {most} "
                       f"attempts when it was claimed at {clock(attempt.claimed)}")
            if attempt.disposition is None:
                continue
            owed = attempt.rang or attempt.disposition not in TECHNICAL | {"canceled"}
            charged += owed
            if owed != attempt.charged:
                yield (attempt.attempt_id, attempt.number,
                       f"settled {attempt.disposition}, rang {attempt.rang}, but charged {attempt.charged}")


def a_retry_follows_its_rule(case):
    """What may follow an attempt at all, and not before its delay has passed: by the rows and by the calls seen."""
    for (campaign, _), chain in case.chains.items():
        outcomes = Counter()
        for earlier, later in zip(chain, chain[1:]):
            kind = "technical" if earlier.disposition in TECHNICAL else earlier.disposition
            outcomes[kind] += 1
            problem, delay = _may_follow(case.rules, campaign, earlier, kind, outcomes[kind])
            if problem:
                yield later.attempt_id, later.number, f"{problem}; claimed at {clock(later.claimed)} all the same"
            else:
                yield from _too_early(case, earlier, later, delay)


def _may_follow(rules, campaign, earlier, kind, count):
    """(why nothing may follow, or None; the delay)."""
    if kind == "answered" or (kind in PERSON and rules.after_s(campaign, kind) is None):
        return f"nothing may follow {kind} at {clock(earlier.ended)}", 0
    if kind in PERSON | {"technical"} and count > rules.times(campaign, kind):
        return f"{kind} was retried {rules.times(campaign, kind)} times already", 0
    if kind is None or kind == "invalid_number":
        return None, 0
    if kind != "canceled":
        return None, rules.after_s(campaign, kind)
    if earlier.originated is None:
        return None, UNSENT_RETRY_AFTER_S
    if not earlier.rang:
        return None, rules.after_s(campaign, "technical")
    no_answer = rules.after_s(campaign, "no_answer")
    return None, rules.after_s(campaign, "lost") if no_answer is None else no_answer


def _too_early(case, earlier, later, delay):
    if later.claimed + ROUNDING_S < earlier.until + delay:
        yield (later.attempt_id, later.number,
               f"claimed at {clock(later.claimed)}, {later.claimed - earlier.until:.3f} s after {earlier.disposition} "
               f"at {clock(earlier.ended)}; {delay:g} s is its rule")
    first, second = case.calls_of.get(earlier.attempt_id), case.calls_of.get(later.attempt_id)
    if not first or not second:
        return
    # Where the end was not seen, only the beginning is known to have come before.
    since = first[-1].began if earlier.disposition == "lost" else first[-1].until
    if second[0].began + ROUNDING_S < since + delay:
        yield (later.attempt_id, later.number, f"rung at {clock(second[0].began)}, "
               f"{second[0].began - since:.3f} s after {earlier.disposition}; {delay:g} s is its rule")


def the_right_number_is_dialed(case):
    for (campaign, _), chain in case.chains.items():
        numbers = case.numbers_of[campaign].get(chain[0].number)
        if numbers is None:
            yield chain[0].attempt_id, chain[0].number, f"{campaign} begins with what is no contact's first number"
            continue
        position, invalid = 0, set()
        for attempt in chain:
            if position is None or attempt.number != numbers[position]:
                wanted = "none" if position is None else numbers[position]
                yield attempt.attempt_id, attempt.number, f"{wanted} was next, claimed at {clock(attempt.claimed)}"
                break
            if attempt.disposition == "invalid_number":
                invalid.add(position)
            if attempt.disposition in PERSON - {"busy"} | {"invalid_number"}:
                following = [place % len(numbers) for place in range(position + 1, position + 1 + len(numbers))]
                position = next((place for place in following if place not in invalid), None)


# --- rules of the whole


def _levels(case):
    """(name, its caps, the calls that count) of each level that has caps."""
    rules, calls = case.rules, case.pairs
    yield "site", rules.limits, calls
    for name, caps in rules.servers.items():
        yield f"server {name}", caps, [pair for pair in calls if pair[0].server == name]
    for name, caps in rules.trunks.items():
        yield f"trunk {name}", caps, [pair for pair in calls if pair[0].trunk == name]
    for name, campaign in rules.campaigns.items():
        yield f"campaign {name}", campaign["pacing"], [pair for pair in calls if pair[1] and pair[1].campaign == name]


def channels_are_capped(case):
    for name, caps, pairs in _levels(case):
        edges = sorted([(call.began + ROUNDING_S, 1, call) for call, _ in pairs if call.came_about]
                       + [(call.until, -1, call) for call, _ in pairs if call.came_about], key=lambda edge: edge[:2])
        level = 0
        for at, step, call in edges:
            level += step
            if step > 0 and level > caps.get("channels", math.inf):
                yield name, call.number, f"{level} calls at once at {clock(at)}; {caps['channels']} are allowed"
                break  # of one flood, the first drop


def rates_are_capped(case):
    window_s = 1.0 - case.rules.jitter_s
    for name, caps, pairs in _levels(case):
        if "originates_per_second" not in caps:
            continue
        most = math.ceil(caps["originates_per_second"])
        calls = sorted((call for call, attempt in pairs if not _held_up(case.rules, call, attempt)),
                       key=lambda call: call.began)
        for first, last in zip(calls, calls[most:]):
            if last.began - first.began < window_s:
                yield (name, last.number, f"{most + 1} calls in {last.began - first.began:.3f} s, from "
                       f"{clock(first.began)} on; {most} a second are allowed")
                break


def _held_up(rules, call, attempt):
    """Sent or seen while something was held up: then when it was seen does not tell when it was sent."""
    sent = call.began if attempt is None or attempt.originated is None else attempt.originated
    return any(begin - rules.jitter_s <= at <= end + rules.jitter_s for begin, end in rules.stalls
               for at in (sent, call.began))


def a_paused_campaign_sends_nothing(case):
    for campaign, begin, end in case.rules.pauses:
        for call, attempt in case.pairs:
            if attempt and attempt.campaign == campaign and begin + case.rules.jitter_s <= call.began < end:
                yield (attempt.attempt_id, call.number, f"called at {clock(call.began)}, while {campaign} was paused "
                       f"from {clock(begin)} to {clock(end)}")


def contacts_are_conserved(case):
    """Each contact of the list is in exactly one state, and all counts agree."""
    history, rules = case.history, case.rules
    live = Counter((attempt.campaign, attempt.contact_id) for attempt in history.attempts if attempt.ended is None)
    for campaign, rule in rules.campaigns.items():
        rows = [row for row in history.statuses if row["campaign"] == campaign]
        wanted = len(rules.lists[rule["list"]])
        if len(rows) != wanted or len({row["contact_id"] for row in rows}) != wanted:
            yield campaign, "", f"{len(rows)} rows of contact_status for {wanted} contacts"
        for row in rows:
            yield from _contact_is_sound(case, row, live[campaign, row["contact_id"]])
        progress = [row for row in history.progress if row["campaign"] == campaign]
        if len(progress) != 1:
            yield campaign, "", f"{len(progress)} rows of campaign_progress"
            continue
        states = Counter(row["state"] for row in rows)
        made = [attempt for attempt in history.attempts if attempt.campaign == campaign]
        counted = {"contacts": wanted, "done": states["done"], "in_call": states["in_call"], "attempts": len(made)}
        # A contact may become ready between the two queries of one snapshot.
        counted_together = states["ready"] + states["waiting"]
        told = progress[0]
        for what, count in counted.items():
            if told[what] != count:
                yield campaign, "", f"campaign_progress tells {told[what]} {what}, counted are {count}"
        if told["ready"] + told["waiting"] != counted_together:
            yield campaign, "", f"{told['ready']} ready and {told['waiting']} waiting, counted are {counted_together}"
        ended = Counter(attempt.disposition for attempt in made if attempt.disposition)
        summary = {row["disposition"]: row["attempts"] for row in history.summary if row["campaign"] == campaign}
        if summary != ended:
            yield campaign, "", f"disposition_summary tells {summary}, counted are {dict(ended)}"


def _contact_is_sound(case, row, live):
    about, number = f"contact {row['contact_id']} of {row['campaign']}", row["number"] or ""
    chain = case.chains.get((row["campaign"], row["contact_id"]), ())
    if row["state"] not in STATES:
        yield about, number, f"its state is {row['state']}"
    if (row["state"] == "in_call") != bool(live):
        yield about, number, f"it is {row['state']} with {live} live attempts"
    if row["reason"] is None:
        yield about, number, f"it is {row['state']} without a reason"
    if row["attempts"] != len(chain):
        yield about, number, f"{row['attempts']} attempts are told, {len(chain)} are there"
    if row["state"] != "done" and any(attempt.disposition == "answered" for attempt in chain):
        yield about, number, f"it was reached and is {row['state']}"


RULES = (originated_at_most_once, claimed_before_it_began, what_the_row_says_was_seen, the_verdict_is_true,
         every_attempt_ends, nobody_is_in_two_calls, the_budget_is_kept, a_retry_follows_its_rule,
         the_right_number_is_dialed, channels_are_capped, rates_are_capped, a_paused_campaign_sends_nothing,
         contacts_are_conserved)


def measured_jitter_s(history: History, rules: Rules, least_s=0.1, most_s=0.3) -> float:
    """How unevenly calls were on their way to the witness on this machine today, of those that nothing held up. Rates
    are only judged as finely as that; `most_s` keeps them judged at all."""
    case = Case(history, rules)
    delays = [call.began - attempt.originated for call, attempt in case.pairs
              if attempt and attempt.originated is not None and not case.was_out(attempt)]
    return min(most_s, max(least_s, max(delays) - min(delays))) if delays else least_s


def check(history: History, rules: Rules) -> list:
    """Every violation of every rule, each named."""
    case = Case(history, rules)
    return [Violation(rule.__name__, *found) for rule in RULES for found in rule(case)]
