#include "core/contact_order.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

namespace outdial {
namespace {

// The values of the attribute x in the order in which their contacts are taken; "-" stands for none.
std::vector<std::string> in_order(const ContactOrder& order, const std::vector<std::string>& values) {
    std::vector<std::pair<std::pair<OrderKey, std::int64_t>, std::string>> keys;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Attributes attributes = values[i] == "-" ? Attributes{} : Attributes{{"x", values[i]}};
        const auto id = static_cast<std::int64_t>(i + 1);
        keys.push_back({{order.key_of(ContactId{id}, attributes), id}, values[i]});
    }
    std::ranges::sort(keys, [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> sorted;
    for (auto& key : keys) sorted.push_back(key.second);
    return sorted;
}
using Values = std::vector<std::string>;

}  // namespace

TEST_CASE("Contacts are ordered by an attribute: numbers as numbers, then texts, then those without it") {
    const ContactOrder up{.by = ContactOrder::By::attribute, .attribute = "x"};
    CHECK(in_order(up, {"b", "10", "-", "9", "-2.5", "a", "-10", "0", "ab", "1e3"}) ==
          Values{"-10", "-2.5", "0", "9", "10", "1e3", "a", "ab", "b", "-"});
    const ContactOrder down{.by = ContactOrder::By::attribute, .attribute = "x", .descending = true};
    CHECK(in_order(down, {"b", "10", "-", "9", "-2.5", "a", "-10", "0", "ab", "1e3"}) ==
          Values{"1e3", "10", "9", "0", "-2.5", "-10", "b", "ab", "a", "-"});
    CHECK(in_order(up, {"2026-02-01", "2025-12-31", "2026-01-15"}) == Values{"2025-12-31", "2026-01-15", "2026-02-01"});
}

TEST_CASE("Of contacts that are equal the one imported first is first") {
    const ContactOrder order{.by = ContactOrder::By::attribute, .attribute = "x", .descending = true};
    CHECK(order.key_of(ContactId{1}, {{"x", "7"}}) == order.key_of(ContactId{2}, {{"x", "7.0"}}));
}

TEST_CASE("Newest first is by when they were imported") {
    CHECK(in_order({.by = ContactOrder::By::oldest}, {"1", "2", "3"}) == Values{"1", "2", "3"});
    CHECK(in_order({.by = ContactOrder::By::newest}, {"1", "2", "3"}) == Values{"3", "2", "1"});
}

TEST_CASE("The highest priority is first, whatever the order, and no number counts as 0") {
    ContactOrder order{.by = ContactOrder::By::newest, .priority = "x"};
    CHECK(in_order(order, {"1", "-", "5", "high", "-1", "5.0"}) == Values{"5.0", "5", "1", "high", "-", "-1"});
}

TEST_CASE("At random the same seed gives the same order, another seed another one") {
    Values names;
    for (int i = 0; i < 100; ++i) names.push_back("n" + std::to_string(i));
    const auto by_seed = [&](std::uint64_t seed) {
        return in_order({.by = ContactOrder::By::random, .seed = seed}, names);
    };
    CHECK(by_seed(1) == by_seed(1));
    std::set<Values> orders{names};
    for (std::uint64_t seed = 0; seed < 20; ++seed) orders.insert(by_seed(seed));
    CHECK(orders.size() == 21);
}

TEST_CASE("An order says what it is in words") {
    CHECK(ContactOrder{}.in_words() == "oldest first");
    ContactOrder order{.by = ContactOrder::By::attribute, .attribute = "due", .descending = true, .priority = "vip"};
    CHECK(order.in_words() == "highest attributes.vip first, then by attributes.due, descending");
    order.where = *ContactFilter::parse("vip > 1");
    CHECK(order.specification() == "highest attributes.vip first, then by attributes.due, descending; where vip > 1");
}

}  // namespace outdial
