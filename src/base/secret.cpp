#include "base/secret.hpp"

#include <string.h>

#include <utility>

namespace outdial {

void wipe(std::string& text) noexcept {
    explicit_bzero(text.data(), text.capacity());
    text.clear();
}

// A short text lies within the string itself, and a move would leave a copy there.
Secret::Secret(std::string&& text) noexcept : text_(std::move(text)) { wipe(text); }
Secret::Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { wipe(other.text_); }
Secret::~Secret() { wipe(text_); }

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) *this = Secret{other};
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(text_);
        text_ = std::move(other.text_);
        wipe(other.text_);
    }
    return *this;
}

}  // namespace outdial
