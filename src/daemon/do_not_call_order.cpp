#include "daemon/do_not_call_order.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "config/rules.hpp"
#include "control/protocol.hpp"
#include "core/contact.hpp"

namespace outdial::daemon {

namespace {

using nlohmann::json;
using Kind = DoNotCallOrder::Kind;

std::optional<Kind> kind_from(std::string_view word) {
    if (word == "add") return Kind::add;
    if (word == "remove") return Kind::remove;
    if (word == "copied") return Kind::copied;
    if (word == "lists") return Kind::lists;
    return std::nullopt;
}

std::string text_in(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Result<std::optional<UtcTime>> time_in(const json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return std::nullopt;
    if (!found->is_number_integer()) return fail(fmt::format("\"{}\" is no instant in UTC milliseconds", key));
    return from_unix_ms(found->get<std::int64_t>());
}

Result<void> read_text(const json& request, const char* key, std::string& into) {
    into = text_in(request, key);
    if (into.size() > max_do_not_call_text_bytes) {
        return fail(fmt::format("\"{}\" is longer than {} bytes", key, max_do_not_call_text_bytes));
    }
    if (const std::string why = why_unsendable(into); !why.empty()) return fail(fmt::format("\"{}\" {}", key, why));
    return {};
}

Result<void> read_numbers(const json& request, DoNotCallOrder& order) {
    const auto given = request.find("numbers");
    if (given == request.end() || !given->is_array() || given->size() > control::max_numbers_per_request) {
        return fail(fmt::format("dnc needs \"numbers\", at most {} of them", control::max_numbers_per_request));
    }
    DoNotCallNumber common;
    if (auto read = read_text(request, "source", common.source); !read) return read;
    if (auto read = read_text(request, "reason", common.reason); !read) return read;
    const auto expires_at = time_in(request, "expires_at");
    if (!expires_at) return tl::unexpected(expires_at.error());
    common.expires_at = *expires_at;
    for (const json& number : *given) {
        common.e164 = number.is_string() ? number.get<std::string>() : std::string{};
        if (!is_e164(common.e164)) {
            return fail(fmt::format("number {} of the request is not written as +12125550100", order.numbers.size()));
        }
        order.numbers.push_back(common);
    }
    return {};
}

}  // namespace

std::vector<std::string> DoNotCallOrder::texts() const {
    std::vector<std::string> texts;
    texts.reserve(numbers.size());
    for (const DoNotCallNumber& number : numbers) texts.push_back(number.e164);
    return texts;
}

Result<DoNotCallOrder> do_not_call_order(const json& request) {
    DoNotCallOrder order;
    const auto kind = kind_from(text_in(request, "order"));
    if (!kind) return fail("unknown order; dnc can be told add, remove, copied and lists");
    order.kind = *kind;
    if (order.kind == Kind::lists) return order;
    order.list = text_in(request, "list");
    if (!config::is_name(order.list)) {
        return fail("dnc needs a \"list\": " + std::string{config::name_rule.expected});
    }
    if (order.kind == Kind::copied) {
        const auto at = time_in(request, "at");
        if (!at) return tl::unexpected(at.error());
        if (!*at) return fail("dnc copied needs \"at\", an instant in UTC milliseconds");
        order.copied_at = **at;
        return order;
    }
    if (auto read = read_numbers(request, order); !read) return tl::unexpected(read.error());
    return order;
}

json to_json(const store::DoNotCallChange& change) {
    return {{"ok", true}, {"changed", change.changed}, {"same", change.same}};
}

json to_json(const std::vector<store::DoNotCallListing>& lists) {
    json answer{{"ok", true}, {"lists", json::array()}};
    for (const store::DoNotCallListing& list : lists) {
        json entry{{"list", list.name}, {"numbers", list.numbers}, {"copied_at", nullptr}};
        if (list.copied_at) entry["copied_at"] = to_unix_ms(*list.copied_at);
        answer["lists"].push_back(std::move(entry));
    }
    return answer;
}

Result<json> carry_out(store::Store& store, const DoNotCallOrder& order, const store::Origin& by) {
    const auto answer_of = [](const auto& result) -> Result<json> {
        if (!result) return tl::unexpected(result.error());
        return to_json(*result);
    };
    switch (order.kind) {
        case Kind::add: return answer_of(store.forbid(order.list, order.numbers, by));
        case Kind::remove: return answer_of(store.permit(order.list, order.texts(), by));
        case Kind::lists: return answer_of(store.do_not_call_lists());
        case Kind::copied: break;
    }
    if (const Result<void> set = store.set_copied_at(order.list, order.copied_at, by); !set) {
        return tl::unexpected(set.error());
    }
    return json{{"ok", true}};
}

}  // namespace outdial::daemon
