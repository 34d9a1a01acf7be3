#include "cli/run.hpp"

#include <exception>

#include "cli/command_line.hpp"
#include "cli/commands.hpp"
#include "cli/terminal.hpp"
#include "daemon/serve.hpp"

namespace outdial::cli {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 14 does not deduce aggregates

int carry_out(const Invocation& invocation) {
    const CommonOptions& common = invocation.common;
    const auto status_of = [](ExitCode exit) { return static_cast<int>(exit); };
    return std::visit(
        Overloaded{
            [&](const ServeCommand& command) {
                return daemon::serve({.config = common.config,
                                      .trust_clock = command.trust_clock,
                                      .accept_rollback = command.accept_rollback});
            },
            [&](const CheckCommand&) { return status_of(check(common)); },
            [&](const ImportCommand& command) { return status_of(import_contacts(common, command)); },
            [&](const CampaignListCommand&) { return status_of(list_campaigns(common)); },
            [&](const CampaignOrderCommand& command) { return status_of(order_campaign(common, command)); },
            [&](const StatusCommand& command) { return status_of(status(common, command)); },
            [&](const WhyCommand& command) { return status_of(why(common, command)); },
            [&](const ExplainCommand& command) { return status_of(explain(common, command)); },
            [&](const ReportCommand& command) { return status_of(report(common, command)); },
            [&](const AuditCommand& command) { return status_of(report_audit(common, command)); },
            [&](const DncChangeCommand& command) { return status_of(change_dnc(common, command)); },
            [&](const DncImportCommand& command) { return status_of(import_dnc(common, command)); },
            [&](const DncListCommand&) { return status_of(list_dnc(common)); },
            [&](const CallbackCommand& command) { return status_of(callback(common, command)); },
            [&](const CallbackListCommand& command) { return status_of(list_callbacks(common, command)); },
            [&](const ForgetCommand& command) { return status_of(forget(common, command)); },
            [&](const ReloadCommand&) { return status_of(reload(common)); },
            [&](const SandboxCommand& command) { return status_of(sandbox(common, command)); },
        },
        invocation.command);
}

}  // namespace

int run(int argc, const char* const* argv) {
    try {
        const ParsedArguments parsed = parse_arguments(argc, argv);
        print(parsed.output);
        print_error(parsed.error);
        const int exit = parsed.invocation ? carry_out(*parsed.invocation) : static_cast<int>(parsed.exit);
        if (output_failed() && exit == 0) {
            complain("standard output cannot be written: is the disk full?");
            return static_cast<int>(ExitCode::failed);
        }
        return exit;
    } catch (const std::exception& error) {
        complain(std::string{"internal error: "} + error.what());
        return static_cast<int>(ExitCode::failed);
    }
}

}  // namespace outdial::cli
