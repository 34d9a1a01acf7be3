#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/do_not_call.hpp"
#include "store/store.hpp"

namespace outdial::daemon {

/// What `outdial dnc` asks for, of the daemon or, where none runs, of the database itself.
struct DoNotCallOrder {
    enum class Kind { add, remove, copied, lists };
    Kind kind = Kind::lists;
    std::string list;
    std::vector<DoNotCallNumber> numbers;  // add, remove
    UtcTime copied_at{};                   // copied: when somebody else's list was copied

    [[nodiscard]] std::vector<std::string> texts() const;  // the numbers alone
};

/// From {"order": "add", "list": ..., "numbers": [...], "source": ..., "reason": ..., "expires_at": ms},
/// {"order": "remove", "list", "numbers"}, {"order": "copied", "list", "at": ms} or {"order": "lists"}. Instants are
/// UTC milliseconds. Anything that is wrong is refused whole.
[[nodiscard]] Result<DoNotCallOrder> do_not_call_order(const nlohmann::json& request);

/// The answers, {"ok": true} and what there is to tell.
[[nodiscard]] nlohmann::json to_json(const store::DoNotCallChange& change);
[[nodiscard]] nlohmann::json to_json(const std::vector<store::DoNotCallListing>& lists);

/// On a database that no daemon has open.
[[nodiscard]] Result<nlohmann::json> carry_out(store::Store& store, const DoNotCallOrder& order,
                                               const store::Origin& by);

}  // namespace outdial::daemon
