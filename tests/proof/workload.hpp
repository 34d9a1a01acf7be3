// What the proofs do to a store, and what they ask of the disk image that a crash has left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/fault_vfs.hpp"
#include "store/store.hpp"

namespace outdial::proof {

inline constexpr const char* database_path = "/outdial.db";
inline constexpr UtcTime noon = from_unix_ms(1'800'000'000'000);

/// What the store has confirmed.
struct Ledger {
    /// Every claim, and its disposition once it is settled.
    std::map<AttemptId, std::optional<Disposition>> attempts;
    CampaignState surveys = CampaignState::draft;
    std::size_t contacts = 0;
};

/// A disk with a store on it, whose SQLite knows nothing of this machine.
struct Machine {
    explicit Machine(std::uint64_t seed, const sim::DiskImage& image = {})
        : disk{{.seed = seed, .clock = [] { return noon; }}, image} {}
    [[nodiscard]] Result<store::Store> open() { return store::Store::open(database_path, {.vfs = disk.vfs()}); }
    sim::FaultDisk disk;
};

/// A day's work in groups of jobs by chance: claims, originate marks, settlements, imports, campaign states.
class Workload {
public:
    Workload(std::uint64_t seed, Ledger ledger) : random_(seed), ledger_(std::move(ledger)) {}

    /// What a daemon does at its start: the campaigns, its run, the attempts that are left over.
    [[nodiscard]] Result<void> start(store::Store& store);
    /// The ledger changes where the commit was confirmed, and not otherwise.
    [[nodiscard]] Result<void> group(store::Store& store);
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] const std::vector<Claim>& live() const { return live_; }

private:
    struct Draft {
        Ledger ledger;
        std::vector<Claim> live;
    };
    [[nodiscard]] Result<void> job(store::Store& store, Draft& draft);
    [[nodiscard]] Result<void> claim(store::Store& store, Draft& draft);
    [[nodiscard]] Result<void> settle(store::Store& store, Draft& draft);
    [[nodiscard]] Result<void> mark_originated(store::Store& store, Draft& draft);
    [[nodiscard]] Result<void> import(store::Store& store, Draft& draft);
    [[nodiscard]] Result<void> set_state(store::Store& store, Draft& draft);

    Random random_;
    Ledger ledger_;
    std::vector<Claim> live_;
    std::map<std::string, CampaignId> campaigns_;
    UtcTime now_ = noon;
};

/// Of everything in every table: two states of the database are equal where it is. 0 where it cannot be read.
[[nodiscard]] std::uint64_t digest_of(const sim::FaultDisk& disk);

/// What the next start finds.
struct Findings {
    std::string problem;  // empty: nothing is wrong
    int lost_claims = 0;
    int lost_settlements = 0;
    std::uint64_t digest = 0;     // as found, before anything is added
    std::vector<AttemptId> live;  // attempts without an end
};
/// Opens the image with the real store and asks: is every confirmed claim and settlement there, do totals balance, is
/// the file sound, is the schema guard content, can it be written?
[[nodiscard]] Findings examine(const sim::DiskImage& image, const Ledger& confirmed);

}  // namespace outdial::proof
