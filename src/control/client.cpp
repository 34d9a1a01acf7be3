#include "control/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "control/address.hpp"
#include "control/protocol.hpp"

namespace outdial::control {
namespace {

constexpr std::size_t read_size = 64 * 1024;

std::string reason(int error) { return std::generic_category().message(error); }

Error cannot_connect(const std::filesystem::path& path, int error) {
    const std::string where = "no daemon answers at " + path.string();
    if (error == ENOENT || error == ECONNREFUSED) {
        return {where + ": is outdial.service running? (systemctl status outdial)"};
    }
    if (error == EACCES || error == EPERM) {
        return {"not allowed to use the control socket " + path.string() +
                ": join the group that owns it (ls -l shows which; usermod -aG GROUP USER, then log in again), or use "
                "sudo"};
    }
    if (error == EAGAIN) {
        return {where + ": too many are waiting to be let in; try again"};
    }
    return {where + ": " + reason(error)};
}

}  // namespace

Result<Client> Client::connect(const std::filesystem::path& socket, std::chrono::milliseconds time_limit) {
    const Result<Address> address = Address::of(socket);
    if (!address) {
        return tl::unexpected(address.error());
    }
    FileDescriptor descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!descriptor) {
        return fail("cannot make a socket: " + reason(errno));
    }
    if (::connect(descriptor.get(), address->get(), Address::size()) != 0) {
        return tl::unexpected(cannot_connect(socket, errno));
    }
    return Client{std::move(descriptor), socket, time_limit};
}

Result<nlohmann::json> Client::call(const nlohmann::json& request) {
    const Result<void> sent = send(to_line(request));
    // A daemon that has no room for us says so without reading the request, so its answer comes before our failure.
    Result<nlohmann::json> answer = receive();
    if (!answer && !sent) {
        return tl::unexpected(sent.error());
    }
    return answer;
}

Result<nlohmann::json> Client::receive() {
    const Result<std::string> line = receive_line(deadline());
    if (!line) {
        return tl::unexpected(line.error());
    }
    Result<nlohmann::json> answer = parse_answer(*line);
    if (!answer) {
        return fail("the program at " + path_.string() + " does not speak as outdial does: " + answer.error().message);
    }
    return answer;
}

Result<void> Client::wait_for(short events, Deadline deadline) const {
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd descriptor{socket_.get(), events, 0};
        const int ready = ::poll(&descriptor, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        if (ready > 0) {
            return {};
        }
        if (ready == 0) {
            return fail("the daemon at " + path_.string() + " did not answer within " +
                        std::to_string(time_limit_.count() / 1000) +
                        " s: it is overloaded or hangs; see its log (journalctl -u outdial)");
        }
        if (errno != EINTR) {
            return fail("cannot wait for the daemon: " + reason(errno));
        }
    }
}

Result<void> Client::send(std::string_view line) {
    const Deadline deadline = this->deadline();
    while (!line.empty()) {
        if (auto ready = wait_for(POLLOUT, deadline); !ready) {
            return ready;
        }
        const ssize_t size = ::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL);
        if (size >= 0) {
            line.remove_prefix(static_cast<std::size_t>(size));
        } else if (errno != EINTR && errno != EAGAIN) {
            return fail("the daemon at " + path_.string() + " ended the connection: " + reason(errno));
        }
    }
    return {};
}

Result<std::string> Client::receive_line(Deadline deadline) {
    std::size_t searched = 0;
    while (true) {
        if (const std::size_t end = input_.find('\n', searched); end != std::string::npos) {
            std::string line = input_.substr(0, end);
            input_.erase(0, end + 1);
            return line;
        }
        searched = input_.size();
        if (searched > max_answer_bytes) {
            return fail("the answer of the daemon at " + path_.string() + " is longer than " +
                        std::to_string(max_answer_bytes) + " bytes");
        }
        if (auto ready = wait_for(POLLIN, deadline); !ready) {
            return tl::unexpected(ready.error());
        }
        std::array<char, read_size> bytes;
        const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
        if (size > 0) {
            input_.append(bytes.data(), static_cast<std::size_t>(size));
        } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
            return fail("the daemon at " + path_.string() +
                        " ended the connection without an answer: was it stopped? (systemctl status outdial)");
        }
    }
}

}  // namespace outdial::control
