#include "store/store.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "store/durable_log.hpp"
#include "store/json_object.hpp"
#include "store/migrations.hpp"
#include "store/store_parts.hpp"

namespace outdial::store {

Store::Store(std::unique_ptr<Parts> parts, const DatabaseOptions& options)
    : parts_(std::move(parts)), condition_(std::make_unique<Condition>(parts_->database->path(), options)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::filesystem::path& path, const DatabaseOptions& options, LockPatience patience) {
    auto database = Database::open(path, Database::Access::read_write, options, std::move(patience));
    if (!database) return tl::unexpected<Error>(std::move(database.error()));
    if (Result<void> durable = make_log_durable(**database); !durable) {
        return tl::unexpected<Error>(std::move(durable.error()));
    }
    if (Result<void> migrated = migrate(**database, embedded_migrations()); !migrated) {
        return tl::unexpected<Error>(std::move(migrated.error()));
    }
    return Store{std::make_unique<Parts>(std::move(*database)), options};
}

void Store::set_geography(std::shared_ptr<const Geography> geography) {
    condition_->geography = std::move(geography);
    if (parts_) parts_->places.set_geography(condition_->geography.get());
}

std::shared_ptr<const Geography> Store::geography() const { return condition_->geography; }

void Store::set_patience(LockPatience patience) { parts_->database->set_patience(std::move(patience)); }

Result<std::vector<CampaignRecord>> Store::register_campaigns(std::span<const CampaignListing> listings) {
    Scope scope{*parts_->database};
    std::vector<CampaignRecord> records;
    for (const CampaignListing& listing : listings) records.push_back(parts_->campaigns.register_one(listing));
    return scope.finish(std::move(records));
}

Result<std::vector<CampaignRecord>> Store::campaigns() {
    Scope scope{*parts_->database};
    return scope.finish(parts_->campaigns.all());
}

Result<void> Store::set_campaign_state(CampaignId campaign, CampaignState state, const Origin& by,
                                       std::string_view because) {
    Scope scope{*parts_->database};
    const auto before = parts_->campaigns.progress_of(campaign);
    parts_->campaigns.set_state(campaign, state, by.at);
    if (before && before->state != state) {
        const std::string detail = JsonObject{}
                                       .text("campaign", before->name)
                                       .text("before", to_text(before->state))
                                       .text("after", to_text(state))
                                       .text_if_any("because", because)
                                       .take();
        parts_->audit.append(
            {.kind = AuditKind::campaign, .at = by.at, .actor = by.actor, .campaign = campaign, .detail = detail});
    }
    return scope.finish();
}

Result<ClaimResult> Store::claim(const ClaimRequest& request) {
    Scope scope{*parts_->database};
    ClaimResult result = parts_->claims.claim(request);
    condition_->guard.count_claims(*parts_->database, result.claims.size());
    Result<ClaimResult> claimed = scope.finish(std::move(result));
    if (claimed) condition_->keep_in_mind(*claimed);
    return claimed;
}

Result<void> Store::look_up_hours(const HoursRequest& request) {
    Scope scope{*parts_->database};
    parts_->claims.look_up_hours(request);
    return scope.finish();
}

Result<void> Store::record(std::span<const Progress> progress) {
    Scope scope{*parts_->database};
    for (const Progress& one : progress) parts_->attempts.record(one);
    return scope.finish();
}

Result<SettleOutcome> Store::settle(const Settlement& settlement) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->claims.settle(settlement));
}

Result<DoNotCallChange> Store::forbid(std::string_view list, std::span<const DoNotCallNumber> numbers,
                                      const Origin& by) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->do_not_call.add(list, numbers, by));
}

Result<DoNotCallChange> Store::permit(std::string_view list, std::span<const std::string> numbers, const Origin& by) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->do_not_call.remove(list, numbers, by));
}

Result<void> Store::set_copied_at(std::string_view list, UtcTime copied_at, const Origin& by) {
    Scope scope{*parts_->database};
    parts_->do_not_call.set_copied_at(list, copied_at, by);
    return scope.finish();
}

Result<std::vector<DoNotCallListing>> Store::do_not_call_lists() {
    Scope scope{*parts_->database};
    return scope.finish(parts_->do_not_call.all_lists());
}

Result<std::vector<Claim>> Store::live_attempts() {
    Scope scope{*parts_->database};
    return scope.finish(parts_->attempts.live());
}

Result<std::optional<UtcTime>> Store::last_claimed_at() {
    Scope scope{*parts_->database};
    return scope.finish(parts_->attempts.last_claimed_at());
}

