#include "store/quick_check.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include "store/statement.hpp"

namespace outdial::store {

namespace {

constexpr int steps_between_looks = 10'000;  // of SQLite's virtual machine: some milliseconds

int is_stopped(void* stop) { return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0; }

}  // namespace

Result<void> quick_check(const std::filesystem::path& path, const std::atomic<bool>& stop) {
    auto database = Database::open(path, Database::Access::read_only);
    if (!database) return tl::unexpected{std::move(database.error())};
    sqlite3_progress_handler((*database)->handle(), steps_between_looks, is_stopped,
                             const_cast<std::atomic<bool>*>(&stop));
    std::string found;
    {
        Statement check{**database, "PRAGMA quick_check(1)"};
        Rows rows = check.rows();
        if (rows.next()) found = rows.text(0);
    }
    const auto failure = (*database)->take_failure();
    if (stop.load() || (!failure && found == "ok")) return {};
    if (failure && failure->fault != Fault::damaged) return tl::unexpected{failure->error};
    return fail(fmt::format(
        "database {}: it is damaged ({}), so nothing is written to it and no calls are started; stop Outdial, "
        "keep the file and its -wal, restore the newest backup, start again",
        path.native(), failure ? failure->error.message : found));
}

}  // namespace outdial::store
