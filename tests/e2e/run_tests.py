#!/usr/bin/python3
"""Runs the named unittest modules or classes of this folder, and ends with a line that scripts/test counts.

  run_tests.py test_witness
  run_tests.py test_telephony.Asterisk22 -v

Exit codes: 0 passed, 1 failed, 77 nothing ran (all was skipped).
"""

import argparse
import sys
import unittest
from pathlib import Path

SKIPPED = 77


class CountingResult(unittest.TextTestResult):
    """unittest's own `testsRun` counts skipped tests in, but a class skipped as a whole out."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    suite = unittest.defaultTestLoader.loadTestsFromNames(arguments.names)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2 if arguments.verbose else 1,
                                     resultclass=CountingResult)
    result = runner.run(suite)
    # A test may fail in several parts; it is one failed test.
    failed = len({getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors})
    for test, reason in result.skipped:
        print(f"SKIPPED {test}: {reason}")
    print(f"counts: {result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    if not result.wasSuccessful():
        return 1
    return 0 if result.passed else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
