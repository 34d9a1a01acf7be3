// Whether the database may be written, and what is done when it may not: the part of Store that outlives its
// connection.
//
// After an error of the disk nothing is known of what the failed commit left: Linux reports a failed fsync once, and
// then takes the lost pages for clean. So it is never tried again on the same connection: that one is closed without a
// checkpoint, the database is opened anew from what the files really hold, its log is brought onto the disk
// (durable_log.cpp), and it is compared with what had been confirmed. A commit that failed may turn out to have reached
// the log after all; its claims were reported as failed and never dialed, so they are undone.
#include <fmt/core.h>

#include "store/durable_log.hpp"
#include "store/lock_holders.hpp"
#include "store/store_parts.hpp"

namespace outdial::store {

Result<RunStart> Store::start_run(const RunOptions& options) {
    return condition_->guard.start(*parts_->database, options);
}

void Store::end_run() {
    if (!parts_ || condition_->suspect || condition_->condemned) return;
    if (const Result<AuditHead> head = audit_head()) condition_->guard.saw_audit(*head);
    condition_->guard.end();
}

Result<void> Store::begin() {
    if (Result<void> allowed = may_write(); !allowed) return allowed;
    Database& database = *parts_->database;
    condition_->uncommitted.clear();
    database.begin_group();
    if (!database.failed()) {
        parts_->schema.check();
        condition_->guard.check(database);
        undo_doubtful_claims();
    }
    Result<void> begun = outcome();
    if (!begun) roll_back();
    return begun;
}

Result<void> Store::commit() {
    parts_->database->commit_group();
    Result<void> committed = outcome();
    if (committed) {
        condition_->guard.committed();
        condition_->doubtful.clear();
        parts_->forgetting.remove_copies_once();
        // On a full disk the log is reused at once instead of growing: the reserve lasts for many outcomes.
        if (!why_no_claims().empty()) (void)checkpoint();
    } else {
        if (condition_->suspect) {
            for (Claim& claim : condition_->uncommitted) condition_->doubtful.push_back(std::move(claim));
        }
        condition_->guard.rolled_back();
    }
    condition_->uncommitted.clear();
    return committed;
}

void Store::roll_back() {
    parts_->database->rollback_group();
    condition_->guard.rolled_back();
    condition_->uncommitted.clear();
    react();  // a job of the group has failed, and its caller was given the error
}

Fault Store::fault() const { return parts_ ? parts_->database->last_fault() : Fault::disk_error; }

Result<void> Store::outcome() {
    auto failure = parts_->database->take_failure();
    if (!failure) return {};
    react();
    return tl::unexpected{std::move(failure->error)};
}

// To what the failure taken last says of the whole database.
void Store::react() {
    switch (parts_->database->last_fault()) {
        case Fault::disk_full: condition_->guard.disk_is_full(); return;
        case Fault::disk_error:
        case Fault::read_only: condition_->suspect = true; return;
        case Fault::damaged:
            condemn(
                Error{fmt::format("database {}: it is damaged, so nothing is written to it and no calls are started; "
                                  "stop Outdial, keep the file and its -wal, restore the newest backup, start again",
                                  condition_->database.native())});
            return;
        case Fault::none:
        case Fault::busy:
        case Fault::moved:
        case Fault::altered:
        case Fault::taken_over:
        case Fault::other: return;
    }
}

void Store::condemn(Error error) {
    if (!condition_->condemned) condition_->condemned = std::move(error);
}

// Whether what the connection has open is still what the database's names lead to, and nobody else wrote into it.
Result<void> Store::in_place() {
    if (condition_->condemned) return tl::unexpected{*condition_->condemned};
    const int log_pages = parts_ ? parts_->database->shared_log_pages() : 0;
    if (Result<void> found = condition_->files ? condition_->files->check(log_pages) : Result<void>{}; !found) {
        return found;
    }
    if (!parts_ || parts_->database->other_writer() != Database::OtherWriter::unknown) return {};
    condemn(Error{fmt::format(
        "database {}: another program has written into the file, as though a copy was put over it, so nothing is "
        "written to it and no calls are started; stop Outdial, restore the newest backup without a -wal and a -shm "
        "beside it, start with --accept-rollback",
        condition_->database.native())});
    return tl::unexpected{*condition_->condemned};
}

Result<void> Store::may_write() {
    if (Result<void> found = in_place(); !found) {
        if (!parts_) return found;
        parts_->database->refuse(found.error().message, condition_->condemned ? Fault::damaged : Fault::moved);
        return outcome();
    }
    return condition_->suspect ? reopen() : Result<void>{};
}

Result<void> Store::reopen() {
    if (parts_) parts_->database->close_without_checkpoint();
    parts_.reset();
    auto database = Database::open(condition_->database, Database::Access::read_write, condition_->options);
    if (!database) return tl::unexpected{std::move(database.error())};
    if (Result<void> durable = make_log_durable(**database); !durable) return durable;
    if (Result<void> whole = condition_->guard.check_after_reopening(**database); !whole) {
        if ((*database)->last_fault() == Fault::none) condemn(whole.error());
        return whole;
    }
    parts_ = std::make_unique<Parts>(std::move(*database));
    parts_->places.set_geography(condition_->geography.get());
    condition_->suspect = false;
    return {};
}

void Store::undo_doubtful_claims() {
    for (const Claim& claim : condition_->doubtful) {
        CallFacts facts = claim.facts;
        facts.not_sent_at = claim.claimed_at;
        const NextStep again{NextStep::Kind::retry, claim.claimed_at, claim.position, "canceled", false};
        // Of an attempt that is not there nothing is to be undone.
        (void)parts_->claims.settle({claim.slot.attempt, claim.campaign, claim.contact.id, facts, claim.claimed_at,
                                     Disposition::canceled, "the disk failed at its claim; never dialed", again});
    }
}

Result<void> Store::examine() {
    if (condition_->suspect || condition_->condemned || !parts_) return may_write();
    if (Result<void> allowed = may_write(); !allowed) return allowed;
    if (const Result<AuditHead> head = audit_head()) condition_->guard.saw_audit(*head);
    condition_->mirror = condition_->guard.tend();
    return {};
}

Result<void> Store::mirror() const { return condition_->mirror; }

Result<void> Store::try_to_write() {
    Scope scope{*parts_->database};
    Statement{*parts_->database, "UPDATE daemon_run SET epoch = epoch"}.run();
    return scope.finish();
}

std::string Store::why_no_claims() const { return condition_->guard.why_no_claims(); }

std::string Store::reader_in_the_way() const {
    const auto reader = oldest_reader(condition_->database);
    return reader ? to_text(*reader) : "a reader";
}

Result<Database::WalState> Store::checkpoint() {
    if (!parts_) return fail("the database is not open");
    if (Result<void> found = in_place(); !found) return tl::unexpected{std::move(found.error())};
    Result<Database::WalState> state = parts_->database->checkpoint();
    if (!state) react();
    parts_->forgetting.remove_copies();
    return state;
}

Result<Database::WalState> Store::shorten_log() {
    if (Result<void> found = in_place(); !found) return tl::unexpected{std::move(found.error())};
    Result<Database::WalState> state = parts_->database->shorten_log();
    if (!state) react();
    return state;
}

int Store::wal_pages() const { return parts_ ? parts_->database->wal_pages() : 0; }

}  // namespace outdial::store
