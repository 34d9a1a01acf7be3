#include "cli/command_line.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <sstream>
#include <vector>

#include "cli/help.hpp"

namespace outdial::cli {
namespace {

ParsedArguments parse(std::initializer_list<const char*> arguments) {
    std::vector<const char*> all{"outdial"};
    all.insert(all.end(), arguments);
    return parse_arguments(static_cast<int>(all.size()), all.data());
}

template <class Command>
Command parsed(std::initializer_list<const char*> arguments) {
    const ParsedArguments result = parse(arguments);
    INFO(result.error);
    REQUIRE(result.invocation);
    REQUIRE(std::holds_alternative<Command>(result.invocation->command));
    return std::get<Command>(result.invocation->command);
}

TEST_CASE("--config and --json may stand before the command, after it, and after its arguments") {
    for (const ParsedArguments& result :
         {parse({"--config", "f", "--json", "status", "x"}), parse({"status", "--config", "f", "--json", "x"}),
          parse({"status", "x", "--json", "--config", "f"}), parse({"campaign", "start", "x", "--json", "--config=f"}),
          parse({"campaign", "--json", "--config", "f", "list"})}) {
        INFO(result.error);
        REQUIRE(result.invocation);
        CHECK(result.invocation->common.config == "f");
        CHECK(result.invocation->common.json);
    }
    const ParsedArguments usual = parse({"status"});
    REQUIRE(usual.invocation);
    CHECK(usual.invocation->common.config == "/etc/outdial/outdial.yaml");
    CHECK_FALSE(usual.invocation->common.json);
}

TEST_CASE("Each order to a campaign is understood") {
    for (const CampaignOrder order : {CampaignOrder::start, CampaignOrder::pause, CampaignOrder::resume,
                                      CampaignOrder::drain, CampaignOrder::stop}) {
        const std::string word{to_text(order)};
        const auto command = parsed<CampaignOrderCommand>({"campaign", word.c_str(), "renewals"});
        CHECK(command.order == order);
        CHECK(command.name == "renewals");
    }
    parsed<CampaignListCommand>({"campaign", "list"});
}

TEST_CASE("An import takes its list, its file and its options in any order") {
    const auto command =
        parsed<ImportCommand>({"import", "--region", "US", "customers", "--map", "mobile=phone,no=external_id", "c.csv",
                               "--rejects", "r.csv", "--threads", "3"});
    CHECK(command.list == "customers");
    CHECK(command.file == "c.csv");
    CHECK(command.region == "US");
    CHECK(command.map == "mobile=phone,no=external_id");
    CHECK(command.rejects == "r.csv");
    CHECK(command.threads == 3);
    CHECK(parsed<ImportCommand>({"import", "customers", "-"}).file == "-");
}

TEST_CASE("Status and report take a name") {
    CHECK(parsed<StatusCommand>({"status"}).name.empty());
    const auto watched = parsed<StatusCommand>({"status", "renewals", "--watch"});
    CHECK(watched.name == "renewals");
    CHECK(watched.watch);
    CHECK(parsed<ReportCommand>({"report", "renewals"}).format == ReportCommand::Format::table);
    CHECK(parsed<ReportCommand>({"report", "renewals", "--format", "csv"}).format == ReportCommand::Format::csv);
}

TEST_CASE("The sandbox's version is Asterisk's, and outdial's elsewhere") {
    CHECK(parsed<SandboxCommand>({"sandbox", "--version", "16", "--port", "0"}).version == "16");
    CHECK(parsed<SandboxCommand>({"sandbox"}).version == "22");
    const ParsedArguments version = parse({"--version"});
    CHECK(version.exit == ExitCode::ok);
    CHECK_THAT(version.output, Catch::StartsWith("outdial "));
}

TEST_CASE("Wrong usage ends with 64 and leads to the help of that command") {
    struct Case {
        std::initializer_list<const char*> arguments;
        std::string hint;
    };
    for (const Case& wrong :
         {Case{{}, "See 'outdial --help'"}, Case{{"dial"}, "See 'outdial --help'"},
          Case{{"status", "--no-such-option"}, "status --help'"}, Case{{"campaign"}, "See 'outdial campaign --help'"},
          Case{{"campaign", "start"}, "See 'outdial campaign start --help'"},
          Case{{"import", "customers"}, "See 'outdial import --help'"},
          Case{{"import", "customers", "c.csv", "--threads", "0"}, "See 'outdial import --help'"},
          Case{{"report", "renewals", "--format", "pdf"}, "See 'outdial report --help'"},
          Case{{"sandbox", "--version", "18"}, "See 'outdial sandbox --help'"},
          Case{{"sandbox", "--port", "65536"}, "See 'outdial sandbox --help'"},
          Case{{"sandbox", "--by-number", "--answer", "1"}, "See 'outdial sandbox --help'"}}) {
        const ParsedArguments result = parse(wrong.arguments);
        CHECK_FALSE(result.invocation);
        CHECK(result.exit == ExitCode::usage);
        CHECK(result.output.empty());
        CHECK_THAT(result.error, Catch::Contains(wrong.hint));
    }
}

TEST_CASE("Every command has a help with an example, and asking for it is no error") {
    for (const char* command : {"serve", "check", "import", "campaign", "status", "report", "reload", "sandbox"}) {
        const ParsedArguments result = parse({command, "--help"});
        INFO(command);
        CHECK(result.exit == ExitCode::ok);
        CHECK_FALSE(result.invocation);
        CHECK_THAT(result.output, Catch::Contains("Example"));
        CHECK_THAT(result.output, Catch::Contains("outdial " + std::string{command}));
        CHECK_THAT(parse({"--help"}).output, Catch::Contains("\n  " + std::string{command} + " "));
    }
}

TEST_CASE("The program's help lists each command on one line, and help fits a terminal of 120 columns") {
    CHECK_THAT(parse({"--help"}).output, !Catch::Contains(std::string{help::serve.paragraph.substr(0, 30)}));
    for (const char* command : {"serve", "check", "import", "campaign", "status", "report", "reload", "sandbox"}) {
        std::istringstream lines(parse({command, "--help"}).output);
        for (std::string line; std::getline(lines, line);) {
            INFO(command << ": " << line);
            CHECK(line.size() <= 120);
        }
    }
}

TEST_CASE("A command that is misspelt is named") {
    CHECK_THAT(parse({"staus"}).error, Catch::Contains("there is no command 'staus'"));
    CHECK_THAT(parse({"campaign", "strat", "renewals"}).error, Catch::Contains("there is no command 'strat'"));
    CHECK_THAT(parse({"campaign"}).error, !Catch::Contains("there is no command"));
}

TEST_CASE("Commands that do not exist are not understood") {
    for (const char* command : {"call", "dnc", "forecast"}) {
        CHECK(parse({command}).exit == ExitCode::usage);
    }
}

}  // namespace
}  // namespace outdial::cli
