#pragma once

#include <chrono>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/file_descriptor.hpp"
#include "base/result.hpp"

namespace outdial::control {

/// Asks the daemon, and waits for it. For programs of one thread; not for the daemon.
class Client {
public:
    static constexpr std::chrono::milliseconds default_time_limit = std::chrono::seconds{60};

    /// The error says what to do: start the daemon, join the group that owns the socket.
    [[nodiscard]] static Result<Client> connect(const std::filesystem::path& socket,
                                                std::chrono::milliseconds time_limit = default_time_limit);

    /// The daemon's answer, an object with "ok"; a refusal ("ok": false) is an answer too. After an error, which means
    /// that no answer came, the client is of no more use.
    [[nodiscard]] Result<nlohmann::json> call(const nlohmann::json& request);

    /// The two halves of a call, for a client that sends its next request (a line: to_line()) before it has the answer
    /// to the last; at most max_requests_in_hand may be without one. After a failed send there may still be an answer
    /// that says why: receive() has it.
    [[nodiscard]] Result<void> send(std::string_view line);
    [[nodiscard]] Result<nlohmann::json> receive();

private:
    using Deadline = std::chrono::steady_clock::time_point;

    Client(FileDescriptor socket, std::filesystem::path path, std::chrono::milliseconds time_limit)
        : socket_(std::move(socket)), path_(std::move(path)), time_limit_(time_limit) {}
    [[nodiscard]] Deadline deadline() const { return std::chrono::steady_clock::now() + time_limit_; }
    [[nodiscard]] Result<std::string> receive_line(Deadline deadline);
    [[nodiscard]] Result<void> wait_for(short events, Deadline deadline) const;

    FileDescriptor socket_;
    std::filesystem::path path_;
    std::chrono::milliseconds time_limit_;  // of one request, and of one answer
    std::string input_;                     // read beyond the last answer
};

}  // namespace outdial::control
