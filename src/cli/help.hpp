// What --help says of each command: what it does, how it ends, and an example.
#pragma once

#include <string_view>

namespace outdial::cli::help {

/// Of one command.
struct Topic {
    std::string_view summary;
    std::string_view paragraph;
    std::string_view examples;
};

/// Below the help of every command.
inline constexpr std::string_view everywhere =
    "\n\n--config FILE and --json may be added to any command: 'outdial --help'.\n";

inline constexpr std::string_view program =
    "Outdial dials campaigns through Asterisk: it takes contacts from call lists, paces their calls, retries by rule, "
    "and keeps a record of every attempt.";

inline constexpr std::string_view program_footer = R"(A first campaign, from nothing:
  outdial check                                    are all files right?
  outdial import customers customers.csv --region US
  systemctl start outdial
  outdial campaign start renewals
  outdial status renewals --watch
  outdial report renewals

--config and --json may stand before or after the command and its arguments.
Exit status: 0 done, 1 failed, 64 wrong usage, 69 no daemon answers, 78 wrong configuration.
'outdial COMMAND --help' tells more of each command.
)";

inline constexpr Topic serve{
    "Run the daemon",
    "Runs the daemon in the foreground until SIGTERM or SIGINT; systemd starts it so (outdial.service). It logs to "
    "standard error. On SIGTERM it starts no more calls, leaves those that are up alone, and ends within seconds. "
    "SIGHUP, or 'outdial reload', reads the configuration again.",
    R"(Example:
  outdial serve --config /etc/outdial/outdial.yaml)"};

inline constexpr Topic check{
    "Find mistakes in the configuration",
    "Reads outdial.yaml and every campaign it leads to, and says everything that is wrong with them at once, each "
    "with file, line and column. Changes nothing and asks no daemon. Ends with 78 if anything is wrong.",
    R"(Examples:
  outdial check
  outdial check --config ./outdial.yaml && systemctl reload outdial)"};

inline constexpr Topic import{
    "Add the people of a CSV file to a call list",
    "Adds the people of a CSV file to a call list, which is made if there is none. The first line names the columns, "
    "in "
    "any order: 'phone' (then 'phone2', 'phone3'...) are the numbers in the order in which they are tried, "
    "'external_id' is your own key; every other column becomes an attribute that campaigns can use as {contact.NAME}. "
    "Numbers may be written as people write them; --region says whose national numbers they are. Rows that cannot be "
    "used, and people who are on the list already, go to a reject file with line and reason. The same file twice adds "
    "nothing. Works through the running daemon, and directly on the database when none runs.",
    R"(Examples:
  outdial import customers customers.csv --region US
  outdial import customers export.csv --map mobile=phone,landline=phone2,customer_no=external_id
  mysql --batch -e 'SELECT ...' | outdial import customers - --rejects rejected.csv)"};

inline constexpr Topic campaign{
    "List campaigns, start, pause, resume, drain or stop one",
    "Lists the campaigns, or orders one of them. A campaign is draft until it is first started; then running, paused, "
    "draining or finished.",
    R"(Examples:
  outdial campaign list
  outdial campaign start renewals
  outdial campaign pause renewals)"};
inline constexpr std::string_view campaign_list = "All campaigns with state and progress, from the database alone";
inline constexpr std::string_view campaign_start = "Begin, or go on; after its end: dial the contacts added since";
inline constexpr std::string_view campaign_pause = "No more calls; those that are up or ringing go on";
inline constexpr std::string_view campaign_resume = "Go on after a pause";
inline constexpr std::string_view campaign_drain = "No more calls; finished when those that are up have ended";
inline constexpr std::string_view campaign_stop = "Finished at once; ringing calls are hung up, answered ones go on";

inline constexpr Topic status{
    "What the daemon is doing, and why a campaign is not dialing",
    "Shows what the running daemon does: servers, trunks, each campaign's progress, and plainly why one is not "
    "dialing. "
    "With a name, that campaign alone. --watch repaints once a second until Ctrl-C, or until the named campaign is "
    "finished. Ends with 69 if no daemon answers.",
    R"(Examples:
  outdial status
  outdial status renewals --watch
  outdial status --json | jq '.campaigns[] | {name, done, contacts}')"};

inline constexpr Topic report{
    "How a campaign went",
    "The standard report of a campaign, from the database; no daemon is needed. Three parts: campaign_progress, "
    "disposition_summary (how the attempts ended) and hourly_activity. Times are UTC. Your own reports are SQL: "
    "sqlite3 -readonly DATABASE 'SELECT * FROM attempt_log'.",
    R"(Examples:
  outdial report renewals
  outdial report renewals --format csv > renewals.csv)"};

inline constexpr Topic report_audit{
    "Who did what, and why each call was allowed",
    "The audit, from the database; no daemon is needed: every order of an operator and every change of the "
    "configuration with who and when, every attempt with the proof of why it was allowed and how it ended, one row "
    "each. "
    "For one number, one time, or all of it. Rows are only ever added, and each holds a hash over itself and the row "
    "before: --verify looks through all of them, and ends with 1 and the first row that is not as it was written. "
    "Times "
    "are UTC. A campaign named audit is reported by SQL.",
    R"(Examples:
  outdial report audit --number '+1 212 555 0100'
  outdial report audit --from 2026-11-01 --to 2026-11-30 --format csv > november.csv
  outdial report audit --verify)"};

