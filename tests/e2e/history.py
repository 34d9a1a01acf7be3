"""What happened, for checker.py: the calls by a witness that Outdial never sees, and what Outdial's database says.

Shares no code with Outdial: of the database it reads the views of docs/reporting.md, by plain SQL; the witness is the
sandbox's own file or the carrier's call detail records. All instants are seconds since 1970; all numbers are E.164 with
their `+`.
"""

import csv
import datetime
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Call:
    """One call, or one Originate that came to nothing, as the far side saw it."""

    number: str
    began: float
    ended: float | None = None  # None: still up when the record was closed
    answered: float | None = None
    attempt: str | None = None  # the channel's id; None where the witness cannot tell, as a carrier
    server: str = ""
    trunk: str = ""
    came_about: bool = True  # False: the server refused it or made no channel, so nobody's telephone rang

    @property
    def until(self):
        return float("inf") if self.ended is None else self.ended


@dataclass(frozen=True)
class Attempt:
    """A row of attempt_log."""

    attempt_id: str
    campaign: str
    contact_id: int
    number: str
    claimed: float
    disposition: str | None
    ended: float | None
    originated: float | None = None
    rang: bool = False  # ringing or answered was seen
    charged: bool = True
    not_sent: bool = False  # the timeline says that its Originate never left
    trunk: str = ""
    server: str = ""

    @property
    def until(self):
        return float("inf") if self.ended is None else self.ended


@dataclass
class History:
    calls: list
    attempts: list
    statuses: list = field(default_factory=list)  # rows of contact_status, as dicts
    progress: list = field(default_factory=list)  # rows of campaign_progress
    summary: list = field(default_factory=list)  # rows of disposition_summary


def read_database(path: Path, calls) -> History:
    """The final state of a database, beside the calls of one or more witnesses."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("begin")  # one state for all of them
        not_sent = {row["attempt_id"] for row in
                    connection.execute("select attempt_id from attempt_timeline where fact = 'not_sent'")}
        attempts = [_attempt(row, row["attempt_id"] in not_sent) for row in
                    connection.execute("select * from attempt_log")]
        tables = {view: [dict(row) for row in connection.execute(f"select * from {view}")]
                  for view in ("contact_status", "campaign_progress", "disposition_summary")}
    finally:
        connection.close()
    return History(sorted(calls, key=lambda call: call.began), attempts, tables["contact_status"],
                   tables["campaign_progress"], tables["disposition_summary"])


def _attempt(row, not_sent):
    return Attempt(attempt_id=row["attempt_id"], campaign=row["campaign"], contact_id=row["contact_id"],
                   number=row["number"], claimed=_seconds(row["claimed_at"]), disposition=row["disposition"],
                   ended=_seconds(row["ended_at"]), originated=_seconds(row["originated_at"]),
                   rang=bool(row["ringing_at"] or row["answered_at"]), charged=bool(row["charged"]),
                   not_sent=not_sent, trunk=row["trunk"], server=row["server"])


def _seconds(text):
    """A view's UTC text, to the millisecond and without the dirt of floating point."""
    if text is None:
        return None
    return round(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp(), 3)


def calls_of_sandbox(path: Path, server: str) -> list:
    """The file that `outdial sandbox --witness` has written; complete once the sandbox has ended."""
    with open(path, newline="") as file:
        return [_sandbox_call(row, server) for row in csv.DictReader(file)]


def _sandbox_call(row, server):
    def at(name):
        return int(row[name]) / 1000 if row[name] else None

    return Call(number="+" + row["number"], began=at("received_at_ms"), ended=at("ended_at_ms"),
                answered=at("answered_at_ms"), attempt=row["channel_id"], server=server, trunk=row["endpoint"],
                came_about=row["end"] not in ("refused", "no-channel"))


def calls_of_carrier(records, server: str) -> list:
    """Call detail records (witness.Call) of the carrier behind this server."""
    return [Call(number="+" + record.number.lstrip("+"), began=record.start, ended=record.end,
                 answered=record.answer or None, server=server, trunk=record.trunk) for record in records]
