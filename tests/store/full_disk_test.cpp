// A disk that is really full: a small file system in memory. Needs root, and says so without.
#include <sys/mount.h>

#include <fstream>

#include "fixture.hpp"

namespace outdial::store {

namespace {

/// A file system of 16 MiB, unmounted at the end.
class SmallDisk {
public:
    SmallDisk() {
        mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=0700") == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] std::filesystem::path database() const { return folder_.path() / "outdial.db"; }
    void fill() {
        std::ofstream file{folder_.path() / "filler", std::ios::binary};
        const std::string block(4096, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void make_room() { std::filesystem::remove(folder_.path() / "filler"); }

private:
    TempFolder folder_;
    bool mounted_ = false;
};

Settlement busy(const Claim& claim) {
    return {claim.slot.attempt,
            claim.campaign,
            claim.contact.id,
            claim.facts,
            noon,
            Disposition::busy,
            "",
            {NextStep::Kind::done, {}, 0, "busy", true}};
}

}  // namespace

TEST_CASE("On a full disk outcomes are written from the reserve, nothing is claimed, and both end when there is room") {
    SmallDisk disk;
    if (!disk.mounted()) {
        WARN("SKIPPED: a small file system cannot be mounted; run the tests as root");
        return;
    }
    Store store = must(Store::open(disk.database()));
    must(store.start_run({}));
    const std::filesystem::path reserve = disk.database().string() + ".reserve";
    CHECK(std::filesystem::file_size(reserve) == 1 << 20);  // a sixteenth of the disk, not the whole 32 MiB
    const CampaignListing listing{"renewals", "customers"};
    const CampaignId campaign = must(store.register_campaigns({&listing, 1})).front().id;
    must(store.set_campaign_state(campaign, CampaignState::running, noon));
    must(store.add_contacts("customers", people(400), noon));
    Random random{1};
    const auto claim = [&](std::size_t slots) {
        ClaimRequest request{campaign, noon, 3, {}};
        for (std::size_t i = 0; i < slots; ++i)
            request.slots.push_back({AttemptId::make(noon, random), "carrier-a", "pbx1", "+18001234567"});
        return store.claim(request);
    };
    const std::vector<Claim> calls = must(claim(200)).claims;
    disk.fill();

    // Sooner or later the log has to grow.
    std::size_t settled = 0;
    while (settled < calls.size()) {
        must(store.begin());
        Result<SettleOutcome> done = store.settle(busy(calls[settled]));
        if (!done) {
            store.roll_back();
        } else if (store.commit()) {
            ++settled;
            continue;
        }
        CHECK(store.fault() == Fault::disk_full);
        REQUIRE_FALSE(std::filesystem::exists(reserve));
        break;
    }
    REQUIRE(settled < calls.size());
    CHECK(store.why_no_claims().find("is full, so no calls are started; outcomes of calls are still written") !=
          std::string::npos);
    for (; settled < calls.size(); ++settled) {
        must(store.begin());
        CHECK(must(store.settle(busy(calls[settled]))) == SettleOutcome::settled);
        must(store.commit());
    }
    must(store.examine());
    CHECK_FALSE(store.why_no_claims().empty());

    disk.make_room();
    must(store.examine());
    CHECK(std::filesystem::exists(reserve));
    CHECK(store.why_no_claims().empty());
    CHECK(must(claim(1)).claims.size() == 1);
    CHECK(Shell{disk.database()}.value("SELECT count(*) FROM attempt WHERE disposition = 'busy'") == "200");
}

}  // namespace outdial::store
