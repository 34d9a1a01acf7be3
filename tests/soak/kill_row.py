#!/usr/bin/python3
"""One run of a kill loop of tests/e2e, with as many kills as wanted and another seed, for scripts/soak.

Its last line is JSON: {"row": ..., "done": KILLS, "violations": N}. Exit codes: 0 fine, 1 violations, 77 it cannot run
here.
"""

import argparse
import json
import os
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "e2e"
MODULES = {"kill_sandbox": "test_kill_loop", "kill_asterisk": "test_kill_asterisk"}
CANNOT_RUN = 77


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("row", choices=MODULES)
    parser.add_argument("--kills", type=int, required=True, help="in the test of random kills; others kill a few more")
    parser.add_argument("--seed", type=int, required=True)
    arguments = parser.parse_args()
    os.environ.update(OUTDIAL_KILLS=str(arguments.kills), OUTDIAL_SEED=str(arguments.seed))
    sys.path.insert(0, str(TESTS))
    import kill_loop  # reads its environment when it is loaded, as do the tests

    suite = unittest.defaultTestLoader.loadTestsFromName(MODULES[arguments.row])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    # A test that fails without a violation of the checker's has found something stuck: that is one as well.
    violations = max(kill_loop.totals["violations"], len(result.failures) + len(result.errors))
    print(json.dumps({"row": arguments.row, "done": kill_loop.totals["kills"], "violations": violations}), flush=True)
    if result.skipped and not kill_loop.totals["kills"] and not violations:
        return CANNOT_RUN
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
