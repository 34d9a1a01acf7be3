// The verdicts of real calls: every recording of Asterisk 22.10 and 16.28, in the order of the wire, in any other
// order, with messages repeated, and cut short at every message.
#include <catch2/catch.hpp>
#include <set>

#include "base/random.hpp"
#include "core/verdict.hpp"
#include "daemon/trace.hpp"

namespace outdial {

namespace {

using test::Trace;

CallFacts facts_of(const std::vector<AttemptEvent>& events, const AttemptId& attempt) {
    CallFacts facts;
    for (const AttemptEvent& event : events) {
        if (event.attempt == attempt) facts = fold(std::move(facts), event.event);
    }
    return facts;
}

std::string verdict_of(const std::vector<AttemptEvent>& events, const AttemptId& attempt) {
    return std::string{to_text(disposition_of(facts_of(events, attempt)))};
}

// By the recording's scenario; a second word is what Asterisk 16, which gives no SIP status, leads to.
const std::map<std::string, std::pair<std::string, std::string>> expected{
    {"answered", {"answered", "answered"}},
    {"answered-no-ringing", {"answered", "answered"}},
    {"early-media-answered", {"answered", "answered"}},
    {"busy", {"busy", "busy"}},
    {"ring-timeout", {"no_answer", "no_answer"}},
    {"no-ringing-timeout", {"no_answer", "no_answer"}},
    {"declined-603", {"declined", "declined"}},
    {"rejected-403", {"rejected", "declined"}},
    {"unavailable-480", {"no_answer", "no_answer"}},
    {"not-found-404", {"invalid_number", "invalid_number"}},
    {"changed-410", {"invalid_number", "invalid_number"}},
    {"bad-number-484", {"invalid_number", "invalid_number"}},
    {"congestion-503", {"congestion", "congestion"}},
    {"network-500", {"congestion", "congestion"}},
    {"out-of-order-502", {"unreachable", "unreachable"}},
    {"unknown-endpoint", {"unreachable", "unreachable"}},
    {"unknown-technology", {"unreachable", "unreachable"}},
    {"missing-extension", {"failed", "failed"}},
    {"extension-first-then-number", {"failed", "failed"}},
    {"permission-denied", {"failed", "failed"}},
    {"hangup-action-while-ringing", {"canceled", "canceled"}},
    {"stasis-without-app", {"answered", "answered"}},
    {"amd-machine-or-human", {"answered", "answered"}},
    {"userevent-dnc", {"answered", "answered"}},
    {"queue-agent-answers", {"answered", "answered"}},
    {"local-channel", {"answered", "answered"}},
    {"graceful-stop-with-a-live-call", {"answered", "answered"}},
};

std::string expected_for(const std::string& trace_name) {
    const std::string scenario = trace_name.substr(trace_name.find('/') + 1);
    const auto& [newer, older] = expected.at(scenario);
    return trace_name.starts_with("asterisk-16/") ? older : newer;
}

std::vector<std::string> single_call_traces() {
    std::vector<std::string> names = test::all_traces();
    std::erase_if(names, [](const std::string& name) { return !expected.contains(name.substr(name.find('/') + 1)); });
    return names;
}

}  // namespace

TEST_CASE("every recorded call gets the disposition that its scenario names") {
    REQUIRE(single_call_traces().size() == 2 * expected.size());
    for (const std::string& name : single_call_traces()) {
        const Trace trace = test::read_trace(name);
        INFO(name);
        REQUIRE(trace.attempts.size() == 1);
        CHECK(verdict_of(trace.events, trace.attempts.begin()->second) == expected_for(name));
        CHECK(settle_at(facts_of(trace.events, trace.attempts.begin()->second)).has_value());
    }
}

TEST_CASE("the order of a call's messages does not change its verdict") {
    Random random{20};
    for (const std::string& name : single_call_traces()) {
        const Trace trace = test::read_trace(name);
        INFO(name);
        for (int round = 0; round < 200; ++round) {
            std::vector<AttemptEvent> shuffled = trace.events;
            for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.below(i)]);
            REQUIRE(verdict_of(shuffled, trace.attempts.begin()->second) == expected_for(name));
        }
    }
}

TEST_CASE("repeated messages do not change a call's facts") {
    for (const std::string& name : test::all_traces()) {
        const Trace trace = test::read_trace(name);
        std::vector<AttemptEvent> repeated = trace.events;
        for (const AttemptEvent& event : trace.events) {
            repeated.push_back(event);
            repeated.back().event.at += Milliseconds{5000};
        }
        INFO(name);
        for (const auto& [action, attempt] : trace.attempts)
            CHECK(facts_of(repeated, attempt) == facts_of(trace.events, attempt));
    }
}

TEST_CASE("a recording cut short never makes an unanswered call answered, nor an answered one anything else") {
    for (const std::string& name : test::all_traces()) {
        const Trace trace = test::read_trace(name);
        INFO(name);
        for (const auto& [action, attempt] : trace.attempts) {
            const std::string whole = verdict_of(trace.events, attempt);
            for (std::size_t length = 0; length <= trace.events.size(); ++length) {
                const std::vector<AttemptEvent> part{trace.events.begin(),
                                                     trace.events.begin() + static_cast<std::ptrdiff_t>(length)};
                const std::string verdict = verdict_of(part, attempt);
                if (verdict == "answered") REQUIRE(whole == "answered");
                if (!settle_at(facts_of(part, attempt))) {
                    const std::set<std::string> open{"lost", "answered", "no_answer", "unreachable"};
                    REQUIRE(open.contains(verdict));
                }
            }
        }
    }
}

TEST_CASE("fifty interleaved calls are told apart") {
    // The far end decided by the number's last two digits; 21 is a provider's refusal (403), which Asterisk 16 does not
    // tell from a decline.
    const auto expected_of = [](const std::string& name, const std::string& number) -> std::string {
        const std::string fate = number.substr(number.size() - 2);
        if (fate == "17") return "busy";
        if (fate == "34") return "congestion";
        if (fate == "21") return name.starts_with("asterisk-16/") ? "declined" : "rejected";
        return "answered";
    };
    for (const std::string name : {"asterisk-22/fifty-interleaved", "asterisk-16/fifty-interleaved"}) {
        const Trace trace = test::read_trace(name);
        REQUIRE(trace.attempts.size() == 50);
        for (const auto& [action, attempt] : trace.attempts) {
            INFO(name << " " << action << " " << trace.dialed.at(action));
            CHECK(verdict_of(trace.events, attempt) == expected_of(name, trace.dialed.at(action)));
        }
    }
}

TEST_CASE("an Originate refused because its id is in use leaves the living call alone") {
    for (const std::string name : {"asterisk-22/duplicate-channelid", "asterisk-16/duplicate-channelid"}) {
        const Trace trace = test::read_trace(name);
        INFO(name);
        CHECK(verdict_of(trace.events, trace.attempts.at("a-1")) == "no_answer");  // it rang to its end
        CHECK(verdict_of(trace.events, trace.attempts.at("a-2")) == "unreachable");
    }
}

TEST_CASE("a result that the dialplan gives reaches the attempt") {
    const Trace trace = test::read_trace("asterisk-22/userevent-dnc");
    CHECK(facts_of(trace.events, trace.attempts.begin()->second).result == "dnc");
}

}  // namespace outdial
