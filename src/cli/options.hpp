#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cli/sandbox_options.hpp"
#include "core/campaign.hpp"

namespace outdial::cli {

/// What every command takes.
struct CommonOptions {
    std::filesystem::path config = "/etc/outdial/outdial.yaml";
    bool json = false;
};

struct ServeCommand {
    bool trust_clock = false;
    bool accept_rollback = false;
};
struct CheckCommand {};
struct ReloadCommand {};
struct CampaignListCommand {};

struct CampaignOrderCommand {
    CampaignOrder order;
    std::string name;
};

struct StatusCommand {
    std::string name;  // empty: all campaigns
    bool watch = false;
};

struct ReportCommand {
    enum class Format { table, csv, json };
    std::string name;
    Format format = Format::table;
};

struct AuditCommand {
    std::string number;  // empty: every row
    std::string region;  // whose national number: US
    std::string from;    // a day or an instant by UTC; empty: from the beginning
    std::string to;      // likewise: before that instant, or until that day's end
    bool verify = false;
    ReportCommand::Format format = ReportCommand::Format::table;
};

struct ImportCommand {
    std::string list;
    std::string file;  // "-" is standard input
    std::string region;
    std::string map;                // "column=field,..."
    std::filesystem::path rejects;  // empty: FILE.rejected.csv
    unsigned threads = 0;           // 0: as many as the machine has cores
};

/// A contact, as an operator names one: by a number or by the key of the call list.
struct PersonOptions {
    std::string number;  // "-" is read from standard input
    std::string external_id;
    std::string list;    // empty: every list
    std::string region;  // whose national numbers: US
};

struct WhyCommand {
    std::string name;
};

struct ExplainCommand {
    PersonOptions person;
};

struct ForgetCommand {
    PersonOptions person;
    bool yes = false;  // asked before already
};

struct CallbackCommand {
    bool cancel = false;
    std::string campaign;
    PersonOptions person;
    std::string at;     // as it is written: 2026-11-24T15:00, +2h
    std::string zone;   // whose clock: Europe/Berlin; empty: the person's
    std::string agent;  // empty: anybody
    std::string note;
};

struct CallbackListCommand {
    std::string campaign;  // empty: all
    bool all = false;      // ended ones as well
};

struct DncChangeCommand {
    bool remove = false;
    std::vector<std::string> numbers;
    std::string list = "global";
    std::string region;  // whose national numbers: US
    std::string reason;
    std::string until;  // a date, 2027-05-31; empty: for good
    bool yes = false;   // remove: asked before already
};

struct DncImportCommand {
    std::string list;
    std::string file;  // "-" is standard input
    std::string region;
    std::string reason;
    std::string copied;  // a date; empty: no copy of somebody else's list
};

struct DncListCommand {};

using Command =
    std::variant<ServeCommand, CheckCommand, ImportCommand, CampaignListCommand, CampaignOrderCommand, StatusCommand,
                 WhyCommand, ExplainCommand, ReportCommand, AuditCommand, DncChangeCommand, DncImportCommand,
                 DncListCommand, CallbackCommand, CallbackListCommand, ForgetCommand, ReloadCommand, SandboxCommand>;

}  // namespace outdial::cli
