#include "simulation/virtual_daemon.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/earlier_run.hpp"

namespace outdial::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// As StoreThreadOptions.
constexpr auto retry_after = milliseconds{200};
constexpr auto housekeeping_every = seconds{1};
// As LoadMeter.
constexpr auto look_at_load_every = milliseconds{250};
constexpr int looks_after_relief = 2 + 2 * (OverloadLadder::relief / look_at_load_every);

}  // namespace

Result<void> VirtualDaemon::start(Site site, store::Store store) {
    if (auto noted = store.note(store::AuditKind::start, outside_.now().utc, "{}"); !noted) return noted;
    auto earlier = daemon::take_up(store, site, outside_.now().utc, false);
    if (!earlier) return tl::unexpected(earlier.error());
    site_ = std::move(site);
    geography_ = store.geography();
    engine_.set_geography(geography_.get());
    worker_ = std::make_unique<store::StoreWorker>(std::move(store), store::WalLimits{});
    keep_house();
    look_at_load();
    feed(SiteChanged{.site = site_, .records = std::move(earlier->records)});
    feed(std::move(earlier->found));
    for (std::size_t i = 0; i < site_.servers.size(); ++i) {
        sessions_.push_back(std::make_unique<VirtualSession>(i, site_.servers[i].name, seed_ + i + 1, outside_, *this));
        sessions_.back()->start();
    }
    return {};
}

void VirtualDaemon::stop_dialing() {
    engine_.stop_dialing();
    feed(Tick{});
}

void VirtualDaemon::close() {
    (void)post_task(
        [at = outside_.now().utc](store::Store& store) { (void)store.note(store::AuditKind::stop, at, "{}"); }, {});
    queue_.put_back(std::exchange(under_way_, {}));
    for (int tries = 0; tries < 5; ++tries) {
        while (true) {
            store::StoreGroup group = queue_.take_group();
            if (group.empty()) break;
            auto outcome = worker_->carry_out(std::move(group), [] { return std::nullopt; });
            const bool written = outcome.again.empty();
            queue_.put_back(std::move(outcome.again));
            if (!written) break;
        }
    }
    worker_->finish(queue_.empty());
    dead_ = true;
}

SteadyTime VirtualDaemon::next_wakeup() const {
    SteadyTime at = engine_.next_wakeup();
    for (const auto& session : sessions_) at = std::min(at, session->deadline().value_or(at));
    return at;
}

void VirtualDaemon::tick() {
    for (const auto& session : sessions_) session->tick_if_due();
    if (engine_.next_wakeup() <= outside_.now().steady) feed(Tick{});
}

void VirtualDaemon::connected(std::size_t server) { sessions_[server]->connected(); }
void VirtualDaemon::received(std::size_t server, std::string_view bytes) { sessions_[server]->received(bytes); }
void VirtualDaemon::closed(std::size_t server, const std::string& reason) { sessions_[server]->closed(reason); }

// --- the engine's inputs and commands, as in Dialer

void VirtualDaemon::feed(Input input) {
    inputs_.push_back(std::move(input));
    if (feeding_) return;
    feeding_ = true;
    while (!inputs_.empty() && !dead_) {
        const Input next = std::move(inputs_.front());
        inputs_.pop_front();
        for (Command& command : engine_.step(outside_.now(), next)) {
            if (!dead_) carry_out(command);
        }
    }
    feeding_ = false;
}

