#!/usr/bin/python3
"""The checker can fail: an honest history passes, and each planted violation of each rule is found under its name."""

import csv
import sqlite3
import tempfile
import unittest
from collections import Counter
from dataclasses import replace
from pathlib import Path

import checker
import history
from campaign_rules import Rules
from checker import check
from history import Attempt, Call, History

T0 = 1_800_000_000.0
FIRST, SECOND, OTHER = "+12125550101", "+12125550102", "+12125550201"
RETRY = {"max_attempts": 3, "busy": {"after": "10s", "times": 1}, "no_answer": {"after": "20s", "times": 2},
         "technical": {"after": "5s", "times": 1}, "lost": {"after": "60s"}}


class Story:
    """A history that is told attempt by attempt; what is not told otherwise is as it should be."""

    def __init__(self, **rules):
        campaign = {"list": "people", "trunks": ["carrier-a"], "retry": RETRY,
                    "pacing": {"originates_per_second": 2, "channels": 2}}
        self.rules = Rules(**{"campaigns": {"c": campaign}, "lists": {"people": [[FIRST, SECOND], [OTHER]]},
                              "trunks": {"carrier-a": {"originates_per_second": 10, "channels": 10}},
                              "servers": {"pbx1": {"originates_per_second": 10, "channels": 10}},
                              "limits": {"originates_per_second": 10, "channels": 10}, **rules})
        self.calls, self.attempts = [], []

    def attempt(self, at, number, disposition, lasts=2.0, contact=1, call=True, campaign="c", **changes):
        """One attempt and the call that was seen of it. `changes` are to the attempt."""
        answered = disposition in checker.ANSWERED
        unsent = disposition == "canceled"
        attempt = Attempt(
            attempt_id=f"{len(self.attempts):032x}", campaign=campaign, contact_id=contact, number=number,
            claimed=T0 + at, disposition=disposition, ended=T0 + at + lasts,
            originated=None if unsent else T0 + at + 0.01, rang=answered or disposition in ("no_answer", "busy"), trunk="carrier-a", server="pbx1",
            charged=disposition not in checker.TECHNICAL | {"canceled"})
        attempt = replace(attempt, **changes)
        self.attempts.append(attempt)
        if call and not unsent:
            self.calls.append(Call(number, T0 + at + 0.02, T0 + at + lasts - 0.02, T0 + at + 1 if answered else None,
                                   attempt.attempt_id, "pbx1", "carrier-a"))
        return attempt

    def call(self, at, number, lasts=2.0, attempt=None, **changes):
        call = Call(number, T0 + at, T0 + at + lasts, None, attempt, "pbx1", "carrier-a")
        self.calls.append(replace(call, **changes))

    def history(self):
        """With the views that go with the attempts."""
        statuses, progress, summary = [], [], []
        for campaign, rule in self.rules.campaigns.items():
            made = [attempt for attempt in self.attempts if attempt.campaign == campaign]
            rows = []
            for contact, numbers in enumerate(self.rules.lists[rule["list"]], 1):
                chain = [attempt for attempt in made if attempt.contact_id == contact]
                live = any(attempt.ended is None for attempt in chain)
                done = any(attempt.disposition == "answered" for attempt in chain)
                state = "in_call" if live else "done" if done else "waiting" if chain else "ready"
                rows.append({"campaign": campaign, "contact_id": contact, "state": state, "reason": "because",
                             "attempts": len(chain), "number": numbers[0]})
            states = Counter(row["state"] for row in rows)
            progress.append({"campaign": campaign, "contacts": len(rows), "attempts": len(made),
                             **{state: states[state] for state in checker.STATES}})
            statuses += rows
            ended = Counter(attempt.disposition for attempt in made if attempt.disposition)
            summary += [{"campaign": campaign, "disposition": key, "attempts": count} for key, count in ended.items()]
        return History(sorted(self.calls, key=lambda call: call.began), self.attempts, statuses, progress, summary)

    def found(self):
        return {violation.rule for violation in check(self.history(), self.rules)}


def honest(**rules):
    """Busy, then nobody answers, then the second number answers; the other contact meets a full trunk, then answers."""
    story = Story(**rules)
    story.attempt(0, FIRST, "busy")
    story.attempt(1, OTHER, "congestion", contact=2)
    story.attempt(9, OTHER, "answered", contact=2)
    story.attempt(13, FIRST, "no_answer")
    story.attempt(40, SECOND, "answered")
    return story


