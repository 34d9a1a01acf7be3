#pragma once

#include <cstddef>
#include <memory>
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

/// Where an import's contacts go.
class ContactSink {
public:
    virtual ~ContactSink() = default;

    [[nodiscard]] virtual bool through_daemon() const = 0;
    /// Batches that may be sent before the first one's result is received: while one is being written, the next are on
    /// their way.
    [[nodiscard]] virtual std::size_t batches_under_way() const = 0;
    [[nodiscard]] virtual Result<void> send(std::span<const NewContact> contacts) = 0;
    /// What became of the oldest batch that was sent and not received; then it is durable.
    [[nodiscard]] virtual Result<StoredBatch> receive() = 0;
};

/// The running daemon, or the database itself while none runs: whoever writes to the database holds its lock.
[[nodiscard]] Outcome<std::unique_ptr<ContactSink>> contact_sink(const CommonOptions& common,
                                                                 const config::DaemonConfig& config,
                                                                 const std::string& list);

}  // namespace outdial::cli
