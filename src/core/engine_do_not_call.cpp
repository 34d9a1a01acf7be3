// Who must not be called any more although a call to them is on its way.
#include <algorithm>
#include <unordered_set>

#include "core/engine_state.hpp"

namespace outdial {

namespace {

bool keeps_to(const Campaign& campaign, std::string_view list) {
    return list == global_do_not_call_list ||
           std::ranges::find(campaign.do_not_call, list, &DoNotCallChoice::list) != campaign.do_not_call.end();
}

}  // namespace

// What was claimed before the numbers were stored is known here by now, and what is claimed from now on has been
// checked against them: the store answers in order.
void Engine::take(const Now& now, const NumbersForbidden& input) {
    const std::unordered_set<std::string_view> numbers{input.numbers.begin(), input.numbers.end()};
    for (auto& [id, attempt] : attempts_) {
        if (!numbers.contains(attempt->claim.number().e164) || !keeps_to(attempt->campaign->campaign, input.list))
            continue;
        attempt->withdrawn = attempt->forbidden = true;
        if (attempt->is_sent()) cancel_unanswered(now, *attempt);
    }
}

// Of claims that were made by other rules than now hold.
void Engine::withdraw_claims(CampaignRun& campaign) {
    campaign.claim_withdrawn = campaign.claim_asked;
    for (auto& [id, attempt] : attempts_) {
        if (attempt->campaign == &campaign) attempt->withdrawn = true;
    }
}

// The caller said so in the call: no other campaign may call any number of theirs, from this instant on.
void Engine::note_opt_out(const LiveAttempt& attempt) {
    OptedOut command{.attempt = attempt.id(), .numbers = {}};
    for (const PhoneNumber& number : attempt.claim.contact.numbers) command.numbers.push_back(number.e164);
    emit(std::move(command));
}

}  // namespace outdial
