#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace outdial::config {

/// A place in a file. Both count from 1; columns count characters, not bytes, as editors do.
struct Position {
    int line = 1;
    int column = 1;
    auto operator<=>(const Position&) const = default;
};

/// What is wrong at one place of a configuration file, and what would be right.
struct Problem {
    std::string file;
    int line = 1;
    int column = 1;
    std::string message;
    bool operator==(const Problem&) const = default;
};

/// `file:line:column: message`
[[nodiscard]] std::string to_text(const Problem& problem);

/// Collects everything that is wrong with one file. A file with more than `max_problems` is cut off there, and says so.
class Problems {
public:
    static constexpr std::size_t max_problems = 200;

    explicit Problems(std::string_view file) : file_(file) {}

    void add(Position at, std::string message);
    /// Something that works, but hardly as it was meant.
    void warn(Position at, std::string message);
    [[nodiscard]] bool none() const { return found_.empty(); }

    /// Both in the order of the file; the collection is empty afterwards.
    [[nodiscard]] std::vector<Problem> take();
    [[nodiscard]] std::vector<Problem> take_warnings();

private:
    std::string file_;
    std::vector<Problem> found_;
    std::vector<Problem> warnings_;
};

/// The text in single quotes, fit for one line of a terminal: control characters escaped, long text cut.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace outdial::config
