#pragma once

#include <optional>
#include <string>

#include "cli/exit_code.hpp"
#include "cli/options.hpp"

namespace outdial::cli {

/// What the user asked for.
struct Invocation {
    CommonOptions common;
    Command command;
};

/// Either an invocation, or what to print and how to exit: help, the version, or what is wrong with the arguments.
struct ParsedArguments {
    std::optional<Invocation> invocation;
    ExitCode exit = ExitCode::ok;
    std::string output;  // for standard output
    std::string error;   // for standard error
};

[[nodiscard]] ParsedArguments parse_arguments(int argc, const char* const* argv);

}  // namespace outdial::cli
