#!/usr/bin/python3
"""The kill loop on real Asterisk 22, its restarts and its stops. The carrier's records say how often each number rang."""

import os
import signal
import time
import unittest
from collections import Counter

import history
import witness
from kill_loop import Run, configuration, fresh_seed, people, report
from outdial import Outdial
from telephony import Network, Unavailable

KILLS = int(os.environ.get("OUTDIAL_KILLS", 5))
# An outcome that was not seen is left alone for a day, as by default: a call that died with its server may ring on at the
# carrier.
RETRY = {"max_attempts": 3, "busy": {"after": "1s", "times": 2}, "technical": {"after": "1s", "times": 2},
         "lost": {"after": "1d"}}
# Answered after a second, busy, answered after early media, congestion, declined, an unknown number and then a good one,
# busy and then answered. All end by themselves soon.
CODES = ("01", "17", "02", "34", "16", "11+01", "70")
RATE, CHANNELS = 30, 120
# From Asterisk's boot to the next call. Three seconds at most between two tries where nobody listens; but a connection made
# in the moment of the restart may never be answered, and is given up after ten.
LONGEST_PAUSE_S = 15


class Asterisk22(unittest.TestCase):
    """One network for all cases; each has a list of its own numbers."""

    @classmethod
    def setUpClass(cls):
        cls.network = Network("22")
        try:
            cls.network.start()
        except Unavailable as reason:
            cls.network.stop()
            raise unittest.SkipTest(str(reason)) from None
        except BaseException:
            cls.network.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.network.stop()

    def begin(self, count, codes=CODES, context="brief", channels=CHANNELS):
        server = {"host": "127.0.0.1", "port": self.network.ports.ami, "username": self.network.accounts.username,
                  "secret": self.network.accounts.secret}
        outdial = Outdial()
        self.addCleanup(outdial.__exit__)
        self.recorded = len(self.network.calls())
        configured = configuration(server, RETRY, RATE, channels, "5s")
        configured["campaigns"]["renewals"]["on_answer"]["context"] = context
        return Run(outdial, configured, people(count, codes), fresh_seed())

    def restart_asterisk_now(self, run):
        """`core restart now`, as an operator types it: calls are hung up, and it begins anew in the same process."""
        begin = time.time()
        with self.network.admin(events=False) as session:
            try:
                session.timeout_s = 1
                session.action("Command", Command="core restart now")
            except TimeoutError:
                pass  # it goes before it answers
        self.network.wait_until_booted()
        booted = time.time()
        run.outage(begin, booted)
        return booted

    def stop_asterisk_for(self, run, for_s):
        """SIGSTOP and SIGCONT: what was sent meanwhile waits in buffers."""
        begin = time.time()
        os.kill(self.network.pid("pbx"), signal.SIGSTOP)
        time.sleep(for_s)
        os.kill(self.network.pid("pbx"), signal.SIGCONT)
        run.rules.stalls.append((begin, time.time()))

    def calls_of_carrier(self):
        """Once no call is up any more: a record is written when its call ends."""
        deadline = time.monotonic() + 30
        with self.network.admin("carrier", events=False) as session:
            while session.list_action("CoreShowChannels", "CoreShowChannelsComplete"):
                self.assertLess(time.monotonic(), deadline, "calls stay up at the carrier")
                time.sleep(0.2)
        return self.network.calls()[self.recorded:]

    def assert_rules_kept(self, run):
        run.wait_until_all_is_told()
        run.outdial.stop()
        calls = self.calls_of_carrier()
        violations, told = run.judge(history.calls_of_carrier(calls, "pbx1"))
        outcomes = Counter(attempt.disposition for attempt in told.attempts)
        print(f"{run.kills} kills, {len(calls)} calls at the carrier, {len(told.attempts)} attempts {dict(outcomes)}, "
              f"{len(violations)} violations", flush=True)
        self.assertEqual(violations, [], f"seed {run.seed}:\n" + "\n".join(map(str, violations[:20])))
        rung, made = witness.calls_by_number(calls), Counter(attempt.number for attempt in told.attempts)
        for number, times in rung.items():
            self.assertLessEqual(times, made["+" + number], number)
        return told

    def test_a_killed_daemon_rings_nobody_twice_for_one_attempt(self):
        run = self.begin(150)
        run.kill_many(KILLS)
        self.assert_rules_kept(run)
        self.assertGreaterEqual(run.kills, KILLS)

    def test_a_restart_of_asterisk_and_its_stops_break_no_rule(self):
        run = self.begin(250)
        run.outdial.wait_until(lambda: run.outdial.progress("renewals")["in_call"] >= 15, "calls")
        self.restart_asterisk_now(run)
        run.outdial.wait_until(lambda: run.attempts() > 80, "calls after the restart")
        self.stop_asterisk_for(run, run.random.uniform(0.5, 1.5))
        time.sleep(run.random.uniform(0.2, 0.6))
        begin = time.time()
        os.kill(self.network.pid("pbx"), signal.SIGSTOP)
        run.kill()  # its last Originates lie in the buffers of a server that does not read
        run.respawn()
        time.sleep(run.random.uniform(0.3, 1.0))
        os.kill(self.network.pid("pbx"), signal.SIGCONT)
        run.rules.stalls.append((begin, time.time()))
        self.assert_rules_kept(run)

    def cut_every_call_by_a_restart(self, run):
        """A call in each of the 30 slots, `core restart now`, and then calls to all others. Returns the calls that it cut, and
        how long after the boot the next call went out."""
        def attempts(where):
            rows = run.outdial.query("select attempt_id, external_id, julianday(originated_at) as day from attempt_log "
                                     "where " + where)
            return {row["attempt_id"]: row for row in rows}

        run.outdial.wait_until(lambda: len(attempts("state = 'answered'")) == 30, "a call in every slot", 30)
        cut = attempts("state = 'answered'")
        booted = self.restart_asterisk_now(run)
        called = {row["external_id"] for row in cut.values()}

        def all_others_are_up():
            # Of a call that was asked for in the moment of the restart nobody knows: it is left alone, for a day.
            settled = attempts("state = 'answered' or disposition = 'lost'")
            return {row["external_id"] for row in settled.values()} | called >= {f"c{i}" for i in range(60)}

        run.outdial.wait_until(all_others_are_up, "calls to all others", 60)
        epoch = 2440587.5  # 1970-01-01 as a Julian day
        left = [(row["day"] - epoch) * 86400 for attempt, row in attempts("state = 'answered'").items()
                if attempt not in cut]
        return set(cut), min(left) - booted

    def test_core_restart_now_frees_every_slot_and_settles_the_calls_it_cut(self):
        run = self.begin(60, ("00",), "hold", channels=30)
        cut, pause_s = self.cut_every_call_by_a_restart(run)
        print(f"dialing went on {pause_s:.2f} s after Asterisk was fully booted", flush=True)
        self.assertLess(pause_s, LONGEST_PAUSE_S)
        self.restart_asterisk_now(run)
        run.outdial.wait_until(lambda: run.outdial.progress("renewals")["in_call"] == 0, "the end of the calls", 60)
        told = self.assert_rules_kept(run)
        ends = {attempt.attempt_id: attempt.disposition for attempt in told.attempts}
        # Asterisk tells of the hangups, or is gone before it does.
        self.assertLessEqual({ends[attempt] for attempt in cut}, {"answered", "lost"})
        # The others, too, and what was under way to it while it went.
        self.assertLessEqual(set(ends.values()), {"answered", "lost", "failed", "canceled"})
        self.assertEqual(len({attempt.contact_id for attempt in told.attempts}), 60)

    def test_nobody_is_dialed_through_an_asterisk_that_takes_logins_and_has_no_dialplan_yet(self):
        self.network.boot_slower_by("pbx", 6)
        self.addCleanup(self.network.boot_slower_by, "pbx", 0)
        run = self.begin(60, ("00",), "hold", channels=30)
        _, pause_s = self.cut_every_call_by_a_restart(run)
        print(f"dialing went on {pause_s:.2f} s after Asterisk was fully booted", flush=True)
        self.assertLess(pause_s, LONGEST_PAUSE_S)
        refusals = {row["detail"] for row in run.outdial.query("select detail from attempt_timeline where fact = 'refused'")}
        self.assertFalse([text for text in refusals if "Extension" in text], refusals)
        self.network.boot_slower_by("pbx", 0)
        self.restart_asterisk_now(run)
        self.assert_rules_kept(run)


def tearDownModule():
    report("kill_asterisk")


if __name__ == "__main__":
    unittest.main()
