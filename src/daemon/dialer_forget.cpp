// Dialer: people who ask to be forgotten, and those who ask about them.
#include "daemon/dialer.hpp"

namespace outdial::daemon {

void Dialer::find_people(store::PersonKey key, Done<std::vector<store::PersonRecord>> done) {
    auto found = std::make_shared<Result<std::vector<store::PersonRecord>>>();
    const bool posted =
        post_task([found, key = std::move(key)](store::Store& store) { *found = store.find_people(key); },
                  [found, done](const Result<void>& committed) {
                      done(committed ? std::move(*found) : tl::unexpected(committed.error()));
                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

// Whether copies could be removed shows after the commit, so a second task asks for it.
void Dialer::forget(store::PersonKey key, store::Origin by, Done<Forgotten> done) {
    auto result = std::make_shared<Result<Forgotten>>();
    const auto ask_for_copies = [this, result, done](const Result<void>& committed) {
        if (!committed) return done(tl::unexpected(committed.error()));
        if (!*result) return done(std::move(*result));
        const bool posted =
            post_task([result](store::Store& store) { (*result)->copies = store.copies_of_the_forgotten(); },
                      [result, done](const Result<void>&) { done(std::move(*result)); });
        if (!posted) done(std::move(*result));
    };
    const bool posted = post_task(
        [result, key = std::move(key), by = std::move(by)](store::Store& store) {
            auto people = store.forget(key, by);
            if (people) {
                *result = Forgotten{.people = std::move(*people)};
            } else {
                *result = tl::unexpected(std::move(people.error()));
            }
        },
        ask_for_copies);
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

}  // namespace outdial::daemon
