#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace outdial::cli {

/// A folder that is gone with its contents after the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "outdial-cli-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    std::filesystem::path write(const std::string& name, std::string_view content) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << content;
        ::chmod((path_ / name).c_str(), 0600);
        return path_ / name;
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(path_ / name).rdbuf();
        return text.str();
    }

private:
    std::filesystem::path path_;
};

struct Finished {
    int exit = -1;
    std::string output;  // standard output
    std::string error;   // standard error
};

/// Runs the built program `outdial`, which stands beside this test program. `arguments` is read by the shell.
inline Finished run_outdial(const TemporaryFolder& folder, const std::string& arguments) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "outdial";
    INFO("build the target `outdial` first");
    REQUIRE(std::filesystem::exists(program));
    const auto error_file = folder.path() / "stderr";
    const std::string line = "cd '" + folder.path().string() + "' && '" + program.string() + "' " + arguments + " 2>'" +
                             error_file.string() + "'";
    FILE* pipe = ::popen(line.c_str(), "re");
    REQUIRE(pipe != nullptr);
    Finished finished;
    std::array<char, 4096> bytes;
    while (const std::size_t size = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
        finished.output.append(bytes.data(), size);
    }
    const int status = ::pclose(pipe);
    finished.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    finished.error = folder.read("stderr");
    return finished;
}

/// A complete configuration in the folder: outdial.yaml and one campaign `renewals` on the list `customers`.
inline void write_configuration(const TemporaryFolder& folder) {
    folder.write("pbx1.secret", "secret\n");
    folder.write("outdial.yaml", R"(database: outdial.db
campaigns: campaigns.d
control: {socket: control.sock}
limits: {originates_per_second: 100, channels: 1000}
servers:
  pbx1: {host: 127.0.0.1, port: 5038, username: outdial, secret_file: pbx1.secret, originates_per_second: 50,
         channels: 500}
trunks:
  carrier-a: {servers: [pbx1], dial: "PJSIP/{digits}@carrier-a", channels: 60, originates_per_second: 20,
              caller_ids: ["+18001234567"]}
)");
    folder.write("campaigns.d/renewals.yaml", R"(name: renewals
list: customers
trunks: [carrier-a]
on_answer: {context: outbound, exten: "{digits}", priority: 1}
pacing: {mode: rate, originates_per_second: 10, channels: 60}
retry: {max_attempts: 3, busy: {after: 10m, times: 2}}
)");
}

}  // namespace outdial::cli
