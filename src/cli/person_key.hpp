#pragma once

#include "cli/environment.hpp"
#include "cli/options.hpp"
#include "store/forgetting.hpp"

namespace outdial::cli {

/// Who is meant; a number may be written as people write it. What cannot be read is said.
[[nodiscard]] Outcome<store::PersonKey> person_key(const CommonOptions& common, PersonOptions person);

}  // namespace outdial::cli
