// The tests' <catch2/catch.hpp> where Catch2 is version 3 (Debian 13), which has no such header: Catch2 2's names for
// what the tests use. CMake puts this folder on the include path there; Debian 12's Catch2 2 brings its own.
#pragma once

#include <catch2/catch_all.hpp>
#include <string>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::Matches;
using Matchers::StartsWith;

inline Matchers::StringContainsMatcher Contains(const std::string& part) { return Matchers::ContainsSubstring(part); }

}  // namespace Catch

using Catch::Approx;
