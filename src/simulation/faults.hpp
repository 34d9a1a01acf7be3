#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace outdial::simulation {

/// What may go wrong, or be ordered, in a run.
enum class Fault : std::uint8_t {
    kill,      // the process dies at once, before or after any effect, and is started again
    power,     // likewise, and what was not synced is lost
    upgrade,   // it is stopped in order, and started again
    drop,      // events of calls never come
    late,      // they come seconds late, after others
    repeat,    // they come twice
    shuffle,   // they overtake each other
    freeze,    // a server answers nothing for a while, then does what it was sent
    cut,       // a link breaks, in the middle of a message
    outage,    // a server cannot be reached for longer than a call rings
    restart,   // an Asterisk restarts: gracefully, at once, or without a word
    refuse,    // a server refuses Originates for a while
    mute,      // a server tells nothing of its calls for a while
    clock,     // the wall clock steps
    disk,      // the disk is full or broken for a while
    lock,      // another program holds the database's write lock
    slow,      // commits take up to seconds
    orders,    // operators pause, resume, drain and stop campaigns
    reload,    // caps change, trunks and campaigns come and go
    import,    // contacts are imported while calls are up
    hostile,   // call lists hold what could be taken for protocol
    load,      // the process is short of memory, or of time
    forbid,    // people come onto the do-not-call list, also while they are called
    callback,  // operators have people called back at a time, also while they are called
};
inline constexpr int fault_count = static_cast<int>(Fault::callback) + 1;

/// Some of them.
class FaultSet {
public:
    [[nodiscard]] static FaultSet all() { return FaultSet{(1U << fault_count) - 1}; }
    /// `all`, `none`, or words with commas between them: `kill,drop`.
    [[nodiscard]] static Result<FaultSet> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    [[nodiscard]] bool has(Fault fault) const { return (bits_ & bit(fault)) != 0; }
    [[nodiscard]] bool empty() const { return bits_ == 0; }
    void add(Fault fault) { bits_ |= bit(fault); }
    FaultSet() = default;

private:
    explicit FaultSet(std::uint32_t bits) : bits_(bits) {}
    static std::uint32_t bit(Fault fault) { return 1U << static_cast<unsigned>(fault); }

    std::uint32_t bits_ = 0;
};

/// The word of the command line: `kill`.
[[nodiscard]] std::string_view name(Fault fault);

}  // namespace outdial::simulation
