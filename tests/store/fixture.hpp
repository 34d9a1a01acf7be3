#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "store/reports.hpp"
#include "store/store.hpp"

namespace outdial::store {

/// A folder of its own, removed at the end.
class TempFolder {
public:
    TempFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "outdial-store-XXXXXX").string();
        OUTDIAL_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    [[nodiscard]] std::filesystem::path database() const { return path_ / "outdial.db"; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The value, or a failed test with the error's words.
template <class T>
T must(Result<T> result) {
    if (!result) FAIL(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Another program at the database: plain SQL on a connection of its own.
class Shell {
public:
    explicit Shell(const std::filesystem::path& path) { REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK); }
    ~Shell() { sqlite3_close(db_); }
    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;

    /// Empty, or SQLite's error message.
    std::string run(const std::string& sql) {
        char* message = nullptr;
        sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &message);
        std::string error = message == nullptr ? "" : message;
        sqlite3_free(message);
        return error;
    }
    /// Rows with columns joined by '|', as the sqlite3 program prints them.
    std::vector<std::string> rows(const std::string& sql) {
        std::vector<std::string> lines;
        const auto collect = [](void* out, int columns, char** values, char**) {
            std::string line;
            for (int i = 0; i < columns; ++i) line += (i > 0 ? "|" : "") + std::string{values[i] ? values[i] : ""};
            static_cast<std::vector<std::string>*>(out)->push_back(line);
            return 0;
        };
        char* message = nullptr;
        sqlite3_exec(db_, sql.c_str(), collect, &lines, &message);
        if (message != nullptr) FAIL(sql << ": " << message);
        return lines;
    }
    std::string value(const std::string& sql) {
        const auto found = rows(sql);
        return found.empty() ? "" : found.front();
    }

private:
    sqlite3* db_ = nullptr;
};

inline constexpr UtcTime noon = from_unix_ms(1'800'000'000'000);  // 2027-01-15 08:00:00 UTC

inline NewContact person(const std::string& number, const std::string& external_id = "", Attributes attributes = {}) {
    return {external_id, {{number, 1}}, std::move(attributes)};
}

/// +12025550000 and so on.
inline std::string number_of(int n) { return "+1202" + std::to_string(5'550'000 + n); }

inline std::vector<NewContact> people(int count, int first = 0) {
    std::vector<NewContact> contacts;
    for (int i = 0; i < count; ++i) contacts.push_back(person(number_of(first + i)));
    return contacts;
}

/// A store with one running campaign, `renewals` on the list `customers`.
struct Desk {
    TempFolder folder;
    Store store = must(Store::open(folder.database()));
    Random random{1};
    CampaignId campaign = add_campaign("renewals", "customers");

    CampaignId add_campaign(const std::string& name, const std::string& list) {
        const CampaignListing listing{name, list};
        const CampaignId id = must(store.register_campaigns({&listing, 1})).front().id;
        must(store.set_campaign_state(id, CampaignState::running, noon));
        return id;
    }
    void import(const std::vector<NewContact>& contacts, const std::string& list = "customers") {
        const AddedContacts added = must(store.add_contacts(list, contacts, noon));
        REQUIRE(added.accepted == contacts.size());
    }
    ClaimRequest request(std::size_t slots, UtcTime at = noon, int max_attempts = 3) {
        ClaimRequest wanted{campaign, at, max_attempts, {}};
        for (std::size_t i = 0; i < slots; ++i) {
            wanted.slots.push_back({AttemptId::make(at, random), "carrier-a", "pbx1", "+18001234567"});
        }
        return wanted;
    }
    ClaimResult claim(std::size_t slots, UtcTime at = noon, int max_attempts = 3) {
        return must(store.claim(request(slots, at, max_attempts)));
    }
    SettleOutcome settle(const Settlement& settlement) { return must(store.settle(settlement)); }
    SettleOutcome settle(const Claim& claim, Disposition disposition, const NextStep& next, UtcTime at) {
        return settle(settlement_of(claim, disposition, next, at));
    }
    static Settlement settlement_of(const Claim& claim, Disposition disposition, const NextStep& next, UtcTime at) {
        return {claim.slot.attempt, claim.campaign, claim.contact.id, claim.facts, at, disposition, "", next};
    }
    static NextStep retry_at(UtcTime due, const std::string& reason = "busy") {
        return {NextStep::Kind::retry, due, 0, reason, true};
    }
    static NextStep done(const std::string& reason = "reached") { return {NextStep::Kind::done, {}, 0, reason, true}; }
    Shell shell() const { return Shell{folder.database()}; }
};

}  // namespace outdial::store
