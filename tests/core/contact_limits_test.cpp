#include "core/contact_limits.hpp"

#include <catch2/catch.hpp>

namespace outdial {

namespace {

using namespace std::chrono_literals;

constexpr LocalDate day_of(int year, unsigned month, unsigned day) {
    return LocalDate{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}};
}

// 2027-01-15 00:00 UTC
constexpr UtcTime midnight = from_unix_ms(1'799'971'200'000);

}  // namespace

TEST_CASE("A call whose outcome could not be seen counts as a conversation, a refusal, abandoned and a machine") {
    for (const char* word : {"conversation", "refusal", "abandoned", "machine"}) {
        CAPTURE(word);
        CHECK(is_of(call_kind_from(word).value(), Disposition::lost, ""));
        CHECK_FALSE(is_of(call_kind_from(word).value(), Disposition::no_answer, ""));
    }
    CHECK_FALSE(is_of(call_kind_from("busy").value(), Disposition::lost, ""));
}

TEST_CASE("A conversation is an answered call; a refusal is what the dialplan calls so, or an opt-out") {
    const CallKind conversation = call_kind_from("conversation").value();
    CHECK(is_of(conversation, Disposition::answered, "dnc"));
    CHECK_FALSE(is_of(conversation, Disposition::machine, "machine"));
    const CallKind refusal = call_kind_from("refusal").value();
    CHECK(is_of(refusal, Disposition::answered, "refusal"));
    CHECK(is_of(refusal, Disposition::answered, "dnc"));
    CHECK_FALSE(is_of(refusal, Disposition::answered, ""));
    CHECK_FALSE(is_of(refusal, Disposition::declined, ""));
}

TEST_CASE("Limits count every disposition of a call that may have rung, and no technical one") {
    for (const Disposition disposition : all_dispositions) {
        CAPTURE(to_text(disposition));
        CHECK(call_kind_from(to_text(disposition)).has_value() == !is_technical(disposition));
        CHECK(is_of(CallKind{}, disposition, ""));
    }
    CHECK_FALSE(call_kind_from("argument"));
}

TEST_CASE("A limit is in force on its days wherever on earth they are, from the first zone's to the last's") {
    ContactLimit limit;
    CHECK(in_force(limit, midnight));
    limit.in_force_from = day_of(2027, 1, 15);
    limit.in_force_through = day_of(2027, 1, 15);
    CHECK_FALSE(in_force(limit, midnight - 14h - 1ms));
    CHECK(in_force(limit, midnight - 14h));
    CHECK(in_force(limit, midnight + 36h - 1ms));
    CHECK_FALSE(in_force(limit, midnight + 36h));
}

TEST_CASE("An account is the contact's attribute of that name") {
    Contact contact;
    CHECK(account_of(contact).empty());
    contact.attributes = {{"name", "Ann"}, {"account", "A-77"}};
    CHECK(account_of(contact) == "A-77");
}

TEST_CASE("Limits are the same when they say the same, whoever has read them") {
    const auto limits = [](int most) {
        ContactLimit limit;
        limit.most = most;
        return std::make_shared<const std::vector<ContactLimit>>(std::vector{limit});
    };
    CHECK(same(limits(2), limits(2)));
    CHECK_FALSE(same(limits(2), limits(3)));
    CHECK_FALSE(same(limits(2), nullptr));
    CHECK(same(nullptr, nullptr));
}

}  // namespace outdial
