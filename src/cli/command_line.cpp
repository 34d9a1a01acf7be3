// The only file that includes CLI11, which costs seconds to compile.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/printable.hpp"
#include "cli/help.hpp"
#include "cli/text.hpp"
#include "daemon/version.hpp"
#include "import/list_reader.hpp"

namespace outdial::cli {
namespace {

constexpr std::size_t help_width = 100;

std::string text(std::string_view view) { return std::string{view}; }

/// Breaks a paragraph into lines.
std::string wrapped(std::string_view paragraph) {
    std::string lines;
    std::size_t column = 0;
    std::istringstream words{text(paragraph)};
    for (std::string word; words >> word;) {
        if (column > 0 && column + 1 + word.size() > help_width) {
            lines += "\n";
            column = 0;
        }
        lines += (column == 0 ? "" : " ") + word;
        column += word.size() + (column == 0 ? 0 : 1);
    }
    return lines;
}

/// A command's description is a summary and a paragraph; a list of commands shows the summary alone.
class HelpFormatter : public CLI::Formatter {
public:
    std::string make_subcommand(const CLI::App* command) const override {
        const std::string description = command->get_description();
        std::stringstream line;
        CLI::detail::format_help(line, command->get_name(), description.substr(0, description.find('\n')),
                                 column_width_);
        return line.str();
    }
};

using Format = ReportCommand::Format;
const std::map<std::string, Format> formats{{"table", Format::table}, {"csv", Format::csv}, {"json", Format::json}};

/// Builds the commands; whichever is found writes itself to `invocation`.
class Grammar {
public:
    explicit Grammar(Invocation& invocation) : invocation_(invocation) {
        app_.name("outdial");
        app_.footer(text(help::program_footer));
        app_.formatter(std::make_shared<HelpFormatter>());
        app_.require_subcommand(1);
        app_.fallthrough();  // --config and --json after the command; commands inherit it
        app_.set_version_flag("--version", "outdial " + text(daemon::version), "Print the version");
        app_.add_option("--config", invocation.common.config, "The daemon's configuration file")
            ->check(CLI::Validator(
                [](const std::string& name) { return name.empty() ? "names no file" : std::string{}; }, ""))
            ->type_name("FILE")
            ->capture_default_str();
        app_.add_flag("--json", invocation.common.json, "Print JSON, for programs");
        app_.get_formatter()->column_width(36);

        add_serve();
        add_simple("check", help::check, CheckCommand{});
        add_import();
        add_campaign();
        add_status();
        add_why();
        add_explain();
        add_report();
        add_callback();
        add_dnc();
        add_forget();
        add_simple("reload", help::reload, ReloadCommand{});
        add_sandbox();
    }
    Grammar(const Grammar&) = delete;
    Grammar& operator=(const Grammar&) = delete;

    CLI::App& app() { return app_; }

private:
    static CLI::App* add(CLI::App& parent, std::string_view name, const help::Topic& topic) {
        std::string description = text(topic.summary);
        if (!topic.paragraph.empty()) {
            description += "\n\n" + wrapped(topic.paragraph) + "\n";
        }
        CLI::App* command = parent.add_subcommand(text(name), description);
        command->footer(text(topic.examples) + text(help::everywhere));
        return command;
    }

    void add_simple(std::string_view name, const help::Topic& topic, Command command) {
        add(app_, name, topic)->callback([this, command] { invocation_.command = command; });
    }

    void add_serve() {
        CLI::App* command = add(app_, "serve", help::serve);
        command->add_flag("--trust-clock", serve_.trust_clock,
                          "Dial although the clock is earlier than the newest attempt in the database");
        command->add_flag("--accept-rollback", serve_.accept_rollback,
                          "Use a database older than the one used last: people called since may be called again");
        command->callback([this] { invocation_.command = serve_; });
    }

