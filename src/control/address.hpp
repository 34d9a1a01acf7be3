#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

#include "base/result.hpp"

namespace outdial::control {

/// A Unix socket's path as the system calls want it.
class Address {
public:
    /// An error if the path is empty or too long: 107 bytes on Linux.
    [[nodiscard]] static Result<Address> of(const std::filesystem::path& path);

    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
    [[nodiscard]] static socklen_t size() { return sizeof(sockaddr_un); }

private:
    sockaddr_un address_{};
};

}  // namespace outdial::control
