#include "sim/disk_image.hpp"

#include <algorithm>

namespace outdial::sim {

namespace {

constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;
constexpr std::uint64_t fnv_prime = 0x100000001b3;

void add_to_hash(std::uint64_t& hash, std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * fnv_prime;
    hash = (hash ^ bytes.size()) * fnv_prime;  // so that no byte can move from one text to the next
}

bool coin(Random& random) { return random.below(2) == 0; }

}  // namespace

void FileImage::apply(const Change& change, std::string& file) {
    if (change.truncates) {
        file.resize(change.offset);
        return;
    }
    const std::size_t end = change.offset + change.bytes.size();
    if (file.size() < end) file.resize(end);
    file.replace(change.offset, change.bytes.size(), change.bytes);
}

// Torn where the file has its sectors, not where the write began.
void FileImage::apply_some_sectors(const Change& change, std::string& file, Random& random) {
    if (change.truncates) {
        if (coin(random)) apply(change, file);
        return;
    }
    const std::size_t end = change.offset + change.bytes.size();
    for (std::size_t at = change.offset; at < end;) {
        const std::size_t border = std::min(end, (at / sector_bytes + 1) * sector_bytes);
        if (coin(random)) apply({false, at, change.bytes.substr(at - change.offset, border - at)}, file);
        at = border;
    }
}

void FileImage::write(std::size_t offset, std::string_view bytes) {
    unsynced_.push_back({false, offset, std::string{bytes}});
    apply(unsynced_.back(), content_);
}

void FileImage::truncate(std::size_t size) {
    unsynced_.push_back({true, size, {}});
    apply(unsynced_.back(), content_);
}

void FileImage::sync() {
    for (const Change& change : unsynced_) apply(change, durable_);
    unsynced_.clear();
    name_is_durable_ = true;
}

void FileImage::fail_sync(Random& random) {
    durable_ = platter_with_some_changes(random);
    unsynced_.clear();
}

// Half of the time in the order of the changes, up to one of them: with many changes, chance alone would never keep all
// of them, or none.
std::string FileImage::platter_with_some_changes(Random& random) const {
    std::string platter = durable_;
    if (coin(random)) {
        const std::size_t kept = random.below(unsynced_.size() + 1);
        for (std::size_t i = 0; i < kept; ++i) apply(unsynced_[i], platter);
        if (kept < unsynced_.size()) apply_some_sectors(unsynced_[kept], platter, random);
        return platter;
    }
    for (const Change& change : unsynced_) {
        switch (random.below(3)) {
            case 0: break;
            case 1: apply(change, platter); break;
            default: apply_some_sectors(change, platter, random);
        }
    }
    return platter;
}

FileImage FileImage::after_power_loss(Random& random) const { return FileImage{platter_with_some_changes(random)}; }

const FileImage* DiskImage::find(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
}

DiskImage DiskImage::after_power_loss(Random& random) const {
    DiskImage left;
    for (const auto& [name, file] : removed_) {
        if (coin(random)) left.put(name, file.after_power_loss(random));
    }
    for (const auto& [name, file] : files_) {
        if (file.name_is_durable() || coin(random)) left.put(name, file.after_power_loss(random));
    }
    return left;
}

std::uint64_t DiskImage::hash() const {
    std::uint64_t hash = fnv_start;
    const auto add = [&hash](const std::string& name, const FileImage& file) {
        add_to_hash(hash, name);
        add_to_hash(hash, file.content());
        add_to_hash(hash, file.durable());
    };
    for (const auto& [name, file] : files_) add(name, file);
    for (const auto& [name, file] : removed_) add(name, file);
    return hash;
}

}  // namespace outdial::sim
