#pragma once

#include <span>
#include <string>
#include <string_view>

namespace outdial::config {

/// The word most like `text`, or empty if none is near enough to be what was meant.
[[nodiscard]] std::string_view nearest(std::string_view text, std::span<const std::string_view> words);

/// "did you mean 'trunks'? Known here: name, list, trunks", the question only where there is a near word.
[[nodiscard]] std::string suggestion(std::string_view text, std::span<const std::string_view> words);

}  // namespace outdial::config
