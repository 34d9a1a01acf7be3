// Dialer: numbers that must not be called.
#include "daemon/clock.hpp"
#include "daemon/dialer.hpp"

namespace outdial::daemon {

namespace {

// What room a full disk has left is for the outcomes of calls, and for single people who object.
constexpr std::size_t most_while_in_trouble = 100;

std::vector<std::string> texts_of(const std::vector<DoNotCallNumber>& numbers) {
    std::vector<std::string> texts;
    texts.reserve(numbers.size());
    for (const DoNotCallNumber& number : numbers) texts.push_back(number.e164);
    return texts;
}

}  // namespace

// The engine hears of it after the commit, and after every claim that was made before: store_jobs.hpp.
void Dialer::forbid(std::string list, std::vector<DoNotCallNumber> numbers, store::Origin by,
                    Done<store::DoNotCallChange> done) {
    if (numbers.size() > most_while_in_trouble && !why_not_dialing_.empty()) {
        return done(fail("no list is imported now: " + why_not_dialing_));
    }
    auto change = std::make_shared<Result<store::DoNotCallChange>>();
    const auto shared = std::make_shared<const std::vector<DoNotCallNumber>>(std::move(numbers));
    const bool posted = post_task(
        [change, shared, list, by = std::move(by)](store::Store& store) { *change = store.forbid(list, *shared, by); },
        [this, change, shared, list, done](const Result<void>& committed) {
            if (!committed) return done(tl::unexpected(committed.error()));
            if (*change) feed(NumbersForbidden{.list = list, .numbers = texts_of(*shared)});
            done(std::move(*change));
        });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

void Dialer::permit(std::string list, std::vector<std::string> numbers, store::Origin by,
                    Done<store::DoNotCallChange> done) {
    auto change = std::make_shared<Result<store::DoNotCallChange>>();
    const bool posted = post_task([change, numbers = std::move(numbers), list = std::move(list), by = std::move(by)](
                                      store::Store& store) { *change = store.permit(list, numbers, by); },
                                  [change, done](const Result<void>& committed) {
                                      done(committed ? std::move(*change) : tl::unexpected(committed.error()));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

void Dialer::set_copied_at(std::string list, UtcTime copied_at, store::Origin by, Done<void> done) {
    auto result = std::make_shared<Result<void>>();
    const bool posted =
        post_task([result, list = std::move(list), copied_at,
                   by = std::move(by)](store::Store& store) { *result = store.set_copied_at(list, copied_at, by); },
                  [result, done](const Result<void>& committed) { done(committed ? std::move(*result) : committed); });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

void Dialer::do_not_call_lists(Done<std::vector<store::DoNotCallListing>> done) {
    auto lists = std::make_shared<Result<std::vector<store::DoNotCallListing>>>();
    const bool posted = post_task([lists](store::Store& store) { *lists = store.do_not_call_lists(); },
                                  [lists, done](const Result<void>& committed) {
                                      done(committed ? std::move(*lists) : tl::unexpected(committed.error()));
                                  });
    if (!posted) done(fail("the database is busy; try again in a moment"));
}

void Dialer::store_opt_out(OptedOut command) {
    std::vector<DoNotCallNumber> numbers;
    for (std::string& number : command.numbers) numbers.push_back(opt_out_of(std::move(number)));
    const std::string attempt{command.attempt.view()};
    forbid(
        std::string{global_do_not_call_list}, std::move(numbers), read_clocks().utc,
        [this, attempt](const auto& change) {
            if (change) return;
            alerts_.raise(
                read_clocks().utc, "do-not-call",
                "the person of attempt " + attempt +
                    " asked not to be called again; it is stored with the end of the call, for now it could not be: " +
                    change.error().message);
        });
}

}  // namespace outdial::daemon
