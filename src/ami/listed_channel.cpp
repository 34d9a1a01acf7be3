#include "ami/listed_channel.hpp"

#include <fmt/format.h>

#include <charconv>

namespace outdial::ami {

namespace {

ListedChannel to_listed_channel(const Message& row) {
    ListedChannel channel{.unique_id = std::string{row.get("Uniqueid")},
                          .linked_id = std::string{row.get("Linkedid")},
                          .name = std::string{row.get("Channel")},
                          .application = std::string{row.get("Application")}};
    const auto state = row.get("ChannelState");
    std::from_chars(state.data(), state.data() + state.size(), channel.state);
    return channel;
}

}  // namespace

Result<std::vector<ListedChannel>> listed_channels(const Reply& reply, const std::string& server) {
    switch (reply.kind) {
        case Reply::Kind::refused:
            return fail(
                fmt::format("{} does not list its channels: {}; the user needs 'reporting' in write "
                            "(manager.conf)",
                            server, reply.text));
        case Reply::Kind::unanswered: return fail(fmt::format("{} did not list its channels: {}", server, reply.text));
        case Reply::Kind::success: break;
    }
    std::vector<ListedChannel> channels;
    channels.reserve(reply.list.size());
    for (const auto& row : reply.list) {
        if (row.message().is_event("CoreShowChannel")) channels.push_back(to_listed_channel(row.message()));
    }
    return channels;
}

}  // namespace outdial::ami