class Honest(unittest.TestCase):
    def test_an_honest_history_has_no_violation(self):
        story = honest()
        self.assertEqual(check(story.history(), story.rules), [])

    def test_nor_has_an_honest_one_by_a_carrier_that_knows_no_ids(self):
        story = honest()
        story.calls = [replace(call, attempt=None) for call in story.calls]
        story.attempt(60, "+12125550301", "failed", contact=3, call=False)
        story.rules.lists["people"].append(["+12125550301"])
        self.assertEqual(check(story.history(), story.rules), [])

    def test_a_lost_attempt_need_not_have_been_seen_where_something_was_down(self):
        story = Story(outages=[(T0 + 0.5, T0 + 1)])
        story.attempt(0, FIRST, "lost", call=False)
        self.assertEqual(check(story.history(), story.rules), [])

    def test_a_claim_that_was_never_sent_need_not_have_been_seen(self):
        story = Story()
        story.attempt(0, FIRST, "canceled")
        story.attempt(8, FIRST, "answered")
        self.assertEqual(check(story.history(), story.rules), [])

    def test_calls_that_a_stall_held_up_arrive_at_once_and_exceed_no_rate(self):
        story = Story(stalls=[(T0 - 1, T0 + 0.3)])
        story.rules.campaigns["c"]["pacing"]["channels"] = 10
        story.rules.lists["people"] = [[f"+1212555{index:04}"] for index in range(9)]
        for index in range(9):
            story.attempt(index / 1000, f"+1212555{index:04}", "answered", contact=index + 1)
        self.assertEqual(story.found(), set())


