#include "daemon/report_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>

namespace outdial::daemon {

namespace {

constexpr std::int64_t most_campaigns = 10'000;

}  // namespace

// Used by the reader's thread alone.
struct ReportThread::Connection {
    std::filesystem::path database;
    std::optional<store::ReportReader> reader;  // opened at the first report

    Result<store::Table> campaign_progress() {
        if (!reader) {
            auto opened = store::ReportReader::open(database);
            if (!opened) return tl::unexpected(opened.error());
            reader.emplace(std::move(*opened));
        }
        return reader->read(store::Report::campaign_progress, {}, most_campaigns);
    }
};

ReportThread::ReportThread(boost::asio::io_context& io, std::filesystem::path database)
    : io_(io), connection_(std::make_shared<Connection>(Connection{.database = std::move(database), .reader = {}})) {}

ReportThread::~ReportThread() { thread_.join(); }

void ReportThread::campaign_progress(Done done) {
    boost::asio::post(thread_, [&io = io_, connection = connection_, done = std::move(done)] {
        auto rows = std::make_shared<Result<store::Table>>(connection->campaign_progress());
        boost::asio::post(io, [rows, done] { done(std::move(*rows)); });
    });
}

}  // namespace outdial::daemon
