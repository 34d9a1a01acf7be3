#!/usr/bin/python3
"""The expectation itself, by examples worked out by hand. Needs no Asterisk."""

import unittest

import fates
from expectation import expected_attempts

RETRY = {"max_attempts": 4, "busy": {"times": 3}, "no_answer": {"times": 2}, "technical": {"times": 3}}


def dispositions(*numbers, version="22", retry=None):
    return [disposition for _, disposition in expected_attempts(
        numbers, fates.disposition_on(version), {**RETRY, **(retry or {})})]


def attempts(*numbers):
    return expected_attempts(numbers, fates.disposition_on("22"), RETRY)


class Expectation(unittest.TestCase):
    def test_an_answer_ends_it(self):
        self.assertEqual(dispositions("1201"), ["answered"])

    def test_so_many_retries_of_a_kind_and_no_more(self):
        self.assertEqual(dispositions("1217"), ["busy"] * 4)
        self.assertEqual(dispositions("1219"), ["no_answer"] * 3)
        self.assertEqual(dispositions("1234"), ["congestion"] * 4)

    def test_an_outcome_without_a_rule_ends_it(self):
        self.assertEqual(dispositions("1216"), ["declined"])

    def test_the_budget_counts_the_person_and_not_the_trunk(self):
        self.assertEqual(dispositions("1274"), ["congestion", "congestion", "busy", "no_answer", "answered"])
        self.assertEqual(dispositions("1274", retry={"max_attempts": 2}),
                         ["congestion", "congestion", "busy", "no_answer"])

    def test_an_invalid_number_gives_way_to_the_next(self):
        self.assertEqual(attempts("1211", "1301"),
                         [("1211", "invalid_number"), ("1301", "answered")])

    def test_busy_stays_with_its_number_and_no_answer_goes_on(self):
        self.assertEqual([number for number, _ in attempts("1217", "1301")], ["1217"] * 4)
        self.assertEqual([number for number, _ in attempts("1219", "1301")], ["1219", "1301"])

    def test_asterisk_16_cannot_tell_a_refusal_from_a_decline(self):
        self.assertEqual(dispositions("1221"), ["rejected"] * 4)
        self.assertEqual(dispositions("1221", version="16"), ["declined"])


if __name__ == "__main__":
    unittest.main()
