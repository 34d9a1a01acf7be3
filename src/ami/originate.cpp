#include "ami/originate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/refused_words.hpp"

namespace outdial::ami {

namespace {

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What a channel, context or extension may be made of. A call list fills numbers into them, and & would ring a second
// device, a comma set an option, $ { } call a function.
Result<void> check_characters(std::string_view what, std::string_view value, std::string_view others) {
    const auto allowed = [others](char c) { return is_alphanumeric(c) || others.find(c) != std::string_view::npos; };
    if (std::ranges::all_of(value, allowed)) return {};
    return fail(fmt::format("{} may hold letters, digits and {} only", what, others));
}

// For a caller id inside `"Name" <number>`. Versions differ in what a backslash does there, so quotes and brackets are
// refused, not escaped.
Result<std::string> caller_id(const Originate& call) {
    if (call.caller_id_name.find_first_of("\"<>\\") != std::string::npos) {
        return fail("caller_id_name holds one of \" < > \\, which Asterisk would misread; leave it out");
    }
    const bool plain_number = std::ranges::all_of(call.caller_id_number, [](char c) {
        return is_alphanumeric(c) || c == '+' || c == '*' || c == '#' || c == '_';
    });
    if (!plain_number) return fail("caller_id_number may hold digits, letters, '+', '*', '#' and '_' only");
    // The brackets stay without a number: they are what makes Asterisk take the quoted text for a name.
    std::string text = call.caller_id_name.empty()
                           ? fmt::format("<{}>", call.caller_id_number)
                           : fmt::format("\"{}\" <{}>", call.caller_id_name, call.caller_id_number);
    if (text.size() > max_caller_id_bytes) {
        return fail(fmt::format("the caller id '\"name\" <number>' is {} bytes and Asterisk keeps {}; shorten the name",
                                text.size(), max_caller_id_bytes));
    }
    return text;
}

Result<void> check_length(std::string_view what, std::string_view value, std::size_t limit) {
    if (value.empty()) return fail(fmt::format("the call has no {}", what));
    if (value.size() > limit) {
        return fail(fmt::format("{} is {} bytes and Asterisk keeps {}; shorten it", what, value.size(), limit));
    }
    return {};
}

Result<void> check_identity(const Originate& call) {
    if (auto ok = check_length("channel_id", call.channel_id, Action::max_action_id_bytes); !ok) return ok;
    const bool plain = std::ranges::all_of(
        call.channel_id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!plain) return fail("channel_id may hold lower-case letters, digits and '-' only");
    if (auto ok = check_length("channel", call.channel, max_channel_bytes); !ok) return ok;
    const auto slash = call.channel.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == call.channel.size()) {
        return fail("channel is not of the form Technology/destination, such as PJSIP/12125550100@carrier-a");
    }
    if (auto ok = check_characters("channel", call.channel, "/@._:+*#=-"); !ok) return ok;
    if (std::ranges::count(call.channel, '@') > 1) return fail("channel names two destinations with two @");
    if (call.timeout < min_ring_timeout || call.timeout > max_ring_timeout) {
        return fail(fmt::format("the ring timeout is {} ms, not {} to {}", call.timeout.count(),
                                min_ring_timeout.count(), max_ring_timeout.count()));
    }
    return {};
}

Result<void> check_application(const Originate& call) {
    if (!call.context.empty() || !call.exten.empty()) {
        return fail("the call has both an application and an extension; Asterisk would ignore the extension");
    }
    if (auto ok = check_length("application", call.application, max_application_bytes); !ok) return ok;
    if (auto ok = check_characters("application", call.application, "_"); !ok) return ok;
    if (const auto word = refused_application_word(call.application, call.data)) {
        return fail(
            fmt::format("Asterisk refuses to originate into an application with '{}' in its name; send the call "
                        "to an extension that runs it",
                        *word));
    }
    if (const auto word = refused_data_word(call.data)) {
        return fail(
            fmt::format("Asterisk refuses to originate with '{}' in the application's data; keep such text in "
                        "lower case or send the call to an extension",
                        *word));
    }
    return {};
}

Result<void> check_extension(const Originate& call) {
    if (!call.data.empty()) return fail("the call has data but no application to give it to");
    if (auto ok = check_length("context", call.context, max_context_bytes); !ok) return ok;
    if (auto ok = check_characters("context", call.context, "_.-"); !ok) return ok;
    if (auto ok = check_length("exten", call.exten, max_exten_bytes); !ok) return ok;
    if (auto ok = check_characters("exten", call.exten, "*#+_.-"); !ok) return ok;
    // Without a priority Asterisk dials before it looks whether the extension exists.
    if (call.priority < 1) return fail(fmt::format("the priority is {}, not 1 or more", call.priority));
    return {};
}

}  // namespace

Result<Action> to_action(const Originate& call) {
    if (auto ok = check_identity(call); !ok) return tl::unexpected(ok.error());
    const bool to_application = !call.application.empty();
    if (auto ok = to_application ? check_application(call) : check_extension(call); !ok) {
        return tl::unexpected(ok.error());
    }
    Action action{"Originate"};
    action.header("Channel", call.channel);
    if (to_application) {
        action.header("Application", call.application);
        if (!call.data.empty()) action.header("Data", call.data);
    } else {
        action.header("Context", call.context).header("Exten", call.exten);
        action.header("Priority", std::to_string(call.priority));
    }
    action.header("Timeout", std::to_string(call.timeout.count())).header("Async", "true");
    action.header("ChannelId", call.channel_id);
    if (!call.caller_id_name.empty() || !call.caller_id_number.empty()) {
        auto text = caller_id(call);
        if (!text) return tl::unexpected(text.error());
        action.header("CallerID", *text);
    }
    if (!call.account.empty()) action.header("Account", call.account);
    for (const auto& [name, value] : call.variables) action.variable(name, value);
    return action;
}

}  // namespace outdial::ami
