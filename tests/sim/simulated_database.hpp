#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sim/fault_vfs.hpp"

namespace outdial::sim {

inline constexpr const char* simulated_database = "/outdial.db";

/// A connection of another program to the database on a simulated disk.
class Connection {
public:
    explicit Connection(const FaultDisk& disk) {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        opened_ = sqlite3_open_v2(simulated_database, &db_, flags, disk.vfs().c_str());
        sqlite3_extended_result_codes(db_, 1);
    }
    ~Connection() { sqlite3_close(db_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// SQLite's result code, in full.
    int run(const std::string& sql) {
        if (opened_ != SQLITE_OK) return opened_;
        return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
    }
    /// Rows with columns joined by '|', as the sqlite3 program prints them; where it fails, one row with the reason.
    std::vector<std::string> rows(const char* sql) {
        std::vector<std::string> lines;
        const auto collect = [](void* out, int columns, char** values, char**) {
            std::string line;
            for (int i = 0; i < columns; ++i) {
                if (i > 0) line += '|';
                if (values[i] != nullptr) line += values[i];
            }
            static_cast<std::vector<std::string>*>(out)->push_back(std::move(line));
            return 0;
        };
        if (sqlite3_exec(db_, sql, collect, &lines, nullptr) != SQLITE_OK) lines = {sqlite3_errmsg(db_)};
        return lines;
    }
    std::string value(const char* sql) {
        const std::vector<std::string> found = rows(sql);
        return found.empty() ? "" : found.front();
    }

private:
    sqlite3* db_ = nullptr;
    int opened_ = SQLITE_OK;
};

}  // namespace outdial::sim
