// What the simulated Asterisk costs: its processor share while it carries 3,000 calls a second over TCP, and how many
// calls a second the model alone can carry. Prints a table; OUTDIAL_BENCH_SECONDS makes it shorter or longer.
#include <fmt/core.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "sim/sandbox_server.hpp"

namespace {

using namespace outdial;
using Clock = std::chrono::steady_clock;
using boost::asio::ip::tcp;

constexpr int calls_per_second = 3'000;
constexpr int default_seconds = 10;
constexpr int model_calls = 100'000;

double thread_cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

void print_row(const std::string& what, const std::string& value) { fmt::print("  {:<58} {:>20}\n", what, value); }

sim::SandboxOptions options() {
    sim::SandboxOptions options;
    options.model.accounts = {{.name = "bench", .secret = "bench"}};
    options.model.world.ring = sim::Spread::uniform(Milliseconds{50}, Milliseconds{500});
    options.model.world.talk = sim::Spread::uniform(Milliseconds{200}, Milliseconds{2'000});
    return options;
}

std::string originate(int number) {
    return fmt::format(
        "Action: Originate\r\nActionID: {0:032x}\r\nChannel: PJSIP/1212555{1:04}@trunk\r\nContext: outbound\r\n"
        "Exten: 1212555{1:04}\r\nPriority: 1\r\nTimeout: 2000\r\nAsync: true\r\nChannelId: {0:032x}\r\n"
        "CallerID: \"Renewals\" <18001234567>\r\nVariable: NAME=Somebody\r\nVariable: POLICY=4711\r\n\r\n",
        number, number % 10'000);
}

std::string log_in(const char* events) {
    return fmt::format("Action: Login\r\nUsername: bench\r\nSecret: bench\r\nEvents: {}\r\n\r\n", events);
}

// The model without TCP, in virtual time: 3,000 calls a virtual second as fast as it goes.
void measure_model() {
    sim::AsteriskModel model{options().model, 1, Now{}};
    SteadyTime now{};
    const auto session = model.open_session(now);
    std::string output;
    model.received(session, log_in("on"), now);
    const double begin = thread_cpu_seconds();
    for (int i = 0; i < model_calls; ++i) {
        now += Microseconds{1'000'000 / calls_per_second};
        model.received(session, originate(i), now);
        model.take_output(session, output);
    }
    while (const auto deadline = model.next_deadline()) {
        now = std::max(now, *deadline);
        model.advance(now);
        model.take_output(session, output);
    }
    const double took = thread_cpu_seconds() - begin;
    print_row("model alone, calls a second of one core", fmt::format("{:.0f}", model_calls / took));
    print_row("events a call", fmt::format("{:.1f}", static_cast<double>(model.statistics().events) / model_calls));
    print_row("bytes a call", fmt::format("{:.0f}", static_cast<double>(model.statistics().bytes) / model_calls));
}

// Over TCP, in real time: the sandbox has a thread of its own, whose processor time is the answer.
void measure_server(int run_seconds) {
    boost::asio::io_context io{1};
    sim::Sandbox sandbox{io, options()};
    const auto port = sandbox.start();
    if (!port) {
        fmt::print(stderr, "sandbox_bench: {}\n", port.error().message);
        std::exit(1);
    }
    std::atomic<double> cpu{0};
    std::thread server{[&] {
        const double before = thread_cpu_seconds();
        io.run();
        cpu = thread_cpu_seconds() - before;
    }};
    boost::asio::io_context client_io;
    const tcp::endpoint endpoint{boost::asio::ip::address_v4::loopback(), *port};
    tcp::socket events{client_io};
    tcp::socket actions{client_io};
    events.connect(endpoint);
    actions.connect(endpoint);
    std::atomic<std::uint64_t> read_bytes{0};
    const auto drain = [&read_bytes](tcp::socket& socket) {
        std::string buffer(262'144, '\0');
        boost::system::error_code error;
        while (!error) read_bytes += socket.read_some(boost::asio::buffer(buffer), error);
    };
    std::thread event_reader{[&] { drain(events); }};
    std::thread response_reader{[&] { drain(actions); }};
    boost::asio::write(events, boost::asio::buffer(log_in("on")));
    boost::asio::write(actions, boost::asio::buffer(log_in("off")));

    const auto begin = Clock::now();
    int sent = 0;
    while (sent < run_seconds * calls_per_second) {
        const int due = static_cast<int>(seconds(Clock::now() - begin) * calls_per_second);
        std::string text;
        for (; sent < due; ++sent) text += originate(sent);
        if (!text.empty()) boost::asio::write(actions, boost::asio::buffer(text));
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    const double took = seconds(Clock::now() - begin);
    boost::asio::post(io, [&] { sandbox.stop(); });
    server.join();
    event_reader.join();
    response_reader.join();
    const auto& numbers = sandbox.model().statistics();
    print_row("calls a second over TCP", fmt::format("{:.0f}", sent / took));
    print_row("events a second", fmt::format("{:.0f}", static_cast<double>(numbers.events) / took));
    print_row("MB a second", fmt::format("{:.1f}", static_cast<double>(read_bytes) / took / 1e6));
    print_row("calls at once, at most", fmt::format("{}", sandbox.witness().total().max_live()));
    print_row("the sandbox's share of one core", fmt::format("{:.0f} %", 100 * cpu / took));
}

}  // namespace

int main() {
    const char* wanted = std::getenv("OUTDIAL_BENCH_SECONDS");
    const int run_seconds = wanted != nullptr ? std::max(1, std::atoi(wanted)) : default_seconds;
    fmt::print("simulated Asterisk\n");
    measure_model();
    measure_server(run_seconds);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    print_row("peak memory, with the measuring clients", fmt::format("{} MB", usage.ru_maxrss / 1'024));
    return 0;
}
