#include "daemon/configuration_loader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>

#include "daemon/clock.hpp"
#include "daemon/server_links.hpp"

namespace outdial::daemon {

ConfigurationLoader::~ConfigurationLoader() {
    stop_ = true;
    thread_.join();
}

void ConfigurationLoader::start(const std::filesystem::path& outdial_yaml, Done done) {
    boost::asio::post(thread_, [this, outdial_yaml, done = std::move(done)] {
        auto loaded = std::make_shared<LoadedConfiguration>();
        loaded->files = config::load(outdial_yaml, &stop_);
        config::warn_of_ending_holidays(loaded->files, read_clocks().utc);
        if (loaded->files.configuration) loaded->servers = server_settings(loaded->files.configuration->daemon);
        if (stop_) return;
        boost::asio::post(io_, [loaded, done] { done(std::move(*loaded)); });
    });
}

}  // namespace outdial::daemon