    void add_import() {
        CLI::App* command = add(app_, "import", help::import);
        command->add_option("LIST", import_.list, "The call list")->required();
        command->add_option("FILE", import_.file, "The CSV file; '-' reads standard input")->required();
        command->add_option("--region", import_.region, "Whose national numbers these are: US, GB, DE...")
            ->type_name("REGION");
        command->add_option("--map", import_.map, "Which column is which field: mobile=phone,id=external_id")
            ->type_name("COLUMN=FIELD,...");
        command->add_option("--rejects", import_.rejects, "Where rejected rows go [FILE.rejected.csv]")
            ->type_name("FILE");
        command->add_option("--threads", import_.threads, "How many threads read numbers [one a core]")
            ->check(CLI::Range(1, lists::max_threads))
            ->type_name("N");
        command->callback([this] { invocation_.command = import_; });
    }

    void add_campaign() {
        CLI::App* campaign = add(app_, "campaign", help::campaign);
        campaign->require_subcommand(1);
        add(*campaign, "list", {help::campaign_list, {}, {}})->callback([this] {
            invocation_.command = CampaignListCommand{};
        });
        add_order(*campaign, CampaignOrder::start, help::campaign_start);
        add_order(*campaign, CampaignOrder::pause, help::campaign_pause);
        add_order(*campaign, CampaignOrder::resume, help::campaign_resume);
        add_order(*campaign, CampaignOrder::drain, help::campaign_drain);
        add_order(*campaign, CampaignOrder::stop, help::campaign_stop);
    }

    void add_order(CLI::App& campaign, CampaignOrder order, std::string_view summary) {
        CLI::App* command = add(campaign, to_text(order), {summary, {}, {}});
        command->add_option("NAME", name_, "The campaign")->required();
        command->callback([this, order] { invocation_.command = CampaignOrderCommand{order, name_}; });
    }

    void add_status() {
        CLI::App* command = add(app_, "status", help::status);
        command->add_option("NAME", status_.name, "This campaign only");
        command->add_flag("--watch", status_.watch, "Repaint once a second");
        command->callback([this] { invocation_.command = status_; });
    }

    void add_why() {
        CLI::App* command = add(app_, "why", help::why);
        command->add_option("CAMPAIGN", why_.name, "The campaign")->required();
        command->callback([this] { invocation_.command = why_; });
    }

    void add_person(CLI::App& command, PersonOptions& person) {
        CLI::Option* number =
            command.add_option("NUMBER", person.number, "Everybody with this number; '-' reads it from standard input");
        command.add_option("--external-id", person.external_id, "Everybody with this key")
            ->type_name("ID")
            ->excludes(number);
        command.add_option("--list", person.list, "Only on this call list [every list]")->type_name("LIST");
        command.add_option("--region", person.region, "Whose national number it is: US, GB, DE...")
            ->type_name("REGION");
    }

    void add_explain() {
        CLI::App* command = add(app_, "explain", help::explain);
        add_person(*command, explain_.person);
        command->callback([this] { invocation_.command = explain_; });
    }

    void add_report() {
        CLI::App* command = add(app_, "report", help::report);
        command->add_option("NAME", report_.name, "The campaign");
        add_format(*command, report_.format);
        CLI::App* audit = add_audit(*command);
        command->callback([this, audit] {
            if (audit->parsed()) return;
            if (report_.name.empty()) throw CLI::RequiredError("NAME");
            invocation_.command = report_;
        });
    }

    CLI::App* add_audit(CLI::App& report) {
        CLI::App* command = add(report, "audit", help::report_audit);
        CLI::Option* number =
            command->add_option("--number", audit_.number, "Only what concerns this number")->type_name("NUMBER");
        command->add_option("--region", audit_.region, "Whose national number it is: US, GB, DE...")
            ->type_name("REGION");
        CLI::Option* from =
            command
                ->add_option("--from", audit_.from, "From this day or instant on (UTC): 2026-11-01, '2026-11-01 14:30'")
                ->type_name("TIME");
        CLI::Option* to =
            command->add_option("--to", audit_.to, "Until the end of this day, or before this instant (UTC)")
                ->type_name("TIME");
        command->add_flag("--verify", audit_.verify, "Look through the whole chain instead: is it as it was written?")
            ->excludes(number)
            ->excludes(from)
            ->excludes(to);
        add_format(*command, audit_.format);
        command->callback([this] { invocation_.command = audit_; });
        return command;
    }

