#include "proof/power_loss.hpp"

#include <sqlite3.h>

#include <functional>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "proof/workload.hpp"

namespace outdial::proof {

namespace {

constexpr int boots_per_seed = 2;
constexpr int groups_per_boot = 9;
constexpr std::uint64_t changes_per_image = 4;
constexpr std::uint64_t groups_per_checkpoint = 4;
constexpr std::uint64_t empty_disk_every = 8;  // such seeds lose power also while the database is made

// Before the store's own PRAGMA, which the disk then swallows; SQLite takes either spelling.
int choose_normal(sqlite3* db, char**, const sqlite3_api_routines*) {
    return sqlite3_exec(db, "PRAGMA SYNCHRONOUS = NORMAL", nullptr, nullptr, nullptr);
}

/// One machine, from one start to its loss of power.
class Boot {
public:
    Boot(std::uint64_t seed, Random& luck, PowerLosses& losses, const sim::DiskImage& image, Ledger ledger)
        : luck_(luck), losses_(losses), seed_(seed), machine_(seed, image), work_(luck.next(), std::move(ledger)) {}

    /// What one of the images held, and what had been confirmed in it: where the next boot begins.
    std::pair<sim::DiskImage, Ledger> run(Plant plant) {
        machine_.disk.lie_about_syncs(plant == Plant::lying_sync);
        if (plant == Plant::synchronous_normal) machine_.disk.ignore_pragma("synchronous");
        std::optional<Result<store::Store>> store;
        step(false, [&] { store.emplace(machine_.open()); });
        OUTDIAL_CHECK(store->has_value());
        digest_ = digest_of(machine_.disk);
        step(false, [&] { OUTDIAL_CHECK(work_.start(**store).has_value()); });
        for (int i = 0; i < groups_per_boot; ++i) {
            step(true, [&] { OUTDIAL_CHECK(work_.group(**store).has_value()); });
            if (luck_.below(groups_per_checkpoint) == 0) {
                step(true, [&] { OUTDIAL_CHECK((*store)->checkpoint().has_value()); });
            }
        }
        machine_.disk.before_change({});
        if (!next_) next_.emplace(machine_.disk.after_process_crash(), work_.ledger());
        return std::move(*next_);
    }

private:
    /// Several of its changes are the moment of a power loss. `one_commit`: what it does is there as a whole or not at
    /// all.
    void step(bool one_commit, const std::function<void()>& work) {
        std::vector<sim::DiskImage> images;
        machine_.disk.before_change([&](sim::DiskOperation, std::string_view) {
            if (luck_.below(changes_per_image) == 0) images.push_back(machine_.disk.after_power_loss(luck_));
        });
        const Ledger before = work_.ledger();
        const std::uint64_t digest_before = digest_;
        work();
        machine_.disk.before_change({});
        digest_ = digest_of(machine_.disk);
        for (const sim::DiskImage& image : images) look_at(image, before, one_commit ? digest_before : 0);
        look_at(machine_.disk.after_power_loss(luck_), work_.ledger(), digest_);
    }

    // `digest`: one that is permitted beside that of the work done; 0: any.
    void look_at(const sim::DiskImage& image, const Ledger& confirmed, std::uint64_t digest) {
        Findings found = examine(image, confirmed);
        const bool is_whole = digest == 0 || found.digest == digest || found.digest == digest_;
        if (found.problem.empty() && !is_whole) found.problem = "a part of a group is there, or too much of it";
        ++losses_.images;
        losses_.lost_claims += static_cast<std::uint64_t>(found.lost_claims);
        losses_.lost_settlements += static_cast<std::uint64_t>(found.lost_settlements);
        if (!found.problem.empty()) {
            if (losses_.wrong++ == 0) {
                losses_.first_wrong_seed = seed_;
                losses_.first_problem = found.problem;
            }
        } else if (digest != 0 && luck_.below(8) == 0) {
            next_.emplace(image, found.digest == digest_ ? work_.ledger() : confirmed);
        }
    }

    Random& luck_;
    PowerLosses& losses_;
    std::uint64_t seed_;
    Machine machine_;
    Workload work_;
    std::uint64_t digest_ = 0;
    std::optional<std::pair<sim::DiskImage, Ledger>> next_;
};

/// A database that has been on the disk for long.
const sim::DiskImage& empty_database() {
    static const sim::DiskImage image = [] {
        sim::make_sqlite_repeatable(1);
        Machine machine{1};
        Result<store::Store> store = machine.open();
        OUTDIAL_CHECK(store.has_value());
        OUTDIAL_CHECK(store->checkpoint().has_value());
        Random luck{1};
        return machine.disk.after_power_loss(luck);
    }();
    return image;
}

}  // namespace

void lose_power(std::uint64_t seed, Plant plant, PowerLosses& losses) {
    const bool from_nothing = seed % empty_disk_every == 0;
    std::pair<sim::DiskImage, Ledger> last{from_nothing ? sim::DiskImage{} : empty_database(), {}};
    if (plant == Plant::synchronous_normal) {
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(&choose_normal));
    }
    sim::make_sqlite_repeatable(seed);
    Random luck{seed};
    for (int boot = 0; boot < boots_per_seed; ++boot) {
        last = Boot{seed, luck, losses, last.first, last.second}.run(plant);
    }
    sqlite3_reset_auto_extension();
}

}  // namespace outdial::proof
