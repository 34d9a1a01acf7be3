// What the fuzz targets share. A target is one function from bytes to nothing, which ends or breaks an OUTDIAL_CHECK.
// It is linked twice: with libFuzzer (scripts/fuzz), which looks for bytes that break it, and with replay_main.cpp,
// which runs the inputs of tests/fuzz/corpus as a unit test. What a target needs besides its bytes, it derives from
// them: the same input does the same everywhere.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace outdial::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return size == 0 ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(data), size};
}

/// FNV-1a.
inline std::uint64_t seed_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    return hash;
}

/// Gives the whole text in pieces of random sizes, mostly small.
template <class Visitor>
void for_each_piece(std::string_view text, Random& random, Visitor visit) {
    constexpr std::uint64_t sizes[] = {1, 2, 3, 8, 64, 512};
    while (!text.empty()) {
        const std::uint64_t most = sizes[random.below(std::size(sizes))];
        const auto size = std::min<std::size_t>(text.size(), 1 + random.below(most));
        visit(text.substr(0, size));
        text.remove_prefix(size);
    }
}

/// Takes values off an input; zeros and empty texts once it has been used up.
class Bytes {
public:
    explicit Bytes(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool used_up() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }
    /// In [0, bound); 0 < bound <= 256.
    int below(int bound) { return byte() % bound; }
    bool flag() { return (byte() & 1U) != 0; }
    /// Up to the next LF, which is taken too.
    std::string_view line() {
        const std::string_view text = rest_.substr(0, rest_.find('\n'));
        rest_.remove_prefix(std::min(text.size() + 1, rest_.size()));
        return text;
    }
    /// A text of so many bytes as the first byte says, any bytes.
    std::string_view text() {
        const std::size_t wanted = byte();
        const std::size_t size = std::min(wanted, rest_.size());
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

private:
    std::string_view rest_;
};

}  // namespace outdial::fuzz
