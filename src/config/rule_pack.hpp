#pragma once

#include <span>
#include <string_view>

#include "config/node.hpp"
#include "core/rule_pack.hpp"

namespace outdial::config {

/// A file of config/compliance as far as it can be understood: of use only if no problem was reported. `name` is what
/// the pack must be called, by its file.
[[nodiscard]] RulePack read_rule_pack(const Node& root, std::string_view name, Problems& problems);

}  // namespace outdial::config
