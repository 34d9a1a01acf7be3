#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/node.hpp"

namespace outdial::config {

inline constexpr int max_depth = 16;
inline constexpr std::size_t max_nodes = 10'000;

/// Reads one YAML document into a tree. Refused, each with its place: what check_bytes() refuses, more than
/// max_file_bytes, anchors, aliases, tags, merge keys, directives, duplicate and non-text keys, a second document, an
/// empty file, and more than max_depth levels or max_nodes nodes. After a syntax error nothing further can be read;
/// everything else is collected. Returns a tree whenever the syntax could be read, so that its contents can be examined
/// too. No exception leaves.
[[nodiscard]] std::optional<Node> parse_yaml(std::string_view text, Problems& problems);

}  // namespace outdial::config
