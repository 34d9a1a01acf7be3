#!/usr/bin/python3
"""How soon a daemon that was killed dials again on a database of ten million contacts: with the write-ahead log of
ordinary work, and with one of a gigabyte. Takes five minutes and 6 GB of disk, so scripts/bench runs it only when asked:
`scripts/bench --filter restart`. Prints the same JSON as Google Benchmark. Run by itself:

  OUTDIAL_PROGRAM=build/release/outdial tests/bench/restart_bench.py [CONTACTS]
"""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from outdial import PROGRAM, Outdial  # noqa: E402
from sandbox import Sandbox  # noqa: E402

CONTACTS = 10_000_000
RATE, CHANNELS = 200, 2000
CALLS_BEFORE_THE_KILL = 2000
LONG_LOG_BYTES = 1_000_000_000
STARTS = 5
# A row's change in the middle of a page of its own: so the log grows by about a page for each.
ROWS_A_PAGE = 100


def configure(outdial, sandbox):
    outdial.configure(
        servers={"pbx1": sandbox.server(originates_per_second=RATE, channels=CHANNELS)},
        trunks={"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": CHANNELS,
                              "originates_per_second": RATE, "caller_ids": ["+18005550199"]}},
        campaigns={"bench": {"list": "bench", "trunks": ["carrier-a"], "ring_timeout": "10s",
                             "on_answer": {"context": "outdial", "exten": "{digits}", "priority": 1},
                             "pacing": {"mode": "rate", "originates_per_second": RATE, "channels": CHANNELS},
                             "retry": {"max_attempts": 1}}},
        limits={"originates_per_second": RATE, "channels": CHANNELS})


def fill(database, count):
    """As an import would leave it, but by one statement: ten million imports would take half an hour."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; BEGIN")
    (list_id,) = connection.execute("SELECT list_id FROM call_list WHERE name = 'bench'").fetchone()
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)"
    connection.execute(f"{numbers} INSERT INTO contact (contact_id, list_id, external_id, attributes) "
                       "SELECT i, ?1, printf('customer-%08d', i), '{\"name\":\"A person of some name\"}' FROM n",
                       (list_id, count))
    connection.execute(f"{numbers} INSERT INTO contact_number (contact_id, position, list_id, number, "
                       "country_code_digits) SELECT i, 0, ?1, printf('+1212%08d17', i), 1 FROM n", (list_id, count))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def lengthen_log(database, contacts):
    """A process that ends without closing its connection leaves the log as it is."""
    script = """
import os, sqlite3, sys
database, contacts, size, step = sys.argv[1], *map(int, sys.argv[2:])
connection = sqlite3.connect(database, isolation_level=None)
connection.execute("PRAGMA wal_autocheckpoint = 0")
first = 1
while os.path.getsize(database + "-wal") < size:
    connection.execute("BEGIN IMMEDIATE")
    for i in range(first, first + 20000 * step, step):
        connection.execute("UPDATE contact SET attributes = attributes || ' ' WHERE contact_id = ?", (i % contacts + 1,))
    connection.execute("COMMIT")
    first += 20000 * step
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, database, str(contacts), str(LONG_LOG_BYTES), str(ROWS_A_PAGE)],
                   check=True)


def attempts(connection):
    return connection.execute("SELECT count(*) FROM attempt").fetchone()[0]


def start(outdial):
    """Seconds from the start of the program to its answer, and to its first new attempt."""
    reader = sqlite3.connect(f"file:{outdial.database}?mode=ro", uri=True, timeout=5)
    before = attempts(reader)
    reader.close()  # or it would read the log, and the daemon need not
    position = outdial.log.stat().st_size
    with open(outdial.log, "ab") as log:
        began = time.monotonic()
        outdial._daemon = subprocess.Popen([PROGRAM, "serve", "--config", outdial.folder / "outdial.yaml"], stdout=log,
                                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    outdial.wait_until(lambda: b"ready database=" in outdial.log.read_bytes()[position:], "the ready line", 120)
    ready_s = time.monotonic() - began
    reader = sqlite3.connect(f"file:{outdial.database}?mode=ro", uri=True, timeout=5)
    outdial.wait_until(lambda: attempts(reader) > before, "a claim", 120)
    reader.close()
    return ready_s, time.monotonic() - began


def row(name, seconds):
    print(f"{name} {seconds:.2f} s", file=sys.stderr, flush=True)
    return {"name": name, "real_time": seconds, "time_unit": "s"}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONTACTS
    rows = []
    with Outdial() as outdial, Sandbox("22") as sandbox:
        configure(outdial, sandbox)
        outdial.start()
        outdial.import_list("bench", [{"external_id": "first", "phone": "16465550117"}])
        outdial.stop()
        connection = sqlite3.connect(outdial.database)
        connection.execute("DELETE FROM contact_number")
        connection.execute("DELETE FROM contact")
        connection.commit()
        connection.close()
        fill(outdial.database, count)
        outdial.start()
        outdial.run("campaign", "start", "bench")
        connection = sqlite3.connect(f"file:{outdial.database}?mode=ro", uri=True, timeout=5)
        outdial.wait_until(lambda: attempts(connection) > CALLS_BEFORE_THE_KILL, "calls", 120)
        connection.close()
        measured = []
        for _ in range(STARTS):
            outdial.kill()
            measured.append(start(outdial))
            time.sleep(1)
        rows.append(row(f"{count} contacts, killed: ready", max(ready for ready, _ in measured)))
        rows.append(row(f"{count} contacts, killed: first claim", max(claim for _, claim in measured)))
        outdial.kill()
        lengthen_log(outdial.database, count)
        size = Path(f"{outdial.database}-wal").stat().st_size
        ready_s, claim_s = start(outdial)
        rows.append(row(f"and a log of {size / 1e9:.1f} GB: ready", ready_s))
        rows.append(row(f"and a log of {size / 1e9:.1f} GB: first claim", claim_s))
    print(json.dumps({"benchmarks": rows}))


if __name__ == "__main__":
    main()
