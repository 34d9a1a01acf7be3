#include "daemon/dialer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "daemon/audit_notes.hpp"
#include "daemon/call_records.hpp"
#include "daemon/clock.hpp"
#include "daemon/earlier_run.hpp"
#include "daemon/log.hpp"

namespace outdial::daemon {

namespace {

constexpr auto order_poll = std::chrono::milliseconds{100};
constexpr auto longest_order_wait = std::chrono::seconds{5};
constexpr auto stop_poll = std::chrono::milliseconds{20};
constexpr auto condemn_retry = std::chrono::seconds{1};

std::uint64_t fresh_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

bool same_connection(const ami::ServerSettings& a, const ami::ServerSettings& b) {
    const bool same_tls = a.tls.has_value() == b.tls.has_value() &&
                          (!a.tls || (a.tls->ca_file == b.tls->ca_file && a.tls->server_name == b.tls->server_name));
    return same_tls && a.name == b.name && a.host == b.host && a.port == b.port && a.username == b.username &&
           a.secret == b.secret && a.allow_plaintext == b.allow_plaintext && a.action_sessions == b.action_sessions;
}

}  // namespace

tl::unexpected<Error> not_loaded(const std::string& campaign) {
    return fail("no campaign '" + campaign +
                "' is loaded; `outdial campaign list` shows those that are, and `outdial reload` reads new files");
}

Dialer::Dialer(boost::asio::io_context& io, Alerts& alerts)
    : io_(io),
      alerts_(alerts),
      timer_(io),
      hours_timer_(io),
      engine_(fresh_seed()),
      load_meter_(
          io, [this] { return Pressure{.commit_lag = store_->lag(), .log_share = store_->log_share()}; },
          [this](Load load) { feed(LoadMeasured{.load = std::move(load)}); }),
      record_reader_(io, read_call_records) {}

Dialer::~Dialer() { *alive_ = false; }

Result<void> Dialer::start(config::Configuration configuration, std::vector<ami::ServerSettings> servers,
                           store::Store store, bool trust_clock) {
    auto earlier = take_up(store, configuration.site, read_clocks().utc, trust_clock);
    if (!earlier) return tl::unexpected(earlier.error());
    for (const std::string& name : earlier->paused) {
        spdlog::warn("campaign {}: its file is gone: it is paused", one_line(name));
    }
    if (const auto left = earlier->found.claims.size(); left > 0) {
        spdlog::info("attempts without an end from an earlier run count={}", left);
    }

    configuration_ = std::move(configuration);
    geography_ = store.geography();
    engine_.set_geography(geography_.get());
    store.keep_audit_for(configuration_.daemon.audit_keep);
    store_ = std::make_unique<store::StoreThread>(
        std::move(store), [this, alive = alive_](std::vector<store::StoreReply> replies) {
            // On the store's thread. std::function must be copyable, so the replies travel behind a pointer.
            auto shared = std::make_shared<std::vector<store::StoreReply>>(std::move(replies));
            boost::asio::post(io_, [this, alive, shared] {
                if (*alive) deliver_from_store(std::move(*shared));
            });
        });
    feed(SiteChanged{.site = configuration_.site, .records = std::move(earlier->records)});
    feed(std::move(earlier->found));
    connect(std::move(servers));
    load_meter_.start();
    keep_all_hours();
    return {};
}

void Dialer::connect(std::vector<ami::ServerSettings> servers) {
    if (links_) links_->stop();
    server_settings_ = servers;
    links_ = std::make_unique<ServerLinks>(
        io_, std::move(servers), fresh_seed(), [this](Input input) { feed(std::move(input)); }, alerts_);
    links_->start();
}

bool Dialer::post_task(std::function<void(store::Store&)> run, std::function<void(const Result<void>&)> done) {
    return store_->post(store::StoreTask{.run = std::move(run), .done = std::move(done)});
}

void Dialer::reload(config::Configuration configuration, std::vector<ami::ServerSettings> servers, store::Origin by,
                    Done<void> done) {
    auto records = std::make_shared<Result<std::vector<CampaignRecord>>>();
    auto next = std::make_shared<config::Configuration>(std::move(configuration));
    const bool posted = post_task(
        [records, next, by = std::move(by)](store::Store& store) {
            *records = store.register_campaigns(listings_of(next->site));
            if (!*records) return;
            if (auto noted = note_reload(store, *next, by); !noted) *records = tl::unexpected(noted.error());
            store.keep_audit_for(next->daemon.audit_keep);
        },
        [this, records, next, servers = std::move(servers), done](const Result<void>& committed) {
            if (!committed) return done(tl::unexpected(committed.error()));
            if (!*records) return done(tl::unexpected(records->error()));
            configuration_ = *next;
            const bool same_servers = std::ranges::equal(servers, server_settings_, same_connection);
            // The engine hears of a server's loss before it hears that the server is gone.
            if (!same_servers) {
                for (const auto& server : server_settings_) feed(ServerDown{.server = server.name});
            }
            feed(SiteChanged{.site = configuration_.site, .records = std::move(**records)});
            if (!same_servers) connect(servers);
            keep_all_hours();
            done({});
        });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

// --- the engine's inputs and commands
// -------------------------------------------------------------------------------------------------------------

// Carrying out a command may bring the next input at once (an Originate that cannot be written): it waits for its turn
// here, so that the engine is never entered twice.
void Dialer::feed(Input input) {
    if (closing_) return;  // what it would command could be neither sent nor stored
    inputs_.push_back(std::move(input));
    if (feeding_) return;
    feeding_ = true;
    while (!inputs_.empty()) {
        const Input next = std::move(inputs_.front());
        inputs_.pop_front();
        for (Command& command : engine_.step(read_clocks(), next)) carry_out(command);
    }
    feeding_ = false;
    arm_timer();
}

void Dialer::carry_out(Command& command) {
    struct Carrier {
        Dialer& dialer;

        void operator()(ClaimRequest& request) const {
            ClaimRequest copy = request;
            if (!dialer.store_->post(std::move(request))) dialer.feed(ClaimFailed{.request = std::move(copy)});
        }
        void operator()(OriginateOrder& order) const { dialer.links_->carry_out(order); }
        void operator()(HangUp& command) const { dialer.links_->carry_out(command); }
        void operator()(ListChannels& command) const { dialer.links_->carry_out(command); }
        void operator()(ReconnectServer& command) const { dialer.links_->carry_out(command); }
        void operator()(FindCallRecords& command) const { dialer.find_call_records(command); }
        void operator()(OptedOut& command) const { dialer.store_opt_out(std::move(command)); }
        void operator()(Settlement& settlement) const { dialer.store_->post(std::move(settlement)); }
        void operator()(ProgressMade& made) const { dialer.store_->post(std::move(made.attempts)); }
        void operator()(CampaignStateChanged& changed) const {
            spdlog::info("campaign state campaign_id={} state={}", changed.campaign.value, to_text(changed.state));
            store::CampaignStateJob job{.campaign = changed.campaign, .state = changed.state, .at = read_clocks().utc};
            if (dialer.ordered_ && dialer.ordered_->campaign == changed.campaign) {
                job.actor = dialer.ordered_->actor;
                job.because = to_text(dialer.ordered_->order);
            }
            dialer.store_->post(std::move(job));
        }
        void operator()(Alert& alert) const {
            dialer.alerts_.raise(read_clocks().utc, std::move(alert.about), std::move(alert.text));
        }
    };
    std::visit(Carrier{*this}, command);
}

void Dialer::find_call_records(const FindCallRecords& command) {
    const auto& servers = configuration_.daemon.servers;
    const auto server = std::ranges::find(servers, command.server, &config::ServerConfig::name);
    const auto file = server == servers.end() ? std::filesystem::path{} : server->cdr_csv;
    record_reader_.read(
        file, command.attempts, read_clocks().utc, [this, alive = alive_, command](const auto& records) {
            if (!*alive) return;
            if (!records) {
                alerts_.raise(read_clocks().utc, command.server,
                              "its call detail records cannot be read, calls that ended unseen are lost: " +
                                  records.error().message);
            }
            feed(CallRecordsFound{.asked = command.attempts,
                                  .events = records ? *records : std::vector<AttemptEvent>{}});
        });
}

void Dialer::arm_timer() {
    const SteadyTime wakeup = engine_.next_wakeup();
    if (wakeup >= armed_for_) return;  // an early tick finds nothing to do and arms the timer anew
    armed_for_ = wakeup;
    timer_.expires_at(std::chrono::steady_clock::time_point{wakeup.time_since_epoch()});
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error) return;  // armed anew, or the end
        armed_for_ = SteadyTime::max();
        feed(Tick{});
    });
}

