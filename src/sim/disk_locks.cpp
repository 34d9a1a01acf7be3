#include "sim/disk_locks.hpp"

#include <sqlite3.h>

namespace outdial::sim {

bool FileLocks::lock(const void* holder, int& held, int wanted) {
    if (held >= wanted) return true;
    if (held == SQLITE_LOCK_NONE) {
        if (pending_ != nullptr) return false;
        ++readers_;
        held = SQLITE_LOCK_SHARED;
    }
    if (wanted == SQLITE_LOCK_SHARED) return true;
    if (writer_ != nullptr && writer_ != holder) return false;
    writer_ = holder;
    if (held < SQLITE_LOCK_RESERVED) held = SQLITE_LOCK_RESERVED;
    if (wanted == SQLITE_LOCK_RESERVED) return true;
    pending_ = holder;
    held = SQLITE_LOCK_PENDING;
    if (readers_ > 1) return false;
    held = wanted;
    return true;
}

void FileLocks::unlock(const void* holder, int& held, int wanted) {
    if (held <= wanted) return;
    if (writer_ == holder) writer_ = nullptr;
    if (pending_ == holder) pending_ = nullptr;
    if (wanted == SQLITE_LOCK_NONE) --readers_;
    held = wanted;
}

void* SharedMemory::region(std::size_t index, std::size_t bytes, bool make) {
    if (index >= regions_.size()) {
        if (!make) return nullptr;
        while (regions_.size() <= index) regions_.push_back(std::make_unique<std::byte[]>(bytes));
    }
    return regions_[index].get();
}

bool SharedMemory::lock_shared(Held& held, std::size_t index) {
    const unsigned bit = 1U << index;
    if ((held.shared & bit) != 0) return true;
    if (lock_[index] < 0) return false;
    ++lock_[index];
    held.shared |= bit;
    return true;
}

bool SharedMemory::lock_exclusive(Held& held, std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
        if ((held.exclusive & (1U << i)) == 0 && lock_[i] != 0) return false;
    }
    for (std::size_t i = first; i < first + count; ++i) {
        lock_[i] = -1;
        held.exclusive |= 1U << i;
    }
    return true;
}

void SharedMemory::unlock(Held& held, std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
        const unsigned bit = 1U << i;
        if ((held.exclusive & bit) != 0) {
            lock_[i] = 0;
        } else if ((held.shared & bit) != 0) {
            --lock_[i];
        }
        held.exclusive &= ~bit;
        held.shared &= ~bit;
    }
}

}  // namespace outdial::sim