void VirtualDaemon::carry_out(Command& command) {
    struct Carrier {
        VirtualDaemon& daemon;

        [[nodiscard]] VirtualSession* session(const std::string& server) const {
            const auto found = std::ranges::find(daemon.sessions_, server,
                                                 [](const auto& each) -> const std::string& { return each->server(); });
            return found == daemon.sessions_.end() ? nullptr : found->get();
        }
        void operator()(ClaimRequest& request) const {
            ClaimRequest copy = request;
            if (!daemon.queue_.post(std::move(request))) daemon.feed(ClaimFailed{.request = std::move(copy)});
            daemon.wake_store();
        }
        void operator()(OriginateOrder& order) const {
            if (VirtualSession* to = session(order.server)) to->carry_out(order);
        }
        void operator()(HangUp& hangup) const {
            if (VirtualSession* to = session(hangup.server)) to->carry_out(hangup);
        }
        void operator()(ListChannels& list) const {
            if (VirtualSession* to = session(list.server)) to->carry_out(list);
        }
        void operator()(ReconnectServer& reconnect) const {
            if (VirtualSession* to = session(reconnect.server)) to->carry_out(reconnect);
        }
        void operator()(FindCallRecords& find) const {
            auto events = daemon.outside_.call_records(find.attempts);
            daemon.feed(CallRecordsFound{.asked = std::move(find.attempts), .events = std::move(events)});
        }
        void operator()(OptedOut& command) const { daemon.store_opt_out(std::move(command)); }
        void operator()(Settlement& settlement) const {
            daemon.queue_.post(std::move(settlement));
            daemon.wake_store();
        }
        void operator()(ProgressMade& made) const {
            daemon.queue_.post(std::move(made.attempts));
            daemon.wake_store();
        }
        void operator()(CampaignStateChanged& changed) const {
            for (const auto& campaign : daemon.site_.campaigns) {
                const auto record = daemon.engine_.campaign(campaign.name);
                if (record && record->id == changed.campaign) {
                    daemon.outside_.state_changed(campaign.name, changed.state);
                }
            }
            daemon.queue_.post(store::CampaignStateJob{.campaign = changed.campaign,
                                                       .state = changed.state,
                                                       .at = daemon.outside_.now().utc,
                                                       .actor = daemon.ordered_by_});
            daemon.wake_store();
        }
        void operator()(Alert& alert) const {
            daemon.outside_.say(fmt::format("alert: {}: {}", alert.about, alert.text));
        }
    };
    std::visit(Carrier{*this}, command);
}

void VirtualDaemon::store_opt_out(OptedOut command) {
    forbid(std::move(command.numbers), [](const Result<void>&) {});  // its settlement stores it, too
}

void VirtualDaemon::forbid(std::vector<std::string> numbers, Done<void> done) {
    const auto stored = std::make_shared<Result<void>>();
    const auto shared = std::make_shared<const std::vector<std::string>>(std::move(numbers));
    const bool posted = post_task(
        [stored, shared, at = outside_.now().utc](store::Store& store) {
            std::vector<DoNotCallNumber> entries;
            for (const std::string& number : *shared) entries.push_back(opt_out_of(number));
            const auto change = store.forbid(global_do_not_call_list, entries, at);
            if (!change) *stored = tl::unexpected(change.error());
        },
        [this, stored, shared, done](const Result<void>& committed) {
            if (!committed) return done(committed);
            if (*stored) feed(NumbersForbidden{.list = std::string{global_do_not_call_list}, .numbers = *shared});
            done(*stored);
        });
    if (!posted) done(fail("the database is busy"));
}

void VirtualDaemon::call_back(const std::string& campaign, const std::string& contact, const std::string& at,
                              Done<store::CallbackMade> done) {
    const auto record = engine_.campaign(campaign);
    if (!record) return done(fail("no campaign '" + campaign + "' is loaded"));
    const auto made = std::make_shared<Result<store::CallbackMade>>();
    const store::CallbackOrder order{.campaign = record->id,
                                     .person = {.e164 = {}, .external_id = contact, .list = {}},
                                     .at = at,
                                     .otherwise = {},
                                     .agent = {},
                                     .note = {}};
    const bool posted = post_task(
        [made, order, now = outside_.now().utc](store::Store& store) {
            *made = store.call_back(order, {now, "operator"});
        },
        [this, made, id = record->id, done](const Result<void>& committed) {
            if (!committed) return done(tl::unexpected(committed.error()));
            if (*made) feed(ContactDue{.campaign = id, .at = (*made)->at});
            done(*made);
        });
    if (!posted) done(fail("the database is busy"));
}

// --- the store, as in StoreThread

bool VirtualDaemon::post_task(std::function<void(store::Store&)> run, std::function<void(const Result<void>&)> done) {
    const bool posted = queue_.post(store::StoreTask{.run = std::move(run), .done = std::move(done)});
    wake_store();
    return posted;
}

void VirtualDaemon::wake_store() {
    if (store_is_busy_ || queue_.empty()) return;
    store_is_busy_ = true;
    // Not now: what is posted in the same turn shares the transaction.
    outside_.after(Microseconds{0}, [this] {
        under_way_ = queue_.take_group();
        outside_.after(outside_.commit_time(), [this] { write_group(); });
    });
}

