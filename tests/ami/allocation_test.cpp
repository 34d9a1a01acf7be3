// Its own file, for it counts every allocation of the test program.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string>

#include "ami/parser.hpp"
#include "trace_files.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc{};
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace outdial::ami {

TEST_CASE("once warm, the parser allocates nothing, however the bytes are cut", "[parser]") {
    std::string bytes;
    for (const auto& file : read_trace_files()) bytes += file.messages();
    Parser parser;
    Message message;
    parser.feed("Asterisk Call Manager/11.0.0\r\n");
    const auto parse_all = [&](std::size_t piece) {
        std::size_t fields = 0;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            parser.feed(std::string_view{bytes}.substr(at, piece));
            while (parser.next(message)) fields += message.size();
        }
        return fields;
    };
    const auto warm = parse_all(65'536);
    const auto before = allocations;
    const auto fields = parse_all(65'536) + parse_all(1'460);
    CHECK(allocations == before);
    CHECK(fields == 2 * warm);
}

}  // namespace outdial::ami
