#pragma once

#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "store/reports.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::daemon {

/// Reads reports through a connection of its own, on a thread of its own: a view over a million contacts takes longer
/// than a claim may wait.
class ReportThread {
public:
    /// On the loop's thread.
    using Done = std::function<void(Result<store::Table>)>;

    /// `io` must outlive it.
    ReportThread(boost::asio::io_context& io, std::filesystem::path database);
    /// Waits for a report under way.
    ~ReportThread();

    /// The view campaign_progress, of all campaigns.
    void campaign_progress(Done done) { read(store::Report::campaign_progress, {}, std::move(done)); }
    /// `of`: ReportReader::read.
    void read(store::Report report, std::string of, Done done);

private:
    struct Connection;

    boost::asio::io_context& io_;
    std::shared_ptr<Connection> connection_;
    boost::asio::thread_pool thread_{1};
};

}  // namespace outdial::daemon
