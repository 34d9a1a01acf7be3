#include "control/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <nlohmann/json.hpp>

namespace outdial::control {
namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

Connection::Connection(Socket socket, Peer peer, const Handler& handler, const ServerLimits& limits,
                       std::function<void(const Connection*)> closed)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      peer_(peer),
      handler_(handler),
      limits_(limits),
      closed_(std::move(closed)) {}

void Connection::close() {
    if (!is_open_) {
        return;
    }
    is_open_ = false;
    ErrorCode ignored;
    socket_.close(ignored);
    deadline_.cancel();
    closed_(this);
}

void Connection::start() {
    idle_since_ = Clock::now();
    go_on();
}

void Connection::go_on() {
    if (!is_open_) {
        return;
    }
    if (in_hand_.empty() && !takes_requests_) {
        close();
        return;
    }
    if (takes_requests_ && !reading_ && in_hand_.size() < limits_.requests_in_hand) {
        read();
    }
    if (!writing_ && !in_hand_.empty() && !in_hand_.front().answer.empty()) {
        write();
    }
    if (writing_) {
        wait_until(write_began_ + limits_.write_time);
    } else if (!in_hand_.empty()) {
        wait_until(in_hand_.front().arrived + limits_.reply_time);
    } else {
        wait_until(idle_since_ + limits_.request_time);
    }
}

void Connection::wait_until(Clock::time_point deadline) {
    if (deadline_.expiry() == deadline) {
        return;
    }
    deadline_.expires_at(deadline);
    deadline_.async_wait([self = shared_from_this()](ErrorCode error) {
        // A wait that ended just before it was put off arrives without an error: then the new expiry lies ahead.
        if (!error && self->is_open_ && self->deadline_.expiry() <= Clock::now()) {
            self->time_is_up();
        }
    });
}

void Connection::time_is_up() {
    if (writing_ || in_hand_.empty()) {
        close();
        return;
    }
    in_hand_.resize(1);
    in_hand_.front().answer = to_line(refusal("no answer in time; the daemon is overloaded: see its log"));
    takes_requests_ = false;
    go_on();
}

void Connection::read() {
    reading_ = true;
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, limits_.request_bytes), '\n',
                           [self = shared_from_this()](ErrorCode error, std::size_t size) {
                               self->reading_ = false;
                               if (!self->is_open_ || !self->takes_requests_) {
                                   return;
                               }
                               if (error == asio::error::not_found) {
                                   self->refuse_and_end("the request is longer than " +
                                                        std::to_string(self->limits_.request_bytes) + " bytes");
                               } else if (error) {
                                   self->takes_requests_ = false;
                               } else {
                                   self->take_line(size);
                               }
                               self->go_on();
                           });
}

void Connection::take_line(std::size_t size) {
    const std::string line = input_.substr(0, size - 1);
    input_.erase(0, size);
    in_hand_.push_back({Clock::now(), {}});
    handle(line);
}

void Connection::handle(std::string_view line) {
    const std::uint64_t number = answered_ + in_hand_.size() - 1;
    Result<nlohmann::json> request = parse_request(line);
    if (!request) {
        answer(number, refusal(request.error().message));
        return;
    }
    try {
        handler_(peer_, *std::move(request), [weak = weak_from_this(), number](const nlohmann::json& message) {
            if (const auto self = weak.lock()) {
                self->answer(number, message);
            }
        });
    } catch (const std::exception& error) {
        answer(number, refusal(std::string{"internal error: "} + error.what()));
    } catch (...) {
        answer(number, refusal("internal error"));
    }
}

void Connection::answer(std::uint64_t number, const nlohmann::json& message) {
    if (!is_open_ || number < answered_ || number - answered_ >= in_hand_.size()) {
        return;
    }
    Request& request = in_hand_[number - answered_];
    if (!request.answer.empty()) {
        return;
    }
    request.answer = to_line(message);
    go_on();
}

void Connection::refuse_and_end(std::string_view message) {
    in_hand_.push_back({Clock::now(), to_line(refusal(message))});
    takes_requests_ = false;
}

void Connection::write() {
    writing_ = true;
    write_began_ = Clock::now();
    asio::async_write(socket_, asio::buffer(in_hand_.front().answer),
                      [self = shared_from_this()](ErrorCode error, std::size_t) {
                          if (!self->is_open_) {
                              return;
                          }
                          if (error) {
                              self->close();
                              return;
                          }
                          self->writing_ = false;
                          self->in_hand_.pop_front();
                          ++self->answered_;
                          self->idle_since_ = Clock::now();
                          self->go_on();
                      });
}

}  // namespace outdial::control