void VirtualDaemon::write_group() {
    if (!outside_.survives("commit")) return void(dead_ = true);
    auto outcome = worker_->carry_out(std::exchange(under_way_, {}), [this] { return queue_.take_task(); });
    if (!outside_.survives("committed")) return void(dead_ = true);
    queue_.put_back(std::move(outcome.again));
    deliver(std::move(outcome.replies));
    if (dead_) return;
    deliver(worker_->checkpoint_if_due(queue_.empty()));
    const auto again = [this] {
        store_is_busy_ = false;
        wake_store();
    };
    if (worker_->healthy()) return again();
    outside_.after(retry_after, again);
}

void VirtualDaemon::keep_house() {
    deliver(worker_->keep_house(queue_.empty()));
    outside_.after(housekeeping_every, [this] { keep_house(); });
}

void VirtualDaemon::look_at_load() {
    if (const double share = outside_.load_share(); share != load_share_) {
        load_share_ = share;
        lower_looks_ = 0;
    }
    // The ladder may need two reliefs to come down; from then on more looks tell nothing new.
    if (load_share_ > 0 || lower_looks_++ < looks_after_relief) {
        feed(LoadMeasured{.load = {.share = load_share_, .of = "something"}});
    }
    outside_.after(look_at_load_every, [this] { look_at_load(); });
}

void VirtualDaemon::deliver(std::vector<store::StoreReply> replies) {
    for (store::StoreReply& reply : replies) {
        if (!outside_.survives("reply")) dead_ = true;
        if (dead_) return;
        take(reply);
    }
}

void VirtualDaemon::take(store::StoreReply& reply) {
    struct Taker {
        VirtualDaemon& daemon;

        void operator()(ClaimResult& result) const { daemon.feed(std::move(result)); }
        void operator()(store::ClaimFailed& failed) const {
            daemon.feed(ClaimFailed{.request = std::move(failed.request)});
        }
        void operator()(store::SettlementDone&) const {}
        void operator()(store::SettlementFailed& failed) const {
            daemon.outside_.say("a settlement could not be written: " + failed.error.message);
        }
        void operator()(store::TaskDone& task) const {
            if (task.done) task.done(task.committed);
        }
        void operator()(store::StoreAlert& alert) const { daemon.outside_.say("database: " + alert.text); }
        void operator()(store::StoreWarning& warning) const { daemon.outside_.say("database: " + warning.text); }
    };
    std::visit(Taker{*this}, reply);
}

// --- orders, as in Dialer

Result<CampaignState> VirtualDaemon::order(const std::string& campaign, CampaignOrder order,
                                           std::function<void()> stored) {
    const auto record = engine_.campaign(campaign);
    if (!record) return fail("no campaign '" + campaign + "' is loaded");
    auto state = apply(order, record->state);
    if (!state) return state;
    outside_.ordered(campaign, *state);
    ordered_by_ = "operator";
    feed(CampaignOrdered{.campaign = record->id, .order = order});
    ordered_by_.clear();
    (void)post_task([](store::Store&) {},
                    [stored = std::move(stored)](const Result<void>& committed) {
                        if (committed) stored();
                    });
    return state;
}

void VirtualDaemon::reload(Site site, Done<void> done) {
    auto records = std::make_shared<Result<std::vector<CampaignRecord>>>();
    auto next = std::make_shared<Site>(std::move(site));
    const bool posted = post_task(
        [records, next](store::Store& store) { *records = store.register_campaigns(daemon::listings_of(*next)); },
        [this, records, next, done](const Result<void>& committed) {
            if (!committed) return done(tl::unexpected(committed.error()));
            if (!*records) return done(tl::unexpected(records->error()));
            site_ = *next;
            done({});  // before: from now on the new rules are those to be judged by
            feed(SiteChanged{.site = *next, .records = std::move(**records)});
        });
    if (!posted) done(fail("the database is busy"));
}

void VirtualDaemon::add_contacts(std::string list, std::vector<NewContact> contacts, Done<store::AddedContacts> done) {
    auto added = std::make_shared<Result<store::AddedContacts>>();
    auto shared = std::make_shared<std::vector<NewContact>>(std::move(contacts));
    const bool posted = post_task(
        [added, shared, list, at = outside_.now().utc](store::Store& store) {
            *added = store.add_contacts(list, *shared, {at, "operator"});
        },
        [this, added, list, done](const Result<void>& committed) {
            if (!committed) return done(tl::unexpected(committed.error()));
            if (*added && (*added)->accepted > 0) feed(ContactsAdded{.list = list});
            done(std::move(*added));
        });
    if (!posted) done(fail("the database is busy"));
}

}  // namespace outdial::simulation
