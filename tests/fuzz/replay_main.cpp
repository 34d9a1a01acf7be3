// Runs a fuzz target on every file of the folders given, and on each file cut short at a few places. An input that
// breaks a rule aborts the program, which names the file first.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

namespace {

std::string running;  // what is being run, for a crash

void name_the_input(int signal) {
    // Nothing can be done here about a write that fails.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, running.data(), running.size());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(const std::filesystem::path& file, const std::string& bytes, std::size_t size) {
    running = "crashed on the first " + std::to_string(size) + " bytes of " + file.native() + "\n";
    // Of exactly this size, so that a sanitizer sees a byte too many being read.
    const std::vector<std::uint8_t> input(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, name_the_input);
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator{argv[i]}) {
            if (entry.is_regular_file()) files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    if (files.empty()) {
        std::fputs("no inputs: give folders that hold some, such as tests/fuzz/corpus/ami_parser\n", stderr);
        return 1;
    }
    std::size_t runs = 0;
    for (const auto& file : files) {
        std::ifstream stream{file, std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
        std::vector<std::size_t> sizes{0, bytes.size() / 4, bytes.size() / 2, bytes.size() * 3 / 4};
        if (!bytes.empty()) sizes.push_back(bytes.size() - 1);
        sizes.push_back(bytes.size());
        for (const std::size_t size : sizes) run(file, bytes, size);
        runs += sizes.size();
    }
    std::printf("%zu inputs, %zu runs\n", files.size(), runs);
    return 0;
}
