// A random walk over everything that the store can do, with the rules that hold after every step.
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>

#include "fixture.hpp"
#include "support/plain_geography.hpp"

namespace outdial::store {

using namespace std::chrono_literals;

namespace {

struct Walk {
    Desk desk;
    Random dice;
    std::vector<CampaignId> campaigns{desk.campaign, desk.add_campaign("second on the same list", "customers"),
                                      desk.add_campaign("reminders", "patients")};
    std::vector<Claim> live;
    std::map<std::string, std::size_t> imported;
    UtcTime at = noon;
    Shell shell{desk.folder.database()};
    static constexpr int max_attempts = 3;
    // From 09:00 to 17:00 by the clock of the called, for all campaigns but the first.
    static constexpr int opens = 9 * 60, closes = 17 * 60;
    std::shared_ptr<const PlainGeography> geography = std::make_shared<PlainGeography>();
    SharedCallingRules hours =
        std::make_shared<CallingRules>(CallingRules{{{"calling_hours", {}, daily({{opens, closes}})}}, ""});

    explicit Walk(std::uint64_t seed) : dice(seed) { desk.store.set_geography(geography); }

    void import_some() {
        const std::string list = dice.below(2) == 0 ? "customers" : "patients";
        std::vector<NewContact> contacts;
        for (std::uint64_t i = dice.below(6); i > 0; --i) {
            NewContact contact = person(number_of(static_cast<int>(dice.below(40))));
            contact.attributes.emplace_back("zones", "+" + std::to_string(dice.below(10)));
            if (dice.below(3) == 0) contact.attributes.back().second += " +" + std::to_string(dice.below(10));
            contact.attributes.emplace_back("other_zones", "+" + std::to_string(dice.below(10)));
            if (dice.below(2) == 0) contact.numbers.push_back({number_of(static_cast<int>(dice.below(40))), 1});
            contacts.push_back(contact);
        }
        imported[list] += must(desk.store.add_contacts(list, contacts, noon)).accepted;
    }
    void claim_some() {
        desk.campaign = campaigns[dice.below(campaigns.size())];
        ClaimRequest request = desk.request(dice.below(5), at, max_attempts);
        if (desk.campaign != campaigns.front()) request.calling = hours;
        ClaimResult result = must(desk.store.claim(request));
        for (Claim& claim : result.claims) {
            if (request.calling) CHECK(is_open(claim));
            live.push_back(std::move(claim));
        }
        // Nobody is passed over: where slots were left, nobody else could be called now.
        if (!result.unused.empty() && !request.calling && result.next_due_at) CHECK(*result.next_due_at > at);
    }
    // In every zone of the number that is to be called.
    [[nodiscard]] bool is_open(const Claim& claim) const {
        const Place place = must(geography->place_of(claim.number(), claim.contact.attributes));
        return std::ranges::all_of(place.zones, [&](const std::string& zone) {
            const auto minute = (at.time_since_epoch() / 1min + 60 * (zone[1] - '0')) % minutes_per_day;
            return opens <= minute && minute < closes;
        });
    }
    void settle_one() {
        if (live.empty()) return;
        const std::size_t i = dice.below(live.size());
        const Claim claim = live[i];
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(i));
        NextStep next = Desk::done();
        if (dice.below(3) > 0) {
            next = Desk::retry_at(at + Milliseconds{static_cast<int>(dice.below(120'000))});
            next.position = static_cast<int>(dice.below(claim.contact.numbers.size()));
            next.charged = dice.below(3) > 0;
        }
        const Disposition disposition = all_dispositions[dice.below(all_dispositions.size())];
        CHECK(desk.settle(claim, disposition, next, at) == SettleOutcome::settled);
        CHECK(desk.settle(claim, disposition, next, at) == SettleOutcome::already_settled);
    }
    void change_state() {
        const CampaignState state = dice.below(4) == 0 ? CampaignState::paused : CampaignState::running;
        must(desk.store.set_campaign_state(campaigns[dice.below(campaigns.size())], state, at));
    }
    void restart() {
        // Opened before the old one closes; neither writes meanwhile.
        desk.store = must(Store::open(desk.folder.database()));
        desk.store.set_geography(geography);
        const auto found = must(desk.store.live_attempts());
        CHECK(found.size() == live.size());
    }
    void check() {
        for (const auto& [list, count] : imported) {
            const auto totals = shell.rows(
                "SELECT contacts, ready + waiting + in_call + done FROM campaign_progress WHERE list = '" + list + "'");
            const std::string wanted = std::to_string(count) + "|" + std::to_string(count);
            for (const std::string& total : totals) CHECK(total == wanted);
        }
        CHECK(shell.value("SELECT count(*) FROM attempt WHERE ended_at IS NULL") == std::to_string(live.size()));
        // A contact is in a call exactly where it has a live attempt of that campaign.
        CHECK(shell
                  .rows("SELECT campaign_id, contact_id FROM campaign_contact WHERE state = 'in_call' EXCEPT "
                        "SELECT campaign_id, contact_id FROM attempt WHERE ended_at IS NULL")
                  .empty());
        CHECK(shell.value("SELECT count(*) FROM campaign_contact WHERE state = 'in_call'") ==
              std::to_string(live.size()));
        // Rows exist exactly for the contacts that were taken, and count what their attempts say.
        CHECK(shell
                  .rows("SELECT w.campaign_id, c.contact_id FROM calling_window AS w JOIN contact AS c "
                        "USING (list_id, place_id) WHERE c.contact_id <= w.taken_through EXCEPT "
                        "SELECT campaign_id, contact_id FROM campaign_contact")
                  .empty());
        CHECK(shell
                  .rows("SELECT cc.contact_id FROM campaign_contact AS cc JOIN contact AS c USING (contact_id) "
                        "JOIN calling_window AS w ON w.campaign_id = cc.campaign_id AND w.place_id = c.place_id "
                        "WHERE cc.contact_id > w.taken_through")
                  .empty());
        CHECK(shell
                  .rows("SELECT campaign_id, contact_id, attempts, charged FROM campaign_contact EXCEPT "
                        "SELECT cc.campaign_id, cc.contact_id, count(a.attempt_id), total(a.charged) "
                        "FROM campaign_contact AS cc LEFT JOIN attempt AS a USING (campaign_id, contact_id) "
                        "GROUP BY cc.campaign_id, cc.contact_id")
                  .empty());
        CHECK(shell.rows("SELECT contact_id FROM campaign_contact WHERE charged > " + std::to_string(max_attempts))
                  .empty());
    }
};

}  // namespace

TEST_CASE(
    "Totals balance, budgets and hours hold, and contacts agree with their attempts after any sequence of operations") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        Walk walk{seed};
        must(walk.desk.store.begin());
        for (int step = 0; step < 300; ++step) {
            walk.at += Milliseconds{static_cast<int>(walk.dice.below(1'200'000))};
            switch (walk.dice.below(10)) {
                case 0: walk.import_some(); break;
                case 1:
                case 2:
                case 3: walk.claim_some(); break;
                case 4: walk.change_state(); break;
                default: walk.settle_one();
            }
            if (step % 10 == 9) {
                must(walk.desk.store.commit());
                walk.check();
                if (walk.dice.below(5) == 0) walk.restart();
                must(walk.desk.store.begin());
            }
        }
        must(walk.desk.store.commit());
        walk.check();
        CHECK(walk.shell.value("PRAGMA integrity_check") == "ok");
        CHECK(walk.shell.rows("PRAGMA foreign_key_check").empty());
    }
}

}  // namespace outdial::store
