// How fast the AMI parser reads what Asterisk sent: all recorded sessions, joined eight times (9 MB), in pieces of the
// size that a socket read gives.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "ami/parser.hpp"
#include "ami/trace_files.hpp"

namespace {

using outdial::ami::Message;
using outdial::ami::Parser;

constexpr int copies = 8;

const std::string& stream() {
    static const std::string bytes = [] {
        std::string joined = "Asterisk Call Manager/11.0.0\r\n";
        const auto files = outdial::ami::read_trace_files();
        for (int i = 0; i < copies; ++i) {
            for (const auto& file : files) joined += file.messages();
        }
        return joined;
    }();
    return bytes;
}

// What every consumer asks of every message.
std::size_t look_at(const Message& message) {
    return message.name().size() + message.get("Uniqueid").size() + message.get("DestUniqueid").size();
}

std::size_t look_at_nothing(const Message& message) { return message.size(); }

template <std::size_t (*look)(const Message&)>
void parse(benchmark::State& state) {
    const auto piece = static_cast<std::size_t>(state.range(0));
    const std::string_view bytes = stream();
    std::int64_t messages = 0;
    Message message;
    for (auto _ : state) {
        Parser parser;
        std::size_t seen = 0;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            parser.feed(bytes.substr(at, piece));
            while (parser.next(message)) seen += look(message);
        }
        benchmark::DoNotOptimize(seen);
        if (parser.skipped() != 0 || parser.messages() == 0) std::abort();
        messages += static_cast<std::int64_t>(parser.messages());
    }
    state.SetItemsProcessed(messages);
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes.size()) * static_cast<std::int64_t>(state.iterations()));
    state.counters["events"] = benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate);
}

BENCHMARK(parse<look_at_nothing>)->Name("ami/parse")->Arg(1460)->Arg(65536)->Unit(benchmark::kMillisecond);
BENCHMARK(parse<look_at>)->Name("ami/parse_and_look_up")->Arg(1460)->Arg(65536)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
