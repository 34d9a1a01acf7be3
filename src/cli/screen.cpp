#include "cli/screen.hpp"

#include <sys/ioctl.h>

#include <string>

#include "cli/terminal.hpp"

namespace outdial::cli {
namespace {

constexpr int usual_height = 24;

int terminal_height() {
    winsize size{};
    return ::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : usual_height;
}

}  // namespace

// Control sequences of xterm (ctlseqs): 1049 other screen, 25 cursor, 7 wrapping; H home, K to the line's end, J below.
Screen::Screen() { print("\x1b[?1049h\x1b[?25l\x1b[?7l"); }

Screen::~Screen() { print("\x1b[?7h\x1b[?25h\x1b[?1049l"); }

void Screen::paint(std::string_view text) {
    std::string picture = "\x1b[H";
    for (int line = 0; line < terminal_height() && !text.empty(); ++line) {
        const std::size_t end = text.find('\n');
        picture += (line == 0 ? "" : "\r\n") + std::string{text.substr(0, end)} + "\x1b[K";
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    print(picture + "\x1b[J");
}

}  // namespace outdial::cli
