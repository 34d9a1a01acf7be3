// The locks and the shared memory of a database file, kept in memory: they die with the process.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace outdial::sim {

/// SQLite's five locks of one file. A holder is any address; levels are SQLITE_LOCK_*.
class FileLocks {
public:
    /// False where another holder is in the way. `held` is the holder's level, and is changed.
    [[nodiscard]] bool lock(const void* holder, int& held, int wanted);
    void unlock(const void* holder, int& held, int wanted);
    [[nodiscard]] bool is_reserved() const { return writer_ != nullptr; }

private:
    const void* writer_ = nullptr;   // holds RESERVED or more
    const void* pending_ = nullptr;  // waits for the readers to leave; no new ones come in
    int readers_ = 0;                // everyone who holds SHARED or more
};

/// What the connections of one database share in WAL mode.
class SharedMemory {
public:
    static constexpr std::size_t locks = 8;
    /// Which of the locks one connection holds, as bits.
    struct Held {
        unsigned shared = 0;
        unsigned exclusive = 0;
    };

    /// Null where there is no such region and it is not to be made. All regions are of one size.
    [[nodiscard]] void* region(std::size_t index, std::size_t bytes, bool make);
    [[nodiscard]] bool lock_shared(Held& held, std::size_t index);
    [[nodiscard]] bool lock_exclusive(Held& held, std::size_t first, std::size_t count);
    void unlock(Held& held, std::size_t first, std::size_t count);

private:
    std::vector<std::unique_ptr<std::byte[]>> regions_;
    std::array<int, locks> lock_{};  // readers, or -1: one writer
};

}  // namespace outdial::sim
