#pragma once

namespace outdial::cli {

/// The whole program `outdial`; gives the process's exit status.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace outdial::cli
