#pragma once

#include <string>

namespace outdial {

/// A password in memory: overwritten when it goes, and nothing here prints it. Copies are secrets too.
class Secret {
public:
    Secret() = default;
    /// Takes the text over and leaves none of it behind.
    explicit Secret(std::string&& text) noexcept;
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    /// For the one place that needs it: never to a log, an error or an answer.
    [[nodiscard]] const std::string& reveal() const { return text_; }
    /// Of a secret that is not empty: takes off its last character.
    void drop_last() { text_.pop_back(); }
    bool operator==(const Secret&) const = default;

private:
    std::string text_;
};

/// Overwrites all the memory of the text, and empties it.
void wipe(std::string& text) noexcept;

}  // namespace outdial
