#include "config/named_files.hpp"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "config/node.hpp"
#include "config/secret.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

namespace outdial::config {

namespace {

namespace fs = std::filesystem;

/// The value under these keys, one map in the other; the file's beginning where it stands by default.
Position place_of(const Node& root, std::initializer_list<std::string_view> keys) {
    const Node* node = &root;
    for (const std::string_view key : keys) {
        const auto entry =
            std::ranges::find_if(node->entries, [key](const Node::Entry& candidate) { return candidate.key == key; });
        if (entry == node->entries.end()) return node->at;
        node = &entry->value;
    }
    return node->at;
}

std::string reason(int error) { return std::generic_category().message(error); }

class Examiner {
public:
    Examiner(const Node& root, Problems& problems) : root_(root), problems_(problems) {}

    void examine(const DaemonConfig& daemon) {
        examine_database(daemon);
        examine_socket(daemon);
        for (const ServerConfig& server : daemon.servers) {
            examine_secret(server);
            if (server.tls && !server.tls->ca_file.empty()) {
                examine_ca_file(server.tls->ca_file, place_of(root_, {"servers", server.name, "tls", "ca_file"}));
            }
            if (!server.cdr_csv.empty()) {
                examine_call_records(server.cdr_csv, place_of(root_, {"servers", server.name, "cdr", "csv"}));
            }
        }
    }

private:
    /// What is there, links followed; nothing, and `error` set, where that cannot be seen.
    static fs::path folder_of(const fs::path& path) {
        return path.has_parent_path() ? path.parent_path() : fs::path{"."};
    }

    static std::optional<struct stat> look_at(const fs::path& path, int& error) {
        struct stat status {};
        error = ::stat(path.c_str(), &status) == 0 ? 0 : errno;
        return error == 0 ? std::optional{status} : std::nullopt;
    }

    void cannot_look(Position at, const fs::path& path, int error) {
        problems_.warn(at,
                       fmt::format("{} cannot be examined by this user: {}; run the check as the user of the daemon",
                                   in_quotes(path.native()), reason(error)));
    }

    /// Whether a file can be in it, as far as can be seen.
    bool examine_folder_of(const fs::path& path, Position at, std::string_view advice) {
        const fs::path folder = folder_of(path);
        int error = 0;
        const auto found = look_at(folder, error);
        if (error == EACCES) {
            cannot_look(at, folder, error);
        } else if (!found) {
            problems_.add(at, fmt::format("the folder {} cannot be used: {}; {}", in_quotes(folder.native()),
                                          reason(error), advice));
        } else if (!S_ISDIR(found->st_mode)) {
            problems_.add(at, fmt::format("{} is no folder; {}", in_quotes(folder.native()), advice));
        }
        return found && S_ISDIR(found->st_mode);
    }

    void examine_database(const DaemonConfig& daemon) {
        const Position at = place_of(root_, {"database"});
        if (!examine_folder_of(daemon.database, at, "create it, and give it to the user that Outdial runs as")) return;
        struct stat status {};
        if (::lstat(daemon.database.c_str(), &status) != 0) return;  // the first start makes it
        if (S_ISLNK(status.st_mode)) {
            problems_.add(at, fmt::format("{} is a symbolic link; write the name of the file itself: readlink -f {}",
                                          in_quotes(daemon.database.native()), daemon.database.native()));
        } else if (!S_ISREG(status.st_mode)) {
            problems_.add(at,
                          fmt::format("{} is no file; name one for the database", in_quotes(daemon.database.native())));
        } else if (status.st_nlink > 1) {
            problems_.add(at, fmt::format("{} has {} names (hard links); leave it one",
                                          in_quotes(daemon.database.native()), status.st_nlink));
        } else if ((status.st_mode & others) != 0) {
            problems_.add(at, fmt::format("every user of this machine can open {}, and it holds people's numbers; run: "
                                          "chmod o-rwx {}*",
                                          in_quotes(daemon.database.native()), daemon.database.native()));
        }
    }

    void examine_socket(const DaemonConfig& daemon) {
        const Position at = place_of(root_, {"control", "socket"});
        if (daemon.control_socket == daemon.database) {
            problems_.add(at, "is the database's path; give the socket one of its own");
            return;
        }
        int error = 0;
        const fs::path folder = folder_of(daemon.control_socket);
        if (!look_at(folder, error) && error == ENOENT) {
            // The service's RuntimeDirectory, for one, is there only while it runs.
            problems_.warn(at, fmt::format("the folder {} is not there now; it must be when the daemon starts",
                                           in_quotes(folder.native())));
        } else if (!examine_folder_of(daemon.control_socket, at, "name another path")) {
            return;
        }
        const auto found = look_at(daemon.control_socket, error);
        if (found && !S_ISSOCK(found->st_mode)) {
            problems_.add(at, fmt::format("{} is taken by something that is no socket; name another path",
                                          in_quotes(daemon.control_socket.native())));
        }
    }

    void examine_secret(const ServerConfig& server) {
        if (server.secret_file.starts_with(credential_prefix)) return;  // only the service has it
        const Position at = place_of(root_, {"servers", server.name, "secret_file"});
        if (::access(server.secret_file.c_str(), R_OK) != 0 && errno == EACCES) {
            return cannot_look(at, server.secret_file, EACCES);
        }
        if (const auto found = check_secret(server.secret_file); !found) problems_.add(at, found.error().message);
    }

    void examine_ca_file(const fs::path& path, Position at) {
        int error = 0;
        const auto found = look_at(path, error);
        if (error == EACCES || (found && ::access(path.c_str(), R_OK) != 0)) {
            cannot_look(at, path, EACCES);
        } else if (!found) {
            problems_.add(at, fmt::format("{} cannot be read: {}; name a file of certificates (PEM)",
                                          in_quotes(path.native()), reason(error)));
        } else if (!S_ISREG(found->st_mode)) {
            problems_.add(at, fmt::format("{} is no file; name one of certificates (PEM)", in_quotes(path.native())));
        }
    }

    void examine_call_records(const fs::path& path, Position at) {
        if (!examine_folder_of(path, at, "name the file that Asterisk writes, such as Master.csv")) return;
        int error = 0;
        const auto found = look_at(path, error);
        if (error == EACCES) {
            cannot_look(at, path, error);
        } else if (!found) {
            problems_.warn(at, fmt::format("{} is not there yet; Asterisk makes it with its first record",
                                           in_quotes(path.native())));
        } else if (!S_ISREG(found->st_mode)) {
            problems_.add(at, fmt::format("{} is no file; name the one that Asterisk writes, such as Master.csv",
                                          in_quotes(path.native())));
        }
    }

    static constexpr mode_t others = 0007;
    const Node& root_;
    Problems& problems_;
};

}  // namespace

void examine_named_files(const fs::path& outdial_yaml, LoadResult& loaded) {
    if (!loaded.configuration) return;
    Problems problems{outdial_yaml.native()};
    const auto content = read_regular_file(outdial_yaml, max_file_bytes);
    const auto root = content ? parse_yaml(content->bytes, problems) : std::nullopt;
    if (!root) return;  // it was there a moment ago: whoever changes it now will check it again
    Examiner{*root, problems}.examine(loaded.configuration->daemon);
    std::ranges::move(problems.take(), std::back_inserter(loaded.problems));
    std::ranges::move(problems.take_warnings(), std::back_inserter(loaded.warnings));
    if (!loaded.problems.empty()) loaded.configuration.reset();
}

}  // namespace outdial::config
