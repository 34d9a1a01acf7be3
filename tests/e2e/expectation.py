"""What a campaign should do with a contact: the retry rules once more, plainly, for tests to compare with."""

from collections import Counter

TECHNICAL = {"rejected", "congestion", "unreachable", "failed"}


def expected_attempts(numbers, disposition_of, retry):
    """The attempts (number, disposition) that a contact with these numbers gets, in order, until it is done.

    `disposition_of(number, call)` is what the `call`-th call (from 1) to a number ends with; `retry` is the campaign's
    section as in YAML."""
    made = []
    calls, outcomes = Counter(), Counter()
    invalid = set()
    charged, position = 0, 0
    while True:
        number = numbers[position]
        calls[number] += 1
        disposition = disposition_of(number, calls[number])
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
        elif disposition == "answered" or kind not in retry or outcomes[kind] > retry[kind]["times"]:
            return made
        elif kind not in ("busy", "technical"):  # the person's next number, if there is one
            candidates = [p % len(numbers) for p in range(position + 1, position + len(numbers) + 1)]
            position = next((p for p in candidates if p not in invalid), position)
        if charged >= retry["max_attempts"]:
            return made
