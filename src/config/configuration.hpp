#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/site.hpp"

namespace outdial::config {

struct TlsConfig {
    std::filesystem::path ca_file;  // empty: the system's certificate authorities
    std::string server_name;        // empty: the certificate must name ServerConfig::host
};

/// How to reach one Asterisk's manager interface.
struct ServerConfig {
    std::string name;  // of the Server in Site
    std::string host;  // address or name
    std::uint16_t port = 5038;
    std::string username;
    std::string secret_file;  // for read_secret()
    std::optional<TlsConfig> tls;
    bool allow_plaintext = false;   // without tls to another machine
    int action_sessions = 0;        // beside the event session; 0: actions go through the event session
    std::filesystem::path cdr_csv;  // its call detail records; empty: none that can be read here
};

/// Where an installation puts them.
inline constexpr const char* default_rule_packs_dir = "/usr/share/outdial/compliance";

/// outdial.yaml but for what the scheduler needs. Relative paths have been resolved against the file's folder.
struct DaemonConfig {
    std::filesystem::path database;
    std::filesystem::path campaigns_dir;
    std::filesystem::path rule_packs_dir = default_rule_packs_dir;
    std::filesystem::path control_socket;
    Milliseconds audit_keep = std::chrono::hours{24} * 1826;  // five years
    std::vector<ServerConfig> servers;                        // in the order of Site::servers
};

/// A file as it was read: outdial.yaml, or campaigns.d/renewals.yaml; SHA-256 of its bytes as 64 hex digits.
struct FileDigest {
    std::string name;
    std::string digest;
};

/// Everything that the configuration says, checked: names are unique, every name referred to exists.
struct Configuration {
    DaemonConfig daemon;
    Site site;
    std::vector<FileDigest> files;
};

}  // namespace outdial::config
