#!/usr/bin/python3
"""The audit as a regulator meets it: who ordered what, why each call was allowed, and whether somebody changed the record. The chain
is computed here by its description alone (docs/reporting.md)."""

import hashlib
import json
import os
import pwd
import re
import sqlite3
import struct
import unittest

from outdial import FAILED, OK, USAGE, Outdial
from sandbox import Sandbox
from test_sandbox import configure

BUSY, ANSWERED = "17", "01"


def number(index, fate):
    return f"+1212555{index:02d}{fate}"


def hashed(value):
    """A column as it enters its row's hash."""
    if value is None:
        return b"\0"
    if isinstance(value, int):
        return b"\1" + struct.pack(">q", value)
    data = value.encode() if isinstance(value, str) else value
    return b"\2" + struct.pack(">Q", len(data)) + data


class Audit(unittest.TestCase):
    def setUp(self):
        self.outdial = Outdial()
        self.addCleanup(self.outdial.__exit__)
        self.sandbox = Sandbox()
        self.sandbox.start()
        self.addCleanup(self.sandbox.__exit__)
        configure(self.outdial, self.sandbox.server())

    def dial(self, numbers):
        self.outdial.start()
        self.outdial.import_list("customers", [{"phone": each} for each in numbers])
        self.outdial.run("campaign", "start", "renewals")
        self.outdial.wait_until_finished("renewals")

    def rows(self, *arguments):
        return json.loads(self.outdial.run("report", "audit", "--json", *arguments))

    def broken_at(self):
        verdict = json.loads(self.outdial.run("report", "audit", "--verify", "--json", expect=FAILED))
        self.assertFalse(verdict["ok"])
        return verdict["broken"]["audit_id"]

    def tamper(self, sql, *parameters):
        """As whoever can write to the file."""
        connection = sqlite3.connect(self.outdial.database)
        connection.execute("drop trigger if exists audit_is_never_changed")
        connection.execute("drop trigger if exists audit_loses_only_its_beginning")
        connection.execute(sql, parameters)
        connection.commit()
        connection.close()

    def test_every_order_says_who_gave_it_as_the_kernel_knows_them(self):
        campaign = self.outdial.folder / "campaigns.d/renewals.yaml"
        self.dial([number(0, BUSY)])
        self.outdial.run("dnc", "add", number(1, BUSY), "--reason", "letter of Mrs Canary")
        before = hashlib.sha256(campaign.read_bytes()).hexdigest()
        campaign.write_text(campaign.read_text() + "\n# changed\n")
        after = hashlib.sha256(campaign.read_bytes()).hexdigest()
        self.outdial.run("reload")
        self.outdial.run("forget", number(0, BUSY), "--yes")
        self.outdial.stop()
        self.outdial.run("dnc", "remove", number(1, BUSY), "--yes")  # no daemon: straight into the database
        self.assertIn(before, {row["detail"].get("after") for row in self.rows()})
        by_kind = {}
        for row in self.rows():
            by_kind.setdefault(row["kind"], []).append(row)
        name = pwd.getpwuid(os.getuid()).pw_name
        for kind, command in (("start", "serve"), ("import", "import"), ("reload", "reload"), ("forget", "forget")):
            actor = by_kind[kind][-1]["actor"]
            self.assertRegex(actor, rf"^{name} uid={os.getuid()} pid=[1-9][0-9]* command={command}$")
        self.assertEqual([(row["detail"]["change"], re.sub(r"pid=\d+", "", row["actor"])) for row in by_kind["do_not_call"]],
                         [(change, f"{name} uid={os.getuid()}  command=dnc") for change in ("added", "removed")])
        states = [(row["detail"]["before"], row["detail"]["after"], row["detail"].get("because"), "command=campaign" in row["actor"])
                  for row in by_kind["campaign"]]
        self.assertEqual(states, [("draft", "running", "start", True), ("running", "finished", None, False)])
        self.assertEqual(by_kind["configuration"][-1]["detail"],
                         {"file": "campaigns.d/renewals.yaml", "before": before, "after": after})
        self.assertEqual(by_kind["stop"][-1]["actor"], "signal=SIGTERM")
        self.assertNotIn("Canary", json.dumps(self.rows()))

    def test_a_regulators_question_about_one_number_is_answered(self):
        self.dial([number(0, BUSY), number(1, ANSWERED)])
        rows = self.rows("--number", "212-555-0101", "--region", "US")
        self.assertEqual([row["kind"] for row in rows], ["claim", "settlement"])
        claim, end = (row["detail"] for row in rows)
        self.assertEqual({row["number"] for row in rows}, {number(1, ANSWERED)})
        self.assertEqual((claim["campaign"], claim["attempts"], claim["trunk"]), ("renewals", 0, "carrier-a"))
        self.assertEqual([each["list"] for each in claim["do_not_call"]], ["global"])
        file = (self.outdial.folder / "campaigns.d/renewals.yaml").read_bytes()
        self.assertEqual(claim["rules"], hashlib.sha256(file).hexdigest()[:16])
        self.assertEqual((end["disposition"], end["dropped"]), ("answered", False))
        self.assertGreater(end["duration_ms"], 0)
        self.assertEqual(self.rows("--number", number(7, BUSY)), [])
        self.assertEqual(len(self.rows("--from", "2020-01-01", "--to", "2099-12-31")), len(self.rows()))
        self.assertEqual(self.rows("--to", "2020-01-01 12:30"), [])
        self.outdial.run("report", "audit", "--from", "yesterday", expect=USAGE)
        self.outdial.run("report", "audit", "--verify", "--from", "2020-01-01", expect=USAGE)
        table = self.outdial.run("report", "audit", "--number", number(1, ANSWERED))
        self.assertIn("settlement", table)
        csv = self.outdial.run("report", "audit", "--format", "csv").splitlines()
        self.assertEqual(csv[0], "audit_id,at,kind,actor,campaign,contact_id,attempt_id,number,detail,hash")
        self.assertEqual(len(csv), 1 + len(self.rows()))

    def test_another_program_comes_to_the_same_hashes_by_the_description(self):
        self.dial([number(0, BUSY), number(1, ANSWERED), number(2, BUSY)])
        connection = sqlite3.connect(f"file:{self.outdial.database}?mode=ro", uri=True)
        previous, count = bytes(32), 0
        for *columns, found in connection.execute(
                "select audit_id, at, kind, actor, campaign_id, contact_id, attempt_id, number_digest, detail, hash from audit "
                "order by audit_id"):
            previous = hashlib.sha256(previous + b"".join(map(hashed, columns))).digest()
            self.assertEqual(previous, found)
            count += 1
        digests = connection.execute("select a.number_digest, t.number_salt, t.number from audit a "
                                     "join attempt t on t.claim_audit_id = a.audit_id").fetchall()
        attempts = connection.execute("select count(*) from attempt").fetchone()[0]
        connection.close()
        self.assertGreaterEqual(attempts, 3)  # and the retries of those that are busy
        self.assertEqual(len(digests), attempts)
        for digest, salt, called in digests:
            self.assertEqual(hashlib.sha256(salt + called.encode()).digest(), digest)
        verdict = json.loads(self.outdial.run("report", "audit", "--verify", "--json"))
        self.assertEqual((verdict["ok"], verdict["rows"], verdict["hash"]), (True, count, previous.hex()))

    def test_a_record_that_was_changed_is_named_and_so_is_one_whose_end_is_missing(self):
        self.dial([number(0, BUSY), number(1, ANSWERED)])
        self.outdial.stop()
        whole = self.outdial.database.read_bytes()
        self.assertIn("The audit is whole", self.outdial.run("report", "audit", "--verify"))
        settlement = next(row for row in self.rows() if row["kind"] == "settlement")
        self.tamper("update audit set detail = replace(detail, 'charged\":true', 'charged\":false') where audit_id = ?",
                    settlement["audit_id"])
        self.assertEqual(self.broken_at(), settlement["audit_id"])
        self.outdial.database.write_bytes(whole)
        last = self.rows()[-1]["audit_id"]
        self.tamper("delete from audit where audit_id > ?", last - 2)
        self.assertEqual(self.broken_at(), last)
        self.outdial.database.write_bytes(whole)
        self.tamper("update attempt set number = '+12125559999' where number = ?", number(1, ANSWERED))
        self.assertEqual(next(row for row in self.rows() if row["audit_id"] == self.broken_at())["kind"], "claim")

    def test_who_is_forgotten_is_not_found_and_the_chain_is_whole(self):
        self.dial([number(0, BUSY), number(1, ANSWERED)])
        self.outdial.run("forget", number(1, ANSWERED), "--yes")
        self.assertEqual(self.rows("--number", number(1, ANSWERED)), [])
        self.assertNotIn(number(1, ANSWERED), json.dumps(self.rows()))
        self.assertIn("tells of a number that was forgotten", self.outdial.run("report", "audit", "--verify", expect=OK))

    def test_a_start_that_was_told_to_put_up_with_something_says_so_and_how_the_run_before_ended(self):
        self.outdial.start()
        self.outdial.kill()
        self.outdial.start()
        starts = [row["detail"] for row in self.rows() if row["kind"] == "start"]
        self.assertEqual([start["after_unclean_stop"] for start in starts], [False, True])
        self.assertNotIn("accept_rollback", starts[0])


if __name__ == "__main__":
    unittest.main()
