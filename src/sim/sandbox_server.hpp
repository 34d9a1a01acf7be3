#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "sim/asterisk_model.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::sim {

struct SandboxOptions {
    ModelOptions model;
    std::uint64_t seed = 1;
    /// On 127.0.0.1 alone: the sandbox is for one machine. 0: the system chooses.
    std::uint16_t port = 0;
    /// Every Originate as a line of CSV (witness_csv_header()), written when its call has ended; empty: none.
    std::string witness_file;
};

/// What the options mean, for the program to print: the server, the accounts (without secrets), the world.
[[nodiscard]] std::string describe(const SandboxOptions& options);

/// A simulated Asterisk behind a real TCP port, in real time. Used from the io_context's thread only, which runs one
/// thread.
class Sandbox {
public:
    /// Events of up to this long leave together: many calls, few system calls.
    static constexpr Milliseconds tick{2};

    /// `io` must outlive the sandbox; handlers that are still queued in it after stop() do nothing.
    Sandbox(boost::asio::io_context& io, SandboxOptions options);
    ~Sandbox();
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    /// Opens the port and the witness file; returns the port.
    [[nodiscard]] Result<std::uint16_t> start();
    /// Closes all connections and completes the witness file. Idempotent.
    void stop();

    [[nodiscard]] std::size_t connections() const;
    /// What happened so far, in a few lines for people.
    [[nodiscard]] std::string report() const;
    /// Whether every row so far could be written to the witness file; true without one.
    [[nodiscard]] bool witness_file_ok() const;
    [[nodiscard]] const AsteriskModel& model() const;
    [[nodiscard]] const Witness& witness() const;

    // What an operator can make the simulated server do; connected dialers see it as they would see the real thing.
    void stop_gracefully(bool restart);
    void crash();

private:
    class Shell;
    std::shared_ptr<Shell> shell_;  // shared with handlers that are in flight
};

}  // namespace outdial::sim
