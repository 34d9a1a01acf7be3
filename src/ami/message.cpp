#include "ami/message.hpp"

#include <cstring>

#include "ami/text.hpp"

namespace outdial::ami {

const Message::Field* Message::find(std::string_view key) const {
    for (const Field& field : fields_) {
        if (equal_ignoring_case(field.key, key)) return &field;
    }
    return nullptr;
}

std::string_view Message::get(std::string_view key) const {
    const Field* field = find(key);
    return field ? field->value : std::string_view{};
}

bool Message::has(std::string_view key) const { return find(key) != nullptr; }

bool Message::is_event(std::string_view event_name) const {
    return kind_ == Kind::event && equal_ignoring_case(name(), event_name);
}

void Message::classify() {
    kind_ = Kind::other;
    if (fields_.empty()) return;
    if (equal_ignoring_case(fields_.front().key, "Event")) kind_ = Kind::event;
    if (equal_ignoring_case(fields_.front().key, "Response")) kind_ = Kind::response;
}

StoredMessage::StoredMessage(const Message& message) {
    for (const auto& field : message) bytes_ += field.key.size() + field.value.size();
    text_ = std::make_unique<char[]>(bytes_ + 1);  // never null, so that an empty view has an address too
    char* out = text_.get();
    const auto keep = [&out](std::string_view text) {
        if (!text.empty()) std::memcpy(out, text.data(), text.size());
        const std::string_view kept{out, text.size()};
        out += text.size();
        return kept;
    };
    message_.fields_.reserve(message.size());
    for (const auto& field : message) {
        const auto key = keep(field.key);
        message_.fields_.push_back({key, keep(field.value)});
    }
    message_.kind_ = message.kind();
}

}  // namespace outdial::ami
