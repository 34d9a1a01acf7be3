#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "control/server.hpp"

namespace outdial::cli {

/// A control socket that answers as the test says; it keeps what it was asked.
class FakeDaemon {
public:
    using Answer = std::function<nlohmann::json(const nlohmann::json& request)>;

    FakeDaemon(const std::filesystem::path& folder, Answer answer)
        : server_(io_, folder / "control.sock",
                  [this, answer = std::move(answer)](const control::Peer&, const nlohmann::json& request,
                                                     const control::Reply& reply) {
                      requests_.push_back(request);
                      reply(answer(request));
                  }) {
        const Result<void> started = server_.start();
        REQUIRE(started);
        thread_ = std::thread([this] { io_.run(); });
    }
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;
    ~FakeDaemon() {
        boost::asio::post(io_, [this] { server_.stop(); });
        keep_running_.reset();
        thread_.join();
    }

    /// Only after the program under test has ended.
    [[nodiscard]] const std::vector<nlohmann::json>& requests() const { return requests_; }

private:
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_ =
        boost::asio::make_work_guard(io_);
    control::Server server_;
    std::vector<nlohmann::json> requests_;
    std::thread thread_;
};

}  // namespace outdial::cli
