#include "core/contact.hpp"

#include <algorithm>

namespace outdial {

bool is_e164(std::string_view text) {
    if (text.size() < 4 || text.size() > 16 || text.front() != '+') return false;
    return std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace outdial