class Planted(unittest.TestCase):
    """One lie each. What else is wrong with it may be found too, but its own rule must speak."""

    def assert_found(self, story, rule, in_detail=""):
        violations = [violation for violation in check(story.history(), story.rules) if violation.rule == rule.__name__]
        self.assertTrue(violations, f"{rule.__name__} is silent; found were {story.found()}")
        self.assertTrue(any(in_detail in str(violation) for violation in violations), list(map(str, violations)))

    def test_two_originates_of_one_attempt(self):
        story = honest()
        story.call(70, FIRST, attempt=story.attempts[0].attempt_id)
        self.assert_found(story, checker.originated_at_most_once, "2 calls")

    def test_two_calls_for_one_attempt_by_a_carrier_that_knows_no_ids(self):
        story = honest()
        story.calls = [replace(call, attempt=None) for call in story.calls]
        story.call(3, FIRST)
        self.assert_found(story, checker.originated_at_most_once, FIRST)

    def test_a_refused_originate_is_sent_again(self):
        story = honest()
        story.call(70, FIRST, attempt=story.attempts[0].attempt_id, came_about=False)
        self.assert_found(story, checker.originated_at_most_once)

    def test_a_call_without_a_row(self):
        story = honest()
        story.call(70, FIRST, attempt="f" * 32)
        self.assert_found(story, checker.claimed_before_it_began, "without a row")
        story = honest()
        story.calls = [replace(call, attempt=None) for call in story.calls]
        story.call(-5, FIRST)
        self.assert_found(story, checker.claimed_before_it_began, "without a row")

    def test_a_row_written_after_its_call(self):
        story = honest()
        story.attempts[-1] = replace(story.attempts[-1], claimed=T0 + 40.1)
        self.assert_found(story, checker.claimed_before_it_began, "claimed at")

    def test_a_row_that_says_originated_and_nobody_saw_it(self):
        for disposition in ("answered", "lost", "no_answer"):
            story = Story()
            story.attempt(0, FIRST, disposition, call=False)
            self.assert_found(story, checker.what_the_row_says_was_seen, "saw nothing")

    def test_an_outage_excuses_lost_attempts_of_its_time_only(self):
        story = Story(outages=[(T0 + 30, T0 + 31)])
        story.attempt(0, FIRST, "lost", call=False)
        self.assert_found(story, checker.what_the_row_says_was_seen)
        story = Story(outages=[(T0 + 0.5, T0 + 1)])
        story.attempt(0, FIRST, "busy", call=False)
        self.assert_found(story, checker.what_the_row_says_was_seen)

    def test_a_row_that_says_not_sent_and_a_call_was_seen(self):
        story = honest()
        story.attempts[0] = replace(story.attempts[0], originated=None)
        self.assert_found(story, checker.what_the_row_says_was_seen, "not sent")
        story = honest()
        story.attempts[0] = replace(story.attempts[0], not_sent=True)
        self.assert_found(story, checker.what_the_row_says_was_seen, "not sent")

    def test_another_number_trunk_or_server_than_the_row_says(self):
        for change in ({"number": OTHER}, {"trunk": "carrier-b"}, {"server": "pbx2"}):
            story = honest()
            story.calls[0] = replace(story.calls[0], **change)
            self.assert_found(story, checker.what_the_row_says_was_seen, next(iter(change)))

    def test_a_verdict_that_is_not_true(self):
        story = honest()
        story.calls[0] = replace(story.calls[0], answered=T0 + 1)
        self.assert_found(story, checker.the_verdict_is_true, "settled busy")
        story = honest()
        story.calls[-1] = replace(story.calls[-1], answered=None)
        self.assert_found(story, checker.the_verdict_is_true, "not answered")

    def test_an_attempt_that_never_ends(self):
        story = honest()
        story.attempts[-1] = replace(story.attempts[-1], ended=None, disposition=None)
        self.assert_found(story, checker.every_attempt_ends, "never ended")

    def test_a_number_in_two_calls_at_once_by_two_campaigns(self):
        story = honest()
        story.rules.campaigns["d"] = {**story.rules.campaigns["c"], "list": "others"}
        story.rules.lists["others"] = [["+12125550901"], ["+12125550902"], [FIRST]]
        story.attempt(1, FIRST, "busy", contact=3, campaign="d", claimed=T0 + 1)
        self.assert_found(story, checker.nobody_is_in_two_calls, "of the number:")
        self.assert_found(story, checker.nobody_is_in_two_calls, "of the number's rows:")

    def test_two_calls_at_once_that_the_rows_hide(self):
        story = honest()
        story.calls[0] = replace(story.calls[0], ended=T0 + 13.5)
        self.assert_found(story, checker.nobody_is_in_two_calls, "of the number:")

    def test_a_contact_in_two_calls_at_once_by_its_two_numbers(self):
        story = honest()
        story.attempt(1, SECOND, "busy")
        self.assert_found(story, checker.nobody_is_in_two_calls, "of the contact:")
        self.assert_found(story, checker.nobody_is_in_two_calls, "of the contact's rows:")

    def test_one_attempt_beyond_the_budget(self):
        story = Story()
        for index, disposition in enumerate(["busy", "no_answer", "no_answer", "answered"]):
            story.attempt(30 * index, (FIRST, FIRST, SECOND, FIRST)[index], disposition)
        self.assert_found(story, checker.the_budget_is_kept, "had used up its 3")

    def test_a_charge_that_is_not_owed_and_one_that_is_forgotten(self):
        story = honest()
        story.attempts[1] = replace(story.attempts[1], charged=True)
        self.assert_found(story, checker.the_budget_is_kept, "congestion")
        story = honest()
        story.attempts[0] = replace(story.attempts[0], charged=False)
        self.assert_found(story, checker.the_budget_is_kept, "busy")

    def test_a_trunk_failure_that_rang_is_charged(self):
        story = honest()
        story.attempts[1] = replace(story.attempts[1], rang=True)
        self.assert_found(story, checker.the_budget_is_kept, "congestion")

    def test_a_retry_before_its_time(self):
        for disposition, delay in (("busy", 10), ("no_answer", 20), ("congestion", 5), ("lost", 60)):
            story = Story()
            story.attempt(0, FIRST, disposition)
            story.attempt(2 + delay - 0.5, SECOND if disposition == "no_answer" else FIRST, "answered")
            self.assert_found(story, checker.a_retry_follows_its_rule, disposition)
            story.attempts[-1] = replace(story.attempts[-1], claimed=T0 + 2 + delay)
            story.calls[-1] = replace(story.calls[-1], began=T0 + 2 + delay + 0.02, ended=T0 + 2 + delay + 3)
            self.assertNotIn(checker.a_retry_follows_its_rule.__name__, story.found())

    def test_a_retry_before_its_time_that_the_rows_hide(self):
        story = honest()
        story.calls[0] = replace(story.calls[0], ended=T0 + 5)
        self.assert_found(story, checker.a_retry_follows_its_rule, "rung at")

    def test_an_unsent_claim_retried_at_once(self):
        story = Story()
        story.attempt(0, FIRST, "canceled")
        story.attempt(3, FIRST, "answered")
        self.assert_found(story, checker.a_retry_follows_its_rule, "canceled")

    def test_an_attempt_after_an_answer_or_an_outcome_without_a_rule(self):
        for disposition in ("answered", "declined"):
            story = Story()
            story.attempt(0, FIRST, disposition)
            story.attempt(500, FIRST if disposition == "answered" else SECOND, "answered")
            self.assert_found(story, checker.a_retry_follows_its_rule, f"nothing may follow {disposition}")

    def test_more_retries_of_a_kind_than_its_rule_has(self):
        for disposition in ("busy", "unreachable"):
            story = Story()
            for index in range(3):
                story.attempt(100 * index, FIRST, disposition)
            self.assert_found(story, checker.a_retry_follows_its_rule, "1 times already")

    def test_the_wrong_number_next(self):
        for disposition, right, wrong in (("busy", FIRST, SECOND), ("no_answer", SECOND, FIRST),
                                          ("invalid_number", SECOND, FIRST), ("lost", FIRST, SECOND)):
            story = Story()
            story.attempt(0, FIRST, disposition)
            story.attempt(100, wrong, "answered")
            self.assert_found(story, checker.the_right_number_is_dialed, right)

    def test_an_invalid_number_dialed_again(self):
        story = Story()
        story.attempt(0, FIRST, "invalid_number")
        story.attempt(10, SECOND, "no_answer")
        story.attempt(100, FIRST, "answered")
        self.assert_found(story, checker.the_right_number_is_dialed, f"{SECOND} was next")

    def test_a_number_of_nobody(self):
        story = Story()
        story.attempt(0, "+12125559999", "answered")
        self.assert_found(story, checker.the_right_number_is_dialed, "no contact's first")

    LEVELS = ("site", "server pbx1", "trunk carrier-a", "campaign c")

    def story_with_caps(self, level, calls, spacing_s, **caps):
        """So many calls this far apart, under the given caps at one level and none anywhere else."""
        story = Story()
        wide = {"originates_per_second": 100, "channels": 100}
        story.rules.limits = story.rules.trunks["carrier-a"] = story.rules.servers["pbx1"] = wide
        story.rules.campaigns["c"]["pacing"] = wide
        narrow = {**wide, **caps}
        if level == "site":
            story.rules.limits = narrow
        elif level.startswith("server"):
            story.rules.servers["pbx1"] = narrow
        elif level.startswith("trunk"):
            story.rules.trunks["carrier-a"] = narrow
        else:
            story.rules.campaigns["c"]["pacing"] = narrow
        story.rules.lists["people"] = [[f"+1212555{index:04}"] for index in range(calls)]
        for index in range(calls):
            story.attempt(index * spacing_s, f"+1212555{index:04}", "answered", contact=index + 1)
        return story

    def test_one_call_too_many_at_once_at_each_level(self):
        for level in self.LEVELS:
            with self.subTest(level=level):
                story = self.story_with_caps(level, 4, 0.6, channels=3)
                self.assert_found(story, checker.channels_are_capped, level)
                story = self.story_with_caps(level, 4, 0.6, channels=4)
                self.assertEqual(story.found(), set())

    def test_one_call_too_many_in_a_sliding_second_at_each_level(self):
        for level in self.LEVELS:
            with self.subTest(level=level):
                story = self.story_with_caps(level, 4, 0.28, originates_per_second=3)
                self.assert_found(story, checker.rates_are_capped, level)
                story = self.story_with_caps(level, 4, 0.34, originates_per_second=3)
                self.assertEqual(story.found(), set())

    def test_refused_originates_count_for_the_rate(self):
        story = self.story_with_caps("site", 4, 0.28, originates_per_second=3)
        story.calls = [replace(call, came_about=False, answered=None) for call in story.calls]
        self.assert_found(story, checker.rates_are_capped, "site")

    def test_a_call_of_a_paused_campaign(self):
        story = honest(pauses=[("c", T0 + 30, T0 + 41)])
        self.assert_found(story, checker.a_paused_campaign_sends_nothing, "while c was paused")
        self.assertEqual(honest(pauses=[("c", T0 + 30, T0 + 39), ("d", T0, T0 + 60)]).found(), set())


