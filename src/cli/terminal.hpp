#pragma once

#include <string>
#include <string_view>

namespace outdial::cli {

/// How a text is meant; shown as a colour where there are colours, and always said in words too.
enum class Tone { plain, strong, faint, good, warning, bad };

/// Colours on a terminal only, and none when NO_COLOR is set (no-color.org).
class Style {
public:
    [[nodiscard]] static Style plain() { return Style{false}; }
    [[nodiscard]] static Style of(int descriptor);

    [[nodiscard]] std::string operator()(Tone tone, std::string_view text) const;

private:
    explicit Style(bool colours) : colours_(colours) {}
    bool colours_;
};

[[nodiscard]] bool is_terminal(int descriptor);
/// Columns of the terminal; 80 where it does not say.
[[nodiscard]] int terminal_width(int descriptor);

/// To standard output, at once. A reader that has gone, or a full disk, makes output_failed() true.
void print(std::string_view text);
/// To standard error, at once.
void print_error(std::string_view text);
/// "outdial: " and the message, as one paragraph on standard error.
void complain(std::string_view message);
[[nodiscard]] bool output_failed();

}  // namespace outdial::cli
