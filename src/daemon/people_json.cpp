#include "daemon/people_json.hpp"

#include <nlohmann/json.hpp>

namespace outdial::daemon {

nlohmann::json people_json(const std::vector<store::PersonRecord>& people) {
    nlohmann::json result = nlohmann::json::array();
    for (const store::PersonRecord& person : people) {
        result.push_back({{"contact_id", person.contact.value},
                          {"list", person.list},
                          {"numbers", person.numbers},
                          {"attempts", person.attempts},
                          {"in_call", person.in_call}});
    }
    return result;
}

}  // namespace outdial::daemon