// --- the store
// ------------------------------------------------------------------------------------------------------------------------------------

void Dialer::deliver_from_store(std::vector<store::StoreReply> replies) {
    if (closing_) return;
    for (store::StoreReply& reply : replies) take_reply(std::move(reply));
}

void Dialer::take_reply(store::StoreReply reply) {
    struct Taker {
        Dialer& dialer;

        void operator()(ClaimResult& result) const { dialer.feed(std::move(result)); }
        void operator()(store::ClaimFailed& failed) const {
            spdlog::debug("claim failed: {}", one_line(failed.error.message));
            dialer.feed(ClaimFailed{.request = std::move(failed.request)});
        }
        void operator()(store::SettlementDone&) const {}
        void operator()(store::SettlementFailed& failed) const {
            dialer.alerts_.raise(read_clocks().utc, "database",
                                 "the end of attempt " + std::string{failed.settlement.attempt.view()} +
                                     " could not be written, the next start settles it: " + failed.error.message);
        }
        void operator()(store::TaskDone& task) const {
            if (task.done) task.done(task.committed);
        }
        void operator()(store::StoreAlert& alert) const {
            dialer.why_not_dialing_ = alert.healthy ? "" : alert.text;
            dialer.alerts_.raise(read_clocks().utc, "database", std::move(alert.text));
        }
        void operator()(store::StoreWarning& warning) const {
            dialer.alerts_.raise(read_clocks().utc, "database", std::move(warning.text));
        }
    };
    std::visit(Taker{*this}, reply);
}

