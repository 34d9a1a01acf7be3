#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/attempt.hpp"
#include "core/explanation.hpp"
#include "store/attempts.hpp"
#include "store/audit.hpp"
#include "store/campaigns.hpp"
#include "store/claims.hpp"
#include "store/configuration_files.hpp"
#include "store/contacts.hpp"
#include "store/database.hpp"
#include "store/do_not_call.hpp"
#include "store/forgetting.hpp"
#include "store/run_guard.hpp"

namespace outdial::store {

/// Everything that must survive a crash: call lists, campaigns, attempts. Used by one thread at a time, and the only
/// writer of its file: two connections that write can corrupt a WAL database before SQLite 3.51.3.
///
/// Every member is all or nothing. Alone, it is durable when it returns; between begin() and commit() it is durable
/// when commit() returns, and a member that fails leaves what the others did.
///
/// Whatever a member changes by an operator's order or in a call is told in the audit (audit.hpp), in the same
/// transaction. An Origin says who ordered it, and when.
class Store {
public:
    /// Creates the file (mode 0640) or brings it to the newest schema.
    [[nodiscard]] static Result<Store> open(const std::filesystem::path& path, const DatabaseOptions& options = {},
                                            LockPatience patience = {});
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;
    ~Store();

    /// What only a daemon does, once, before its first group: from then on it is the only one that may write here, and
    /// an older copy of the database is refused. end_run() tells the next start that this one left nothing undone.
    [[nodiscard]] Result<RunStart> start_run(const RunOptions& options);
    void end_run();

    /// By which contacts' places are looked up, and when it is time to call there. Without it, campaigns with rules
    /// about hours call nobody.
    void set_geography(std::shared_ptr<const Geography> geography);
    [[nodiscard]] std::shared_ptr<const Geography> geography() const;

    /// For another program's lock, from now on.
    void set_patience(LockPatience patience);

    /// Group commit: many jobs, one wait for the disk. Refused while the database must not be written: its files were
    /// moved, its schema altered, it is damaged, another daemon has started on it. After an error of the disk the
    /// connection is opened anew first.
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> commit();
    void roll_back();
    /// After a failure: what it says of the whole database. Unless that is nothing, nothing else of the group can
    /// succeed, and all of it is to be tried again later.
    [[nodiscard]] Fault fault() const;
    [[nodiscard]] bool in_trouble() const { return fault() != Fault::none; }

    /// Makes the campaigns and lists of the configuration known; those that exist keep their state. In the order given.
    /// All or none. A campaign that has dialed contacts of one list cannot be moved to another.
    [[nodiscard]] Result<std::vector<CampaignRecord>> register_campaigns(std::span<const CampaignListing> listings);
    /// Every campaign that was ever registered.
    [[nodiscard]] Result<std::vector<CampaignRecord>> campaigns();
    [[nodiscard]] Result<void> set_campaign_state(CampaignId campaign, CampaignState state, const Origin& by,
                                                  std::string_view because = {});

    /// Takes due contacts for the slots, in order: due retries (oldest first), then contacts never taken. None from a
    /// campaign that is not running.
    [[nodiscard]] Result<ClaimResult> claim(const ClaimRequest& request);
    /// Writes into the reports when a campaign may call each place of its list; claims do so too.
    [[nodiscard]] Result<void> look_up_hours(const HoursRequest& request);
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
    [[nodiscard]] Result<AddedContacts> add_contacts(std::string_view list, std::span<const NewContact> contacts,
                                                     const Origin& by);
    [[nodiscard]] Result<std::vector<Contact>> find_contacts(std::string_view e164);

    /// do_not_call.hpp. In force for every claim after it.
    [[nodiscard]] Result<DoNotCallChange> forbid(std::string_view list, std::span<const DoNotCallNumber> numbers,
                                                 const Origin& by);
    [[nodiscard]] Result<DoNotCallChange> permit(std::string_view list, std::span<const std::string> numbers,
                                                 const Origin& by);
    [[nodiscard]] Result<void> set_copied_at(std::string_view list, UtcTime copied_at, const Origin& by);
    [[nodiscard]] Result<std::vector<DoNotCallListing>> do_not_call_lists();

