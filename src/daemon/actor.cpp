#include "daemon/actor.hpp"

#include <fmt/core.h>
#include <pwd.h>

#include <array>
#include <cstdio>
#include <memory>

#include "base/printable.hpp"

namespace outdial::daemon {

namespace {

constexpr int most_users_read = 10'000;
constexpr std::size_t longest_line = 4096;

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string local_name_of(uid_t uid) {
    const std::unique_ptr<std::FILE, Close> file{std::fopen("/etc/passwd", "re")};
    std::array<char, longest_line> buffer;
    passwd entry{};
    passwd* found = nullptr;
    for (int i = 0; file && i < most_users_read; ++i) {
        if (::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) != 0) break;
        if (entry.pw_uid == uid) return printable(entry.pw_name);
    }
    return {};
}

}  // namespace

std::string actor_of(uid_t uid, pid_t pid, std::string_view command) {
    const std::string name = local_name_of(uid);
    return fmt::format("{}{}uid={} pid={} command={}", name, name.empty() ? "" : " ", uid, pid, command);
}

}  // namespace outdial::daemon
