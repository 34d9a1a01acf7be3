"""What a campaign should do with a contact: a second, plain implementation of the retry rules, for tests to compare with."""

from collections import Counter

import fates

TECHNICAL = {"rejected", "congestion", "unreachable", "failed"}


def expected_attempts(numbers, version, retry):
    """The attempts (number, disposition) that a contact with these numbers gets, in order, until it is done.

    `retry` is the campaign's section as in YAML."""
    made = []
    calls, outcomes = Counter(), Counter()
    invalid = set()
    charged, position = 0, 0
    while True:
        number = numbers[position]
        calls[number] += 1
        disposition = fates.fate_of(number, calls[number]).disposition_on(version)
        made.append((number, disposition))
        kind = "technical" if disposition in TECHNICAL else disposition
        outcomes[kind] += 1
        charged += kind != "technical"
        if kind == "invalid_number":
            invalid.add(position)
            candidates = [p % len(numbers) for p in range(position + 1, position + len(numbers) + 1)]
            position = next((p for p in candidates if p not in invalid), None)
            if position is None:
                return made
        elif kind not in retry or outcomes[kind] >= retry[kind]["times"]:
            return made
        elif kind not in ("busy", "technical"):  # the person's next number, if there is one
            candidates = [p % len(numbers) for p in range(position + 1, position + len(numbers) + 1)]
            position = next((p for p in candidates if p not in invalid), position)
        if charged >= retry["max_attempts"]:
            return made
