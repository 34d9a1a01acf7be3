#!/usr/bin/python3
"""The test network proves itself: every fate happens, the carrier's records tell the truth, and the AMI account that
Outdial ships can do what dialing needs and nothing more. On both versions, without Outdial."""

import collections
import sys
import threading
import time
import unittest

import ami
import fates
import install
from telephony import Network, Ports, Unavailable

# One number per ending, in the range reserved for fiction.
NUMBER = "12125550{}{}"
# Fates without a final answer end when Outdial's ring timeout does.
RING_TIMEOUT_MS = 6000
CALLER_ID = "18005550199"


def channel_id(number, call=1):
    return f"d{call:02d}{int(number):029x}"


def ended(session, identity):
    """Condition: this call is over for good: hung up, or refused before it had a channel."""
    def look(events):
        names = {event.get("Event") for event in events
                 if identity in (event.get("Uniqueid"), event.get("DestUniqueid"), event.get("ActionID"))}
        return {"OriginateResponse", "Hangup"} <= names
    session.wait_for(look, f"the end of {identity}", 30)


class EveryVersion:
    """The tests below, once for each version."""

    version = ""
    network = None

    @classmethod
    def setUpClass(cls):
        cls.network = Network(cls.version)
        try:
            cls.network.start()
        except Unavailable as reason:
            raise unittest.SkipTest(str(reason)) from None
        except BaseException:
            cls.network.stop()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.network.stop()

    def dial(self, session, number, call=1, trunk="carrier-a", context="brief"):
        session.originate(channel_id(number, call), f"PJSIP/{number}@{trunk}", context=context, exten=number,
                          timeout_ms=RING_TIMEOUT_MS, caller_id=f'"Renewals" <{CALLER_ID}>')

    def test_every_fate_happens_and_leaves_one_record_each(self):
        numbers = {code: NUMBER.format(1, code) for code in fates.FATES}
        with self.network.outdial_session() as session:
            began = time.time()
            for number in numbers.values():
                self.dial(session, number)
            for number in numbers.values():
                ended(session, channel_id(number))
            done = time.time()
            seen = {code: session.events_of(channel_id(number)) for code, number in numbers.items()}
        wanted = set(numbers.values())
        self.network.wait_for_calls(len(wanted))
        records = self.records_of(wanted)
        for code, fate in fates.FATES.items():
            with self.subTest(fate=code, name=fate.name):
                record, = records[numbers[code]]
                answered = fate.disposition in ("answered", "machine")
                self.assertEqual(record.answered, answered)
                self.assertEqual(record.trunk, "carrier-a")
                self.assertEqual(record.caller_id, CALLER_ID)
                self.assertTrue(began <= record.start <= record.end <= done + 1, record)
                dial_statuses = [event["DialStatus"] for event in seen[code] if event["Event"] == "DialEnd"]
                self.assertEqual("ANSWER" in dial_statuses, answered)
                causes = {event.get("TechCause") for event in seen[code] if event["Event"] == "HangupRequest"}
                if fate.sip >= 300 and self.version == "22":  # 16 does not tell the SIP status
                    self.assertIn(str(fate.sip), causes)

    def test_a_fate_that_changes_goes_through_its_sequence(self):
        numbers = {code: NUMBER.format(2, code) for code in fates.SEQUENCES}
        errors = []

        def call_until_answered(session, number):
            try:
                for call in range(1, len(fates.SEQUENCES[number[-2:]].fates) + 1):
                    self.dial(session, number, call)
                    ended(session, channel_id(number, call))
            except Exception as error:  # reported by the main thread
                errors.append(f"{number}: {error}")

        with self.network.outdial_session() as session:
            threads = [threading.Thread(target=call_until_answered, args=(session, number))
                       for number in numbers.values()]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(errors, [])
        self.network.wait_for_calls(sum(len(sequence.fates) for sequence in fates.SEQUENCES.values()))
        records = self.records_of(set(numbers.values()))
        for code, number in numbers.items():
            with self.subTest(sequence=code):
                expected = [fates.fate_of(number, call).disposition == "answered"
                            for call in range(1, len(fates.SEQUENCES[code].fates) + 1)]
                self.assertEqual([record.answered for record in records[number]], expected)

    def test_the_carrier_tells_the_two_trunks_apart(self):
        numbers = {"carrier-a": NUMBER.format(3, "17"), "carrier-b": NUMBER.format(4, "17")}
        with self.network.outdial_session() as session:
            for trunk, number in numbers.items():
                self.dial(session, number, trunk=trunk)
            for number in numbers.values():
                ended(session, channel_id(number))
        self.network.wait_for_calls(2)
        records = self.records_of(set(numbers.values()))
        for trunk, number in numbers.items():
            self.assertEqual([record.trunk for record in records[number]], [trunk])

    def test_a_number_with_a_plus_meets_the_same_fate(self):
        number = "+" + NUMBER.format(5, "17")
        with self.network.outdial_session() as session:
            self.dial(session, number)
            ended(session, channel_id(number))
            events = session.events_of(channel_id(number))
        causes = [event["Cause"] for event in events if event["Event"] == "Hangup"]
        self.assertEqual(causes, ["17"])
        self.assertEqual(len(self.records_of({number})[number]), 1)

    def test_the_shipped_account_dials_lists_and_hangs_up_by_uniqueid(self):
        number = NUMBER.format(6, "00")
        with self.network.outdial_session() as session:
            session.action("Ping")
            self.assertIn("CoreStartupTime", session.action("CoreStatus"))
            self.dial(session, number, context="hold")
            session.wait_for(lambda events: any(event["Event"] == "OriginateResponse" for event in events), "an answer")
            live = session.list_action("CoreShowChannels", "CoreShowChannelsComplete")
            self.assertIn(channel_id(number), [channel["Uniqueid"] for channel in live])
            session.action("Hangup", Channel=channel_id(number), Cause="16")
            ended(session, channel_id(number))

    def test_the_shipped_account_may_neither_command_nor_configure_nor_run_programs(self):
        refused = {
            "Command": {"Command": "core show version"},
            "GetConfig": {"Filename": "manager.conf"},
            "UpdateConfig": {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
            "Filter": {"Operation": "Add", "Filter": "Event: VarSet"},
            "ModuleLoad": {"LoadType": "reload"},
            "Originate": {"Channel": "Local/s@hold", "Application": "System", "Data": "true", "Async": "true"},
        }
        with self.network.outdial_session() as session:
            for action, headers in refused.items():
                with self.subTest(action=action), self.assertRaises(ami.Refused):
                    session.action(action, **headers)

    def test_the_shipped_filters_pass_the_events_of_a_call_and_no_others(self):
        number = NUMBER.format(7, "01")
        with self.network.outdial_session() as session, self.network.admin() as everything:
            self.dial(session, number)
            ended(session, channel_id(number))
            ended(everything, channel_id(number))
            names = {event["Event"] for event in session.events}
            unfiltered = {event["Event"] for event in everything.events}
        needed = {"FullyBooted", "Newchannel", "DialBegin", "DialState", "Newstate", "DialEnd", "OriginateResponse",
                  "Hangup"}
        self.assertLessEqual(needed, names)
        self.assertLessEqual(names, needed | {"HangupRequest", "BridgeEnter", "UserEvent", "Shutdown", "Reload"})
        self.assertLessEqual({"Newexten", "NewConnectedLine"}, unfiltered)  # they did happen; the filter kept them away

    def test_a_person_who_presses_nine_is_reported_as_do_not_call(self):
        self.assertEqual(self.results_of(NUMBER.format(8, "09"), "outdial"), ["dnc"])

    def test_a_person_who_presses_eight_wants_to_be_called_back_in_two_hours(self):
        self.assertEqual(self.results_of(NUMBER.format(8, "08"), "outdial", "Callback"), ["+2h"])

    def test_machine_detection_reports_a_machine(self):
        self.assertEqual(self.results_of(NUMBER.format(8, "05"), "outdial-detect"), ["machine"])

    def test_machine_detection_lets_a_person_through(self):
        self.assertEqual(self.results_of(NUMBER.format(8, "07"), "outdial-detect"), [])

    def results_of(self, number, context, header="Disposition"):
        """The dispositions that the shipped dialplan reported for one call, or another header of its reports."""
        with self.network.outdial_session() as session:
            self.dial(session, number, context=context)
            ended(session, channel_id(number))
            events = session.events_of(channel_id(number))
        return [event[header] for event in events if event["Event"] == "UserEvent"]

    def records_of(self, numbers):
        """The carrier's records of these numbers, once there is one of each."""
        for _ in range(100):
            records = collections.defaultdict(list)
            for call in self.network.calls():
                if call.number in numbers:
                    records[call.number].append(call)
            if set(records) == set(numbers):
                return records
            time.sleep(0.05)
        self.fail(f"no record at the carrier of {sorted(set(numbers) - set(records))}")


class Asterisk22(EveryVersion, unittest.TestCase):
    version = "22"


class Asterisk16(EveryVersion, unittest.TestCase):
    version = "16"


class Slots(unittest.TestCase):
    def test_no_two_networks_have_a_port_in_common(self):
        blocks = sorted((Ports.of(version, slot) for version in install.VERSIONS for slot in range(Ports.SLOTS)),
                        key=lambda ports: ports.first)
        for lower, upper in zip(blocks, blocks[1:]):
            self.assertLess(max(lower.rtp[1]), upper.first)


if __name__ == "__main__":
    if sys.flags.optimize:
        sys.exit("run without -O: assertions are the test")
    unittest.main()
