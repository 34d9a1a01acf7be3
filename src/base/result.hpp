#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace outdial {

/// An expected failure: what happened, where, and what to do, in one sentence that a user can act on. Never holds a
/// secret.
struct Error {
    std::string message;
};

/// A value, or the reason there is none. Bugs are CHECKs (check.hpp), never Errors.
template <class T>
using Result = tl::expected<T, Error>;

/// `return fail("...")` in a function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(std::string message) {
    return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace outdial
