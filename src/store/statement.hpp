#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "store/database.hpp"

struct sqlite3_stmt;

namespace outdial::store {

/// Puts values into a statement's parameters, one after another.
class Binder {
public:
    explicit Binder(sqlite3_stmt* statement) : statement_(statement) {}
    void integer(std::int64_t value);
    void real(double value);
    void text(std::string_view value);  // copied
    void blob(std::string_view bytes);  // copied
    void null();
    [[nodiscard]] bool good() const { return good_; }

private:
    void note(int code);

    sqlite3_stmt* statement_;
    int next_ = 1;
    bool good_ = true;
};

inline void bind_value(Binder& binder, std::int64_t value) { binder.integer(value); }
inline void bind_value(Binder& binder, int value) { binder.integer(value); }
inline void bind_value(Binder& binder, double value) { binder.real(value); }
inline void bind_value(Binder& binder, std::nullptr_t) { binder.null(); }
inline void bind_value(Binder& binder, bool value) { binder.integer(value ? 1 : 0); }
inline void bind_value(Binder& binder, std::string_view value) { binder.text(value); }
inline void bind_value(Binder& binder, const char* value) { binder.text(value); }
inline void bind_value(Binder& binder, const std::string& value) { binder.text(value); }
inline void bind_value(Binder& binder, UtcTime value) { binder.integer(to_unix_ms(value)); }
inline void bind_value(Binder& binder, const AttemptId& value) { binder.text(value.view()); }
template <class Tag>
void bind_value(Binder& binder, RowId<Tag> value) {
    binder.integer(value.value);
}
template <class T>
void bind_value(Binder& binder, const std::optional<T>& value) {
    if (value) {
        bind_value(binder, *value);
    } else {
        binder.null();
    }
}

/// An empty text is stored as NULL.
struct NullIfEmpty {
    std::string_view text;
};
inline void bind_value(Binder& binder, NullIfEmpty value) {
    if (value.text.empty()) {
        binder.null();
    } else {
        binder.text(value.text);
    }
}

/// Bytes that are no text.
struct Blob {
    std::string_view bytes;
};
inline void bind_value(Binder& binder, Blob value) { binder.blob(value.bytes); }

class Statement;

/// The rows of a running SELECT. The statement is reset when this goes; one at a time for each statement.
class Rows {
public:
    Rows(Rows&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
    Rows& operator=(Rows&&) = delete;
    ~Rows();

    /// Steps to the next row; false at the end and after a failure, which stays with the database.
    bool next();
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;
    /// Empty for NULL. Valid until the next step.
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] bool is_real(int column) const;
    [[nodiscard]] std::optional<int> small_integer(int column) const;
    [[nodiscard]] std::optional<UtcTime> time(int column) const;
    [[nodiscard]] int columns() const;
    [[nodiscard]] std::string column_name(int column) const;

private:
    friend class Statement;
    explicit Rows(Statement* statement) : statement_(statement) {}
    Statement* statement_;  // null: failed before the first row
};

/// A named piece of SQL, prepared at its first use and kept. The text is a literal; whatever varies is bound.
class Statement {
public:
    Statement(Database& database, const char* sql) : database_(database), sql_(sql) {}
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Runs an INSERT, UPDATE or DELETE; returns the number of rows changed, 0 after a failure.
    template <class... Values>
    int run(const Values&... values) {
        if (!start()) return 0;
        Binder binder{statement_};
        (bind_value(binder, values), ...);
        return finish_run(binder);
    }
    /// Begins a SELECT (or an INSERT ... RETURNING).
    template <class... Values>
    [[nodiscard]] Rows rows(const Values&... values) {
        if (!start()) return Rows{nullptr};
        Binder binder{statement_};
        (bind_value(binder, values), ...);
        return finish_start(binder);
    }

private:
    friend class Rows;
    bool start();
    int finish_run(const Binder& binder);
    Rows finish_start(const Binder& binder);
    bool step();
    void reset();

    Database& database_;
    const char* sql_;
    sqlite3_stmt* statement_ = nullptr;
};

}  // namespace outdial::store
