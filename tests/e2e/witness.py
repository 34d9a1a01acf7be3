"""The carrier's own record of the calls that reached it: what was really dialed, by somebody else's clock.

Asterisk's CDR (call detail record) of the far end, one line a call, written when the call ends, unanswered and refused
calls included. Outdial never sees these files; tests hold `attempt_log` against them.
"""

import bisect
import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# Columns of calls.csv, in this order, as the carrier's cdr_custom.conf writes them (asterisk_files.py). `u` asks for
# seconds and microseconds since 1970: the plain CDR file knows whole seconds only, too coarse for "in any second".
COLUMNS = ("${CDR(userfield)}", "${CDR(start,u)}", "${CDR(answer,u)}", "${CDR(end,u)}", "${CDR(disposition)}",
           "${CDR(accountcode)}", "${CDR(src)}", "${CDR(uniqueid)}")


@dataclass(frozen=True)
class Call:
    number: str
    start: float  # seconds since 1970, to the microsecond: the INVITE's arrival
    answer: float  # 0.0 where never answered
    end: float
    disposition: str  # the CDR's own word: ANSWERED, NO ANSWER, BUSY, CONGESTION, FAILED
    trunk: str
    caller_id: str
    uniqueid: str  # the carrier's, not ours

    @property
    def answered(self) -> bool:
        return self.answer > 0

    @property
    def talk_s(self) -> float:
        return self.end - self.answer if self.answered else 0.0


def read(path: Path, trunk_names: dict) -> list:
    """The calls of one carrier, by start. `trunk_names` tells a trunk by the port the call came to."""
    if not path.exists():
        return []
    calls = []
    with open(path, newline="") as file:
        for line, row in enumerate(csv.reader(file), 1):
            if len(row) != len(COLUMNS):
                raise ValueError(f"{path}:{line}: {len(row)} columns instead of {len(COLUMNS)}: {row}")
            number, start, answer, end, disposition, port, caller_id, uniqueid = row
            calls.append(Call(number, float(start), float(answer or 0), float(end), disposition,
                              trunk_names.get(port, port), caller_id, uniqueid))
    return sorted(calls, key=lambda call: call.start)


def most_in_any_second(calls, window_s: float = 1.0) -> int:
    """The largest number of calls that started within any window of this length, wherever it begins."""
    starts = sorted(call.start for call in calls)
    counts = (last - bisect.bisect_right(starts, start - window_s) for last, start in enumerate(starts, 1))
    return max(counts, default=0)


def most_at_once(calls) -> int:
    """The largest number of calls that were up at the same instant, ringing or talking."""
    edges = sorted([(call.start, 1) for call in calls] + [(call.end, -1) for call in calls])
    level = most = 0
    for _, step in edges:  # an end sorts before a start of the same instant
        level += step
        most = max(most, level)
    return most


def calls_by_number(calls) -> Counter:
    return Counter(call.number for call in calls)


def calls_per_second(calls) -> float:
    """The long-run rate, between the first and the last start."""
    if len(calls) < 2:
        return 0.0
    starts = sorted(call.start for call in calls)
    return (len(starts) - 1) / (starts[-1] - starts[0])
