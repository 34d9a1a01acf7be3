#include "proof/workload.hpp"

#include <sqlite3.h>

#include <string_view>

namespace outdial::proof {

namespace {

using store::Store;

constexpr const char* renewals = "renewals";  // always running
constexpr const char* surveys = "surveys";    // run and paused by turns

struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
};

/// Reads a simulated disk beside the store.
class Reader {
public:
    explicit Reader(const sim::FaultDisk& disk) {
        sqlite3* raw = nullptr;
        sqlite3_open_v2(database_path, &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, disk.vfs().c_str());
        db_.reset(raw);
    }
    /// Columns joined by '|'. Where it fails, failed() from then on.
    std::vector<std::string> rows(const std::string& sql) {
        std::vector<std::string> lines;
        const auto collect = [](void* out, int columns, char** values, char**) {
            std::string line;
            for (int i = 0; i < columns; ++i) line += (values[i] == nullptr ? "" : values[i]) + std::string{"|"};
            static_cast<std::vector<std::string>*>(out)->push_back(std::move(line));
            return 0;
        };
        if (sqlite3_exec(db_.get(), sql.c_str(), collect, &lines, nullptr) != SQLITE_OK) failed_ = true;
        return lines;
    }
    std::string value(const std::string& sql) {
        const std::vector<std::string> found = rows(sql);
        return found.empty() ? "" : found.front().substr(0, found.front().size() - 1);
    }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    std::unique_ptr<sqlite3, Closer> db_;
    bool failed_ = false;
};

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;
constexpr std::uint64_t fnv_prime = 0x100000001b3;

NewContact person(std::size_t number) {
    return {"p" + std::to_string(number), {{"+1202" + std::to_string(5'550'000 + number), 1}}, {{"name", "N. N."}}};
}

}  // namespace

Result<void> Workload::start(Store& store) {
    const std::vector<store::CampaignListing> listings{{renewals, "customers"}, {surveys, "citizens"}};
    auto records = store.register_campaigns(listings);
    if (!records) return tl::unexpected{records.error()};
    for (const CampaignRecord& record : *records) campaigns_[record.name] = record.id;
    if (auto started = store.start_run({}); !started) return tl::unexpected{started.error()};
    if (auto set = store.set_campaign_state(campaigns_[renewals], CampaignState::running, noon); !set) return set;
    auto live = store.live_attempts();
    if (!live) return tl::unexpected{live.error()};
    live_ = std::move(*live);
    return {};
}

Result<void> Workload::group(Store& store) {
    now_ += Milliseconds{1000};
    if (Result<void> begun = store.begin(); !begun) return begun;
    Draft draft{ledger_, live_};
    const std::uint64_t jobs = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < jobs; ++i) {
        if (Result<void> done = job(store, draft); !done) {
            store.roll_back();
            return done;
        }
    }
    if (Result<void> committed = store.commit(); !committed) return committed;
    ledger_ = std::move(draft.ledger);
    live_ = std::move(draft.live);
    return {};
}

Result<void> Workload::job(Store& store, Draft& draft) {
    const std::uint64_t dice = random_.below(20);
    if (ledger_.contacts < 10 || dice == 0) return import(store, draft);
    if (dice == 1) return set_state(store, draft);
    if (dice < 10 || draft.live.empty()) return claim(store, draft);
    return dice < 13 ? mark_originated(store, draft) : settle(store, draft);
}

Result<void> Workload::claim(Store& store, Draft& draft) {
    const auto campaign = campaigns_[random_.below(4) == 0 ? surveys : renewals];
    ClaimRequest request{campaign, now_, 3, {}};
    const std::uint64_t slots = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < slots; ++i) {
        request.slots.push_back({AttemptId::make(now_, random_), "carrier-a", "pbx1", "+18001234567"});
    }
    auto claimed = store.claim(request);
    if (!claimed) return tl::unexpected{claimed.error()};
    for (Claim& one : claimed->claims) {
        draft.ledger.attempts[one.slot.attempt] = std::nullopt;
        draft.live.push_back(std::move(one));
    }
    return {};
}

Result<void> Workload::settle(Store& store, Draft& draft) {
    const std::size_t chosen = random_.below(draft.live.size());
    const Claim& call = draft.live[chosen];
    // Always the same for the same call: where a commit failed and was there after all, it is the second try that
    // counts.
    const bool reached = call.slot.attempt.view().back() < '5';
    const Disposition disposition = reached ? Disposition::answered : Disposition::busy;
    CallFacts facts = call.facts;
    facts.originated_at = facts.created_at = call.claimed_at;
    if (reached) facts.answered_at = now_;
    facts.ended_at = now_;
    const NextStep next{reached ? NextStep::Kind::done : NextStep::Kind::retry, now_ + Milliseconds{5000}, 0,
                        reached ? "reached" : "busy", true};
    auto settled =
        store.settle({call.slot.attempt, call.campaign, call.contact.id, facts, now_, disposition, "", next});
    if (!settled) return tl::unexpected{settled.error()};
    draft.ledger.attempts[call.slot.attempt] = disposition;
    draft.live.erase(draft.live.begin() + static_cast<std::ptrdiff_t>(chosen));
    return {};
}

