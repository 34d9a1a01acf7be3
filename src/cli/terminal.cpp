#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/printable.hpp"
#include "cli/text.hpp"

namespace outdial::cli {
namespace {

constexpr int usual_width = 80;

bool write_has_failed = false;

const char* code_of(Tone tone) {
    switch (tone) {
        case Tone::plain: return "";
        case Tone::strong: return "\x1b[1m";
        case Tone::faint: return "\x1b[2m";
        case Tone::good: return "\x1b[32m";
        case Tone::warning: return "\x1b[33m";
        case Tone::bad: return "\x1b[31m";
    }
    return "";
}

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

}  // namespace

Style Style::of(int descriptor) {
    const char* terminal = std::getenv("TERM");
    const bool dumb = terminal == nullptr || std::string_view{terminal} == "dumb";
    return Style{is_terminal(descriptor) && !is_set("NO_COLOR") && !dumb};
}

std::string Style::operator()(Tone tone, std::string_view text) const {
    if (!colours_ || tone == Tone::plain) {
        return std::string{text};
    }
    return std::string{code_of(tone)}.append(text).append("\x1b[0m");
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

int terminal_width(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual_width;
}

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        write_has_failed = true;
    }
}

void print_error(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

// The daemon's words name files and quote people; lists of problems have a line for each.
void complain(std::string_view message) {
    std::string lines = "outdial: ";
    while (true) {
        const std::size_t end = message.find('\n');
        lines += printable(message.substr(0, end)) + "\n";
        if (end == std::string_view::npos) break;
        message.remove_prefix(end + 1);
    }
    print_error(lines);
}

bool output_failed() { return write_has_failed; }

}  // namespace outdial::cli
