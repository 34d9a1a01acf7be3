#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "core/engine.hpp"

namespace outdial::daemon {

/// No more than this is read, from the file's end: 300,000 calls or so.
inline constexpr std::uintmax_t max_call_record_bytes = 64 * 1024 * 1024;

/// What a file of Asterisk's cdr_csv (with loguniqueid and usegmtime) tells of these attempts, as events that end them.
/// Attempts without a record, and records that make no sense, are left out. `now` bounds the records' times.
[[nodiscard]] Result<std::vector<AttemptEvent>> read_call_records(const std::filesystem::path& file,
                                                                  std::span<const AttemptId> attempts, UtcTime now);

}  // namespace outdial::daemon
