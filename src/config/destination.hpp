#pragma once

#include "config/fields.hpp"
#include "core/campaign.hpp"

namespace outdial::config {

/// `on_answer`: exactly one of {context, exten, priority}, {queue}, {stasis, args} and {application, data}.
[[nodiscard]] Destination read_destination(const Value& on_answer);

}  // namespace outdial::config