class Conservation(unittest.TestCase):
    def assert_found(self, change, in_detail):
        story = honest()
        told = story.history()
        change(told)
        found = [str(violation) for violation in check(told, story.rules)
                 if violation.rule == checker.contacts_are_conserved.__name__]
        self.assertTrue(any(in_detail in text for text in found), found)

    def test_a_contact_is_missing_or_told_twice(self):
        self.assert_found(lambda told: told.statuses.pop(), "rows of contact_status")
        self.assert_found(lambda told: told.statuses.append(dict(told.statuses[0])), "rows of contact_status")

    def test_a_state_that_there_is_not_or_without_a_reason(self):
        self.assert_found(lambda told: told.statuses[0].update(state="gone"), "its state is gone")
        self.assert_found(lambda told: told.statuses[0].update(reason=None), "without a reason")

    def test_in_call_without_a_call_and_a_call_without_in_call(self):
        self.assert_found(lambda told: told.statuses[0].update(state="in_call"), "with 0 live attempts")
        self.assert_found(lambda told: told.attempts.__setitem__(0, replace(told.attempts[0], ended=None)),
                          "with 1 live attempts")

    def test_a_contact_that_was_reached_and_is_not_done(self):
        self.assert_found(lambda told: told.statuses[0].update(state="waiting"), "it was reached")

    def test_counts_that_do_not_add_up(self):
        for what in ("contacts", "done", "in_call", "attempts", "ready"):
            self.assert_found(lambda told, what=what: told.progress[0].update({what: 77}), "77")
        self.assert_found(lambda told: told.statuses[0].update(attempts=9), "9 attempts are told")
        self.assert_found(lambda told: told.summary.pop(), "disposition_summary")
        self.assert_found(lambda told: told.progress.clear(), "rows of campaign_progress")


