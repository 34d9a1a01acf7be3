#include "core/campaign.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/check.hpp"

namespace outdial {

namespace {

constexpr std::array all_orders{CampaignOrder::start, CampaignOrder::pause, CampaignOrder::resume, CampaignOrder::drain,
                                CampaignOrder::stop};

}  // namespace

std::string_view to_text(CampaignState state) {
    switch (state) {
        case CampaignState::draft: return "draft";
        case CampaignState::running: return "running";
        case CampaignState::paused: return "paused";
        case CampaignState::draining: return "draining";
        case CampaignState::finished: return "finished";
    }
    OUTDIAL_UNREACHABLE();
}

std::optional<CampaignState> campaign_state_from(std::string_view text) {
    for (CampaignState state : all_campaign_states) {
        if (to_text(state) == text) return state;
    }
    return std::nullopt;
}

std::string_view to_text(CampaignOrder order) {
    switch (order) {
        case CampaignOrder::start: return "start";
        case CampaignOrder::pause: return "pause";
        case CampaignOrder::resume: return "resume";
        case CampaignOrder::drain: return "drain";
        case CampaignOrder::stop: return "stop";
    }
    OUTDIAL_UNREACHABLE();
}

std::optional<CampaignOrder> campaign_order_from(std::string_view text) {
    for (CampaignOrder order : all_orders) {
        if (to_text(order) == text) return order;
    }
    return std::nullopt;
}

Result<CampaignState> apply(CampaignOrder order, CampaignState state) {
    const bool dialing = state == CampaignState::running || state == CampaignState::draining;
    switch (order) {
        case CampaignOrder::start:
            if (state == CampaignState::running) return fail("it is running already");
            return CampaignState::running;
        case CampaignOrder::resume:
            if (state == CampaignState::paused || state == CampaignState::draining) return CampaignState::running;
            return fail(fmt::format("it is {}, not paused; 'start' begins a campaign", to_text(state)));
        case CampaignOrder::pause:
            if (dialing) return CampaignState::paused;
            return fail(fmt::format("it is {}, so there is nothing to pause", to_text(state)));
        case CampaignOrder::drain:
            if (state == CampaignState::running || state == CampaignState::paused) return CampaignState::draining;
            return fail(fmt::format("it is {}, so there is nothing to drain", to_text(state)));
        case CampaignOrder::stop:
            if (dialing || state == CampaignState::paused) return CampaignState::finished;
            return fail(fmt::format("it is {}, so there is nothing to stop", to_text(state)));
    }
    OUTDIAL_UNREACHABLE();
}

}  // namespace outdial
