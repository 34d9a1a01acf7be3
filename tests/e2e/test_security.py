#!/usr/bin/python3
"""What must not get out, planted and looked for: secrets, numbers and names; and people who asked to be forgotten."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import unittest
from pathlib import Path

from outdial import CONFIGURATION, FAILED, OK, PROGRAM, Outdial
from sandbox import SECRET, Sandbox
from test_sandbox import configure

NUMBERS = ["+12125550117", "+12125550219", "+12125550321", "+12125550402", "+12125550598"]
NAME = "Canary Wilhelmina"


def people():
    return [{"external_id": f"canary-{index}", "phone": number, "name": f"{NAME} {index}"}
            for index, number in enumerate(NUMBERS)]


class Secrets(unittest.TestCase):
    def test_the_secret_is_nowhere_but_in_its_file(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.wait_until(lambda: "server up" in outdial.log_tail(), "the login")
            process = Path(f"/proc/{outdial.pid}")
            places = {"status": outdial.run("status"), "status --json": outdial.run("status", "--json"),
                      "check": outdial.run("check"), "log": outdial.log.read_text(errors="replace"),
                      "cmdline": (process / "cmdline").read_text(), "environ": (process / "environ").read_text(),
                      "database": outdial.database.read_bytes().decode("latin-1")}
            # A wrong secret is complained of: without repeating it.
            (outdial.folder / "pbx1.secret").write_text("wrong-canary-secret\n")
            outdial.run("reload")
            outdial.wait_until(lambda: "refused the login" in outdial.log_tail(), "the refused login")
            places["log of a wrong secret"] = outdial.log.read_text(errors="replace")
            places["status of a wrong secret"] = outdial.run("status", "--json")
        for place, text in places.items():
            with self.subTest(place=place):
                self.assertNotIn(SECRET, text)
                self.assertNotIn("wrong-canary-secret", text)

    def test_a_secret_that_others_can_read_keeps_the_daemon_from_starting(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            for mode in (0o644, 0o660):
                (outdial.folder / "pbx1.secret").chmod(mode)
                done = subprocess.run([PROGRAM, "serve", "--config", outdial.folder / "outdial.yaml"],
                                      capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, CONFIGURATION)
                self.assertRegex(done.stderr, "pbx1.secret.*chmod 0640 or 0600")
                self.assertNotIn(SECRET, done.stderr)

    def test_a_database_that_others_can_read_keeps_the_daemon_from_starting(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.import_list("customers", people())
            outdial.database.chmod(0o644)
            done = subprocess.run([PROGRAM, "serve", "--config", outdial.folder / "outdial.yaml"], capture_output=True,
                                  text=True, timeout=20)
            self.assertEqual(done.returncode, FAILED)
            self.assertRegex(done.stderr, "chmod o-rwx")

    def test_a_secret_comes_from_systemds_credentials(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            credentials = outdial.folder / "credentials"
            credentials.mkdir(0o700)
            (outdial.folder / "pbx1.secret").rename(credentials / "pbx1")
            configured = outdial.folder / "outdial.yaml"
            configured.write_text(configured.read_text().replace('"pbx1.secret"', '"credential:pbx1"'))
            os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
            self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY", None)
            outdial.start()
            outdial.wait_until(lambda: "server up" in outdial.log_tail(), "the login")
            self.assertNotIn(SECRET, Path(f"/proc/{outdial.pid}/environ").read_text())

    def test_a_crash_leaves_no_core_dump_even_where_the_limit_allows_one(self):
        limits = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (limits[1], limits[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, limits)
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            limit, = re.findall(r"Max core file size\s+(\S+)\s+(\S+)", Path(f"/proc/{outdial.pid}/limits").read_text())
            self.assertEqual(limit, ("0", "0"))
            status = outdial.abort()
            self.assertTrue(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT)
            self.assertFalse(os.WCOREDUMP(status))

    def test_other_processes_of_its_user_cannot_read_the_daemons_memory(self):
        nobody = 65534 if os.geteuid() == 0 else None  # root may read everything
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            program = shutil.copy(PROGRAM, outdial.folder)  # where nobody may come
            for path in [outdial.folder, *outdial.folder.rglob("*")] if nobody else []:
                os.chown(path, nobody, nobody)
            outdial.start(user=nobody, program=program)
            # The kernel gives the files of a process that may not be dumped to root.
            self.assertEqual(Path(f"/proc/{outdial.pid}/environ").stat().st_uid, 0)
            reading = f"open('/proc/{outdial.pid}/mem', 'rb')"
            done = subprocess.run(["/usr/bin/python3", "-c", reading], user=nobody, capture_output=True, text=True)
            self.assertIn("PermissionError", done.stderr)


class Log(unittest.TestCase):
    def test_no_number_and_no_name_is_in_the_log_of_a_run_with_troubles(self):
        forged = '"Canary\nforged: line"'
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server(), {"NAME": "{contact.name}"})
            outdial.start()
            rows = "".join(f"{person['external_id']},{person['phone']},{person['name']}\n" for person in people())
            outdial.import_file("customers", f"external_id,phone,name\n{rows}x,+12125550618,{forged}\n".encode())
            outdial.run("campaign", "start", "renewals")
            outdial.run("campaign", "start", "x\n2026-01-01T00:00:00.000 info forged +12125550117", expect=FAILED)
            outdial.wait_until(lambda: outdial.progress("renewals")["attempts"] >= 3, "calls")
            sandbox.crash()
            outdial.wait_until(lambda: outdial.query("select 1 from contact_status where contact_id = 2 "
                                                     "and (state = 'done' or reason = 'lost')"), "the second person's end")
            (outdial.folder / "campaigns.d/broken.yaml").write_text(f'name: broken\ncaller_id: {{number: "{NUMBERS[0]}x"}}\n')
            outdial.run("reload", expect=CONFIGURATION)
            outdial.run("forget", NUMBERS[1], "--yes")
            outdial.stop()
            log = outdial.log.read_text(errors="replace")
        self.assertIn("forgotten contact_id=2", log)
        self.assertIn("broken.yaml", log)
        self.assertNotIn("Canary", log)
        for number in [*NUMBERS, "+12125550618"]:
            self.assertNotIn(number.lstrip("+"), log)
            self.assertNotIn(number[-7:], log)
        for line in log.splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} (debug|info|warning|error|critical) ")


class ControlSocket(unittest.TestCase):
    """What the program's own import would refuse is refused of any other client too."""

    def ask(self, outdial, **request):
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(str(outdial.folder / "control.sock"))
            control.sendall(json.dumps(request).encode() + b"\n")
            return json.loads(control.makefile().readline())

    def test_no_list_and_no_contact_that_an_import_would_refuse_comes_in(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            number = {"e164": "+12125550117", "country_code_digits": 1}
            for name in ("../../x", "a\0b", "Customers", "x" * 64):
                answer = self.ask(outdial, command="add_contacts", list=name, contacts=[{"numbers": [number]}])
                self.assertFalse(answer["ok"])
                self.assertIn("a name of a-z, 0-9", answer["error"])
            for attribute in (["2nd", "x"], ["name", "a\r\nAction: Logoff"], ["name", "\x1b[2J"], ["a b", "x"]):
                answer = self.ask(outdial, command="add_contacts", list="customers",
                                  contacts=[{"numbers": [number], "attributes": [attribute]}])
                self.assertEqual(answer["accepted"], 0)
                self.assertEqual([refused["index"] for refused in answer["rejected"]], [0])
            self.assertEqual(outdial.query("select count(*) as n from contact")[0]["n"], 0)


class Forget(unittest.TestCase):
    def files(self, outdial):
        """All bytes of all files that Outdial has made; the call list is the operator's."""
        made = [path for path in outdial.folder.rglob("*") if path.is_file() and path.suffix != ".csv"]
        self.assertIn(outdial.database, made)
        return b"".join(path.read_bytes() for path in made)

    def test_a_person_is_forgotten_while_the_daemon_dials_and_the_reports_keep_their_counts(self):
        with Outdial() as outdial, Sandbox() as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.import_list("customers", people())
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until_finished("renewals")
            before = outdial.progress("renewals"), outdial.query("select * from disposition_summary")
            person = NUMBERS[0]
            self.assertIn(person.encode(), self.files(outdial))
            answer = json.loads(outdial.run("--json", "forget", person, "--yes"))
            self.assertEqual([entry["attempts"] for entry in answer["contacts"]], [4])
            self.assertEqual(answer["copies"], "none")
            self.assertEqual((outdial.progress("renewals"), outdial.query("select * from disposition_summary")), before)
            left = self.files(outdial)
            for text in (person.lstrip("+"), "canary-0", f"{NAME} 0"):
                self.assertNotIn(text.encode(), left)
            self.assertIn(NUMBERS[1].encode(), left)
            attempts = outdial.query("select number from attempt_log where contact_id = 1")
            self.assertEqual({row["number"] for row in attempts}, {"+000000000000100"})
            self.assertEqual(outdial.stop()[0], OK)
            self.assertNotIn(person.lstrip("+").encode(), self.files(outdial))

    def test_nobody_is_forgotten_during_a_call(self):
        with Outdial() as outdial, Sandbox("22", "--talk", "600s") as sandbox:
            configure(outdial, sandbox.server())
            outdial.start()
            outdial.import_list("customers", [{"external_id": "talks", "phone": "+12125550501"}])
            outdial.run("campaign", "start", "renewals")
            outdial.wait_until(lambda: outdial.progress("renewals")["in_call"] == 1, "the call")
            outdial.run("forget", "--external-id", "talks", "--yes", expect=FAILED)
            self.assertIn(b"+12125550501", self.files(outdial))


if __name__ == "__main__":
    unittest.main()
