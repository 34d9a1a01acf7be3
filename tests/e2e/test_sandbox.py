#!/usr/bin/python3
"""The whole program against its simulated Asterisk: needs neither root nor the network."""

import re
import signal
import socket
import subprocess
import threading
import time
import unittest
from collections import Counter, defaultdict

from expectation import expected_attempts
from outdial import CONFIGURATION, FAILED, INTERRUPTED, NO_DAEMON, PROGRAM, SANITIZED, USAGE, Outdial
from sandbox import Sandbox

CALLER_ID = "+18005550199"
RETRY = {"max_attempts": 4, "busy": {"after": "1s", "times": 3}, "no_answer": {"after": "1s", "times": 2},
         "technical": {"after": "1s", "times": 3}, "lost": {"after": "1d"}}


def configure(outdial, server, variables=None, retry=None, rate=200, channels=400):
    outdial.configure(
        servers={"pbx1": server},
        trunks={"carrier-a": {"servers": ["pbx1"], "dial": "PJSIP/{digits}@carrier-a", "channels": 500,
                              "originates_per_second": 500, "caller_ids": [CALLER_ID]}},
        campaigns={"renewals": {
            "list": "customers", "trunks": ["carrier-a"], "caller_id": {"name": "Renewals", "number": CALLER_ID},
            "ring_timeout": "3s", "on_answer": {"context": "outdial", "exten": "{digits}", "priority": 1},
            "pacing": {"mode": "rate", "originates_per_second": rate, "channels": channels}, "retry": retry or RETRY,
            **({"variables": variables} if variables else {})}})


class EveryDialect:
    version = ""

    def test_every_fate_gets_its_disposition_and_retries_and_both_sides_agree(self):
        contacts = [{"external_id": f"fate-{code}", "phone": f"121255501{code}"} for code in Sandbox.DISPOSITIONS]
        contacts.append({"external_id": "two-numbers", "phone": "12125550203", "phone2": "12125550201"})
        with Outdial() as outdial, Sandbox(self.version) as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.import_list("customers", contacts)
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until_finished("renewals")
            attempts = outdial.attempts("renewals")
            sandbox.stop()
            calls = {call["channel_id"]: call for call in sandbox.calls()}
        made = defaultdict(list)
        for attempt in attempts:
            made[attempt["external_id"]].append((attempt["number"].lstrip("+"), attempt["disposition"]))
        for contact in contacts:
            with self.subTest(contact=contact["external_id"]):
                numbers = [contact[key] for key in ("phone", "phone2") if key in contact]
                self.assertEqual(made[contact["external_id"]],
                                 expected_attempts(numbers, sandbox.disposition_of, RETRY))
        self.assertEqual(set(calls), {str(attempt["attempt_id"]) for attempt in attempts})
        for attempt in attempts:
            call = calls[attempt["attempt_id"]]
            self.assertEqual(call["number"], attempt["number"].lstrip("+"))
            self.assertEqual(bool(call["answered_at_ms"]), attempt["answered_at"] is not None)


class Asterisk22Dialect(EveryDialect, unittest.TestCase):
    version = "22"


class Asterisk16Dialect(EveryDialect, unittest.TestCase):
    version = "16"