Result<AddedContacts> Store::add_contacts(std::string_view list, std::span<const NewContact> contacts,
                                          const Origin& by) {
    Scope scope{*parts_->database};
    const ListId id = parts_->campaigns.list(list);
    AddedContacts outcome;
    std::set<PlaceId> places;
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        if (const auto place = parts_->contacts.add(id, contacts[i], i, outcome)) places.insert(*place);
    }
    for (const PlaceId place : places) parts_->claims.expect_fresh(id, place);
    if (outcome.accepted > 0) {
        const std::string detail = JsonObject{}
                                       .text("list", list)
                                       .number("accepted", static_cast<std::int64_t>(outcome.accepted))
                                       .number("duplicates", static_cast<std::int64_t>(outcome.duplicates.size()))
                                       .number("rejected", static_cast<std::int64_t>(outcome.rejected.size()))
                                       .take();
        parts_->audit.append({.kind = AuditKind::import, .at = by.at, .actor = by.actor, .detail = detail});
    }
    return scope.finish(std::move(outcome));
}

Result<std::vector<Contact>> Store::find_contacts(std::string_view e164) {
    Scope scope{*parts_->database};
    std::vector<Contact> found;
    for (const ContactId id : parts_->contacts.with_number(e164)) {
        if (auto contact = parts_->contacts.load(id)) found.push_back(std::move(*contact));
    }
    return scope.finish(std::move(found));
}

Result<std::vector<PersonRecord>> Store::find_people(const PersonKey& key) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->forgetting.find(key));
}

Result<std::vector<Explanation>> Store::explain(const PersonKey& key, std::span<const ClaimRequest> campaigns) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->explaining.explain(parts_->forgetting.find(key), campaigns));
}

// The campaign and those on its list whom the key means; nothing where the campaign is not known, which is refused.
std::optional<std::pair<CampaignRecord, std::vector<PersonRecord>>> Store::find_in(CampaignId id, PersonKey key) {
    const std::vector<CampaignRecord> known = parts_->campaigns.all();
    const auto campaign = std::ranges::find(known, id, &CampaignRecord::id);
    if (campaign == known.end()) {
        parts_->database->refuse(fmt::format("campaign number {} is not in the database", id.value));
        return std::nullopt;
    }
    key.list = campaign->list;
    std::vector<PersonRecord> people = parts_->forgetting.find(key);
    return std::pair{*campaign, std::move(people)};
}

Result<CallbackMade> Store::call_back(const CallbackOrder& order, const Origin& by) {
    Scope scope{*parts_->database};
    std::optional<CallbackMade> made;
    if (const auto found = find_in(order.campaign, order.person)) {
        made = parts_->claims.call_back(order, found->first, found->second, by);
    }
    return scope.finish(std::move(made).value_or(CallbackMade{}));
}

Result<CallbackMade> Store::cancel_callback(CampaignId campaign, const PersonKey& person, const Origin& by) {
    Scope scope{*parts_->database};
    std::optional<CallbackMade> canceled;
    if (const auto found = find_in(campaign, person)) {
        canceled = parts_->claims.cancel_callback(found->first, found->second, by);
    }
    return scope.finish(std::move(canceled).value_or(CallbackMade{}));
}

Result<std::vector<PersonRecord>> Store::forget(const PersonKey& key, const Origin& by) {
    Scope scope{*parts_->database};
    Result<std::vector<PersonRecord>> forgotten = scope.finish(parts_->forgetting.forget(key, by));
    parts_->forgetting.remove_copies();  // in a group it cannot be yet, and commit() does it
    return forgotten;
}

Result<void> Store::note(AuditKind kind, const Origin& by, std::string_view detail) {
    Scope scope{*parts_->database};
    parts_->audit.append({.kind = kind, .at = by.at, .actor = by.actor, .detail = detail});
    return scope.finish();
}

Result<std::size_t> Store::note_configuration(std::span<const ConfigurationFile> files, const Origin& by) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->configuration_files.note(files, by));
}

// Without a transaction, which would wait for other programs' locks.
Result<AuditHead> Store::audit_head() {
    if (!parts_) return fail("the database is not open");
    const AuditHead head = parts_->audit.head();
    if (Result<void> read = outcome(); !read) return tl::unexpected{std::move(read.error())};
    return head;
}

void Store::keep_audit_for(Milliseconds keep) { condition_->audit_keep = keep; }

Result<void> Store::trim_audit() {
    if (!parts_ || !parts_->audit.has_older_than(condition_->audit_keep)) return outcome();
    if (Result<void> begun = begin(); !begun) return begun;
    {
        Scope scope{*parts_->database};
        parts_->audit.remove_older_than(condition_->audit_keep);
        if (Result<void> removed = scope.finish(); !removed) {
            roll_back();
            return removed;
        }
    }
    return commit();
}

Copies Store::copies_of_the_forgotten() const { return parts_ ? parts_->forgetting.copies() : Copies::none; }

}  // namespace outdial::store
