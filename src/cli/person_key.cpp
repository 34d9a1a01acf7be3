#include "cli/person_key.hpp"

#include <iostream>

#include "number/normaliser.hpp"

namespace outdial::cli {

Outcome<store::PersonKey> person_key(const CommonOptions& common, PersonOptions person) {
    if (person.number == "-") {
        std::getline(std::cin, person.number);
    }
    if (person.number.empty() && person.external_id.empty()) {
        return give_up(common, ExitCode::usage, "who is meant? Give a NUMBER or --external-id ID");
    }
    store::PersonKey key{{}, person.external_id, person.list};
    if (person.number.empty() || is_e164(person.number)) {
        key.e164 = person.number;
        return key;
    }
    // What an older import let in must be found too, so the length is enough.
    const auto number = number::Normaliser{number::Check::length}.normalise(person.number, person.region);
    if (!number) {
        return give_up(common, ExitCode::usage,
                       "the number cannot be read: " + number.error().message +
                           " (write it as +12125550100, or name its country with --region)");
    }
    key.e164 = number->phone.e164;
    return key;
}

}  // namespace outdial::cli
