#!/usr/bin/python3
"""The whole program at full speed: a call list imported and dialed through the sandbox, each attempt committed
before it is sent.

The daemon is held to one processor and the sandbox to another, so that what is measured is the daemon. Prints the same JSON as
Google Benchmark, which scripts/bench puts into its table. Run by itself:

  OUTDIAL_PROGRAM=build/release/outdial tests/bench/campaign_bench.py [CONTACTS]
"""

import datetime
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from outdial import Outdial  # noqa: E402
from sandbox import Sandbox  # noqa: E402

CONTACTS = 60_000
# Above what is asked for, so that the caps do not decide what is measured.
RATE, CHANNELS = 10_000, 100_000
TIME_LIMIT_S = 600
AREAS = (212, 646, 718, 917, 347, 213, 310, 312, 415, 512, 617, 702, 713)  # each with room for 80,000 numbers
# The ramp at both ends is not the sustained rate.
MEASURED_SHARE = 0.8


def pin(pid, processor):
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {processors[processor % len(processors)]})
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {processors[processor % len(processors)]})


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sustained_rate(attempts):
    """Originates a second over the middle of the run."""
    instants = sorted(datetime.datetime.fromisoformat(row["originated_at"]).timestamp() for row in attempts)
    cut = int(len(instants) * (1 - MEASURED_SHARE) / 2)
    middle = instants[cut:len(instants) - cut]
    return (len(middle) - 1) / (middle[-1] - middle[0])


def number(index):
    """Distinct valid numbers, all of them busy (17)."""
    area, rest = divmod(index, 80_000)
    return f"+1{AREAS[area]}{200 + rest // 100}{rest % 100:02d}17"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    with Outdial() as outdial, Sandbox("22", "--refuse", "0.2s") as sandbox:
        pin(sandbox.pid, 1)
        outdial.configure(
            servers={"pbx1": sandbox.server(originates_per_second=RATE, channels=CHANNELS)},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": CHANNELS,
                                  "originates_per_second": RATE, "caller_ids": ["+18005550199"]}},
            campaigns={"bench": {"list": "bench", "trunks": ["carrier-a"], "ring_timeout": "10s",
                                 "on_answer": {"context": "outdial", "exten": "{digits}", "priority": 1},
                                 "pacing": {"mode": "rate", "originates_per_second": RATE, "channels": CHANNELS},
                                 "retry": {"max_attempts": 1}}},
            limits={"originates_per_second": RATE, "channels": CHANNELS})
        outdial.start()
        contacts = [{"external_id": str(index), "phone": number(index)} for index in range(count)]
        import_s = json.loads(outdial.import_list("bench", contacts, "--json"))["elapsed_ms"] / 1000
        pin(outdial.pid, 0)
        cpu = cpu_seconds(outdial.pid)
        began = time.monotonic()
        outdial.run("campaign", "start", "bench")
        outdial.wait_until_finished("bench", TIME_LIMIT_S)
        dial_s = time.monotonic() - began
        cpu = cpu_seconds(outdial.pid) - cpu
        attempts = outdial.query("select originated_at from attempt_log")
        peak = outdial.peak_memory_mb()
    if len(attempts) != count:
        sys.exit(f"{len(attempts)} attempts for {count} contacts: not a measurement")
    rows = [{"name": f"import {count} contacts through the daemon", "real_time": import_s, "time_unit": "s",
             "items_per_second": count / import_s, "peak_memory_mb": peak},
            {"name": f"dial {count} contacts, {cpu / dial_s:.0%} of one core", "real_time": dial_s, "time_unit": "s",
             "items_per_second": sustained_rate(attempts), "peak_memory_mb": peak}]
    print(json.dumps({"benchmarks": rows}))


if __name__ == "__main__":
    main()
