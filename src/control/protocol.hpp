// The control socket's language: JSON lines, one answer to each request, in their order. A request is an object with
// a "command"; an answer has "ok": true, or "ok": false and "error", a sentence for people.
#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace outdial::control {

/// Longest request, its newline included: 1,000 contacts with all their attributes fit.
inline constexpr std::size_t max_request_bytes = 4 * 1024 * 1024;
/// Longest answer that a client reads.
inline constexpr std::size_t max_answer_bytes = 64 * 1024 * 1024;
/// Most contacts in one add_contacts request: one transaction of the store, which others wait for.
inline constexpr std::size_t max_contacts_per_request = 1000;
/// Of do-not-call lists.
inline constexpr std::size_t max_numbers_per_request = 5000;
/// Requests that a client may send before it has read the first one's answer: while one batch of contacts is being
/// written the next is on its way.
inline constexpr std::size_t max_requests_in_hand = 4;
/// Arrays and objects within each other; our own requests have five levels.
inline constexpr int max_nesting = 16;

/// A request from one line, without its newline: an object with a text "command".
[[nodiscard]] Result<nlohmann::json> parse_request(std::string_view line);
/// An answer from one line: an object with a boolean "ok".
[[nodiscard]] Result<nlohmann::json> parse_answer(std::string_view line);
/// One line with its newline. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_line(const nlohmann::json& message);
/// {"ok": false, "error": message}
[[nodiscard]] nlohmann::json refusal(std::string_view message);

}  // namespace outdial::control
