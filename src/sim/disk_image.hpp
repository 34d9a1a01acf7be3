// What a simulated disk holds, and what of it is left after the power failed.
//
// The model is that of a file system with a page cache: programs read and write the cache, a sync moves a file's
// changes to the platter, and a power loss leaves the platter and any part of what was on its way there. Harsher than
// most disks: every change that was not synced is kept, dropped or torn at the borders of sectors, whatever came after
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace outdial::sim {

/// What a disk writes whole or not at all.
inline constexpr std::size_t sector_bytes = 512;

/// One file: as programs see it, and as it is on the platter.
class FileImage {
public:
    FileImage() = default;
    /// A file that has been on the platter for long.
    explicit FileImage(std::string content) : content_(content), durable_(std::move(content)), name_is_durable_(true) {}

    /// Beyond the end it grows, with zeros in between.
    void write(std::size_t offset, std::string_view bytes);
    void truncate(std::size_t size);
    /// Everything so far is on the platter, and so is the file's name in its folder (as ext4 and XFS do it).
    void sync();
    /// As Linux fails a sync: some of the changes reached the platter and the others never will, though programs go on
    /// reading them, and the next sync succeeds.
    void fail_sync(Random& random);

    [[nodiscard]] std::string_view content() const { return content_; }
    [[nodiscard]] std::string_view durable() const { return durable_; }
    [[nodiscard]] bool has_unsynced_changes() const { return !unsynced_.empty(); }
    [[nodiscard]] bool name_is_durable() const { return name_is_durable_; }
    [[nodiscard]] FileImage after_power_loss(Random& random) const;

private:
    struct Change {
        bool truncates = false;
        std::size_t offset = 0;  // or the size to cut or to grow to
        std::string bytes;
    };
    static void apply(const Change& change, std::string& file);
    static void apply_some_sectors(const Change& change, std::string& file, Random& random);
    [[nodiscard]] std::string platter_with_some_changes(Random& random) const;

    std::string content_;
    std::string durable_;
    std::vector<Change> unsynced_;  // in the order in which they were made
    bool name_is_durable_ = false;
};

/// All files of a disk. A copy of it is what a process that crashed leaves to the next one: the cache outlives it.
class DiskImage {
public:
    /// Null where there is no such file.
    [[nodiscard]] const FileImage* find(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, FileImage>& files() const { return files_; }
    void put(const std::string& name, FileImage file) { files_.insert_or_assign(name, std::move(file)); }
    [[nodiscard]] const std::vector<std::pair<std::string, FileImage>>& removed() const { return removed_; }
    /// The file was there, and after a power loss may be there again.
    void put_removed(const std::string& name, FileImage file) { removed_.emplace_back(name, std::move(file)); }

    /// What a power loss now would leave. The same random numbers leave the same.
    [[nodiscard]] DiskImage after_power_loss(Random& random) const;
    /// Of all names and contents, in the cache and on the platter: equal for equal images on every machine.
    [[nodiscard]] std::uint64_t hash() const;

private:
    std::map<std::string, FileImage> files_;
    std::vector<std::pair<std::string, FileImage>> removed_;
};

}  // namespace outdial::sim
