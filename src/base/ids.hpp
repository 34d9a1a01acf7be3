#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/random.hpp"
#include "base/time.hpp"

namespace outdial {

/// A database row's number; ids of different kinds do not convert into each other.
template <class Tag>
struct RowId {
    std::int64_t value = 0;
    auto operator<=>(const RowId&) const = default;
};
using CampaignId = RowId<struct CampaignTag>;
using ContactId = RowId<struct ContactTag>;
using ListId = RowId<struct ListTag>;

/// Names one attempt everywhere: the database, Asterisk's Uniqueid (ChannelId) and the AMI ActionID. 32 lower-case hex
/// digits, always: several Asterisk versions compare live ids by prefix, so ids of unequal length would collide. The
/// first 12 digits are the UTC milliseconds of the claim, which keeps inserts at the end of the index; the other 20 are
/// random.
class AttemptId {
public:
    static constexpr std::size_t size = 32;

    /// Nothing unless the text is exactly 32 lower-case hex digits: that is how other people's channels are told from
    /// ours.
    [[nodiscard]] static std::optional<AttemptId> parse(std::string_view text);
    [[nodiscard]] static AttemptId make(UtcTime claimed_at, Random& random);

    [[nodiscard]] std::string_view view() const { return {digits_.data(), digits_.size()}; }
    auto operator<=>(const AttemptId&) const = default;

private:
    std::array<char, size> digits_{};
};

}  // namespace outdial

template <>
struct std::hash<outdial::AttemptId> {
    std::size_t operator()(const outdial::AttemptId& id) const noexcept {
        return std::hash<std::string_view>{}(id.view());
    }
};
template <class Tag>
struct std::hash<outdial::RowId<Tag>> {
    std::size_t operator()(const outdial::RowId<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
