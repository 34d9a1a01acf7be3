#pragma once

#include "config/fields.hpp"
#include "core/contact_order.hpp"

namespace outdial::config {

/// `order`, `priority` and `where` of a campaign; nothing where all of them are absent.
[[nodiscard]] SharedContactOrder read_contact_order(const Fields& campaign);

}  // namespace outdial::config
