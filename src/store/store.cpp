#include "store/store.hpp"

#include <set>

#include "store/durable_log.hpp"
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

Result<void> Store::set_campaign_state(CampaignId campaign, CampaignState state, UtcTime at) {
    Scope scope{*parts_->database};
    parts_->campaigns.set_state(campaign, state, at);
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

Result<DoNotCallChange> Store::forbid(std::string_view list, std::span<const DoNotCallNumber> numbers, UtcTime at) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->do_not_call.add(list, numbers, at));
}

Result<DoNotCallChange> Store::permit(std::string_view list, std::span<const std::string> numbers) {
    Scope scope{*parts_->database};
    return scope.finish(parts_->do_not_call.remove(list, numbers));
}

Result<void> Store::set_copied_at(std::string_view list, UtcTime copied_at) {
    Scope scope{*parts_->database};
    parts_->do_not_call.set_copied_at(list, copied_at);
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

Result<AddedContacts> Store::add_contacts(std::string_view list, std::span<const NewContact> contacts) {
    Scope scope{*parts_->database};
    const ListId id = parts_->campaigns.list(list);
    AddedContacts outcome;
    std::set<PlaceId> places;
    for (std::size_t i = 0; i < contacts.size(); ++i) {
        if (const auto place = parts_->contacts.add(id, contacts[i], i, outcome)) places.insert(*place);
    }
    for (const PlaceId place : places) parts_->claims.expect_fresh(id, place);
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

Result<std::vector<PersonRecord>> Store::forget(const PersonKey& key) {
    Scope scope{*parts_->database};
    Result<std::vector<PersonRecord>> forgotten = scope.finish(parts_->forgetting.forget(key));
    parts_->forgetting.remove_copies();  // in a group it cannot be yet, and commit() does it
    return forgotten;
}

Copies Store::copies_of_the_forgotten() const { return parts_ ? parts_->forgetting.copies() : Copies::none; }

}  // namespace outdial::store
