#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certificates.hpp"

namespace boost::asio {
class io_context;
}

namespace outdial::ami {

/// The far end of a socket on 127.0.0.1: greets, lets anybody in, answers what every session asks, and notes the rest.
class FakeAsterisk {
public:
    /// An action that came in, of the session that many connections after the first.
    struct Request {
        std::size_t session;
        std::map<std::string, std::string> headers;
    };

    explicit FakeAsterisk(boost::asio::io_context& io, std::optional<TestAuthority::Certificate> tls = std::nullopt);
    ~FakeAsterisk();

    [[nodiscard]] std::uint16_t port() const;
    /// To one session; or to every one that is open and asked for events.
    void send(std::size_t session, const std::string& bytes);
    void send_event(const std::string& bytes);
    /// Answers with these lines after the ActionID.
    void answer(const Request& request, const std::string& response, const std::string& lines);
    void close(std::size_t session);
    /// Takes no more connections.
    void close_port();

    [[nodiscard]] std::size_t sessions() const;  // ever accepted
    [[nodiscard]] std::size_t open_sessions() const;

    std::string greeting = "Asterisk Call Manager/11.0.0\r\n";
    bool refuses_as_shutting_down = false;
    bool refuses_challenges = false;  // as one that knows the plain login alone
    std::vector<Request> logins;
    /// Those that it does not answer by itself: Originate, Hangup, lists.
    std::vector<Request> requests;

private:
    struct Session;
    struct Port;

    void accept();
    void greet(std::size_t number);
    void read(std::size_t number);
    void write(std::size_t number);
    void take(std::size_t number, const std::string& action);

    std::unique_ptr<Port> port_;
    std::vector<std::shared_ptr<Session>> sessions_;
};

}  // namespace outdial::ami
