"""Ends the daemon without warning, again and again, at random instants, and keeps book for the checker.

The instants come from a seed that is printed: the same seed chooses the same ones, though not the same machine load.
"""

import json
import os
import random
import signal
import subprocess
import time

import checker
import history
from campaign_rules import Rules
from outdial import PROGRAM

CALLER_ID = "+18005550199"
# What a cycle waits for before it draws the instant of its kill: a claim by the new process.
FIRST_CLAIM_TIMEOUT_S = 15
RECOVERY_S = 0.2  # after the start: reading what was left, logging in, asking for channels
RUNNING_S = 0.35  # after the first claim
# Two lists of channels three seconds apart end what died with an earlier process.
SETTLING_S = 4.0
SETTLING_EVERY = 15
# Of all runs of this process, for those who run the tests again and again.
totals = {"kills": 0, "violations": 0}


def report(row):
    """The line that scripts/test and scripts/soak count by (tests/soak/rows.json)."""
    print(json.dumps({"row": row, "done": totals["kills"], "violations": totals["violations"]}), flush=True)


def fresh_seed():
    """Printed, so that OUTDIAL_SEED can repeat it."""
    seed = int(os.environ.get("OUTDIAL_SEED", random.randrange(1_000_000)))
    print(f"seed {seed}", flush=True)
    return seed


def configuration(server, retry, rate, channels, ring_timeout="1s"):
    """Arguments of Outdial.configure(): every level has caps of its own."""
    return {
        "servers": {"pbx1": {**server, "originates_per_second": rate * 1.5, "channels": channels + 20}},
        "trunks": {"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": channels + 10,
                                 "originates_per_second": rate * 1.2, "caller_ids": [CALLER_ID]}},
        "campaigns": {"renewals": {
            "list": "customers", "trunks": ["carrier-a"], "ring_timeout": ring_timeout,
            "on_answer": {"context": "brief", "exten": "{digits}", "priority": 1},
            "pacing": {"mode": "rate", "originates_per_second": rate, "channels": channels}, "retry": retry}},
        "limits": {"originates_per_second": rate * 2, "channels": channels + 30},
    }


def people(count, codes):
    """So many contacts with fates by turns; a code of two fates gives a contact two numbers."""
    contacts = []
    for index in range(count):
        stem = f"1212{200 + index // 100}{index % 100:02d}"
        first, *second = codes[index % len(codes)].split("+")
        contact = {"external_id": f"c{index}", "phone": stem + first}
        if second:
            contact["phone2"] = f"1646{stem[4:]}{second[0]}"
        contacts.append(contact)
    return contacts


class Run:
    """One campaign under fire. Keeps the outages, stalls and pauses that the checker must know of."""

    def __init__(self, outdial, configured, contacts, seed):
        self.outdial = outdial
        self.random = random.Random(seed)
        self.seed = seed
        self.kills = 0
        numbers = [["+" + contact[key] for key in ("phone", "phone2") if key in contact] for contact in contacts]
        self.rules = Rules(campaigns=configured["campaigns"], lists={"customers": numbers},
                           trunks=configured["trunks"], servers=configured["servers"], limits=configured["limits"])
        outdial.configure(**configured)
        outdial.start()
        outdial.import_list("customers", contacts)
        for name in configured["campaigns"]:
            outdial.run("campaign", "start", name)

    def kill(self):
        self.outdial.kill()
        self.outage(time.time(), time.time())
        self.kills += 1
        totals["kills"] += 1

    def respawn(self):
        """Starts the daemon without waiting until it is ready."""
        with open(self.outdial.log, "ab") as log:
            self.outdial._daemon = subprocess.Popen(
                [PROGRAM, "serve", "--config", self.outdial.folder / "outdial.yaml"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT)

    def attempts(self):
        return self.outdial.query("select count(*) as n from attempt")[0]["n"]

    def kill_while_recovering(self):
        time.sleep(self.random.uniform(0, RECOVERY_S))
        self.kill()

    def kill_while_dialing(self):
        """False where nothing is left to be dialed."""
        before = self.attempts()
        deadline = time.monotonic() + FIRST_CLAIM_TIMEOUT_S
        while self.attempts() == before:
            if self.outdial._daemon.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"seed {self.seed}: no call in {FIRST_CLAIM_TIMEOUT_S} s after kill {self.kills}; "
                                     f"the daemon: {self.outdial._daemon.returncode}\n{self.outdial.log_tail()}")
            time.sleep(0.005)
        time.sleep(self.random.uniform(0, RUNNING_S))
        self.kill()

    def pause(self, name="renewals"):
        """Returns what resumes it."""
        self.outdial.run("campaign", "pause", name)
        begin = time.time()

        def resume():
            self.rules.pauses.append((name, begin, time.time()))
            self.outdial.run("campaign", "resume", name)
        return resume

    def kill_many(self, count):
        """So many kills; the daemon runs afterwards."""
        for cycle in range(count):
            if cycle % SETTLING_EVERY == SETTLING_EVERY - 1:
                time.sleep(SETTLING_S)
            if self.random.random() < 0.3:
                self.kill_while_recovering()
            else:
                self.kill_while_dialing()
            self.respawn()
        self.outdial.wait_until(self.answers, "an answer after the last kill", 20)

    def answers(self):
        """Whether the daemon can be asked."""
        asked = subprocess.run([PROGRAM, "status", "--config", self.outdial.folder / "outdial.yaml"],
                               capture_output=True, check=False)
        return asked.returncode == 0

    def outage(self, begin, end):
        """A little more than that is excused: a commit or an Originate may have been under way."""
        self.rules.outages.append((begin - 0.2, end + 0.2))

    def wait_until_all_is_told(self, timeout_s=90):
        try:
            self.outdial.wait_until_only_tomorrow_is_left(timeout_s)
        except AssertionError as reason:
            raise AssertionError(f"seed {self.seed}: {reason}") from None

    def judge(self, calls):
        """Violations and the history they were found in."""
        told = history.read_database(self.outdial.database, calls)
        self.rules.jitter_s = checker.measured_jitter_s(told, self.rules)
        violations = checker.check(told, self.rules)
        totals["violations"] += len(violations)
        return violations, told