    static void add_format(CLI::App& command, Format& format) {
        const auto is_format = [](const std::string& name) {
            return formats.contains(name) ? std::string{} : "'" + name + "' is none of table, csv and json";
        };
        command
            .add_option_function<std::string>(
                "--format", [&format](const std::string& name) { format = formats.at(name); },
                "table, csv or json [table]")
            ->check(CLI::Validator(is_format, ""))
            ->type_name("FORMAT");
    }

    void add_callback() {
        CLI::App* callback = add(app_, "callback", help::callback);
        callback->require_subcommand(1);
        CLI::App* make = add_callback_change(*callback, "add", help::callback_add, false);
        make->add_option("--at", callback_.at, "When: 2026-11-24T15:00 by their clock, or +90m, +2h, +3d from now")
            ->type_name("TIME")
            ->required();
        make->add_option("--zone", callback_.zone, "By whose clock [the person's]: Europe/Berlin")->type_name("ZONE");
        make->add_option("--agent", callback_.agent, "Who is to talk; the dialplan reads OUTDIAL_AGENT")
            ->type_name("NAME");
        make->add_option("--note", callback_.note, "Kept with the callback")->type_name("TEXT");
        add_callback_change(*callback, "cancel", help::callback_cancel, true);
        CLI::App* list = add(*callback, "list", help::callback_list);
        list->add_option("CAMPAIGN", callback_list_.campaign, "Of this campaign only");
        list->add_flag("--all", callback_list_.all, "Also those that have ended");
        list->callback([this] { invocation_.command = callback_list_; });
    }

    CLI::App* add_callback_change(CLI::App& callback, std::string_view name, const help::Topic& topic, bool cancel) {
        CLI::App* command = add(callback, name, topic);
        command->add_option("CAMPAIGN", callback_.campaign, "The campaign")->required();
        CLI::Option* number = command->add_option("NUMBER", callback_.person.number,
                                                  "Who has this number; '-' reads it from standard input");
        command->add_option("--external-id", callback_.person.external_id, "Who has this key")
            ->type_name("ID")
            ->excludes(number);
        command->add_option("--region", callback_.person.region, "Whose national number it is: US, GB, DE...")
            ->type_name("REGION");
        command->callback([this, cancel] {
            callback_.cancel = cancel;
            invocation_.command = callback_;
        });
        return command;
    }

    void add_dnc() {
        CLI::App* dnc = add(app_, "dnc", help::dnc);
        dnc->require_subcommand(1);
        add_dnc_change(*dnc, "add", help::dnc_add, false);
        add_dnc_change(*dnc, "remove", help::dnc_remove, true);
        CLI::App* load = add(*dnc, "import", help::dnc_import);
        load->add_option("LIST", dnc_import_.list, "The do-not-call list; made if there is none")->required();
        load->add_option("FILE", dnc_import_.file, "Numbers, one a line, or CSV; '-' reads standard input")->required();
        load->add_option("--region", dnc_import_.region, "Whose national numbers these are: US, GB, DE...")
            ->type_name("REGION");
        load->add_option("--copied", dnc_import_.copied,
                         "The file is a copy of a register, made on this day: 2026-11-01")
            ->type_name("DATE");
        load->add_option("--reason", dnc_import_.reason, "Kept with each number")->type_name("TEXT");
        load->callback([this] { invocation_.command = dnc_import_; });
        add(*dnc, "list", {help::dnc_list, {}, {}})->callback([this] { invocation_.command = DncListCommand{}; });
    }

    void add_dnc_change(CLI::App& dnc, std::string_view name, const help::Topic& topic, bool remove) {
        CLI::App* command = add(dnc, name, topic);
        command->add_option("NUMBER", dnc_change_.numbers, "+12125550100, or as people write it with --region")
            ->required();
        command->add_option("--list", dnc_change_.list, "The do-not-call list")
            ->type_name("LIST")
            ->capture_default_str();
        command->add_option("--region", dnc_change_.region, "Whose national numbers these are: US, GB, DE...")
            ->type_name("REGION");
        if (remove) {
            command->add_flag("--yes", dnc_change_.yes, "Do not ask before");
        } else {
            command->add_option("--reason", dnc_change_.reason, "Kept with each number")->type_name("TEXT");
            command->add_option("--until", dnc_change_.until, "From that day on (UTC) they may be called [for good]")
                ->type_name("DATE");
        }
        command->callback([this, remove] {
            dnc_change_.remove = remove;
            invocation_.command = dnc_change_;
        });
    }

