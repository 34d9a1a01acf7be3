#include "store/do_not_call.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>

#include "store/json_object.hpp"

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
        lists.listings_.push_back({std::string{name}, rows.integer(2), rows.time(1)});
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

DoNotCallChange DoNotCall::add(std::string_view list, std::span<const DoNotCallNumber> numbers, const Origin& by) {
    std::optional<std::int64_t> id = find(list);
    if (!id) {
        Rows created = insert_list_.rows(list);
        if (!created.next()) return {};
        id = created.integer(0);
    }
    DoNotCallChange change;
    std::int64_t extended = 0;
    const bool audits_each = numbers.size() <= max_numbers_audited_each;
    const auto audit_one = [&](const DoNotCallNumber& number, std::string_view what) {
        if (!audits_each) return;
        audit(by, number.e164,
              JsonObject{}.text("list", list).text("change", what).time_if_any("expires_at", number.expires_at).take());
    };
    for (const DoNotCallNumber& number : numbers) {
        if (insert_.run(*id, number.e164, by.at, number.expires_at, number.source, NullIfEmpty{number.reason}) == 1) {
            ++change.changed;
            audit_one(number, "added");
        } else {
            ++change.same;
            if (extend_.run(*id, number.e164, number.expires_at) == 0) continue;
            ++extended;
            audit_one(number, "extended");
        }
    }
    const auto added = static_cast<std::int64_t>(change.changed);
    if (!audits_each && added + extended > 0) {
        audit(by, {}, JsonObject{}.text("list", list).number("added", added).number("extended", extended).take());
    }
    return change;
}

// Not the reason and the source, which are anybody's words and may name a person.
void DoNotCall::audit(const Origin& by, std::string_view number, std::string_view detail) {
    if (database_.failed()) return;
    audit_.append({.kind = AuditKind::do_not_call,
                   .at = by.at,
                   .actor = by.actor,
                   .number = number,
                   .salt = fresh_number_salt(),
                   .detail = detail});
}

DoNotCallChange DoNotCall::remove(std::string_view list, std::span<const std::string> numbers, const Origin& by) {
    DoNotCallChange change;
    const std::optional<std::int64_t> id = find(list);
    if (!id && !database_.failed()) refuse_unknown(list);
    if (!id) return change;
    for (const std::string& number : numbers) {
        if (remove_.run(*id, number) == 0) {
            ++change.same;
            continue;
        }
        ++change.changed;
        audit(by, number, JsonObject{}.text("list", list).text("change", "removed").take());
    }
    return change;
}

void DoNotCall::set_copied_at(std::string_view list, UtcTime copied_at, const Origin& by) {
    const std::optional<std::int64_t> id = find(list);
    if (!id && !database_.failed()) refuse_unknown(list);
    if (!id) return;
    std::optional<UtcTime> before;
    {
        Rows rows = find_.rows(list);
        if (rows.next()) before = rows.time(1);
    }
    set_copied_.run(*id, copied_at);
    audit(by, {},
          JsonObject{}
              .text("list", list)
              .time_if_any("copied_before", before)
              .time_if_any("copied_at", copied_at)
              .take());
}

std::vector<DoNotCallListing> DoNotCall::all_lists() {
    std::vector<DoNotCallListing> found;
    Rows rows = lists_.rows();
    while (rows.next()) found.push_back({std::string{rows.text(0)}, rows.integer(1), rows.time(2)});
    return found;
}

}  // namespace outdial::store