void Dialer::condemn_database(Error error) {
    const auto again = [this, error] {
        auto timer = std::make_shared<boost::asio::steady_timer>(io_, condemn_retry);
        timer->async_wait([this, error, timer](const boost::system::error_code& failed) {
            if (!failed) condemn_database(error);
        });
    };
    // A task like any other: the store's thread then refuses the next group, and says why.
    const bool posted = post_task([error](store::Store& store) { store.condemn(error); },
                                  [again](const Result<void>& committed) {
                                      if (!committed) again();
                                  });
    if (!posted) again();
}

void Dialer::add_contacts(std::string list, std::vector<NewContact> contacts, store::Origin by,
                          Done<store::AddedContacts> done) {
    // What room is left is for the outcomes of calls.
    if (!why_not_dialing_.empty()) return done(fail("nothing is imported now: " + why_not_dialing_));
    auto added = std::make_shared<Result<store::AddedContacts>>();
    auto shared = std::make_shared<std::vector<NewContact>>(std::move(contacts));
    const bool posted = post_task([added, shared, list, by = std::move(by)](
                                      store::Store& store) { *added = store.add_contacts(list, *shared, by); },
                                  [this, added, list, done](const Result<void>& committed) {
                                      if (!committed) return done(tl::unexpected(committed.error()));
                                      if (*added && (*added)->accepted > 0) feed(ContactsAdded{.list = list});
                                      done(std::move(*added));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

// --- orders and the end
// ---------------------------------------------------------------------------------------------------------------------------

void Dialer::order(const std::string& campaign, CampaignOrder order, store::Origin by, Done<CampaignState> done) {
    const auto record = engine_.campaign(campaign);
    if (!record) {
        return done(not_loaded(campaign));
    }
    const auto state = apply(order, record->state);
    if (!state) return done(fail("campaign '" + campaign + "': " + state.error().message));
    spdlog::info("campaign order campaign={} order={}", campaign, to_text(order));
    ordered_ = Ordered{.campaign = record->id, .order = order, .actor = std::move(by.actor)};
    feed(CampaignOrdered{.campaign = record->id, .order = order});
    ordered_.reset();
    answer_when_stored(campaign, read_clocks().steady + longest_order_wait, std::move(done));
}

// The order is in force; the answer comes after its commit, for what was ordered then survives a crash.
void Dialer::answer_when_stored(const std::string& campaign, SteadyTime until, Done<CampaignState> done) {
    const auto again = [this, campaign, until, done](const std::string& because) {
        if (read_clocks().steady >= until) {
            return done(
                fail("the order is in force, but not stored yet, so a crash would undo it; it is stored as soon "
                     "as the database can be written: " +
                     because));
        }
        auto timer = std::make_shared<boost::asio::steady_timer>(io_, order_poll);
        timer->async_wait([this, timer, campaign, until, done](const boost::system::error_code& error) {
            if (!error) answer_when_stored(campaign, until, done);
        });
    };
    const bool posted = post_task([](store::Store&) {},
                                  [this, campaign, done, again](const Result<void>& committed) {
                                      if (!committed) return again(committed.error().message);
                                      const auto now = engine_.campaign(campaign);
                                      if (!now) return done(fail("campaign '" + campaign + "' was removed meanwhile"));
                                      done(now->state);
                                  });
    if (!posted) again("it is busy");
}

EngineStatus Dialer::status() const { return engine_.status(read_clocks()); }

void Dialer::stop_dialing(std::function<void()> done) {
    engine_.stop_dialing();
    feed(Tick{});
    wait_for_answers(read_clocks().steady + longest_stop_wait, std::move(done));
}

void Dialer::wait_for_answers(SteadyTime until, std::function<void()> done) {
    if (links_->unanswered() == 0 || read_clocks().steady >= until) return done();
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, stop_poll);
    timer->async_wait([this, timer, until, done = std::move(done)](const boost::system::error_code& error) {
        if (!error) wait_for_answers(until, done);
    });
}

void Dialer::begin_close(std::chrono::steady_clock::time_point give_up_at, const std::string& because) {
    const bool again = std::exchange(closing_, true);  // at a second signal
    // Where too much waits already, the next start tells how this run ended.
    if (!again) {
        const auto note = [by = store::Origin{read_clocks().utc, because}](store::Store& store) {
            (void)note_stop(store, by);
        };
        (void)post_task(note, {});
    }
    timer_.cancel();
    load_meter_.stop();
    links_->stop();
    store_->begin_stop(give_up_at);
}

void Dialer::close(std::chrono::steady_clock::time_point give_up_at, const std::string& because,
                   std::function<void(store::Unwritten)> done) {
    begin_close(give_up_at, because);
    wait_for_store(std::move(done));
}

// The loop goes on meanwhile: it hears of a second signal.
void Dialer::wait_for_store(std::function<void(store::Unwritten)> done) {
    if (store_->finished()) return done(store_->unwritten());
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, stop_poll);
    timer->async_wait([this, timer, done = std::move(done)](const boost::system::error_code& error) {
        if (!error) wait_for_store(done);
    });
}

store::Unwritten Dialer::close_at_once(const std::string& because) {
    begin_close(std::chrono::steady_clock::now(), because);
    store_->stop();
    return store_->unwritten();
}

}  // namespace outdial::daemon
