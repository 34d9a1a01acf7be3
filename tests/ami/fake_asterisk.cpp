#include "fake_asterisk.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <sstream>

namespace outdial::ami {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct FakeAsterisk::Session {
    explicit Session(tcp::socket accepted) : socket{std::move(accepted)} {}

    tcp::socket socket;
    std::optional<asio::ssl::stream<tcp::socket&>> tls;
    std::array<char, 4096> buffer{};
    std::string received;
    std::string writing;
    std::string waiting;
    bool wants_events = false;
    bool open = true;
};

struct FakeAsterisk::Port {
    explicit Port(asio::io_context& io) : acceptor{io, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {}

    tcp::acceptor acceptor;
    std::optional<asio::ssl::context> tls;
};

FakeAsterisk::FakeAsterisk(asio::io_context& io, std::optional<TestAuthority::Certificate> tls)
    : port_{std::make_unique<Port>(io)} {
    if (tls) {
        port_->tls.emplace(asio::ssl::context::tls_server);
        port_->tls->use_certificate_chain(asio::buffer(tls->certificate_pem));
        port_->tls->use_private_key(asio::buffer(tls->key_pem), asio::ssl::context::pem);
    }
    accept();
}

FakeAsterisk::~FakeAsterisk() {
    close_port();
    for (std::size_t i = 0; i < sessions_.size(); ++i) close(i);
}

std::uint16_t FakeAsterisk::port() const { return port_->acceptor.local_endpoint().port(); }
std::size_t FakeAsterisk::sessions() const { return sessions_.size(); }

std::size_t FakeAsterisk::open_sessions() const {
    std::size_t open = 0;
    for (const auto& session : sessions_) open += session->open;
    return open;
}

void FakeAsterisk::close_port() {
    error_code ignored;
    port_->acceptor.close(ignored);
}

void FakeAsterisk::close(std::size_t session) {
    error_code ignored;
    sessions_[session]->open = false;
    sessions_[session]->socket.close(ignored);
}

void FakeAsterisk::accept() {
    port_->acceptor.async_accept([this](const error_code& error, tcp::socket socket) {
        if (error) return;  // the port was closed, this may be gone
        sessions_.push_back(std::make_shared<Session>(std::move(socket)));
        const auto number = sessions_.size() - 1;
        auto& session = *sessions_.back();
        if (port_->tls) {
            session.tls.emplace(session.socket, *port_->tls);
            session.tls->async_handshake(asio::ssl::stream_base::server,
                                         [this, number, keep = sessions_.back()](const error_code& failed) {
                                             if (!keep->open) return;
                                             if (failed) return close(number);
                                             greet(number);
                                         });
        } else {
            greet(number);
        }
        accept();
    });
}

void FakeAsterisk::greet(std::size_t number) {
    send(number, greeting);
    read(number);
}

void FakeAsterisk::read(std::size_t number) {
    auto session = sessions_[number];
    auto on_read = [this, number, session](const error_code& error, std::size_t size) {
        if (!session->open) return;
        if (error) return close(number);
        session->received.append(session->buffer.data(), size);
        for (auto end = session->received.find("\r\n\r\n"); end != std::string::npos && session->open;
             end = session->received.find("\r\n\r\n")) {
            const auto action = session->received.substr(0, end + 2);
            session->received.erase(0, end + 4);
            take(number, action);
        }
        if (session->open) read(number);
    };
    if (session->tls) {
        session->tls->async_read_some(asio::buffer(session->buffer), on_read);
    } else {
        session->socket.async_read_some(asio::buffer(session->buffer), on_read);
    }
}

void FakeAsterisk::take(std::size_t number, const std::string& action) {
    Request request{number, {}};
    std::istringstream lines{action};
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(": ");
        if (colon != std::string::npos) {
            request.headers.emplace(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
        }
    }
    const std::string name = request.headers["Action"];
    if (refuses_as_shutting_down) return answer(request, "Error", "Message: Asterisk is shutting down\r\n");
    if (name == "Challenge" && refuses_challenges) return answer(request, "Error", "Message: Permission denied\r\n");
    if (name == "Challenge") return answer(request, "Success", "Challenge: 123456789\r\n");
    if (name == "CoreSettings") return answer(request, "Success", "AsteriskVersion: 22.10.1\r\n");
    if (name == "Ping") return answer(request, "Success", "Ping: Pong\r\n");
    if (name == "CoreStatus") {
        return answer(request, "Success", "CoreStartupDate: 2026-11-22\r\nCoreStartupTime: 20:59:01\r\n");
    }
    if (name == "Login") {
        logins.push_back(request);
        sessions_[number]->wants_events = request.headers["Events"] != "off";
        answer(request, "Success", "Message: Authentication accepted\r\n");
        if (sessions_[number]->wants_events) send(number, "Event: FullyBooted\r\nUptime: 77\r\n\r\n");
        return;
    }
    requests.push_back(request);
}

void FakeAsterisk::answer(const Request& request, const std::string& response, const std::string& lines) {
    send(request.session,
         "Response: " + response + "\r\nActionID: " + request.headers.at("ActionID") + "\r\n" + lines + "\r\n");
}

void FakeAsterisk::send_event(const std::string& bytes) {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        if (sessions_[i]->open && sessions_[i]->wants_events) send(i, bytes);
    }
}

void FakeAsterisk::send(std::size_t session, const std::string& bytes) {
    sessions_[session]->waiting += bytes;
    write(session);
}

void FakeAsterisk::write(std::size_t number) {
    auto session = sessions_[number];
    if (!session->open || !session->writing.empty() || session->waiting.empty()) return;
    session->writing.swap(session->waiting);
    auto on_written = [this, number, session](const error_code& error, std::size_t) {
        if (!session->open) return;
        session->writing.clear();
        if (error) return close(number);
        write(number);
    };
    if (session->tls) {
        asio::async_write(*session->tls, asio::buffer(session->writing), on_written);
    } else {
        asio::async_write(session->socket, asio::buffer(session->writing), on_written);
    }
}

}  // namespace outdial::ami
