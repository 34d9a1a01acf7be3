#!/usr/bin/python3
"""No cap is ever exceeded, by the carrier's clock: two campaigns over two trunks and two servers, Asterisk 22 and 16 at once."""

import unittest

import witness
from outdial import Outdial, seconds
from telephony import Network, Unavailable

GLOBAL_RATE, GLOBAL_CHANNELS = 20, 100
SERVER_RATE = {"pbx22": 14, "pbx16": 12}
TRUNK_RATE = {"carrier-a": 13, "carrier-b": 11}
TRUNK_CHANNELS = {"carrier-a": 60, "carrier-b": 60}
CAMPAIGN_RATE = {"fast": 30, "narrow": 30}
CAMPAIGN_CHANNELS = {"fast": 100, "narrow": 8}
FAST_CONTACTS, NARROW_CONTACTS = 700, 60
# tests/core/rate_limit_test.cpp shows 98 % in virtual time; here a busy machine may hold the daemon up for some seconds of 40.
LEAST_SHARE_OF_RATE = 0.85
RATE_GUARD_S = 0.015  # core/rate_limit.hpp
RETRY = {"max_attempts": 1}
VERSIONS = {"pbx22": "22", "pbx16": "16"}


def contacts(area, count, code):
    """So many contacts with numbers of this area, all of one fate."""
    return [{"external_id": f"{area}-{index}", "phone": f"1{area}{200 + index // 100}{index % 100:02d}{code}"}
            for index in range(count)]


class Caps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.networks = {server: Network(version) for server, version in VERSIONS.items()}
        cls.outdial = Outdial()
        try:
            for network in cls.networks.values():
                network.launch()
            for network in cls.networks.values():
                network.wait_until_booted()
            cls.dial()
        except Unavailable as reason:
            cls.tearDownClass()
            raise unittest.SkipTest(str(reason)) from None
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def dial(cls):
        servers = {name: {"host": "127.0.0.1", "port": network.ports.ami, "username": network.accounts.username,
                          "secret": network.accounts.secret, "originates_per_second": SERVER_RATE[name], "channels": 80}
                   for name, network in cls.networks.items()}
        trunks = {name: {"servers": list(servers), "dial": f"PJSIP/{{digits}}@{name}", "channels": TRUNK_CHANNELS[name],
                         "originates_per_second": TRUNK_RATE[name], "caller_ids": ["+18005550199"]}
                  for name in TRUNK_RATE}
        campaigns = {name: {"list": name, "trunks": list(trunks), "ring_timeout": "10s", "retry": RETRY,
                            "on_answer": {"context": "brief", "exten": "{digits}", "priority": 1},
                            "pacing": {"mode": "rate", "originates_per_second": CAMPAIGN_RATE[name],
                                       "channels": CAMPAIGN_CHANNELS[name]}}
                     for name in CAMPAIGN_RATE}
        cls.outdial.configure(servers, trunks, campaigns,
                              {"originates_per_second": GLOBAL_RATE, "channels": GLOBAL_CHANNELS})
        cls.outdial.start()
        # `fast` is over in a moment and runs into the rates; `narrow` rings, talks, and runs into its channels.
        cls.outdial.import_list("fast", contacts("212", FAST_CONTACTS, "17"))
        cls.outdial.import_list("narrow", contacts("646", NARROW_CONTACTS, "01"))
        for name in campaigns:
            cls.outdial.run("campaign", "start", name)
        for name in campaigns:
            cls.outdial.wait_until_finished(name, 180)
        for network in cls.networks.values():
            network.wait_for_calls(1)
        cls.calls = {}
        cls.outdial.wait_until(cls.all_on_record, "the carriers' last records", 20)
        cls.every_call = [call for calls in cls.calls.values() for call in calls]

    @classmethod
    def all_on_record(cls):
        cls.calls = {server: network.calls() for server, network in cls.networks.items()}
        return sum(map(len, cls.calls.values())) >= FAST_CONTACTS + NARROW_CONTACTS

    @classmethod
    def tearDownClass(cls):
        cls.outdial.__exit__()
        for network in cls.networks.values():
            network.stop()

    def of_campaign(self, name):
        return [call for call in self.every_call if call.number.startswith("1212" if name == "fast" else "1646")]

    def of_trunk(self, name):
        return [call for call in self.every_call if call.trunk == name]

    def test_everybody_was_called_once(self):
        self.assertEqual(len(self.every_call), FAST_CONTACTS + NARROW_CONTACTS)
        self.assertEqual(set(witness.calls_by_number(self.every_call).values()), {1})

    def measurable_window_s(self):
        """A whole second, less what calls were delayed unevenly between us and the carrier's clock beyond what the guard of
        core/rate_limit.hpp makes up for. On a machine with time to spare that is nothing."""
        sent = {attempt["number"].lstrip("+"): seconds(attempt["originated_at"])
                for attempt in self.outdial.query("select number, originated_at from attempt_log")}
        delays = [call.start - sent[call.number] for call in self.every_call]
        return min(1.0, 1.0 + RATE_GUARD_S - (max(delays) - min(delays)))

    def test_no_rate_is_exceeded_in_any_sliding_second(self):
        window_s = self.measurable_window_s()
        print(f"sliding window of {window_s:.3f} s")
        self.assertGreater(window_s, 0.7, "the machine is too busy to measure anything")
        self.assertLessEqual(witness.most_in_any_second(self.every_call, window_s), GLOBAL_RATE)
        for name, rate in TRUNK_RATE.items():
            self.assertLessEqual(witness.most_in_any_second(self.of_trunk(name), window_s), rate, name)
        for name, rate in SERVER_RATE.items():
            self.assertLessEqual(witness.most_in_any_second(self.calls[name], window_s), rate, name)
        for name, rate in CAMPAIGN_RATE.items():
            self.assertLessEqual(witness.most_in_any_second(self.of_campaign(name), window_s), rate, name)

    def test_no_number_of_channels_is_exceeded_at_any_instant(self):
        self.assertLessEqual(witness.most_at_once(self.every_call), GLOBAL_CHANNELS)
        for name, channels in TRUNK_CHANNELS.items():
            self.assertLessEqual(witness.most_at_once(self.of_trunk(name)), channels, name)
        for name, channels in CAMPAIGN_CHANNELS.items():
            self.assertLessEqual(witness.most_at_once(self.of_campaign(name)), channels, name)

    def test_the_caps_are_used_and_not_only_kept(self):
        self.assertEqual(witness.most_at_once(self.of_campaign("narrow")), CAMPAIGN_CHANNELS["narrow"])
        rate = witness.calls_per_second(self.every_call)
        print(f"{rate:.3f} calls per second of {GLOBAL_RATE}; at most "
              f"{witness.most_in_any_second(self.every_call)} in any second")
        self.assertGreaterEqual(rate, LEAST_SHARE_OF_RATE * GLOBAL_RATE)

    def test_both_servers_and_both_trunks_carry_their_part(self):
        for name in self.networks:
            self.assertGreater(len(self.calls[name]), len(self.every_call) // 4, name)
        for name in TRUNK_RATE:
            self.assertGreater(len(self.of_trunk(name)), len(self.every_call) // 4, name)


if __name__ == "__main__":
    unittest.main()