class Hostile(unittest.TestCase):
    """Nothing reaches the wire but what was meant."""

    NASTY = ['say "hi"', "a,b", "a&b", "a/b", "a@b", "${SHELL(id)}", "a;b|c", "(unbalanced", "[brackets", "back\\slash",
             "ünïcödé", "a=b", "'quoted'", "%s%n", "x" * 500]
    INJECTIONS = ["Eve\r\nAction: Originate", "Eve\nAction: Command", "Eve\rAction: Ping"]

    def dial(self, content, variables):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server(), variables)
            outdial.start()
            report = outdial.import_file("customers", content)
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until_finished("renewals")
            attempts = outdial.attempts("renewals")
            log = outdial.log.read_text(errors="replace")
            sandbox.stop()
            return report, attempts, sandbox.calls(), log

    def test_nasty_attributes_arrive_as_they_are_and_as_nothing_else(self):
        rows = "".join(f'{index},+1212555{index:02d}99,"{text.replace(chr(34), chr(34) * 2)}"\n'
                       for index, text in enumerate(self.NASTY))
        _, attempts, calls, _ = self.dial(f"external_id,phone,name\n{rows}".encode(), {"NAME": "{contact.name}"})
        self.assertEqual(len(attempts), len(self.NASTY))
        arrived = {call["number"]: call["variables"] for call in calls}
        for index, text in enumerate(self.NASTY):
            with self.subTest(text=text):
                # The record escapes ; and \\ of values, as its documentation says.
                expected = "NAME=" + text.replace("\\", "\\\\").replace(";", "\\;")
                self.assertIn(expected, arrived[f"1212555{index:02d}99"])

    def test_line_breaks_in_attributes_start_no_action_and_harm_no_other_contact(self):
        rows = "".join(f'{index},+1212555{index:02d}99,"{text}"\n' for index, text in enumerate(self.INJECTIONS))
        rows += "good,+12125559999,Alice\n"
        _, attempts, calls, _ = self.dial(f"external_id,phone,name\n{rows}".encode(), {"NAME": "{contact.name}"})
        self.assertEqual({call["channel"] for call in calls} - {f"PJSIP/1212555{i:02d}99@carrier-a" for i in range(3)},
                         {"PJSIP/12125559999@carrier-a"})
        for call in calls:
            self.assertNotIn("Action", call["refusal"])
            self.assertEqual(call["context"], "outdial")
        self.assertIn("declined", [attempt["disposition"] for attempt in attempts if attempt["external_id"] == "good"])

    def test_numbers_that_are_no_numbers_are_rejected_with_line_and_reason_and_never_dialed(self):
        numbers = ["500&PJSIP/trunk/1900", "1@other", "trunk2/sip:x", "${EXTEN}", "12125550117;phone-context=x", "",
                   "1" * 40]
        rows = "".join(f'{index},"{number}"\n' for index, number in enumerate(numbers))
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.import_file("customers", f"external_id,phone\n{rows}good,+12125550199\n".encode())
            rejected = "".join(path.read_text() for path in outdial.folder.glob("*rejected*"))
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until_finished("renewals")
            sandbox.stop()
            self.assertEqual({call["channel"] for call in sandbox.calls()}, {"PJSIP/12125550199@carrier-a"})
            for line in range(2, 2 + len(numbers)):
                self.assertRegex(rejected, rf"(?m)^{line},", rejected)

    def test_ten_megabytes_in_a_field_are_refused_and_the_daemon_lives(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            huge = b"external_id,phone,name\n1,+12125550199,\"" + b"x" * 10_000_000 + b"\"\n2,+12125550299,ok\n"
            path = outdial.folder / "huge.csv"
            path.write_bytes(huge)
            try:
                outdial.run("import", "customers", path, "--region", "US")
            except AssertionError:
                pass  # refusing the whole file is as good as refusing the row
            outdial.run("status")
            if not SANITIZED:
                self.assertLess(outdial.peak_memory_mb(), 200)

    def test_a_nul_byte_never_reaches_the_wire(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server(), {"NAME": "{contact.name}"})
            outdial.start()
            path = outdial.folder / "nul.csv"
            path.write_bytes(b"external_id,phone,name\n1,+12125550199,Eve\0Action\n2,+12125550299,ok\n")
            try:
                outdial.run("import", "customers", path, "--region", "US")
            except AssertionError:
                pass
            outdial.run("status")
            sandbox.stop()
            self.assertNotIn("Eve", str(sandbox.calls()))

    def test_no_number_name_or_secret_is_in_the_log(self):
        _, attempts, _, log = self.dial(b"external_id,phone,name\n1,+12125550117,Canary\n", {"NAME": "{contact.name}"})
        self.assertEqual(len(attempts), 1 + RETRY["busy"]["times"])
        self.assertNotIn("secret-of-the-sandbox", log)
        self.assertNotIn("Canary", log)
        self.assertNotRegex(log, re.compile("12125550117"))


class Import(unittest.TestCase):
    def test_the_same_file_twice_adds_nothing_with_and_without_the_daemon(self):
        content = b"external_id,phone\na,(212) 555-0117\nb,+1 212 555 0217\nc,212.555.0117\n"
        for with_daemon in (False, True):
            with self.subTest(daemon=with_daemon), Outdial() as outdial, Sandbox() as sandbox:
                configure(outdial, sandbox.server())
                if with_daemon:
                    outdial.start()
                outdial.import_file("customers", content)
                outdial.import_file("customers", content)
                if not with_daemon:
                    outdial.start()
                self.assertEqual(outdial.progress("renewals")["contacts"], 2)


    def test_ctrl_c_ends_it_in_good_order_and_the_same_command_goes_on(self):
        rows = "external_id,phone\n" + "".join(
            f"c{index},+1{212 + index // 80_000}{200 + index % 80_000 // 100}{index % 100:02d}17\n"
            for index in range(300_000))
        for with_daemon in (False, True):
            with self.subTest(daemon=with_daemon), Outdial() as outdial, Sandbox() as sandbox:
                configure(outdial, sandbox.server())
                outdial.start()
                if not with_daemon:
                    outdial.stop()
                path = outdial.folder / "customers.csv"
                path.write_text(rows)
                command = [PROGRAM, "import", "customers", path, "--config", outdial.folder / "outdial.yaml"]
                importing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
                outdial.wait_until(lambda: outdial.query("select count(*) as n from contact")[0]["n"], "contacts", 20)
                importing.send_signal(signal.SIGINT)
                _, said = importing.communicate(timeout=20)
                self.assertEqual(importing.returncode, INTERRUPTED, said)
                told = re.search(r"interrupted: ([\d,]+) contacts? stored; run the same command again to go on", said)
                self.assertTrue(told, said)
                stored = int(told[1].replace(",", ""))
                self.assertEqual(outdial.query("select count(*) as n from contact")[0]["n"], stored)


class Trouble(unittest.TestCase):
    def test_a_crash_of_asterisk_costs_no_contact_and_calls_nobody_twice_for_one_attempt(self):
        contacts = [{"external_id": str(index), "phone": f"1212{200 + index // 100}{index % 100:02d}02"}
                    for index in range(300)]
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server(), rate=50)
            outdial.start()
            outdial.import_list("customers", contacts)
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until(lambda: outdial.progress("renewals")["attempts"] >= 100, "the first calls")
            sandbox.crash()
            outdial.wait_until_only_tomorrow_is_left()
            attempts = outdial.attempts("renewals")
            progress = outdial.progress("renewals")
            sandbox.stop()
            times_sent = Counter(call["channel_id"] for call in sandbox.calls())
        self.assertEqual(set(times_sent.values()), {1})
        self.assertLessEqual(set(times_sent), {attempt["attempt_id"] for attempt in attempts})
        self.assertEqual(progress["ready"] + progress["waiting"] + progress["in_call"] + progress["done"], 300)
        self.assertEqual(len({attempt["external_id"] for attempt in attempts}), 300)

    def test_a_port_that_is_not_ami_is_named_and_nobody_is_dialed(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def speak_http():
            while True:
                try:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                except OSError:
                    return

        threading.Thread(target=speak_http, daemon=True).start()
        with Outdial() as outdial:
            configure(outdial, {"host": "127.0.0.1", "port": listener.getsockname()[1], "username": "outdial",
                                "secret": "s", "originates_per_second": 10, "channels": 10})
            outdial.start()
            outdial.import_file("customers", b"external_id,phone\na,+12125550117\n")
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until(lambda: "pbx1" in outdial.log_tail(), "a word about the server", 10)
            self.assertEqual(outdial.progress("renewals")["attempts"], 0)

    def test_commands_say_by_their_exit_code_what_is_wrong(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.run("status", expect=NO_DAEMON)
            outdial.run("status", "--no-such-option", expect=USAGE)
            outdial.start()
            outdial.run("campaign", "start", "no-such-campaign", expect=FAILED)
            (outdial.folder / "campaigns.d/broken.yaml").write_text("name: broken\nname: twice\n")
            outdial.run("check", expect=CONFIGURATION)

    def test_sigterm_ends_the_daemon_in_seconds_with_calls_up(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.import_list("customers", [{"external_id": str(index), "phone": f"1212555{index:02d}00"}
                                              for index in range(100)])
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until(lambda: outdial.progress("renewals")["in_call"] >= 50, "calls")
            began = time.monotonic()
            code, _ = outdial.stop()
            self.assertEqual(code, 0)
            self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
