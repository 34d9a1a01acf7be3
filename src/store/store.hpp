#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/attempt.hpp"
#include "store/attempts.hpp"
#include "store/campaigns.hpp"
#include "store/contacts.hpp"
#include "store/database.hpp"

namespace outdial::store {

/// Everything that must survive a crash: call lists, campaigns, attempts. Used by one thread at a time, and the only
/// writer of its file: two connections that write can corrupt a WAL database before SQLite 3.51.3.
///
/// Every member is all or nothing. Alone, it is durable when it returns; between begin() and commit() it is durable
/// when commit() returns, and a member that fails leaves what the others did.
class Store {
public:
    /// Creates the file (mode 0640) or brings it to the newest schema.
    [[nodiscard]] static Result<Store> open(const std::filesystem::path& path);
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    /// Group commit: many jobs, one wait for the disk.
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> commit();
    void roll_back();
    /// After a failure: whether it concerned the whole database (locked, disk full, I/O error, damaged) rather than
    /// the one job. Then nothing else of the group can succeed, and all of it is to be tried again later.
    [[nodiscard]] bool in_trouble() const;

    /// Makes the campaigns and lists of the configuration known; those that exist keep their state. In the order given.
    /// All or none. A campaign that has dialed contacts of one list cannot be moved to another.
    [[nodiscard]] Result<std::vector<CampaignRecord>> register_campaigns(std::span<const CampaignListing> listings);
    /// Every campaign that was ever registered.
    [[nodiscard]] Result<std::vector<CampaignRecord>> campaigns();
    [[nodiscard]] Result<void> set_campaign_state(CampaignId campaign, CampaignState state, UtcTime at);

    /// Takes due contacts for the slots, in order: due retries (oldest first), then contacts never taken. None from a
    /// campaign that is not running.
    [[nodiscard]] Result<ClaimResult> claim(const ClaimRequest& request);
    /// Facts of live attempts; those of ended or unknown attempts are ignored.
    [[nodiscard]] Result<void> record(std::span<const Progress> progress);
    [[nodiscard]] Result<SettleOutcome> settle(const Settlement& settlement);
    /// The attempts without an end, complete with contact, history and facts: what a restart must account for.
    [[nodiscard]] Result<std::vector<Claim>> live_attempts();
    /// When the newest attempt was claimed; nothing before the first.
    [[nodiscard]] Result<std::optional<UtcTime>> last_claimed_at();

    /// Adds contacts to a list, which is created when missing. Contacts that are there already (same external id, or
    /// same first number) are left as they are, so the same file twice adds nothing. The list's campaigns dial the new
    /// contacts after those they have.
    [[nodiscard]] Result<AddedContacts> add_contacts(std::string_view list, std::span<const NewContact> contacts);
    [[nodiscard]] Result<std::vector<Contact>> find_contacts(std::string_view e164);

    /// Moves the write-ahead log into the database file as far as readers permit. Outside of begin() and commit().
    [[nodiscard]] Result<Database::WalState> checkpoint();
    /// The write-ahead log's length after the last commit, in pages.
    [[nodiscard]] int wal_pages() const;
    /// Whether the path still leads to the file that is open. A moved or replaced file must not be written any more.
    [[nodiscard]] bool file_in_place() const;

private:
    struct Parts;
    explicit Store(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace outdial::store
