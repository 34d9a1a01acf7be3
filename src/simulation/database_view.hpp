// The database as anybody with sqlite3 sees it. Our own statements: none of them is the store's.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace outdial::simulation {

struct AttemptRow {
    std::string attempt, campaign, contact, number, trunk, server, disposition, result;
    std::int64_t claimed_at = 0;
    std::optional<std::int64_t> ended_at;
    bool charged = false;
    bool originated = false;
};

struct CampaignRow {
    std::string name, list, state;
    std::int64_t contacts = 0, ready = 0, waiting = 0, in_call = 0, done = 0;
};

class DatabaseView {
public:
    /// `vfs` may be null: SQLite's own. Fails by yielding nothing, and says so in problem().
    DatabaseView(const std::string& path, const char* vfs);
    ~DatabaseView();
    DatabaseView(const DatabaseView&) = delete;
    DatabaseView& operator=(const DatabaseView&) = delete;

    [[nodiscard]] std::optional<AttemptRow> attempt(const std::string& id);
    /// In the order of their claims.
    [[nodiscard]] std::vector<AttemptRow> attempts_of(const std::string& campaign, const std::string& contact);
    /// Of whom the campaign has made nothing yet: their external ids.
    [[nodiscard]] std::vector<std::string> never_taken(const std::string& campaign);
    void each_attempt(const std::function<void(const AttemptRow&)>& take);
    [[nodiscard]] std::vector<CampaignRow> campaigns();
    [[nodiscard]] std::int64_t live_attempts();
    /// The number of the live attempt that was claimed last; empty where there is none.
    [[nodiscard]] std::string newest_number();
    /// Contacts of the campaign that are due so late or later.
    [[nodiscard]] std::int64_t due_from(const std::string& campaign, std::int64_t utc_ms);
    /// Rows that contradict each other, in words; empty when there are none.
    [[nodiscard]] std::string contradiction();
    /// What is wrong with the audit, in words: a broken chain, or an attempt of which it does not tell; empty when
    /// nothing is.
    [[nodiscard]] std::string audit_fault();
    /// Whether the audit tells that the number came onto a do-not-call list, or has begun to lose its oldest rows.
    [[nodiscard]] bool audit_tells_of_order(const std::string& number);
    /// A few of the contacts that are not done, for a human.
    [[nodiscard]] std::string some_pending();
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    [[nodiscard]] sqlite3_stmt* statement(const char* sql);
    [[nodiscard]] bool step(sqlite3_stmt* statement);

    sqlite3* db_ = nullptr;
    std::map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalizer>> statements_;
    std::string problem_;
};

}  // namespace outdial::simulation
