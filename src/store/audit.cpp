#include "store/audit.hpp"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/check.hpp"

namespace outdial::store {

namespace {

constexpr char null_mark = 0;
constexpr char integer_mark = 1;
constexpr char bytes_mark = 2;

void append_number(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

void append_value(std::string& out, std::int64_t value) {
    out += integer_mark;
    append_number(out, static_cast<std::uint64_t>(value));
}

void append_value(std::string& out, std::string_view bytes) {
    out += bytes_mark;
    append_number(out, bytes.size());
    out += bytes;
}

template <class T>
void append_value(std::string& out, const std::optional<T>& value) {
    if (value) {
        append_value(out, *value);
    } else {
        out += null_mark;
    }
}

int nibble(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

/// Half as long in each row as the digits.
std::array<char, AttemptId::size / 2> binary(const AttemptId& id) {
    std::array<char, AttemptId::size / 2> bytes{};
    const std::string_view digits = id.view();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    }
    return bytes;
}

template <class Tag>
std::optional<std::int64_t> number_of(const std::optional<RowId<Tag>>& id) {
    return id ? std::optional{id->value} : std::nullopt;
}

std::optional<Blob> blob_of(const std::optional<std::string_view>& bytes) {
    return bytes ? std::optional{Blob{*bytes}} : std::nullopt;
}

}  // namespace

std::string_view to_text(AuditKind kind) {
    switch (kind) {
        case AuditKind::start: return "start";
        case AuditKind::stop: return "stop";
        case AuditKind::claim: return "claim";
        case AuditKind::settlement: return "settlement";
        case AuditKind::campaign: return "campaign";
        case AuditKind::do_not_call: return "do_not_call";
        case AuditKind::callback: return "callback";
        case AuditKind::import: return "import";
        case AuditKind::forget: return "forget";
        case AuditKind::reload: return "reload";
        case AuditKind::configuration: return "configuration";
    }
    OUTDIAL_UNREACHABLE();
}

void write_hashed_bytes(std::string& out, const Digest& previous, const AuditRow& row) {
    out.assign(bytes_of(previous));
    append_value(out, row.id);
    append_value(out, row.at);
    append_value(out, row.kind);
    append_value(out, row.actor);
    append_value(out, row.campaign);
    append_value(out, row.contact);
    append_value(out, row.attempt);
    append_value(out, row.number_digest);
    append_value(out, row.detail);
}

NumberSalt fresh_number_salt() {
    NumberSalt salt;
    sqlite3_randomness(static_cast<int>(salt.size()), salt.data());
    return salt;
}

Digest number_digest(Sha256& sha256, std::string_view salt, std::string_view number) {
    std::string salted{salt};
    salted += number;
    return sha256.of(salted);
}

AuditHead Audit::read_head() {
    AuditHead head;
    const auto take = [&head](const Rows& row) {
        head.id = row.integer(0);
        const std::string_view hash = row.blob(1);
        OUTDIAL_CHECK(hash.size() == head.hash.size());  // the table's CHECK
        std::ranges::copy(hash, head.hash.begin());
    };
    {
        Rows newest = newest_.rows();
        if (newest.next()) {
            take(newest);
            return head;
        }
    }
    Rows anchor = anchor_.rows();
    if (anchor.next()) {
        take(anchor);
    } else if (!database_.failed()) {
        database_.refuse(
            fmt::format("database {}: its table audit_anchor has no row; restore a backup", database_.path().native()),
            Fault::altered);
    }
    return head;
}

AuditHead Audit::head() {
    if (!head_ || rollbacks_ != database_.rollbacks()) {
        const AuditHead read = read_head();
        if (database_.failed()) return read;  // which is nothing, and nothing is written by it
        head_ = read;
        rollbacks_ = database_.rollbacks();
    }
    return *head_;
}

void Audit::append(const AuditEntry& entry) {
    AuditHead head = this->head();
    std::optional<std::array<char, AttemptId::size / 2>> attempt;
    if (entry.attempt) attempt = binary(*entry.attempt);
    std::optional<Digest> number;
    if (!entry.number.empty()) number = number_digest(sha256_, bytes_of(*entry.salt), entry.number);
    AuditRow row{.id = ++head.id,
                 .at = to_unix_ms(entry.at),
                 .kind = to_text(entry.kind),
                 .actor = {},
                 .campaign = number_of(entry.campaign),
                 .contact = number_of(entry.contact),
                 .attempt = {},
                 .number_digest = {},
                 .detail = entry.detail};
    if (!entry.actor.empty()) row.actor = entry.actor;
    if (attempt) row.attempt = std::string_view{attempt->data(), attempt->size()};
    if (number) row.number_digest = bytes_of(*number);
    write_hashed_bytes(hashed_, head.hash, row);
    head.hash = sha256_.of(hashed_);
    insert_.run(row.id, row.at, row.kind, row.actor, row.campaign, row.contact, blob_of(row.attempt),
                blob_of(row.number_digest), row.detail, Blob{bytes_of(head.hash)});
    if (number && !entry.attempt) insert_number_.run(row.id, entry.number, Blob{bytes_of(*entry.salt)});
    if (row.id % rows_a_span == 0) insert_span_.run(row.id, row.id - rows_a_span);
    if (!database_.failed()) head_ = head;
}

bool Audit::has_older_than(Milliseconds keep) {
    std::int64_t newest_at = 0;
    {
        Rows newest = newest_.rows();
        if (!newest.next()) return false;
        newest_at = newest.integer(2);
    }
    Rows oldest = oldest_.rows(std::int64_t{1});
    return oldest.next() && oldest.integer(2) < newest_at - keep.count();
}

void Audit::remove_older_than(Milliseconds keep) {
    std::int64_t before = 0;
    {
        Rows newest = newest_.rows();
        if (newest.next()) before = newest.integer(2) - keep.count();
    }
    std::int64_t last = 0;
    std::string hash;
    {
        // Up to the first that is young enough, whatever comes behind it: where the clock was set, younger rows stand
        // before older ones.
        Rows oldest = oldest_.rows(max_audit_rows_removed_at_once);
        while (oldest.next() && oldest.integer(2) < before) {
            last = oldest.integer(0);
            hash = oldest.blob(1);
        }
    }
    if (last == 0) return;
    move_anchor_.run(last, Blob{hash});
    remove_.run(last);
    remove_spans_.run(last);
    remove_numbers_.run(last);
}

}  // namespace outdial::store
