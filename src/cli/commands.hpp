// Each command as a function: does what it was asked, prints, and says how the program ends.
#pragma once

#include "cli/exit_code.hpp"
#include "cli/options.hpp"

namespace outdial::cli {

[[nodiscard]] ExitCode check(const CommonOptions& common);
[[nodiscard]] ExitCode import_contacts(const CommonOptions& common, const ImportCommand& command);
[[nodiscard]] ExitCode list_campaigns(const CommonOptions& common);
[[nodiscard]] ExitCode order_campaign(const CommonOptions& common, const CampaignOrderCommand& command);
[[nodiscard]] ExitCode status(const CommonOptions& common, const StatusCommand& command);
[[nodiscard]] ExitCode why(const CommonOptions& common, const WhyCommand& command);
[[nodiscard]] ExitCode explain(const CommonOptions& common, const ExplainCommand& command);
[[nodiscard]] ExitCode report(const CommonOptions& common, const ReportCommand& command);
[[nodiscard]] ExitCode report_audit(const CommonOptions& common, const AuditCommand& command);
[[nodiscard]] ExitCode callback(const CommonOptions& common, const CallbackCommand& command);
[[nodiscard]] ExitCode list_callbacks(const CommonOptions& common, const CallbackListCommand& command);
[[nodiscard]] ExitCode change_dnc(const CommonOptions& common, const DncChangeCommand& command);
[[nodiscard]] ExitCode import_dnc(const CommonOptions& common, const DncImportCommand& command);
[[nodiscard]] ExitCode list_dnc(const CommonOptions& common);
[[nodiscard]] ExitCode forget(const CommonOptions& common, const ForgetCommand& command);
[[nodiscard]] ExitCode reload(const CommonOptions& common);
[[nodiscard]] ExitCode sandbox(const CommonOptions& common, const SandboxCommand& command);

}  // namespace outdial::cli
