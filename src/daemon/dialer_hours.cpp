// Dialer: when campaigns may call, for the reports. Claims look it up by themselves; but a campaign that is paused
// claims nothing, and people ask what would happen if it did.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "daemon/clock.hpp"
#include "daemon/dialer.hpp"
#include "daemon/log.hpp"

namespace outdial::daemon {

namespace {

constexpr Milliseconds look_up_every = std::chrono::seconds{30};
// Campaigns that do not run, of which there may be a thousand, have their turn in one round of so many.
constexpr int rounds_of_the_others = 20;

}  // namespace

void Dialer::keep_all_hours() {
    hours_round_ = 0;
    keep_hours(Milliseconds{0});
}

void Dialer::keep_hours(Milliseconds wait) {
    hours_timer_.expires_after(wait);
    hours_timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || closing_) return;  // armed anew, or the end
        auto requests = std::make_shared<std::deque<store::HoursRequest>>();
        for (const Campaign& campaign : configuration_.site.campaigns) {
            const auto record = engine_.campaign(campaign.name);
            if (!record || (record->state != CampaignState::running && hours_round_ != 0)) continue;
            requests->push_back({record->id, campaign.calling, campaign.ring_timeout, read_clocks().utc});
        }
        hours_round_ = (hours_round_ + 1) % rounds_of_the_others;
        look_up_hours(std::move(requests));
    });
}

// One campaign after the other, so that claims come in between.
void Dialer::look_up_hours(std::shared_ptr<std::deque<store::HoursRequest>> requests) {
    if (requests->empty()) return keep_hours(look_up_every);
    const store::HoursRequest request = std::move(requests->front());
    requests->pop_front();
    auto looked_up = std::make_shared<Result<void>>();
    const bool posted =
        post_task([request, looked_up](store::Store& store) { *looked_up = store.look_up_hours(request); },
                  [this, requests, looked_up](const Result<void>& committed) {
                      if (!committed || !*looked_up) {
                          spdlog::debug("calling hours not stored: {}",
                                        one_line((committed ? *looked_up : committed).error().message));
                          return keep_hours(look_up_every);
                      }
                      look_up_hours(requests);
                  });
    if (!posted) keep_hours(look_up_every);
}

}  // namespace outdial::daemon
