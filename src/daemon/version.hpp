#pragma once

#include <string_view>

namespace outdial::daemon {

inline constexpr std::string_view version = OUTDIAL_VERSION;

}  // namespace outdial::daemon
