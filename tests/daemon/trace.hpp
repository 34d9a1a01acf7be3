#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/engine.hpp"

namespace outdial::test {

/// What one recorded AMI session says of our attempts, message by message. The recordings name channels attempt-1 and
/// actions a-1; here both are the attempt's id, as the daemon would have named them.
struct Trace {
    std::map<std::string, AttemptId> attempts;  // by the action's name in the recording, a-1
    std::map<std::string, std::string> dialed;  // the action's number, where the recording tells
    std::vector<AttemptEvent> events;           // in the order of the recording
};

/// `name` as "asterisk-22/busy". Throws if there is no such recording.
[[nodiscard]] Trace read_trace(const std::string& name);

/// Every recording there is, as read_trace takes them.
[[nodiscard]] std::vector<std::string> all_traces();

}  // namespace outdial::test
