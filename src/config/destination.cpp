#include "config/destination.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "config/asterisk_words.hpp"
#include "config/rules.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_exten_bytes = 79;        // Asterisk cuts context and extension there, without a word
constexpr std::size_t max_application_bytes = 31;  // likewise
constexpr std::size_t max_arguments = 20;
constexpr std::size_t max_data_bytes = 500;  // Asterisk reads 1,000 bytes of a line, placeholders filled in
constexpr IntegerRange priorities{1, 9999};

bool is_dialplan_word(std::string_view text) { return only_alphanumeric_or(text, "_.-"); }
/// The arguments are joined by commas, and Asterisk takes quotes and backslashes out when it parts them.
bool is_argument(std::string_view text) { return text.find_first_of(",\"\\") == std::string_view::npos; }
bool is_application(std::string_view text) { return only_alphanumeric_or(text, "_"); }

const TextRule context_rule{max_exten_bytes, "a dialplan context of letters, digits and _ . -", is_dialplan_word};
const TextRule exten_rule{max_exten_bytes, "an extension, such as s or \"{digits}\""};
const TextRule queue_rule{max_exten_bytes, "a queue's name of letters, digits and _ . -", is_dialplan_word};
const TextRule stasis_rule{max_exten_bytes, "a Stasis application's name of letters, digits and _ . -",
                           is_dialplan_word};
const TextRule argument_rule{max_data_bytes,
                             "text without comma, double quote and backslash, with placeholders such as \"{attempt}\"",
                             is_argument};
const TextRule application_rule{max_application_bytes, "a dialplan application's name, such as Playback",
                                is_application};
const TextRule data_rule{max_data_bytes, "text, with placeholders such as \"{digits}\""};

/// The key that chooses a form, and those that may stand beside it.
struct Form {
    std::string_view key;
    std::array<std::string_view, 2> companions;
};
constexpr std::array forms{Form{"context", {"exten", "priority"}}, Form{"queue", {}}, Form{"stasis", {"args", {}}},
                           Form{"application", {"data", {}}}};

/// The form, if exactly one is chosen and nothing of another stands beside it; otherwise that has been reported.
const Form* chosen_form(const Value& on_answer, const Fields& fields) {
    const auto chosen = [&](const Form& form) { return fields.has(form.key); };
    const auto form = std::ranges::find_if(forms, chosen);
    if (std::ranges::count_if(forms, chosen) != 1) {
        on_answer.fail(
            "must say exactly one of {context, exten, priority}, {queue}, {stasis, args} and {application, data}");
        return nullptr;
    }
    for (const Form& other : forms) {
        for (std::string_view companion : other.companions) {
            if (other.key == form->key || companion.empty() || !fields.has(companion)) continue;
            fields.optional(companion).fail(
                fmt::format("belongs to '{}', not to '{}'; remove it", other.key, form->key));
        }
    }
    return &*form;
}

void refuse_data_word(const Value& value, std::string_view data) {
    if (const auto reason = refused_data(data)) value.fail(*reason);
}

DialplanDestination read_dialplan(const Fields& fields) {
    DialplanDestination result;
    result.context = fields.required("context").text(context_rule).value_or("");
    const Value exten = fields.required("exten");
    result.priority = fields.optional("priority").integer(priorities).value_or(1);
    auto exten_template = exten.text_template(exten_rule, Template::Allow::number_only);
    if (!exten_template) return result;
    result.exten = std::move(*exten_template);
    if (!only_alphanumeric_or(rendered_sample(result.exten), "*#+_.-")) {
        exten.fail("may hold letters, digits and * # + _ . - besides its placeholders");
    } else if (longest_rendering(result.exten) > max_exten_bytes) {
        exten.fail(fmt::format("becomes longer than {} bytes with a number of 15 digits; shorten it", max_exten_bytes));
    }
    return result;
}

QueueDestination read_queue(const Value& value) {
    const std::string queue = value.text(queue_rule).value_or("");
    refuse_data_word(value, queue);
    return {queue};
}

StasisDestination read_stasis(const Fields& fields) {
    StasisDestination result;
    const Value application = fields.required("stasis");
    result.application = application.text(stasis_rule).value_or("");
    refuse_data_word(application, result.application);
    for (const Value& item : fields.optional("args").items(max_arguments)) {
        auto argument = item.text_template(argument_rule, Template::Allow::anything);
        if (!argument) continue;
        refuse_data_word(item, argument->text());
        result.arguments.push_back(std::move(*argument));
    }
    return result;
}

ApplicationDestination read_application(const Fields& fields) {
    ApplicationDestination result;
    const Value application = fields.required("application");
    result.application = application.text(application_rule).value_or("");
    const Value data = fields.optional("data");
    const auto allow =
        is_speaking_application(result.application) ? Template::Allow::anything : Template::Allow::no_attributes;
    auto data_template = data.text_template(data_rule, allow);
    if (data_template) {
        refuse_data_word(data, data_template->text());
        result.data = std::move(*data_template);
    }
    if (const auto reason = refused_application(result.application, result.data.text())) application.fail(*reason);
    return result;
}

}  // namespace

Destination read_destination(const Value& on_answer) {
    const Fields fields =
        on_answer.fields({"context", "exten", "priority", "queue", "stasis", "args", "application", "data"});
    const Form* form = fields.is_map() ? chosen_form(on_answer, fields) : nullptr;
    if (form == nullptr) return {};
    if (form->key == "context") return read_dialplan(fields);
    if (form->key == "queue") return read_queue(fields.required("queue"));
    if (form->key == "stasis") return read_stasis(fields);
    return read_application(fields);
}

}  // namespace outdial::config
