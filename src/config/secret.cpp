#include "config/secret.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "config/problem.hpp"
#include "config/rules.hpp"
#include "config/source.hpp"

namespace outdial::config {

namespace {

constexpr mode_t forbidden_mode = 0027;  // writable by the group, or anything for others

/// Whether nobody but its owner and its group could have read the file, or changed it.
Result<void> check_mode(const std::filesystem::path& path, mode_t mode) {
    if ((mode & forbidden_mode) == 0) return {};
    return fail(
        fmt::format("secret file {} has mode {:04o}, so others than its owner and group may read or write "
                    "it; chmod 0640 or 0600 it, and change the secret",
                    in_quotes(path.native()), mode));
}

Result<void> check_owner(const std::filesystem::path& path, uid_t owner) {
    if (owner == 0 || owner == ::geteuid()) return {};
    return fail(
        fmt::format("secret file {} belongs to user {}, who may read and change it; chown it to root or to the "
                    "user that Outdial runs as ({}), chmod 0640 or 0600 it, and change the secret",
                    in_quotes(path.native()), owner, ::geteuid()));
}

struct SecretFile {
    Secret secret;
    mode_t mode = 0;
    uid_t owner = 0;
};

Result<SecretFile> read_file(const std::filesystem::path& path) {
    auto content = read_regular_file(path, max_secret_bytes);
    if (!content) return fail(fmt::format("secret file {}: {}", in_quotes(path.native()), content.error().message));
    return SecretFile{Secret{std::move(content->bytes)}, content->mode, content->owner};
}

/// Without the newline that an editor puts at the end.
Result<Secret> one_line(const std::filesystem::path& path, Secret secret) {
    if (secret.reveal().ends_with('\n')) secret.drop_last();
    if (secret.reveal().empty()) return fail(fmt::format("secret file {} is empty", in_quotes(path.native())));
    if (!is_clean_text(secret.reveal())) {
        return fail(fmt::format("secret file {} must hold one line of text without control characters",
                                in_quotes(path.native())));
    }
    return secret;
}

}  // namespace

bool is_credential_name(std::string_view name) {
    constexpr std::size_t max_file_name_bytes = 255;
    return !name.empty() && name.size() <= max_file_name_bytes && name != "." && name != ".." &&
           only_alphanumeric_or(name, "_.-");
}

Result<Secret> read_secret(const std::string& secret_file, const std::filesystem::path& credentials_dir) {
    std::filesystem::path path = secret_file;
    if (secret_file.starts_with(credential_prefix)) {
        const std::string name = secret_file.substr(credential_prefix.size());
        if (!is_credential_name(name)) return fail(fmt::format("{} is not the name of a credential", in_quotes(name)));
        if (credentials_dir.empty()) {
            return fail(
                fmt::format("secret credential:{} cannot be read: the service has no credentials directory; add "
                            "LoadCredential={}:/path to its systemd unit",
                            name, name));
        }
        path = credentials_dir / name;
    }
    auto file = read_file(path);
    if (!file) return tl::unexpected(std::move(file.error()));
    if (auto guarded = check_mode(path, file->mode); !guarded) return tl::unexpected(std::move(guarded.error()));
    if (auto owned = check_owner(path, file->owner); !owned) return tl::unexpected(std::move(owned.error()));
    return one_line(path, std::move(file->secret));
}

Result<void> check_secret(const std::string& path) {
    auto file = read_file(path);
    if (!file) return tl::unexpected(std::move(file.error()));
    if (auto guarded = check_mode(path, file->mode); !guarded) return guarded;
    if (auto secret = one_line(path, std::move(file->secret)); !secret)
        return tl::unexpected(std::move(secret.error()));
    return {};
}

}  // namespace outdial::config