Result<void> Workload::mark_originated(Store& store, Draft& draft) {
    Claim& call = draft.live[random_.below(draft.live.size())];
    call.facts.originated_at = now_;
    const Progress progress{call.slot.attempt, call.facts};
    return store.record({&progress, 1});
}

Result<void> Workload::import(Store& store, Draft& draft) {
    std::vector<NewContact> people;
    const std::size_t count = 5 + random_.below(20);
    for (std::size_t i = 0; i < count; ++i) people.push_back(person(draft.ledger.contacts + i));
    auto added = store.add_contacts(random_.below(4) == 0 ? "citizens" : "customers", people, now_);
    if (!added) return tl::unexpected{added.error()};
    draft.ledger.contacts += count;  // where some are there already, from a commit that was not confirmed, too
    return {};
}

Result<void> Workload::set_state(Store& store, Draft& draft) {
    CampaignState& state = draft.ledger.surveys;
    state = state == CampaignState::running ? CampaignState::paused : CampaignState::running;
    return store.set_campaign_state(campaigns_[surveys], state, now_);
}

namespace {

std::uint64_t digest_of(Reader& reader) {
    std::uint64_t digest = fnv_start;
    const auto add = [&digest](std::string_view text) {
        for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * fnv_prime;
    };
    for (const std::string& table : reader.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
        add(table);
        for (const std::string& row : reader.rows("SELECT * FROM " + table.substr(0, table.size() - 1)))
            add(row + "\n");
    }
    return reader.failed() ? 0 : digest;
}

void compare(Reader& reader, const Ledger& confirmed, Findings& findings) {
    std::map<std::string, std::string, std::less<>> found;
    for (const std::string& row : reader.rows("SELECT attempt_id, coalesce(disposition, '') FROM attempt")) {
        found[row.substr(0, AttemptId::size)] = row.substr(AttemptId::size + 1, row.size() - AttemptId::size - 2);
        if (row.size() == AttemptId::size + 2)
            findings.live.push_back(*AttemptId::parse(row.substr(0, AttemptId::size)));
    }
    for (const auto& [id, disposition] : confirmed.attempts) {
        const auto row = found.find(id.view());
        if (row == found.end()) {
            ++findings.lost_claims;
        } else if (disposition && row->second != to_text(*disposition)) {
            ++findings.lost_settlements;
        }
    }
}

Result<void> write_something(Store& store) {
    if (Result<void> begun = store.begin(); !begun) return begun;  // the guards look here
    const NewContact newcomer{"newcomer", {{"+12029999999", 1}}, {}};
    if (auto added = store.add_contacts("customers", {&newcomer, 1}, noon); !added) {
        store.roll_back();
        return tl::unexpected{added.error()};
    }
    return store.commit();
}

}  // namespace

std::uint64_t digest_of(const sim::FaultDisk& disk) {
    Reader reader{disk};
    return digest_of(reader);
}

Findings examine(const sim::DiskImage& image, const Ledger& confirmed) {
    Findings findings;
    Machine next{99, image};
    Result<Store> store = next.open();
    if (!store) {
        findings.problem = "it does not open: " + store.error().message;
        findings.lost_claims = static_cast<int>(confirmed.attempts.size());
        return findings;
    }
    Reader reader{next.disk};
    if (const std::string state = reader.value("PRAGMA integrity_check"); state != "ok") {
        findings.problem = "integrity_check: " + state;
        return findings;
    }
    findings.digest = digest_of(reader);
    compare(reader, confirmed, findings);
    if (findings.lost_claims > 0)
        findings.problem = std::to_string(findings.lost_claims) + " confirmed claims are lost";
    if (findings.lost_settlements > 0) {
        findings.problem += std::to_string(findings.lost_settlements) + " confirmed settlements are lost";
    }
    if (reader.value("SELECT count(*) FROM campaign_progress WHERE contacts <> ready + waiting + in_call + done") !=
        "0") {
        findings.problem += " totals do not balance";
    }
    if (reader.failed()) findings.problem += " it cannot be read";
    if (Result<void> written = write_something(*store); !written) {
        findings.problem += " it cannot be written: " + written.error().message;
    }
    return findings;
}

}  // namespace outdial::proof
