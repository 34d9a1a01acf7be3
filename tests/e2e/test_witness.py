#!/usr/bin/python3
"""What the tests compute from the carrier's records, checked by hand-made records. Needs no Asterisk."""

import tempfile
import unittest
from pathlib import Path

import fates
import witness
from witness import Call


def call(start, end=None, number="1", answer=0.0):
    return Call(number, start, answer, end if end is not None else start + 0.1, "BUSY", "a", "2", "u")


class Witness(unittest.TestCase):
    def test_a_sliding_second_is_found_wherever_it_begins(self):
        # Two in each second of the clock, but four between 0.9 and 1.2.
        calls = [call(0.9), call(0.95), call(1.1), call(1.2)]
        self.assertEqual(witness.most_in_any_second(calls), 4)

    def test_calls_exactly_one_second_apart_are_not_in_one_second(self):
        self.assertEqual(witness.most_in_any_second([call(10.0), call(11.0), call(12.0)]), 1)
        self.assertEqual(witness.most_in_any_second([call(10.0), call(10.999)]), 2)

    def test_no_calls_make_no_rate(self):
        self.assertEqual(witness.most_in_any_second([]), 0)
        self.assertEqual(witness.most_at_once([]), 0)
        self.assertEqual(witness.calls_per_second([call(1.0)]), 0.0)

    def test_calls_at_once_count_overlaps_and_not_neighbours(self):
        self.assertEqual(witness.most_at_once([call(0, 5), call(1, 2), call(2, 3), call(4, 6)]), 2)

    def test_the_long_run_rate_counts_intervals(self):
        self.assertAlmostEqual(witness.calls_per_second([call(0.0), call(0.5), call(1.0)]), 2.0)

    def test_a_record_is_read_to_the_microsecond_with_its_trunk(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calls.csv"
            path.write_text('"1217","1763845201.123456","","1763845202.5","BUSY","5011","1800","u1"\n')
            record, = witness.read(path, {"5011": "carrier-a"})
        self.assertEqual((record.start, record.answered, record.talk_s, record.trunk),
                         (1763845201.123456, False, 0.0, "carrier-a"))

    def test_a_damaged_record_is_an_error_and_never_skipped(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calls.csv"
            path.write_text('"1217","17')
            with self.assertRaises(ValueError):
                witness.read(path, {})


class Fates(unittest.TestCase):
    def test_a_sequence_moves_on_with_each_call_and_stays_at_its_last_fate(self):
        self.assertEqual([fates.fate_of("1270", n).disposition for n in (1, 2, 3)], ["busy", "answered", "answered"])

    def test_every_sequence_ends_in_a_known_fate(self):
        for sequence in fates.SEQUENCES.values():
            for code in sequence.fates:
                self.assertIn(code, fates.FATES)


if __name__ == "__main__":
    unittest.main()
