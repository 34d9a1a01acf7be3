#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.hpp"

namespace outdial::cli {

/// Columns of text for people: as wide as their widest cell, two blanks apart.
class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    struct Cell {
        Cell(std::string cell_text, Tone cell_tone = Tone::plain) : text(std::move(cell_text)), tone(cell_tone) {}
        std::string text;
        Tone tone;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns. Texts are made printable.
    void add(std::vector<Cell> cells);
    /// A line of its own below the last row, indented.
    void note(std::string text, Tone tone);

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// Each line ends with a newline; no line ends with blanks.
    [[nodiscard]] std::string text(const Style& style) const;

private:
    struct Row {
        std::vector<Cell> cells;  // one: a note
        bool is_note = false;
    };

    std::vector<Column> columns_;
    std::vector<Row> rows_;
};

}  // namespace outdial::cli
