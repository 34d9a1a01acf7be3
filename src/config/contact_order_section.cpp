#include "config/contact_order_section.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "config/rules.hpp"

namespace outdial::config {

namespace {

using By = ContactOrder::By;

constexpr IntegerRange seeds{0, std::numeric_limits<std::int32_t>::max()};
constexpr std::size_t max_field_bytes = 80;

bool is_attribute(std::string_view text) { return attribute_named(text).has_value(); }
bool is_direction(std::string_view text) { return text == "ascending" || text == "descending"; }

const TextRule field_rule{max_field_bytes, "an attribute, such as attributes.balance", is_attribute};
const TextRule by_rule{max_field_bytes, "oldest, newest, random or an attribute, such as attributes.balance",
                       is_attribute};
const TextRule direction_rule{32, "ascending or descending", is_direction};
const TextRule where_rule{max_filter_bytes, "a condition, such as \"attributes.balance > 100 and state = 'TX'\""};

/// `oldest`, or {by: attributes.balance, direction: descending}, or {by: random, seed: 7}
void read_order(const Value& value, ContactOrder& order) {
    if (!value.present()) return;
    std::optional<Fields> fields;
    if (value.is_map()) fields = value.fields({"by", "direction", "seed"});
    const Value by = fields ? fields->required("by") : value;
    const auto word = by.text(by_rule);
    if (!word) return;
    if (*word == "newest") {
        order.by = By::newest;
    } else if (*word == "random") {
        order.by = By::random;
    } else if (*word != "oldest") {
        order.by = By::attribute;
        order.attribute = *attribute_named(*word);
    }
    // A word that is one letter wrong must not become an attribute that nobody has.
    if (order.by == By::attribute && !word->starts_with("attributes.")) {
        by.fail(
            fmt::format("must be oldest, newest, random or an attribute; if {} is an attribute, write attributes.{}",
                        in_quotes(*word), *word));
    }
    if (!fields) return;
    const Value direction = fields->optional("direction");
    order.descending = direction.text(direction_rule) == "descending";
    if (direction.present() && order.by != By::attribute) direction.fail("is of an attribute alone; remove it");
    const Value seed = fields->optional("seed");
    order.seed = static_cast<std::uint64_t>(seed.integer(seeds).value_or(0));
    if (seed.present() && order.by != By::random) seed.fail("is of the order random alone; remove it");
}

std::optional<ContactFilter> read_where(const Value& value) {
    const auto text = value.text(where_rule);
    if (!text) return std::nullopt;
    auto filter = ContactFilter::parse(*text);
    if (filter) return std::move(*filter);
    const ContactFilter::Fault& fault = filter.error();
    const auto characters =
        static_cast<int>(std::count_if(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(fault.offset),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    value.fail_at(characters, fmt::format("at character {}: {}", characters + 1, fault.message));
    return std::nullopt;
}

}  // namespace

SharedContactOrder read_contact_order(const Fields& campaign) {
    const Value order = campaign.optional("order");
    const Value priority = campaign.optional("priority");
    const Value where = campaign.optional("where");
    if (!order.present() && !priority.present() && !where.present()) return nullptr;
    ContactOrder read;
    read_order(order, read);
    if (const auto field = priority.text(field_rule)) read.priority = *attribute_named(*field);
    read.where = read_where(where);
    return std::make_shared<const ContactOrder>(std::move(read));
}

}  // namespace outdial::config
