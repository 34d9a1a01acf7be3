#include "store/unused_space.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace outdial::store {

namespace {

// The database file's format: https://www.sqlite.org/fileformat2.html, sections 1.3 and 1.6.
constexpr std::size_t file_header_bytes = 100;  // on the first page, before the page's own
constexpr std::size_t page_size_at = 16;
constexpr std::size_t rows_at = 3;
constexpr std::size_t first_row_at = 5;
constexpr std::size_t row_pointer_bytes = 2;
constexpr std::uint64_t largest_page = 65'536;

constexpr sqlite3_int64 bytes_read_at_once = 256 * 1'024;  // whole pages, however large they are

std::size_t number_at(std::string_view page, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(page[at])) << 8 |
           static_cast<unsigned char>(page[at + 1]);
}

std::size_t page_header_bytes(char kind) {
    switch (kind) {
        case 2:
        case 5: return 12;  // inner pages of an index, of a table
        case 10:
        case 13: return 8;  // their leaves
        default: return 0;  // no rows: overflow, free
    }
}

// Between the list of rows and the first row.
std::string_view unused_space_of(std::string_view page, bool is_first) {
    const std::size_t header = is_first ? file_header_bytes : 0;
    const std::size_t header_bytes = page_header_bytes(page[header]);
    if (header_bytes == 0) return {};
    const std::size_t begin = header + header_bytes + row_pointer_bytes * number_at(page, header + rows_at);
    std::size_t end = number_at(page, header + first_row_at);
    if (end == 0) end = largest_page;
    if (begin >= end || end > page.size()) return {};
    return page.substr(begin, end - begin);
}

bool holds(std::string_view space, std::span<const std::string> texts) {
    if (space.find_first_not_of('\0') == std::string_view::npos) return false;
    return std::ranges::any_of(texts,
                               [&](const std::string& text) { return space.find(text) != std::string_view::npos; });
}

sqlite3_file* file_of(Database& database) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(database.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return file;
}

}  // namespace

std::int64_t database_bytes(Database& database) {
    sqlite3_file* file = file_of(database);
    sqlite3_int64 size = 0;
    return file != nullptr && file->pMethods->xFileSize(file, &size) == SQLITE_OK ? size : 0;
}

bool stands_in_unused_space(Database& database, std::span<const std::string> texts) {
    sqlite3_file* file = file_of(database);
    const sqlite3_int64 size = database_bytes(database);
    if (size == 0) return true;
    std::vector<char> buffer(bytes_read_at_once);
    std::size_t page_bytes = 0;
    for (sqlite3_int64 at = 0; at < size; at += bytes_read_at_once) {
        const auto bytes = static_cast<std::size_t>(std::min(bytes_read_at_once, size - at));
        if (file->pMethods->xRead(file, buffer.data(), static_cast<int>(bytes), at) != SQLITE_OK) return true;
        const std::string_view read{buffer.data(), bytes};
        if (at == 0) {
            page_bytes = number_at(read, page_size_at);
            if (page_bytes == 1) page_bytes = largest_page;
            if (page_bytes == 0) return true;
        }
        for (std::size_t page = 0; page + page_bytes <= bytes; page += page_bytes) {
            if (holds(unused_space_of(read.substr(page, page_bytes), at == 0 && page == 0), texts)) return true;
        }
    }
    return false;
}

}  // namespace outdial::store
