#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/environment.hpp"
#include "cli/sandbox_options.hpp"
#include "cli/terminal.hpp"
#include "sim/sandbox_server.hpp"

namespace outdial::cli {
namespace {

namespace asio = boost::asio;

/// What a user of the sandbox can have it do: end, crash, or restart as an operator would.
class Signals {
public:
    Signals(asio::io_context& io, sim::Sandbox& sandbox)
        : io_(io), sandbox_(sandbox), signals_(io, SIGINT, SIGTERM, SIGUSR1) {
        signals_.add(SIGUSR2);
        wait();
    }

private:
    void wait() {
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) {
                return;
            }
            if (signal == SIGUSR1) {
                sandbox_.crash();
            } else if (signal == SIGUSR2) {
                sandbox_.stop_gracefully(true);
            } else {
                sandbox_.stop();
                io_.stop();
                return;
            }
            wait();
        });
    }

    asio::io_context& io_;
    sim::Sandbox& sandbox_;
    asio::signal_set signals_;
};

Result<void> write_port_file(const std::string& path, std::uint16_t port) {
    if (path.empty()) {
        return {};
    }
    std::ofstream file(path, std::ios::trunc);
    file << port << "\n" << std::flush;
    return file ? Result<void>{} : fail("--port-file " + path + ": cannot be written");
}

nlohmann::json statistics(const sim::Sandbox& sandbox) {
    const auto& counts = sandbox.model().statistics();
    const sim::CallMeter& calls = sandbox.witness().total();
    nlohmann::json fates = nlohmann::json::object();
    for (const auto& [fate, count] : counts.fates) {
        fates[std::string{sim::name(fate)}] = count;
    }
    return {{"originates", counts.originates}, {"accepted", calls.calls()},
            {"refused", counts.refused},       {"no_channel", counts.no_channel},
            {"answered", counts.answered},     {"ended", counts.ended},
            {"max_live", calls.max_live()},    {"max_per_second", calls.max_per_second()},
            {"events", counts.events},         {"fates", fates}};
}

}  // namespace

ExitCode sandbox(const CommonOptions& common, const SandboxCommand& command) {
    const Result<sim::SandboxOptions> options = sandbox_options(command);
    if (!options) {
        return give_up(common, ExitCode::usage, options.error().message).value();
    }
    asio::io_context io{1};
    sim::Sandbox sandbox(io, *options);
    const Result<std::uint16_t> port = sandbox.start();
    if (!port) {
        return give_up(common, ExitCode::failed, port.error().message).value();
    }
    const Signals signals(io, sandbox);  // whoever reads the port may send one at once
    if (const auto written = write_port_file(command.port_file, *port); !written) {
        return give_up(common, ExitCode::failed, written.error().message).value();
    }
    if (common.json) {
        print(nlohmann::json{{"host", "127.0.0.1"}, {"port", *port}}.dump() + "\n");
    } else {
        print(sim::describe(*options) + "listening on 127.0.0.1:" + std::to_string(*port) + "; Ctrl-C ends it\n");
    }
    io.run();
    print(common.json ? statistics(sandbox).dump() + "\n" : "\n" + sandbox.report());
    return sandbox.witness_file_ok() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace outdial::cli
