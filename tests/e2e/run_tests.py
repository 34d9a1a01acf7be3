#!/usr/bin/python3
"""Runs the named unittest modules or classes of this folder.

Exit codes: 0 passed, 1 failed, 77 all were skipped or none ran.

  run_tests.py test_witness
  run_tests.py test_telephony.Asterisk22 -v
"""

import argparse
import sys
import unittest
from pathlib import Path

SKIPPED = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    suite = unittest.defaultTestLoader.loadTestsFromNames(arguments.names)
    result = unittest.TextTestRunner(verbosity=2 if arguments.verbose else 1).run(suite)
    for test, reason in result.skipped:
        print(f"SKIPPED {test}: {reason}", file=sys.stderr)
    if not result.wasSuccessful():
        return 1
    # A class skipped as a whole counts as one skip and no test run.
    return SKIPPED if result.testsRun <= len(result.skipped) else 0


if __name__ == "__main__":
    sys.exit(main())
