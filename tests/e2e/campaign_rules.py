"""The rules that checker.py holds a history against: the sections of the YAML files, and what the test itself did."""

from dataclasses import dataclass, field

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DEFAULTS = {"technical": {"after": "1m", "times": 5}, "lost": {"after": "1d"}}


def seconds_of(duration):
    return float(duration[:-1]) * UNITS_S[duration[-1]]


@dataclass
class Rules:
    """What was to be kept: sections as in YAML, and what the test did meanwhile."""

    campaigns: dict  # by name
    lists: dict  # name -> for each contact its numbers, the first one first
    trunks: dict = field(default_factory=dict)
    servers: dict = field(default_factory=dict)
    limits: dict = field(default_factory=dict)
    # Outdial, the server or the link was down from..to: outcomes of these moments may be `lost`.
    outages: list = field(default_factory=list)
    # The server or the link was held up from..to: calls sent then arrive all at once at its end.
    stalls: list = field(default_factory=list)
    # (campaign, from, to): paused or stopped, from the order's answer to the order to go on.
    pauses: list = field(default_factory=list)
    # How much longer one call may be on its way to the witness than the one before.
    jitter_s: float = 0.1

    def after_s(self, campaign, kind):
        """The delay of a retry rule; None where the outcome ends the contact."""
        rule = {**DEFAULTS, **self.campaigns[campaign].get("retry", {})}.get(kind)
        return None if rule is None else seconds_of(rule["after"])

    def times(self, campaign, kind):
        return {**DEFAULTS, **self.campaigns[campaign].get("retry", {})}[kind]["times"]

    def max_attempts(self, campaign):
        return self.campaigns[campaign].get("retry", {}).get("max_attempts", 1)
