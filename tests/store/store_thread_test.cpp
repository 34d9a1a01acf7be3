#include "store/store_thread.hpp"

#include <chrono>
#include <string>
#include <vector>

#include "office.hpp"
#include "store/rollback_mirror.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

TEST_CASE("At the moment of the reply another connection sees the claim: it was committed before") {
    Office office{5};
    Shell reader = office.desk.shell();
    std::vector<std::string> seen;
    office.open([&] { seen.push_back(reader.value("SELECT count(*) FROM attempt")); });
    REQUIRE(office.thread->post(office.desk.request(3)));
    const auto results = office.inbox.wait_for<ClaimResult>(1);
    office.thread->stop();
    CHECK(results.at(0).claims.size() == 3);
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.front() == "3");
}

TEST_CASE("Its lag is the time that a call's job has not been written, and an import's batches do not count") {
    Office office{5};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    REQUIRE(office.thread->post(task([](Store&) {})));
    CHECK(office.thread->lag() == 0ms);
    REQUIRE(office.thread->post(office.desk.request(3)));
    CHECK(office.thread->lag() > 0ms);
    gate.opened.set_value();
    (void)office.inbox.wait_for<ClaimResult>(1);
    office.thread->stop();
    CHECK(office.thread->lag() == 0ms);
}

TEST_CASE("All jobs that wait are carried out in one transaction, and outcomes before claims") {
    Office office{4};
    const Claim first = office.desk.claim(1).claims.at(0);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(office.desk.request(1, noon + 1min)));
    office.thread->post(Desk::settlement_of(first, Disposition::busy, Desk::retry_at(noon + 1min), noon + 1s));
    gate.opened.set_value();

    const auto results = office.inbox.wait_for<ClaimResult>(3);
    office.thread->stop();
    CHECK(office.inbox.batches() == std::vector<std::size_t>{1, 4});
    CHECK(results.at(0).claims.at(0).contact.id == first.contact.id);  // its retry, due through the settlement
}

TEST_CASE("A pause that was posted before a claim holds for it, in the same transaction") {
    Office office{1};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    office.thread->post(CampaignStateJob{office.desk.campaign, CampaignState::paused, noon});
    REQUIRE(office.thread->post(office.desk.request(1)));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(1).at(0).claims.empty());
}

TEST_CASE("A claim that fails takes none of its group with it") {
    Office office{3};
    const ClaimRequest used = office.desk.request(1);
    must(office.desk.store.claim(used));
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    REQUIRE(office.thread->post(office.desk.request(1)));
    REQUIRE(office.thread->post(used));
    REQUIRE(office.thread->post(office.desk.request(1)));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(2).size() == 2);
    const auto failed = office.inbox.wait_for<ClaimFailed>(1);
    CHECK(failed.at(0).request.slots.at(0).attempt == used.slots.at(0).attempt);
    CHECK(office.inbox.all<StoreAlert>().empty());
    CHECK(office.desk.shell().value("SELECT count(*) FROM attempt") == "3");
}

TEST_CASE("A settlement that the database refuses is handed back, and the others of its group are kept") {
    Office office{2};
    const ClaimResult result = office.desk.claim(2);
    const Settlement first = Desk::settlement_of(result.claims.at(0), Disposition::busy, Desk::done("busy"), noon + 1s);
    const Settlement second =
        Desk::settlement_of(result.claims.at(1), Disposition::busy, Desk::done("busy"), noon + 1s);
    REQUIRE(office.desk.shell().run("DELETE FROM campaign_contact WHERE contact_id = 1").empty());
    office.open();
    office.thread->post(first);
    office.thread->post(second);
    CHECK(office.inbox.wait_for<SettlementFailed>(1).at(0).settlement.attempt == first.attempt);
    CHECK(office.inbox.wait_for<SettlementDone>(1).at(0).attempt == second.attempt);
    CHECK(office.desk.shell().rows("SELECT contact_id FROM attempt WHERE ended_at IS NULL") ==
          std::vector<std::string>{"1"});
}

