#!/usr/bin/python3
"""The daemon is killed at random instants, the server stopped, the link cut: nobody is rung twice for one attempt,
nothing stays stuck, and the checker finds no rule broken. On the sandbox; test_kill_asterisk.py does it on real Asterisk.

OUTDIAL_SEED repeats the instants of an earlier run.
"""

import json
import os
import signal
import time
import unittest
from collections import Counter

import history
from kill_loop import Run, configuration, fresh_seed, people, report
from link import Link
from outdial import ENDS_WITHIN_S, SANITIZED, Outdial
from sandbox import Sandbox

KILLS = int(os.environ.get("OUTDIAL_KILLS", 60))
RETRY = {"max_attempts": 3, "busy": {"after": "1s", "times": 2}, "no_answer": {"after": "2s", "times": 1},
         "technical": {"after": "1s", "times": 2}, "lost": {"after": "3s"}}
# Answered after ringing, at once, with early media; busy, congestion, declined, no channel at all; two numbers of which
# the first is invalid or does not answer.
CODES = ("01", "00", "17", "02", "34", "01", "03+01", "99", "19+01", "98", "01", "06")
BURST = 200_000
FIVE_TIMES_FASTER = ("--speed", "5")


class Case(unittest.TestCase):
    def begin(self, contacts, rate, channels, link=False, retry=None, speed=FIVE_TIMES_FASTER):
        self.sandbox = Sandbox("22", *speed)
        self.addCleanup(self.sandbox.__exit__)
        self.sandbox.start()
        server = self.sandbox.server()
        if link:
            self.link = Link(self.sandbox.port)
            self.addCleanup(self.link.__exit__)
            server["port"] = self.link.port
        outdial = Outdial()
        self.addCleanup(outdial.__exit__)
        configured = configuration(server, retry or RETRY, rate, channels)
        return Run(outdial, configured, contacts, fresh_seed())

    def assert_rules_kept(self, run):
        run.outdial.stop()
        self.sandbox.stop()
        calls = history.calls_of_sandbox(self.sandbox._witness, "pbx1")
        violations, told = run.judge(calls)
        outcomes = Counter(attempt.disposition for attempt in told.attempts)
        print(f"{run.kills} kills, {len(calls)} calls, {len(told.attempts)} attempts {dict(outcomes)}, "
              f"{len(violations)} violations", flush=True)
        self.assertEqual(violations, [], f"seed {run.seed}:\n" + "\n".join(map(str, violations[:20])))
        return told


