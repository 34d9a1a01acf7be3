#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cli/environment.hpp"
#include "core/contact.hpp"

namespace outdial::cli {

/// What became of a batch of contacts.
struct StoredBatch {
    struct LeftOut {
        std::size_t index = 0;  // in the batch, from 0
        std::string reason;
    };
    std::size_t accepted = 0;
    std::vector<LeftOut> duplicates;
    std::vector<LeftOut> rejected;
};

/// Where an import's contacts go: durable when it returns.
struct ContactSink {
    std::function<Result<StoredBatch>(std::span<const NewContact>)> add;
    bool through_daemon = false;
};

/// The running daemon, or the database itself while none runs: whoever writes to the database holds its lock. `list`
/// must outlive the sink.
[[nodiscard]] Outcome<ContactSink> contact_sink(const CommonOptions& common, const config::DaemonConfig& config,
                                                const std::string& list);

}  // namespace outdial::cli
