// Dialer: calls at a time that somebody chose.
#include <algorithm>

#include "daemon/clock.hpp"
#include "daemon/dialer.hpp"

namespace outdial::daemon {

void Dialer::call_back(store::CallbackOrder order, const std::string& campaign, store::Origin by,
                       Done<store::CallbackMade> done) {
    const auto record = engine_.campaign(campaign);
    if (!record) return done(not_loaded(campaign));
    order.campaign = record->id;
    const auto configured = std::ranges::find(configuration_.site.campaigns, campaign, &Campaign::name);
    // Whom it is for may live anywhere: where their clock is not clear, an operator is asked.
    const bool known = configured != configuration_.site.campaigns.end() && configured->calling;
    if (known) order.otherwise = configured->calling->zone_of_unknown;
    auto made = std::make_shared<Result<store::CallbackMade>>();
    const bool posted = post_task([made, order = std::move(order),
                                   by = std::move(by)](store::Store& store) { *made = store.call_back(order, by); },
                                  [this, made, id = record->id, done](const Result<void>& committed) {
                                      if (!committed) return done(tl::unexpected(committed.error()));
                                      if (*made) feed(ContactDue{.campaign = id, .at = (*made)->at});
                                      done(std::move(*made));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

void Dialer::cancel_callback(const std::string& campaign, store::PersonKey person, store::Origin by,
                             Done<store::CallbackMade> done) {
    const auto record = engine_.campaign(campaign);
    if (!record) return done(not_loaded(campaign));
    auto canceled = std::make_shared<Result<store::CallbackMade>>();
    const bool posted = post_task([canceled, id = record->id, person = std::move(person), by = std::move(by)](
                                      store::Store& store) { *canceled = store.cancel_callback(id, person, by); },
                                  [this, canceled, id = record->id, done](const Result<void>& committed) {
                                      if (!committed) return done(tl::unexpected(committed.error()));
                                      // They stand again where they stood before, which may be now.
                                      if (*canceled) feed(ContactDue{.campaign = id, .at = read_clocks().utc});
                                      done(std::move(*canceled));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

}  // namespace outdial::daemon