    /// Whom this number or external id means.
    [[nodiscard]] Result<std::vector<PersonRecord>> find_people(const PersonKey& key);
    /// What each of the campaigns (claims without slots are their rules) would decide of them now, and why. Of the
    /// first max_contacts_explained.
    [[nodiscard]] Result<std::vector<Explanation>> explain(const PersonKey& key,
                                                           std::span<const ClaimRequest> campaigns);
    /// callbacks.hpp: the contact's next call, and that there is none to be.
    [[nodiscard]] Result<CallbackMade> call_back(const CallbackOrder& order, const Origin& by);
    [[nodiscard]] Result<CallbackMade> cancel_callback(CampaignId campaign, const PersonKey& person, const Origin& by);
    /// Removes them: forgetting.hpp. Their data is overwritten in the file and removed from the write-ahead log after
    /// the commit; where something hinders that, copies_of_the_forgotten() says so until a checkpoint(), or a later
    /// forget(), has done it.
    [[nodiscard]] Result<std::vector<PersonRecord>> forget(const PersonKey& key, const Origin& by);
    [[nodiscard]] Copies copies_of_the_forgotten() const;

    /// Something that changes nothing else. `detail` is a JSON object.
    [[nodiscard]] Result<void> note(AuditKind kind, const Origin& by, std::string_view detail);
    /// The configuration in force from now on: how many files of it have changed.
    [[nodiscard]] Result<std::size_t> note_configuration(std::span<const ConfigurationFile> files, const Origin& by);
    /// From now on the audit keeps its rows for so long.
    void keep_audit_for(Milliseconds keep);
    /// Removes a few of the rows that are older. Outside of begin() and commit(), when nothing waits.
    [[nodiscard]] Result<void> trim_audit();
    /// As it is in the database now.
    [[nodiscard]] Result<AuditHead> audit_head();

    /// Moves the write-ahead log into the database file as far as readers permit. Outside of begin() and commit().
    [[nodiscard]] Result<Database::WalState> checkpoint();
    /// The write-ahead log's length after the last commit, in pages.
    [[nodiscard]] int wal_pages() const;
    /// As far as readers permit, also cuts the log's file back to nothing. Waits for readers a moment.
    [[nodiscard]] Result<Database::WalState> shorten_log();

    /// Once a second, outside of a group: whether the database may be written, as far as can be told without writing.
    /// Keeps the reserve and the mirror (run_guard.hpp) up to date.
    [[nodiscard]] Result<void> examine();
    /// Whether the mirror could be written when it was last tried; nothing stops where it could not.
    [[nodiscard]] Result<void> mirror() const;
    /// Writes one row and nothing new, to find out whether the database can be written again.
    [[nodiscard]] Result<void> try_to_write();
    /// Why nothing may be claimed although outcomes can be written; empty when it may.
    [[nodiscard]] std::string why_no_claims() const;
    /// The process whose open transaction keeps the write-ahead log from being reused, for messages.
    [[nodiscard]] std::string reader_in_the_way() const;
    /// It was found to be damaged: nothing is written from now on. The error says what to do.
    void condemn(Error error);

private:
    struct Parts;
    struct Condition;
    Store(std::unique_ptr<Parts> parts, const DatabaseOptions& options);
    [[nodiscard]] Result<void> in_place();
    [[nodiscard]] Result<void> may_write();
    [[nodiscard]] Result<void> reopen();
    void undo_doubtful_claims();
    [[nodiscard]] std::optional<std::pair<CampaignRecord, std::vector<PersonRecord>>> find_in(CampaignId id,
                                                                                              PersonKey key);
    [[nodiscard]] Result<void> outcome();
    void react();

    std::unique_ptr<Parts> parts_;  // none while the connection could not be opened anew
    std::unique_ptr<Condition> condition_;
};

}  // namespace outdial::store
