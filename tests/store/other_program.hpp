#pragma once

#include <sys/types.h>
#include <sys/wait.h>

#include <csignal>

#include "fixture.hpp"

namespace outdial::store {

/// The sqlite3 program on a database: another process, as an operator's shell is. Ended with the object.
class OtherProgram {
public:
    explicit OtherProgram(const std::filesystem::path& database) {
        int input[2];
        int output[2];
        REQUIRE(::pipe2(input, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(output, O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(input[0], STDIN_FILENO);
            ::dup2(output[1], STDOUT_FILENO);
            ::dup2(output[1], STDERR_FILENO);
            ::execlp("sqlite3", "sqlite3", database.c_str(), static_cast<char*>(nullptr));
            ::_exit(127);
        }
        ::close(input[0]);
        ::close(output[1]);
        input_ = input[1];
        output_ = output[0];
    }
    ~OtherProgram() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::close(input_);
        ::close(output_);
    }
    OtherProgram(const OtherProgram&) = delete;
    OtherProgram& operator=(const OtherProgram&) = delete;

    /// Returns when the program has carried it out.
    void run(const std::string& sql) {
        const std::string line = sql + ";\n.print done\n";
        REQUIRE(::write(input_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
        std::string seen;
        char c = 0;
        while (seen.find("done\n") == std::string::npos && ::read(output_, &c, 1) == 1) seen += c;
        REQUIRE(seen.find("done\n") != std::string::npos);
    }
    [[nodiscard]] pid_t pid() const { return pid_; }
    /// As error messages name it.
    [[nodiscard]] std::string name() const { return "process " + std::to_string(pid_) + " (sqlite3)"; }

private:
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
};

}  // namespace outdial::store
