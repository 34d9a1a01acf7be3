"""What happens to a call, by the last two digits of the number dialed.

One table for both sides: the carrier's dialplan is made from it, and a test looks up what Outdial should have seen.
Unanswered fates are named after their Q.850 hangup cause, so 2125550017 is busy (17) and 2125550034 congested (34).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fate:
    name: str
    steps: tuple  # the carrier's dialplan
    disposition: str  # what Outdial should call it
    sip: int = 200  # the final SIP status the carrier sends, 0 where it sends none before the caller gives up
    disposition_16: str = ""  # where Asterisk 16, which does not tell the SIP status, must lead to another disposition

    def disposition_on(self, version: str) -> str:
        return self.disposition_16 if version == "16" and self.disposition_16 else self.disposition


@dataclass(frozen=True)
class Sequence:
    """A number whose fate changes: its first call meets the first fate, the second the next; the last one stays."""

    name: str
    fates: tuple


# Longer than any test lets a telephone ring or talk; the carrier's calls end by themselves all the same.
FOREVER_S = 90

FATES = {
    "00": Fate("answered at once, until the caller hangs up", ("Answer()", f"Wait({FOREVER_S})"), "answered"),
    "01": Fate("rings 1 s, answered, hangs up after 1 s",
               ("Ringing()", "Wait(1)", "Answer()", "Wait(1)", "Hangup(16)"), "answered"),
    "02": Fate("early media 1 s, answered, hangs up after 2 s",
               ("Progress()", "Wait(1)", "Answer()", "Wait(2)", "Hangup(16)"), "answered"),
    "03": Fate("rings 4 s, then answered", ("Ringing()", "Wait(4)", "Answer()", f"Wait({FOREVER_S})"), "answered"),
    "05": Fate("answered by a machine that talks on and on", ("Answer()", "Milliwatt()"), "machine"),
    "06": Fate("rings 1 to 3 s, talks 2 to 6 s",
               ("Ringing()", "Wait(${RAND(1,3)})", "Answer()", "Wait(${RAND(2,6)})", "Hangup(16)"), "answered"),
    "07": Fate("a person says a short hello and listens",
               ("Answer()", "Wait(0.3)", "Playtones(440)", "Wait(0.4)", "StopPlaytones()", f"Wait({FOREVER_S})"),
               "answered"),
    "08": Fate("answered, presses 8 after 2 s",
               ("Answer()", "Wait(2)", "SendDTMF(8)", f"Wait({FOREVER_S})"), "answered"),
    "09": Fate("answered, presses 9 after 2 s",
               ("Answer()", "Wait(2)", "SendDTMF(9)", f"Wait({FOREVER_S})"), "answered"),
    "11": Fate("unknown number", ("Hangup(1)",), "invalid_number", 404),
    "10": Fate("no route at the carrier", ("Hangup(3)",), "invalid_number", 404),
    # Asterisk adds `Reason: Q.850;cause=N` to its refusals, and one that reads it believes it over the SIP status: to
    # Asterisk 16 the first of these two ends with cause 16, the second, which has no such header, with 21.
    "16": Fate("declined by the person", ("Hangup(16)",), "declined", 603),
    "15": Fate("declined, without a Q.850 reason", ("Goto(nowhere,1)",), "declined", 603),
    "17": Fate("busy", ("Busy(1)",), "busy", 486),
    "18": Fate("the telephone does not respond", ("Hangup(18)",), "no_answer", 408),
    "19": Fate("rings, nobody answers", ("Ringing()", f"Wait({FOREVER_S})"), "no_answer", 0),
    "20": Fate("temporarily unavailable", ("Hangup(20)",), "no_answer", 480),
    "21": Fate("forbidden by the provider", ("Hangup(21)",), "rejected", 403, "declined"),
    "22": Fate("number changed", ("Hangup(22)",), "invalid_number", 410),
    "27": Fate("far network out of order", ("Hangup(27)",), "unreachable", 502),
    "28": Fate("number incomplete", ("Hangup(28)",), "invalid_number", 484),
    "34": Fate("no circuit free", ("Congestion(1)",), "congestion", 503),
    "38": Fate("network failure", ("Hangup(38)",), "congestion", 500),
    "66": Fate("silence: not even ringing", (f"Wait({FOREVER_S})",), "no_answer", 0),
}

# Any other ending.
OTHERWISE = "06"

SEQUENCES = {
    "70": Sequence("busy, then answered", ("17", "01")),
    "71": Sequence("nobody answers, then answered", ("19", "01")),
    "72": Sequence("congestion, then answered", ("34", "01")),
    "73": Sequence("busy twice, then answered", ("17", "17", "01")),
    "74": Sequence("congestion twice, busy, nobody answers, then answered", ("34", "34", "17", "19", "01")),
}


def fate_of(number: str, call: int = 1) -> Fate:
    """The fate of the `call`-th call (from 1) to this number."""
    code = number[-2:]
    if code in SEQUENCES:
        fates = SEQUENCES[code].fates
        code = fates[min(call, len(fates)) - 1]
    return FATES.get(code, FATES[OTHERWISE])


def disposition_on(version: str):
    """What expected_attempts() asks for: the disposition of a number's n-th call, seen through this version."""
    return lambda number, call: fate_of(number, call).disposition_on(version)


def carrier_dialplan() -> str:
    """extensions.conf of the far end. The trunk is told by the port the call came to; see asterisk_files.py."""
    lines = ["[carrier]"]
    for pattern in ("_X.", "_+X."):
        lines += [
            f"exten => {pattern},1,Set(CDR(userfield)=${{EXTEN}})",
            " same => n,Set(CHANNEL(accountcode)=${CUT(CHANNEL(pjsip,request_uri),:,3)})",
            # Extension patterns match greedily, so the last two digits are cut out and jumped to.
            " same => n,Goto(fate-${EXTEN:-2},1)",
        ]
    for code, fate in FATES.items():
        lines += _extension(f"fate-{code}", fate.steps)
    for code, sequence in SEQUENCES.items():
        # Counted by number in a global variable: two numbers with the same ending keep apart.
        steps = ["Set(COUNTER=CALLS_${FILTER(0-9,${CDR(userfield)})})", "Set(CALL=$[0${GLOBAL(${COUNTER})} + 1])",
                 "Set(GLOBAL(${COUNTER})=${CALL})"]
        steps += [f"GotoIf($[${{CALL}} = {call}]?fate-{fate},1)" for call, fate in enumerate(sequence.fates, 1)]
        steps += [f"Goto(fate-{sequence.fates[-1]},1)"]
        lines += _extension(f"fate-{code}", steps)
    lines += _extension("_fate-.", FATES[OTHERWISE].steps)
    return "\n".join(lines) + "\n"


def _extension(name: str, steps) -> list:
    return [f"exten => {name},1,{steps[0]}"] + [f" same => n,{step}" for step in steps[1:]]
