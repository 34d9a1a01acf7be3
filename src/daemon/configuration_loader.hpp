#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <vector>

#include "ami/pool.hpp"
#include "config/load.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::daemon {

/// What a configuration's files hold, secrets among them.
struct LoadedConfiguration {
    config::LoadResult files;
    Result<std::vector<ami::ServerSettings>> servers;  // of files.configuration, if there is one
};

/// Reads the configuration on a thread of its own: a thousand campaigns of some size take seconds, in which Asterisk
/// must be read.
class ConfigurationLoader {
public:
    /// On the loop's thread.
    using Done = std::function<void(LoadedConfiguration)>;

    /// `io` must outlive it.
    explicit ConfigurationLoader(boost::asio::io_context& io) : io_(io) {}
    /// Breaks a reading off, after the file that it is at.
    ~ConfigurationLoader();
    ConfigurationLoader(const ConfigurationLoader&) = delete;
    ConfigurationLoader& operator=(const ConfigurationLoader&) = delete;

    void start(const std::filesystem::path& outdial_yaml, Done done);

private:
    boost::asio::io_context& io_;
    std::atomic<bool> stop_{false};
    boost::asio::thread_pool thread_{1};
};

}  // namespace outdial::daemon
