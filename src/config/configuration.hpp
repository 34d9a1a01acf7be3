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
    std::vector<ServerConfig> servers;  // in the order of Site::servers
};

/// Everything that the configuration says, checked: names are unique, every name referred to exists.
struct Configuration {
    DaemonConfig daemon;
    Site site;
};

}  // namespace outdial::config
