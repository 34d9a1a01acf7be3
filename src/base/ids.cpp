#include "base/ids.hpp"

#include <algorithm>

namespace outdial {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t time_digits = 12;

// The lowest `count` hex digits of `value`, most significant first.
void write_hex(char* out, std::size_t count, std::uint64_t value) {
    for (std::size_t i = count; i-- > 0;) {
        out[i] = hex_digits[value & 0xf];
        value >>= 4;
    }
}

}  // namespace

std::optional<AttemptId> AttemptId::parse(std::string_view text) {
    if (text.size() != size || text.find_first_not_of(hex_digits) != std::string_view::npos) return std::nullopt;
    AttemptId id;
    std::ranges::copy(text, id.digits_.begin());
    return id;
}

AttemptId AttemptId::make(UtcTime claimed_at, Random& random) {
    AttemptId id;
    write_hex(id.digits_.data(), time_digits, static_cast<std::uint64_t>(to_unix_ms(claimed_at)));
    write_hex(id.digits_.data() + time_digits, 4, random.next());
    write_hex(id.digits_.data() + time_digits + 4, 16, random.next());
    return id;
}

}  // namespace outdial
