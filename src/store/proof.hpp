#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/attempt.hpp"
#include "core/calling_windows.hpp"
#include "core/geography.hpp"
#include "core/place.hpp"
#include "store/contact_limits.hpp"
#include "store/do_not_call.hpp"

namespace outdial::store {

/// Why an attempt was allowed: everything that was asked for it in the claim's transaction. What a claim asks besides
/// is added here, and to to_json().
struct Proof {
    std::string_view campaign;
    std::string_view rules;                // of the campaign's file, by its digest; empty where there is no file
    std::string_view do_not_call;          // the lists, as JSON; none of them forbade the number
    const Place* place = nullptr;          // of the number
    const Geography* geography = nullptr;  // by which its time was told
    const CallingWindow* window = nullptr;
    std::string_view limits;  // what each counted, as JSON; empty: none is in force for them
    int position = 0;         // of the number, of so many
    std::size_t numbers = 0;
    int attempts = 0;  // before this one, in this campaign
    int charged = 0;   // of these, and the budget
    int max_attempts = 0;
    const Slot* slot = nullptr;
};
[[nodiscard]] std::string to_json(const Proof& proof);
/// The same for all attempts of one claim.
[[nodiscard]] std::string to_json(std::span<const DoNotCallListing> lists);

[[nodiscard]] std::string to_json(std::span<const ContactLimits::Counted> limits);

/// How an attempt ended: with the claim's row all that a record of the call must hold.
[[nodiscard]] std::string to_json(const Settlement& settlement);

}  // namespace outdial::store
