#pragma once

#include <optional>
#include <string>
#include <string_view>

// What an Originate must not ask for (base/refused_words.hpp), found when the campaign is loaded and said so that its
// author can act on it.
namespace outdial::config {

/// Why this application would be refused, for its name (in any case) or an AGI script in the data of a Queue.
[[nodiscard]] std::optional<std::string> refused_application(std::string_view application, std::string_view data);

/// Why this application data would be refused: the word in it, in capitals only. Placeholders are not looked at, since
/// their names never reach Asterisk.
[[nodiscard]] std::optional<std::string> refused_data(std::string_view data);

/// Playback, SayDigits and the like: a call list may fill what they are told. Of all others (Dial, BlindTransfer,
/// ChanSpy, Set) that decides where the call goes, or more.
[[nodiscard]] bool is_speaking_application(std::string_view application);

}  // namespace outdial::config
