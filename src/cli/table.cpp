#include "cli/table.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/printable.hpp"
#include "cli/text.hpp"

namespace outdial::cli {
namespace {

constexpr std::string_view gap = "  ";

std::string blanks(int count) { return std::string(static_cast<std::size_t>(std::max(count, 0)), ' '); }

std::string without_trailing_blanks(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

void Table::add(std::vector<Cell> cells) {
    OUTDIAL_CHECK(cells.size() == columns_.size());
    for (Cell& cell : cells) {
        cell.text = printable(cell.text);
    }
    rows_.push_back({std::move(cells), false});
}

void Table::note(std::string text, Tone tone) { rows_.push_back({{Cell{printable(text), tone}}, true}); }

std::string Table::text(const Style& style) const {
    std::vector<int> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        int width = display_width(columns_[i].title);
        for (const Row& row : rows_) {
            if (!row.is_note) {
                width = std::max(width, display_width(row.cells[i].text));
            }
        }
        widths.push_back(width);
    }
    const auto padded = [&](std::size_t column, const Cell& cell) {
        const std::string padding = blanks(widths[column] - display_width(cell.text));
        const std::string shown = style(cell.tone, cell.text);
        return columns_[column].align == Align::right ? padding + shown : shown + padding;
    };
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        line += (i == 0 ? "" : std::string{gap}) + padded(i, {columns_[i].title, Tone::strong});
    }
    std::string all = without_trailing_blanks(std::move(line)) + "\n";
    for (const Row& row : rows_) {
        line.clear();
        if (row.is_note) {
            line = std::string{gap} + style(row.cells.front().tone, row.cells.front().text);
        } else {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                line += (i == 0 ? "" : std::string{gap}) + padded(i, row.cells[i]);
            }
        }
        all += without_trailing_blanks(std::move(line)) + "\n";
    }
    return all;
}

}  // namespace outdial::cli
