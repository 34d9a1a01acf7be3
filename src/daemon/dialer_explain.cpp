// Dialer: why somebody is not being called.
#include "daemon/clock.hpp"
#include "daemon/dialer.hpp"

namespace outdial::daemon {

void Dialer::explain(store::PersonKey key, Done<std::vector<Explanation>> done) {
    auto found = std::make_shared<Result<std::vector<Explanation>>>();
    const bool posted = post_task([found, key = std::move(key), rules = engine_.claim_rules(read_clocks())](
                                      store::Store& store) { *found = store.explain(key, rules); },
                                  [found, done](const Result<void>& committed) {
                                      done(committed ? std::move(*found) : tl::unexpected(committed.error()));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

}  // namespace outdial::daemon