TEST_CASE("Stopping carries out everything that waits") {
    Office office{300};
    const ClaimResult result = office.desk.claim(300);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (const Claim& claim : result.claims) {
        office.thread->post(Desk::settlement_of(claim, Disposition::busy, Desk::done("busy"), noon + 1s));
    }
    int tasks_run = 0;
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(task([&](Store&) { ++tasks_run; })));
    gate.opened.set_value();
    office.thread->stop();
    CHECK(tasks_run == 3);
    CHECK(office.inbox.all<SettlementDone>().size() == 300);
    CHECK(office.desk.shell().value("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == "0");
    CHECK_FALSE(office.thread->post(office.desk.request(1)));
}

TEST_CASE("A stop has patience with a lock until its time is up, and loses nothing where the lock is free by then") {
    Office office{1};
    const Claim call = office.desk.claim(1).claims.at(0);
    office.open();
    Shell other = office.desk.shell();
    REQUIRE(other.run("BEGIN IMMEDIATE").empty());
    office.thread->post(Desk::settlement_of(call, Disposition::busy, Desk::done("busy"), noon + 1s));
    office.inbox.wait_for<StoreAlert>(1);
    office.thread->begin_stop(std::chrono::steady_clock::now() + patience);
    for (const auto turns = office.thread->turns(); office.thread->turns() < turns + 10;) std::this_thread::yield();
    CHECK_FALSE(office.thread->finished());
    REQUIRE(other.run("ROLLBACK").empty());
    office.inbox.wait_for<SettlementDone>(1);
    office.thread->stop();
    CHECK(office.thread->finished());
    CHECK(office.thread->unwritten().nothing());
}

TEST_CASE("Of an attempt's facts only the latest are written, and none after its settlement") {
    Office office{2};
    const ClaimResult result = office.desk.claim(2);
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    CallFacts facts;
    for (int i = 0; i < 10; ++i) {
        facts.ringing_at = noon + i * 1ms;
        office.thread->post({{result.claims.at(0).slot.attempt, facts}, {result.claims.at(1).slot.attempt, facts}});
    }
    Settlement settlement = Desk::settlement_of(result.claims.at(1), Disposition::busy, Desk::done("busy"), noon + 1s);
    office.thread->post(settlement);
    gate.opened.set_value();
    office.inbox.wait_for<SettlementDone>(1);
    office.thread->stop();
    CHECK(office.desk.shell().rows("SELECT contact_id, ringing_at FROM attempt ORDER BY contact_id") ==
          std::vector<std::string>{"1|1800000000009", "2|"});
}

TEST_CASE("A task is told of the commit only after it, and its work is one with its group") {
    Office office{0};
    std::string seen;
    Shell reader = office.desk.shell();
    office.open();
    AddedContacts added;
    REQUIRE(
        office.thread->post(task([&](Store& store) { added = must(store.add_contacts("customers", people(3), noon)); },
                                 [&](const Result<void>& committed) {
                                     seen = committed ? reader.value("SELECT count(*) FROM contact") : "?";
                                 })));
    const auto done = office.inbox.wait_for<TaskDone>(1);
    done.at(0).done(done.at(0).committed);
    CHECK(added.accepted == 3);
    CHECK(seen == "3");
}

TEST_CASE("An import's batches take turns with calls: one batch between two groups") {
    Office office{10};
    Gate& gate = office.gate;
    std::vector<char> order;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (int i = 0; i < 3; ++i) REQUIRE(office.thread->post(task([&](Store&) { order.push_back('t'); })));
    for (std::size_t i = 0; i < max_claims_per_group + 1; ++i) REQUIRE(office.thread->post(office.desk.request(0)));
    gate.opened.set_value();
    office.inbox.wait_for<TaskDone>(4);
    office.thread->stop();
    // The gate's task; a group of claims; one batch; the last claim; then nothing but batches is left: one transaction.
    CHECK(office.inbox.batches() == std::vector<std::size_t>{1, max_claims_per_group, 1, 1, 2});
    CHECK(order.size() == 3);
}

TEST_CASE("More claims and tasks than the limits are refused, not piled up") {
    Office office{0};
    Gate& gate = office.gate;
    office.open([&] { gate.pass(); });
    REQUIRE(office.thread->post(task([](Store&) {})));
    gate.reached.get_future().wait();
    for (std::size_t i = 0; i < max_waiting_claims; ++i) REQUIRE(office.thread->post(office.desk.request(0)));
    CHECK_FALSE(office.thread->post(office.desk.request(0)));
    for (std::size_t i = 0; i < max_waiting_tasks; ++i) REQUIRE(office.thread->post(task([](Store&) {})));
    CHECK_FALSE(office.thread->post(task([](Store&) {})));
    gate.opened.set_value();
    CHECK(office.inbox.wait_for<ClaimResult>(max_waiting_claims).size() == max_waiting_claims);
}

TEST_CASE("A thread that has written everything ends the run cleanly, and one that could not does not") {
    for (const bool locked : {false, true}) {
        CAPTURE(locked);
        Office office{1};
        must(office.desk.store.start_run({.accept_rollback = false, .reserve_bytes = 4096}));
        const Claim call = office.desk.claim(1).claims.at(0);
        office.open();
        Shell other = office.desk.shell();
        if (locked) REQUIRE(other.run("BEGIN IMMEDIATE").empty());
        office.thread->post(Desk::settlement_of(call, Disposition::busy, Desk::done("busy"), noon + 1s));
        office.thread->stop();
        CHECK(must(read_mirror(mirror_file(office.desk.folder.database())))->stopped_cleanly == !locked);
    }
}

}  // namespace outdial::store
