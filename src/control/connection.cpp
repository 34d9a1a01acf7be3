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

void Connection::set_deadline(std::chrono::milliseconds after, void (Connection::*passed)()) {
    deadline_.expires_after(after);
    deadline_.async_wait([self = shared_from_this(), passed](ErrorCode error) {
        // A wait that ended just before it was put off arrives without an error: then the new expiry lies ahead.
        if (!error && self->is_open_ && self->deadline_.expiry() <= asio::steady_timer::clock_type::now()) {
            (self.get()->*passed)();
        }
    });
}

void Connection::read() {
    set_deadline(limits_.request_time, &Connection::close);
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, limits_.request_bytes), '\n',
                           [self = shared_from_this()](ErrorCode error, std::size_t size) {
                               if (!self->is_open_) {
                                   return;
                               }
                               if (error == asio::error::not_found) {
                                   self->refuse_and_close("the request is longer than " +
                                                          std::to_string(self->limits_.request_bytes) + " bytes");
                               } else if (error) {
                                   self->close();
                               } else {
                                   self->take_line(size);
                               }
                           });
}

void Connection::take_line(std::size_t size) {
    const std::string line = input_.substr(0, size - 1);
    input_.erase(0, size);
    ++requests_;
    awaits_reply_ = true;
    set_deadline(limits_.reply_time, &Connection::give_up);
    handle(line);
}

void Connection::handle(std::string_view line) {
    const std::uint64_t number = requests_;
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
    if (!is_open_ || !awaits_reply_ || number != requests_) {
        return;
    }
    awaits_reply_ = false;
    write(to_line(message), false);
}

void Connection::give_up() { refuse_and_close("no answer in time; the daemon is overloaded: see its log"); }

void Connection::refuse_and_close(std::string_view message) {
    awaits_reply_ = false;
    write(to_line(refusal(message)), true);
}

void Connection::write(std::string line, bool last) {
    output_ = std::move(line);
    set_deadline(limits_.write_time, &Connection::close);
    asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this(), last](ErrorCode error, std::size_t) {
        if (!self->is_open_) {
            return;
        }
        if (error || last) {
            self->close();
        } else {
            self->read();
        }
    });
}

}  // namespace outdial::control
