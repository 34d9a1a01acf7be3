#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/audit.hpp"

namespace outdial::store {

/// What is remembered of a database outside of it, to recognise an older copy: in a database that went back to
/// yesterday, those who were called since are waiting to be called.
struct RunRecord {
    std::string database_id;
    std::int64_t epoch = 0;   // how often a daemon was started on it
    std::int64_t claims = 0;  // attempts ever made
    bool stopped_cleanly = false;
    /// Of the audit, whose end could else be removed unnoticed. Nothing: written by a version without one.
    std::optional<AuditHead> audit{};

    bool operator==(const RunRecord&) const = default;
};

/// The file beside the lock file.
[[nodiscard]] std::filesystem::path mirror_file(const std::filesystem::path& database);
/// Nothing where there is no such file; an error where it cannot be read or understood.
[[nodiscard]] Result<std::optional<RunRecord>> read_mirror(const std::filesystem::path& file);
/// Replaces the file as a whole, and waits until it is on the disk.
[[nodiscard]] Result<void> write_mirror(const std::filesystem::path& file, const RunRecord& record);

/// Why a database in this state must not be used after a run in that one; empty where it may be. It may be newer: the
/// mirror is written after the commit.
[[nodiscard]] std::string why_older(const RunRecord& mirror, const RunRecord& database);

}  // namespace outdial::store
