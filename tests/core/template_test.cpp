#include "core/template.hpp"

#include <catch2/catch.hpp>

using namespace outdial;
using Allow = Template::Allow;

namespace {

const PhoneNumber number{.e164 = "+12125550100", .country_code_digits = 1};
const Contact contact{.id = ContactId{7},
                      .external_id = "A-17",
                      .numbers = {number},
                      .attributes = {{"name", "Ana {digits}"}, {"policy_id", "P 9"}}};

std::string render(std::string_view text) {
    const TemplateValues values{
        .number = number, .contact = contact, .attempt = "0123", .campaign = "renewals", .list = "customers"};
    return Template::parse(text, Allow::anything).value().render(values);
}

std::string error_of(std::string_view text, Allow allow) {
    const auto result = Template::parse(text, allow);
    return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("every placeholder is filled, and text around it kept") {
    CHECK(render("PJSIP/{digits}@carrier-a") == "PJSIP/12125550100@carrier-a");
    CHECK(render("{e164} {national}") == "+12125550100 2125550100");
    CHECK(render("{attempt}/{campaign}/{list}/{contact.external_id}") == "0123/renewals/customers/A-17");
    CHECK(render("{contact.policy_id}") == "P 9");
    CHECK(render("no placeholder") == "no placeholder");
    CHECK(render("") == "");
    CHECK(render("{digits}{digits}") == "1212555010012125550100");
}

TEST_CASE("an attribute that a contact lacks is empty") { CHECK(render("[{contact.town}]") == "[]"); }

TEST_CASE("braces in an attribute are text, never a placeholder") { CHECK(render("{contact.name}") == "Ana {digits}"); }

TEST_CASE("no attribute may stand where a call's way is chosen") {
    for (const char* text : {"{contact.name}", "{contact.external_id}", "{attempt}", "{campaign}", "{list}"}) {
        CAPTURE(text);
        CHECK_THAT(error_of(text, Allow::number_only), Catch::Contains("only {e164}, {digits} and {national}"));
        CHECK(error_of(text, Allow::anything).empty());
    }
    CHECK(error_of("PJSIP/{digits}@a", Allow::number_only).empty());
}

TEST_CASE("an unknown placeholder and a brace without its partner are errors that say where") {
    CHECK_THAT(error_of("ab{digit}", Allow::anything), Catch::Contains("{digit}") && Catch::Contains("offset 2"));
    CHECK_THAT(error_of("abc{digits", Allow::anything), Catch::Contains("offset 3"));
    CHECK_THAT(error_of("abcd}", Allow::anything), Catch::Contains("'}'") && Catch::Contains("offset 4"));
    for (const char* text :
         {"{}", "{contact.}", "{contact.a b}", "{contact.a-b}", "{{digits}}", "{ digits}", "{DIGITS}"}) {
        CAPTURE(text);
        CHECK_FALSE(error_of(text, Allow::anything).empty());
    }
}

TEST_CASE("a template knows whether it names the number, and its own text") {
    CHECK(Template::parse("{national}", Allow::number_only)->names_number());
    CHECK_FALSE(Template::parse("100", Allow::number_only)->names_number());
    CHECK_FALSE(Template::parse("{attempt}", Allow::anything)->names_number());
    CHECK(Template::parse("a{digits}b", Allow::number_only)->text() == "a{digits}b");
    CHECK(Template{}.empty());
}
