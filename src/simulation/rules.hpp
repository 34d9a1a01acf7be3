// A run's rules and people in plain words. The plan draws them, the site that is given to the engine is made of them,
// and the checker judges by them: it must not use a line of what it judges.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace outdial::simulation {

struct LevelCap {
    double per_second = 1;
    int channels = 1;
};

/// After an outcome of this kind: how long a person is left alone at least, and how many more tries such outcomes
/// allow.
struct Again {
    std::int64_t after_ms = 0;
    int times = 0;
};

struct TrunkRules {
    LevelCap cap;
    std::vector<std::string> servers;
};

/// By the clock of the called: closed in the first minutes of every so many, open in the rest. Real hours would open
/// once a day, and a run lasts minutes.
struct HoursRules {
    int every_minutes = 0;  // divides a day; 0: open at all hours
    int closed_minutes = 0;
};

/// Not while there are `most` calls that ended less than so long ago, of whatever campaign: to the contact, the number
/// or the account.
struct LimitRules {
    std::string per;
    std::string of;  // conversation, busy; empty: any call
    int most = 1;
    std::int64_t within_ms = 0;  // 0: ever
};

/// Who is called first of those never called, and who is not called at all.
struct OrderRules {
    std::string first{};  // important: the highest first; poor: the lowest balance first; late: the latest of the list;
                          // random; empty: as listed
    int balance_above = -1;  // whoever has no more is not called; -1: everybody is
    bool operator==(const OrderRules&) const = default;
};

struct CampaignRules {
    std::string list;
    LevelCap cap;
    std::vector<std::string> trunks;
    std::int64_t ring_timeout_ms = 10'000;
    int max_attempts = 1;
    int weight = 1;
    std::map<std::string, Again> person;  // by disposition: busy, no_answer, declined
    Again technical;
    std::int64_t lost_after_ms = 0;
    HoursRules hours;
    std::vector<LimitRules> limits;
    OrderRules order;
};

struct SiteRules {
    LevelCap all;
    std::map<std::string, LevelCap> servers;
    std::map<std::string, TrunkRules> trunks;
    std::map<std::string, CampaignRules> campaigns;
};

struct Person {
    std::string external_id;
    std::vector<std::string> numbers;  // E.164
    std::string note;                  // an attribute, sent as a channel variable
    std::string zone;                  // an attribute: their clock, or also New York's, from where their numbers are
    std::string account{};             // an attribute; empty: none
    int importance = 0;                // an attribute; 0: none
    int balance = -1;                  // an attribute; -1: none
    int row = -1;                      // in its list; -1: came later, and nobody knows when it was there
};

}  // namespace outdial::simulation
