#include "store/statement.hpp"

#include <sqlite3.h>

#include "base/check.hpp"

namespace outdial::store {

void Binder::note(int code) { good_ = good_ && code == SQLITE_OK; }

void Binder::integer(std::int64_t value) { note(sqlite3_bind_int64(statement_, next_++, value)); }

void Binder::real(double value) { note(sqlite3_bind_double(statement_, next_++, value)); }

void Binder::text(std::string_view value) {
    // A null pointer would bind NULL instead of the empty text.
    const char* data = value.data() == nullptr ? "" : value.data();
    note(sqlite3_bind_text64(statement_, next_++, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Binder::blob(std::string_view bytes) {
    note(sqlite3_bind_blob64(statement_, next_++, bytes.data(), bytes.size(), SQLITE_TRANSIENT));
}

void Binder::null() { note(sqlite3_bind_null(statement_, next_++)); }

Rows::~Rows() {
    if (statement_ != nullptr) statement_->reset();
}

bool Rows::next() { return statement_ != nullptr && statement_->step(); }

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_->statement_, column); }

double Rows::real(int column) const { return sqlite3_column_double(statement_->statement_, column); }

std::string_view Rows::text(int column) const {
    const void* text = sqlite3_column_text(statement_->statement_, column);
    const int size = sqlite3_column_bytes(statement_->statement_, column);
    if (text == nullptr) return {};
    return {static_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::string_view Rows::blob(int column) const {
    const void* bytes = sqlite3_column_blob(statement_->statement_, column);
    const int size = sqlite3_column_bytes(statement_->statement_, column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool Rows::is_null(int column) const { return sqlite3_column_type(statement_->statement_, column) == SQLITE_NULL; }

bool Rows::is_integer(int column) const {
    return sqlite3_column_type(statement_->statement_, column) == SQLITE_INTEGER;
}

bool Rows::is_real(int column) const { return sqlite3_column_type(statement_->statement_, column) == SQLITE_FLOAT; }

std::optional<int> Rows::small_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return static_cast<int>(integer(column));
}

std::optional<UtcTime> Rows::time(int column) const {
    if (is_null(column)) return std::nullopt;
    return from_unix_ms(integer(column));
}

int Rows::columns() const { return statement_ == nullptr ? 0 : sqlite3_column_count(statement_->statement_); }

std::string Rows::column_name(int column) const { return sqlite3_column_name(statement_->statement_, column); }

Statement::~Statement() { sqlite3_finalize(statement_); }

bool Statement::start() {
    if (database_.failed()) return false;
    if (statement_ != nullptr) {
        OUTDIAL_CHECK(sqlite3_stmt_busy(statement_) == 0);  // its earlier Rows still live: values would change under it
        return true;
    }
    if (sqlite3_prepare_v3(database_.handle(), sql_, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) !=
        SQLITE_OK) {
        database_.note_sqlite_failure(sql_);
        return false;
    }
    return true;
}

int Statement::finish_run(const Binder& binder) {
    const Rows rows = finish_start(binder);
    if (rows.statement_ == nullptr) return 0;
    step();
    return database_.failed() ? 0 : sqlite3_changes(database_.handle());
}

Rows Statement::finish_start(const Binder& binder) {
    if (binder.good()) return Rows{this};
    database_.note_sqlite_failure(sql_);
    return Rows{nullptr};
}

bool Statement::step() {
    if (database_.failed()) return false;
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.note_sqlite_failure(sql_);
    return false;
}

void Statement::reset() { sqlite3_reset(statement_); }

}  // namespace outdial::store