    void add_forget() {
        CLI::App* command = add(app_, "forget", help::forget);
        add_person(*command, forget_.person);
        command->add_flag("--yes", forget_.yes, "Do not ask before");
        command->callback([this] { invocation_.command = forget_; });
    }

    void add_sandbox() {
        CLI::App* command = add(app_, "sandbox", help::sandbox);
        SandboxCommand& it = sandbox_;
        command->add_option("--port", it.port, "TCP port on 127.0.0.1; 0: any that is free")->capture_default_str();
        command->add_option("--port-file", it.port_file, "Write the port there when it is open")->type_name("FILE");
        command->add_option("--version", it.version, "Speak as Asterisk 16 or 22 does")
            ->check(CLI::IsMember({"16", "22"}))
            ->capture_default_str();
        command->add_option("--seed", it.seed, "The same seed, the same fates")->capture_default_str();
        command->add_option("--username", it.username, "The AMI user")->capture_default_str();
        command->add_option("--secret-file", it.secret_file, "Its secret [sandbox]")->type_name("FILE");
        command->add_option("--answer", it.answer, "Share of calls that are answered: 40%")->type_name("SHARE");
        command->add_option("--fates", it.fates, "What becomes of calls: answered=40,busy=10,no-answer=50")
            ->delimiter(',')
            ->type_name("FATE=WEIGHT,...");
        command->add_flag("--by-number", it.by_number, "A number's last two digits decide what becomes of its call")
            ->excludes("--fates")
            ->excludes("--answer");
        command->add_option("--ring", it.ring, "How long it rings before the answer: 8s, 2s..20s, ~8s")
            ->type_name("SPREAD");
        command->add_option("--talk", it.talk, "How long answered calls last")->type_name("SPREAD");
        command->add_option("--refuse", it.refuse, "How long a refusal takes")->type_name("SPREAD");
        command->add_option("--speed", it.speed, "So many times faster than life")->capture_default_str();
        command->add_flag("--all-events", it.all_events, "Send what a server without event filters sends");
        command->add_option("--endpoint", it.endpoints, "Only these endpoints exist [every one does]")
            ->type_name("NAME");
        command->add_option("--witness", it.witness, "Write each Originate and its end there, as CSV")
            ->type_name("FILE");
        command->callback([this] { invocation_.command = sandbox_; });
    }

    Invocation& invocation_;
    CLI::App app_{text(help::program)};
    std::string name_;
    ServeCommand serve_;
    ImportCommand import_;
    StatusCommand status_;
    ReportCommand report_;
    AuditCommand audit_;
    CallbackCommand callback_;
    CallbackListCommand callback_list_;
    DncChangeCommand dnc_change_;
    DncImportCommand dnc_import_;
    ForgetCommand forget_;
    WhyCommand why_;
    ExplainCommand explain_;
    SandboxCommand sandbox_;
};  // namespace

/// What is wrong; CLI11 calls a command that it does not know a missing one.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<std::string> left = app.remaining(true);
    if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError) || left.empty()) {
        return error.what();
    }
    return "there is no command '" + printable(left.front()) + "' here";
}

/// "outdial campaign start", for the hint at its help.
std::string path_of(const CLI::App& app) {
    std::string path = app.get_name();
    for (const CLI::App* command = &app; !command->get_subcommands().empty();) {
        command = command->get_subcommands().front();
        path += " " + command->get_name();
    }
    return path;
}

}  // namespace

ParsedArguments parse_arguments(int argc, const char* const* argv) {
    ParsedArguments parsed;
    Invocation invocation;
    Grammar grammar(invocation);
    try {
        grammar.app().parse(argc, argv);
        parsed.invocation = std::move(invocation);
    } catch (const CLI::ParseError& error) {
        std::ostringstream output;
        std::ostringstream unused;
        if (grammar.app().exit(error, output, unused) == 0) {
            parsed.output = output.str();
        } else {
            parsed.exit = ExitCode::usage;
            const std::string path = path_of(grammar.app());
            parsed.error = path + ": " + complaint(grammar.app(), error) + "\nSee '" + path + " --help'.\n";
        }
    }
    return parsed;
}

}  // namespace outdial::cli