class Killed(Case):
    def test_a_daemon_killed_at_random_rings_nobody_twice_for_one_attempt_and_leaves_nothing_stuck(self):
        run = self.begin(people(1200, CODES), rate=80, channels=250)
        run.kill_many(KILLS // 2)
        self.stays_paused_over_a_kill(run)
        run.kill_many(KILLS - KILLS // 2 - 1)
        run.wait_until_all_is_told()
        told = self.assert_rules_kept(run)
        self.assertGreaterEqual(run.kills, KILLS)
        self.assertGreater(len(told.attempts), 1200)

    def stays_paused_over_a_kill(self, run):
        run.outdial.wait_until(run.answers, "an answer")
        resume = run.pause()
        run.kill()
        run.respawn()
        run.outdial.wait_until(run.answers, "an answer")
        time.sleep(0.5)
        resume()


class Stopped(Case):
    def test_sigterm_ends_it_within_five_seconds_hangs_nobody_up_and_the_next_start_takes_the_calls_over(self):
        # Each call lasts 15 s, so that all are still up when the next start looks.
        run = self.begin(people(600, ("00",)), rate=250, channels=560, speed=("--speed", "2"))
        run.outdial.wait_until(lambda: self.answered(run) >= 500, "calls")
        code, took_s = run.outdial.stop()
        run.outage(time.time() - took_s, time.time())
        up = {row["attempt_id"] for row in
              run.outdial.query("select attempt_id from attempt_log where state = 'answered'")}
        self.assertEqual(code, 0)
        self.assertLess(took_s, ENDS_WITHIN_S)
        self.assertGreaterEqual(len(up), 500)
        run.outdial.start()
        run.outdial.wait_until(lambda: json.loads(run.outdial.run("status", "--json"))["calls"] >= 500, "the calls", 5)
        run.wait_until_all_is_told()
        told = self.assert_rules_kept(run)
        taken_over = [attempt for attempt in told.attempts if attempt.attempt_id in up]
        self.assertEqual({attempt.disposition for attempt in taken_over}, {"answered"})
        self.assertEqual(Counter(call["end"] for call in self.sandbox.calls())["hung-up-by-action"], 0)

    @staticmethod
    def answered(run):
        return run.outdial.query("select count(*) as n from attempt_log where state = 'answered'")[0]["n"]


class Trouble(Case):
    def test_a_server_that_stops_and_goes_on_breaks_no_rule(self):
        """Now and then the daemon is killed meanwhile: its Originates are in a buffer that the server has not read."""
        run = self.begin(people(250, CODES), rate=60, channels=150)
        for event in range(6):
            time.sleep(run.random.uniform(0.3, 0.8))
            begin = time.time()
            os.kill(self.sandbox.pid, signal.SIGSTOP)
            time.sleep(run.random.uniform(0.1, 0.6))
            if event % 2:
                run.kill()
                run.respawn()
                time.sleep(run.random.uniform(0.1, 0.6))
            os.kill(self.sandbox.pid, signal.SIGCONT)
            run.rules.stalls.append((begin, time.time()))
        run.wait_until_all_is_told()
        self.assert_rules_kept(run)

    def test_a_link_that_drops_stalls_and_cuts_within_a_message_breaks_no_rule(self):
        run = self.begin(people(250, CODES), rate=60, channels=150, link=True)
        for _ in range(3):
            time.sleep(run.random.uniform(0.3, 0.8))
            begin = time.time()
            self.link.hold()
            time.sleep(run.random.uniform(0.1, 0.6))
            self.link.release()
            run.rules.stalls.append((begin, time.time()))
            time.sleep(run.random.uniform(0.1, 0.4))
            self.link.cut_after(run.random.randrange(1, 3000))
            self.link_is_back(run)
            self.link.cut()
            self.link_is_back(run)
        run.wait_until_all_is_told()
        for at in self.link.cut_times:
            run.outage(at, at)
        self.assert_rules_kept(run)
        self.assertGreaterEqual(len(self.link.cut_times), 4)

    def test_a_burst_of_200000_events_is_read_at_once_and_none_of_a_call_is_lost(self):
        """Repeated events of calls that are up or have ended, between those that are new."""
        run = self.begin(people(500, CODES), rate=60, channels=150, link=True)
        run.outdial.wait_until(lambda: run.attempts() > 150, "calls")
        before, began, worked_s = self.events(run), time.monotonic(), run.outdial.cpu_s()
        self.link.burst(BURST)
        run.outdial.wait_until(lambda: self.events(run) - before >= BURST, "all events", 240)
        worked_s = run.outdial.cpu_s() - worked_s
        print(f"{BURST} events in {time.monotonic() - began:.1f} s, {worked_s:.1f} s of a core", flush=True)
        self.assertLess(worked_s, 10)  # on a busy machine it takes longer by the clock
        run.rules.stalls.append((time.time() - (time.monotonic() - began), time.time()))
        if not SANITIZED:
            self.assertLess(run.outdial.peak_memory_mb(), 200)
        run.wait_until_all_is_told()
        told = self.assert_rules_kept(run)
        self.assertNotIn("lost", {attempt.disposition for attempt in told.attempts})

    @staticmethod
    def events(run):
        return json.loads(run.outdial.run("status", "--json"))["servers"][0]["events"]

    def link_is_back(self, run):
        """Waits for a call after the cut: cuts in a row would only test how long the daemon waits between logins."""
        before = run.attempts()
        run.outdial.wait_until(lambda: run.attempts() > before + 20 or not self.link.is_connected, "calls or a cut", 30)
        run.outdial.wait_until(lambda: self.link.is_connected, "the link", 30)


def tearDownModule():
    report("kill_sandbox")


if __name__ == "__main__":
    unittest.main()
