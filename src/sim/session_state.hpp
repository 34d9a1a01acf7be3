#pragma once

#include <cstdint>
#include <string>

#include "ami/parser.hpp"
#include "sim/asterisk_model.hpp"

namespace outdial::sim {

/// One manager connection, as the server sees it.
struct AsteriskModel::Session {
    explicit Session(SessionNumber its_number) : number(its_number), parser(limits) {
        // The parser expects a server's greeting line, which a client does not send.
        parser.feed("\n");
    }

    // Somewhat above Asterisk's own limits, which model_actions.cpp holds against each action: so that its errors can
    // name the ActionID.
    static constexpr ami::Parser::Limits limits{.message_bytes = 262'144, .line_bytes = 8'192, .fields = 512};

    SessionNumber number;
    ami::Parser parser;
    ami::Message message;       // reused
    std::uint64_t skipped = 0;  // of the parser's count, how many were answered for
    std::string output;
    const Account* account = nullptr;  // once logged in
    Classes mask = class_all;
    std::string challenge;
    std::string refused_login;  // the ActionID of a wrong login; its answer is delayed
    bool login_refused = false;
    Closing closing = Closing::no;  // if not, it reads and writes no more
    bool ready = false;             // named in ready_
};

}  // namespace outdial::sim
