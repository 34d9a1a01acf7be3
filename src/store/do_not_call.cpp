#include "store/do_not_call.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

namespace outdial::store {

namespace {

std::string day_of(UtcTime at) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(to_unix_ms(at) / 1000)));
}

std::string days(Milliseconds age) {
    return fmt::format("{} days", std::chrono::duration_cast<std::chrono::days>(age).count());
}

}  // namespace

DoNotCall::Lists DoNotCall::lists_of(std::span<const DoNotCallChoice> choices, UtcTime at) {
    Lists lists;
    const auto take = [&](std::string_view name, std::optional<Milliseconds> max_age) {
        Rows rows = find_.rows(name);
        if (!rows.next()) {
            lists.problem_ = fmt::format(
                "its do-not-call list '{}' is not in the database, so nobody knows whom it forbids: outdial dnc import",
                name);
            return;
        }
        lists.ids_.push_back(rows.integer(0));
        if (!max_age) return;
        const std::optional<UtcTime> copied_at = rows.time(1);
        if (!copied_at) {
            lists.problem_ = fmt::format(
                "nobody knows how old its do-not-call list '{}' is: import a copy with its date (outdial dnc import "
                "--copied)",
                name);
        } else if (at - *copied_at > *max_age || *copied_at > at) {
            lists.problem_ = fmt::format(
                "its do-not-call list '{}' is a copy of {}, and may be {} old: import a new copy (outdial dnc import "
                "--copied)",
                name, day_of(*copied_at), days(*max_age));
        }
    };
    take(global_do_not_call_list, std::nullopt);
    for (const DoNotCallChoice& choice : choices) {
        if (lists.problem_.empty()) take(choice.list, choice.max_age);
    }
    return lists;
}

DoNotCall::Verdict DoNotCall::verdict(const Lists& lists, std::string_view number, UtcTime at) {
    Verdict verdict;
    UtcTime until{};
    for (const std::int64_t list : lists.ids_) {
        Rows rows = of_number_.rows(list, number);
        if (!rows.next()) continue;
        const UtcTime expires_at = rows.time(0).value_or(UtcTime::max());
        if (expires_at <= at) continue;
        verdict.forbidden = true;
        until = std::max(until, expires_at);
    }
    if (verdict.forbidden) verdict.until = until;
    return verdict;
}

std::optional<std::int64_t> DoNotCall::find(std::string_view list) {
    Rows rows = find_.rows(list);
    if (!rows.next()) return std::nullopt;
    return rows.integer(0);
}

void DoNotCall::refuse_unknown(std::string_view list) {
    database_.refuse(
        fmt::format("there is no do-not-call list '{}'; `outdial dnc list` shows those that are there", list));
}

DoNotCallChange DoNotCall::add(std::string_view list, std::span<const DoNotCallNumber> numbers, UtcTime at) {
    std::optional<std::int64_t> id = find(list);
    if (!id) {
        Rows created = insert_list_.rows(list);
        if (!created.next()) return {};
        id = created.integer(0);
    }
    DoNotCallChange change;
    for (const DoNotCallNumber& number : numbers) {
        if (insert_.run(*id, number.e164, at, number.expires_at, number.source, NullIfEmpty{number.reason}) == 1) {
            ++change.changed;
        } else {
            extend_.run(*id, number.e164, number.expires_at);
            ++change.same;
        }
    }
    return change;
}

DoNotCallChange DoNotCall::remove(std::string_view list, std::span<const std::string> numbers) {
    DoNotCallChange change;
    const std::optional<std::int64_t> id = find(list);
    if (!id && !database_.failed()) refuse_unknown(list);
    if (!id) return change;
    for (const std::string& number : numbers) {
        remove_.run(*id, number) == 1 ? ++change.changed : ++change.same;
    }
    return change;
}

void DoNotCall::set_copied_at(std::string_view list, UtcTime copied_at) {
    const std::optional<std::int64_t> id = find(list);
    if (id) {
        set_copied_.run(*id, copied_at);
    } else if (!database_.failed()) {
        refuse_unknown(list);
    }
}

std::vector<DoNotCallListing> DoNotCall::all_lists() {
    std::vector<DoNotCallListing> found;
    Rows rows = lists_.rows();
    while (rows.next()) found.push_back({std::string{rows.text(0)}, rows.integer(1), rows.time(2)});
    return found;
}

}  // namespace outdial::store
