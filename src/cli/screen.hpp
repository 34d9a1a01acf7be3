#pragma once

#include <string_view>

namespace outdial::cli {

/// The terminal's second screen for as long as it lives, without cursor and without wrapped lines.
class Screen {
public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// Replaces what was there; lines beyond the terminal's height are left out.
    void paint(std::string_view text);
};

}  // namespace outdial::cli
