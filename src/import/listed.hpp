#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/contact.hpp"

namespace outdial::lists {

/// A row that may be stored.
struct ListedContact {
    std::uint64_t line = 0;  // where the row begins: 1 is the file's first line
    NewContact contact;
    std::vector<std::string> dropped;  // its numbers that cannot be dialed, and why: "phone2: it is too short"
};

/// A row that is left out, why, and what it says, for the file of rejected rows.
struct RejectedRow {
    std::uint64_t line = 0;
    std::string reason;  // does not name the number, so that it may be logged
    std::vector<std::string> fields;
};

}  // namespace outdial::lists