class Jitter(unittest.TestCase):
    def jitter_s(self, delays, **rules):
        story = Story(**rules)
        for index, delay in enumerate(delays):
            attempt = story.attempt(10 * index, FIRST, "answered")
            story.calls[-1] = replace(story.calls[-1], began=attempt.originated + delay)
        return checker.measured_jitter_s(story.history(), story.rules)

    def test_it_is_the_spread_of_the_ways_to_the_witness_within_bounds(self):
        self.assertAlmostEqual(self.jitter_s([0.01, 0.21, 0.1]), 0.2, places=5)
        self.assertEqual(self.jitter_s([0.5, 0.51]), 0.1)
        self.assertEqual(self.jitter_s([0.0, 0.9]), 0.3)
        self.assertEqual(self.jitter_s([]), 0.1)

    def test_what_was_held_up_tells_nothing_of_it(self):
        self.assertEqual(self.jitter_s([0.01, 0.9, 0.02], stalls=[(T0 + 10, T0 + 11)]), 0.1)


class EveryRule(unittest.TestCase):
    def test_every_rule_has_a_planted_violation(self):
        text = Path(__file__).read_text()
        for rule in checker.RULES:
            planted = text.count(f"checker.{rule.__name__}, ") + text.count(f"checker.{rule.__name__}.__name__]")
            self.assertGreaterEqual(planted, 1, rule.__name__)


class Reading(unittest.TestCase):
    def test_the_sandboxs_file_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "witness.csv"
            columns = ("received_at_ms", "number", "endpoint", "end", "answered_at_ms", "ended_at_ms", "channel_id")
            with open(path, "w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(columns)
                writer.writerow((1800000000123, "12125550101", "carrier-a", "hung-up-by-far-end", 1800000001000,
                                 1800000002000, "a" * 32))
                writer.writerow((1800000000124, "12125550102", "carrier-a", "refused", "", "", "b" * 32))
            first, second = history.calls_of_sandbox(path, "pbx1")
        self.assertEqual(first, Call("+12125550101", T0 + 0.123, T0 + 2, T0 + 1, "a" * 32, "pbx1", "carrier-a"))
        self.assertEqual((second.came_about, second.ended, second.answered), (False, None, None))

    def test_the_views_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "outdial.db"
            schema = Path(__file__).resolve().parents[2] / "schema/001_initial.sql"
            connection = sqlite3.connect(path)
            connection.executescript(schema.read_text())
            connection.executescript(f"""
                insert into call_list values (1, 'people'); insert into campaign (campaign_id, name, list_id,
                taken_through) values (1, 'c', 1, 7); insert into contact (contact_id, list_id) values (7, 1);
                insert into contact_number values (7, 0, 1, '{FIRST}', 1);
                insert into campaign_contact (campaign_id, contact_id, state, attempts, charged, reason)
                values (1, 7, 'done', 1, 1, 'busy');
                insert into attempt (attempt_id, campaign_id, contact_id, position, number, trunk, server, claimed_at,
                originated_at, ringing_at, ended_at, disposition, charged) values ('{"a" * 32}', 1, 7, 0, '{FIRST}',
                'carrier-a', 'pbx1', 1800000000123, 1800000000200, 1800000000300, 1800000000999, 'busy', 1);""")
            connection.close()
            told = history.read_database(path, [])
        self.assertEqual(told.attempts, [Attempt("a" * 32, "c", 7, FIRST, T0 + 0.123, "busy", T0 + 0.999, T0 + 0.2,
                                                 True, True, False, "carrier-a", "pbx1")])
        self.assertEqual([row["state"] for row in told.statuses], ["done"])
        self.assertEqual((told.progress[0]["contacts"], told.summary[0]["attempts"]), (1, 1))


if __name__ == "__main__":
    unittest.main()
