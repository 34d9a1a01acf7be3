#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace outdial::store {

/// Disk space kept for the moment when the disk is full, so that the outcomes of calls can still be written: the person
/// who said no must not be called again because that could not be stored.
inline constexpr std::uint64_t default_reserve_bytes = 32ULL << 20;
/// On a small file system at most this share of it.
inline constexpr std::uint64_t reserve_share = 16;
/// It is kept again only when so many times its size are free: a disk at its brim must not switch dialing on and off.
inline constexpr std::uint64_t reserve_hysteresis = 2;

class ReserveFile {
public:
    /// Beside the database. Nothing is done yet.
    ReserveFile(const std::filesystem::path& database, std::uint64_t bytes = default_reserve_bytes);

    /// Allocates it (mode 0640). One of an earlier run is taken over.
    [[nodiscard]] Result<void> keep();
    /// Gives the space to the database.
    void release();
    [[nodiscard]] bool kept() const { return kept_; }
    /// Why it could not be kept, when that was something else than the lack of room; else empty.
    [[nodiscard]] const std::string& obstacle() const { return obstacle_; }
    /// Whether there is enough room to keep it again.
    [[nodiscard]] bool room_to_keep() const;
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t bytes_needed_free() const { return bytes_ * reserve_hysteresis; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    std::uint64_t bytes_;
    bool kept_ = false;
    std::string obstacle_;
};

}  // namespace outdial::store