inline constexpr Topic dnc{
    "Numbers that must not be called",
    "Do-not-call lists: the list 'global' is kept by every campaign, others by those that name them under do_not_call. "
    "In force at once, for every campaign that runs: a number that is added while it rings is hung up. Works through "
    "the "
    "running daemon, and directly on the database when none runs. The numbers themselves: sqlite3 -readonly DATABASE "
    "'SELECT * FROM do_not_call'.",
    R"(Examples:
  outdial dnc add '+1 212 555 0100' --reason 'letter of 3 May'
  outdial dnc import us-national register.csv --region US --copied 2026-11-01
  outdial dnc list)"};
inline constexpr Topic dnc_add{"Put numbers on a list", {}, R"(Example:
  outdial dnc add +12125550100 +442079460000 --reason 'asked by e-mail')"};
inline constexpr Topic dnc_remove{"Take numbers off a list; asks before", {}, R"(Example:
  outdial dnc remove +12125550100 --list internal)"};
inline constexpr Topic dnc_import{"Put all numbers of a file on a list",
                                  "One number a line, or a CSV file with a column named 'phone' or 'number'; an area "
                                  "code and a number in two columns are "
                                  "read as one. The same file twice adds nothing. With --copied the list is a copy of "
                                  "somebody else's register, and a "
                                  "campaign can refuse to dial by an old one (max_age). It gets the date only if every "
                                  "line could be read. Numbers that are "
                                  "not in the file any more stay on the list.",
                                  R"(Example:
  outdial dnc import us-national register.csv --region US --copied 2026-11-01)"};
inline constexpr std::string_view dnc_list = "Show the lists, how many numbers they hold, and of which day a copy is";

inline constexpr Topic why{
    "Why a campaign does not dial faster",
    "Says whether the campaign is starting calls, what keeps it from starting more, and how many of its contacts are "
    "not "
    "being called for which reason, with the time at which the first of them may be. The reasons are those of the view "
    "contact_status (docs/reporting.md).",
    R"(Example:
  outdial why renewals)"};

inline constexpr Topic explain{"Why somebody is not being called, and when they may be",
                               "Goes through every rule that a call to this person must keep to, in each campaign of "
                               "their list: the campaign's state, "
                               "what became of them so far, retries, attempts, do-not-call lists, calling hours. Says "
                               "of each whether it permits a call "
                               "now, and when a call may be made at the earliest, if channels are free.",
                               R"(Examples:
  outdial explain '+1 212 555 0100'
  outdial explain --external-id C-4711 --list customers)"};

inline constexpr Topic callback{
    "Call somebody back at the time that they chose",
    "A callback is the next call of its contact in a campaign. It comes before all other calls, also to somebody who "
    "was reached already or has used up their attempts; but it waits for the calling hours, and is not made where a "
    "do-not-call list or a limit forbids it. In a call the dialplan orders one itself: "
    "UserEvent(OutdialResult,Disposition: callback,Callback: 2026-11-24T15:00).",
    R"(Examples:
  outdial callback add renewals '+1 212 555 0100' --at 2026-11-24T15:00 --agent alice
  outdial callback list renewals
  outdial callback cancel renewals +12125550100)"};
inline constexpr Topic callback_add{"Have somebody called at a time",
                                    "Takes the place of the callback that the contact may have. The time is meant by "
                                    "the clock of the called person, unless it says otherwise: an offset as in "
                                    "2026-11-24T15:00+01:00, or --zone.",
                                    R"(Examples:
  outdial callback add renewals +12125550100 --at 2026-11-24T15:00
  outdial callback add renewals --external-id C-4711 --at +2h --agent alice --note 'has the contract at hand then')"};
inline constexpr Topic callback_cancel{"The contact stands again where it did before", {}, R"(Example:
  outdial callback cancel renewals --external-id C-4711)"};
inline constexpr Topic callback_list{"Who waits to be called back, and when; no daemon is needed",
                                     "Times are UTC. Your own reports are SQL: the view callback_status "
                                     "(docs/reporting.md).",
                                     {}};

inline constexpr Topic forget{
    "Remove a person from the database",
    "Removes a person's numbers, key and attributes from every list, and the number from every attempt; the attempts "
    "themselves stay, under a pseudonym, so that reports keep their counts. Shows first what is meant and asks; --yes "
    "does not ask. Refused while a call to the person is up. Works through the running daemon, and directly on the "
    "database when none runs. It does not reach your CSV files, backups and Asterisk's own records, and a new import "
    "of the person makes the person known again.",
    R"(Examples:
  outdial forget '+1 212 555 0100'
  outdial forget 2125550100 --region US --list customers
  outdial forget --external-id C-4711 --yes)"};

inline constexpr Topic reload{
    "Have the daemon read its configuration again",
    "Has the running daemon read its configuration again: all of it or, if anything is wrong, nothing. Calls that are "
    "up go on. 'outdial check' finds mistakes beforehand.",
    R"(Example:
  outdial check && outdial reload)"};

inline constexpr Topic sandbox{
    "A simulated Asterisk to try campaigns on",
    "A simulated Asterisk on a TCP port of this machine, with a telephone world behind it: it takes Originates over "
    "AMI "
    "and answers as the real one does, so that campaigns can be tried without ringing anybody. Ctrl-C ends it and "
    "prints "
    "what happened. SIGUSR1 makes it crash, SIGUSR2 restart gracefully, as a server under Outdial might.",
    R"(Examples:
  outdial sandbox --port 5038 --answer 40%
  outdial sandbox --port 0 --port-file /tmp/port --fates answered=50,busy=20,no-answer=30 --ring ~8s --speed 10
  outdial sandbox --by-number --version 16 --witness calls.csv

A SPREAD is 8s (always), 500ms..2s (anything between) or ~8s (most near it, a few much longer).)"};

}  // namespace outdial::cli::help
