#!/usr/bin/python3
"""What happens to calls when something ends: the daemon, Asterisk, or the way between them. On real Asterisk 22."""

import signal
import time
import unittest

import witness
from outdial import ENDS_WITHIN_S, Outdial
from telephony import Network, Unavailable

CALLER_ID = "+18005550199"


class Lifecycle(unittest.TestCase):
    version = "22"

    def setUp(self):
        self.network = Network(self.version)
        self.addCleanup(self.network.stop)
        try:
            self.network.start()
        except Unavailable as reason:
            self.skipTest(str(reason))
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)

    def configure(self, rate=20, context="hold", **server):
        accounts = self.network.accounts
        self.outdial.configure(
            servers={"pbx1": {"host": "127.0.0.1", "port": self.network.ports.ami, "username": accounts.username,
                              "secret": accounts.secret, "originates_per_second": 200, "channels": 300, **server}},
            trunks={"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": 300,
                                  "originates_per_second": 200, "caller_ids": [CALLER_ID]}},
            campaigns={"renewals": {
                "list": "customers", "trunks": ["carrier-a"], "ring_timeout": "10s",
                "on_answer": {"context": context, "exten": "{digits}", "priority": 1},
                "pacing": {"mode": "rate", "originates_per_second": rate, "channels": 200},
                "retry": {"max_attempts": 3, "busy": {"after": "1s", "times": 3},
                          "technical": {"after": "1s", "times": 100}, "lost": {"after": "1d"}}}})

    def begin(self, count, code):
        contacts = [{"external_id": f"c{index}", "phone": f"1212{200 + index // 100}{index % 100:02d}{code}"}
                    for index in range(count)]
        self.outdial.import_list("customers", contacts)
        self.outdial.run("campaign", "start", "renewals")

    def live_channels(self):
        with self.network.admin(events=False) as session:
            return {row["Uniqueid"] for row in session.list_action("CoreShowChannels", "CoreShowChannelsComplete")}

    def wait_for_live_channels(self, count):
        self.outdial.wait_until(lambda: len(self.live_channels()) >= count, f"{count} calls", 30)

    def test_a_stopped_daemon_leaves_calls_up_and_its_successor_takes_them_over(self):
        self.configure()
        self.outdial.start()
        self.begin(30, "00")
        self.wait_for_live_channels(30)
        up = self.live_channels()
        code, took_s = self.outdial.stop()
        self.assertEqual(code, 0)
        self.assertLess(took_s, ENDS_WITHIN_S)
        self.assertEqual(self.live_channels(), up)

        self.outdial.start()
        self.assertEqual(self.outdial.progress("renewals")["in_call"], 30)
        with self.network.admin(events=False) as session:
            for identity in up:
                session.action("Hangup", Channel=identity, Cause="16")
        self.outdial.wait_until_finished("renewals", 30)
        attempts = self.outdial.attempts("renewals")
        self.assertEqual([attempt["disposition"] for attempt in attempts], ["answered"] * 30)
        self.assertEqual(len(self.network.wait_for_calls(30)), 30)  # nobody was called a second time

    def test_calls_that_ended_while_no_daemon_watched_get_their_outcome_from_the_call_records(self):
        self.configure(context="brief", cdr={"csv": str(self.network.folder / "pbx/log/cdr-csv/Master.csv")})
        self.outdial.start()
        self.begin(40, "01")  # rings a second, is answered, and ends a second later
        self.wait_for_live_channels(15)
        self.outdial.kill()
        self.outdial.wait_until(lambda: not self.live_channels(), "the end of the calls", 20)
        self.outdial.start()
        self.outdial.wait_until_only_tomorrow_is_left()
        ended = {attempt["number"].lstrip("+"): attempt["disposition"]
                 for attempt in self.outdial.attempts("renewals")}
        # Lost are those alone that had not left when the daemon died.
        reached = {call.number.lstrip("+") for call in self.network.calls()}
        self.assertEqual({number for number, disposition in ended.items() if disposition == "answered"}, reached)
        self.assertEqual({number for number, disposition in ended.items() if disposition == "lost"},
                         set(ended) - reached)
        self.assertGreaterEqual(len(reached), 35)

    def test_a_killed_daemon_calls_nobody_twice_for_one_attempt(self):
        self.configure(rate=50, context="brief")
        self.outdial.start()
        self.begin(200, "17")  # busy: three attempts for each, a second apart
        for _ in range(4):
            time.sleep(0.7)
            self.outdial.kill()
            self.outdial.start()
        # Attempts whose outcome was not seen are `lost` and left alone for a day: the campaign does not finish today.
        self.outdial.wait_until_only_tomorrow_is_left()
        attempts = self.outdial.attempts("renewals")
        calls = witness.calls_by_number(self.network.calls())
        for number in {attempt["number"] for attempt in attempts}:
            made = [attempt for attempt in attempts if attempt["number"] == number]
            seen = [attempt for attempt in made if attempt["disposition"] == "busy"]
            self.assertLessEqual(calls[number.lstrip("+")], len(made), number)
            self.assertGreaterEqual(calls[number.lstrip("+")], len(seen), number)
            self.assertLessEqual(len(made), 3, number)
        self.assertLessEqual(sum(calls.values()), 600)

    def test_calls_lost_with_a_crashed_asterisk_are_lost_and_dialing_goes_on_when_it_is_back(self):
        self.configure(rate=20)
        self.outdial.start()
        self.begin(60, "00")
        self.wait_for_live_channels(20)
        self.network.stop_role("pbx", signal.SIGKILL)
        died_with_it = {attempt["attempt_id"] for attempt in self.outdial.attempts("renewals")}
        time.sleep(1)
        self.network.launch_role("pbx")
        self.network.wait_until_booted()
        # Everybody else is dialed once Asterisk is back; those whose call died with it are not called again today.
        self.outdial.wait_until(lambda: self.outdial.progress("renewals")["ready"] == 0, "the rest of the list", 60)
        attempts = self.outdial.attempts("renewals")
        self.assertEqual(len({attempt["external_id"] for attempt in attempts}), 60)
        for attempt in attempts:
            self.assertIn(attempt["disposition"], ("answered", "lost", "failed", "canceled", None), attempt)
        # Two lists of channels without them, and a grace, end the calls that died: none stays `in call`.
        self.outdial.wait_until(lambda: all(attempt["state"] == "ended" for attempt in self.outdial.attempts("renewals")
                                            if attempt["attempt_id"] in died_with_it), "the end of the dead calls", 30)
        self.assertTrue(any(attempt["disposition"] in ("lost", "answered") for attempt in
                            self.outdial.attempts("renewals") if attempt["attempt_id"] in died_with_it))

    def test_the_daemon_waits_for_an_asterisk_that_is_not_there_and_says_so(self):
        self.network.stop_role("pbx")
        self.configure(context="brief")
        self.outdial.start()
        self.begin(5, "17")
        self.outdial.wait_until(lambda: "pbx1" in self.outdial.log_tail(), "a word about the server", 10)
        self.assertEqual(self.outdial.progress("renewals")["attempts"], 0)
        self.network.launch_role("pbx")
        self.network.wait_until_booted()
        self.outdial.wait_until_finished("renewals", 60)
        self.assertEqual({attempt["disposition"] for attempt in self.outdial.attempts("renewals")}, {"busy"})

    def test_a_wrong_secret_dials_nobody_and_is_named(self):
        self.configure(secret="not-the-secret")
        self.outdial.start()
        self.begin(5, "17")
        self.outdial.wait_until(lambda: "Authentication failed" in self.outdial.log_tail(), "the refusal in the log", 20)
        self.assertNotIn("not-the-secret", self.outdial.log.read_text())
        self.assertEqual(self.network.calls(), [])

    def test_without_the_right_to_originate_every_contact_keeps_its_attempts_and_the_reason_is_kept(self):
        manager = self.network.folder / "pbx/etc/manager.conf"
        text = manager.read_text()
        self.assertIn("write = originate,call,reporting", text)
        manager.write_text(text.replace("write = originate,call,reporting", "write = call,reporting"))
        with self.network.admin(events=False) as session:
            session.action("Command", Command="manager reload")
        self.configure()
        self.outdial.start()
        self.begin(3, "17")
        self.outdial.wait_until(lambda: "originate" in self.outdial.log_tail().lower()
                                or self.outdial.query("select 1 from attempt_log where disposition = 'failed'"),
                                "a word about the missing permission", 20)
        self.assertEqual(self.network.calls(), [])
        self.assertEqual(self.outdial.query("select max(charged) as charged from contact_status")[0]["charged"], 0)


if __name__ == "__main__":
    unittest.main()
