#include "daemon/report_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>

namespace outdial::daemon {

namespace {

constexpr std::int64_t most_rows = 10'000;

}  // namespace

// Used by the reader's thread alone.
struct ReportThread::Connection {
    std::filesystem::path database;
    std::optional<store::ReportReader> reader;  // opened at the first report

    Result<store::Table> read(store::Report report, const std::string& of) {
        if (!reader) {
            auto opened = store::ReportReader::open(database);
            if (!opened) return tl::unexpected(opened.error());
            reader.emplace(std::move(*opened));
        }
        return reader->read(report, of, most_rows);
    }
};

ReportThread::ReportThread(boost::asio::io_context& io, std::filesystem::path database)
    : io_(io), connection_(std::make_shared<Connection>(Connection{.database = std::move(database), .reader = {}})) {}

ReportThread::~ReportThread() { thread_.join(); }

void ReportThread::read(store::Report report, std::string of, Done done) {
    boost::asio::post(thread_,
                      [&io = io_, connection = connection_, report, of = std::move(of), done = std::move(done)] {
                          auto rows = std::make_shared<Result<store::Table>>(connection->read(report, of));
                          boost::asio::post(io, [rows, done] { done(std::move(*rows)); });
                      });
}

}  // namespace outdial::daemon
