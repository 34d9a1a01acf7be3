// Whatever a file holds, the loader ends with a configuration or with problems at real places, never with a crash.
#include <catch2/catch.hpp>

#include "base/random.hpp"
#include "config/load.hpp"
#include "site.hpp"

namespace outdial::config {
namespace {

/// Characters that mean something to YAML, to our readers or to neither.
constexpr char character_set[] = "\0\t\n\r \"'#%&*+,-./0:<>?@AZ[\\]_`az{|}~\x7f\x80\xC3\xFF";
constexpr std::string_view characters{character_set, sizeof character_set - 1};

void check_places(const std::vector<Problem>& problems, bool loaded, std::string_view text) {
    bool right = loaded == problems.empty();
    for (const Problem& problem : problems)
        right = right && problem.line >= 1 && problem.column >= 1 && !problem.message.empty();
    if (right) return;
    CAPTURE(text);
    CHECK(right);
}

struct Kind {
    std::string text;
    bool daemon = false;

    void check(std::string_view mutated) const {
        static const Site site = test_site();
        if (daemon) {
            const auto result = load_daemon(mutated, "outdial.yaml");
            check_places(result.problems, result.configuration.has_value(), mutated);
        } else {
            const auto result = load_campaign(mutated, "c.yaml", site);
            check_places(result.problems, result.campaign.has_value(), mutated);
        }
    }
};

const std::vector<Kind>& kinds() {
    static const std::filesystem::path folder = source_dir / "tests/data/config/valid";
    static const std::vector<Kind> all{{read_text(folder / "outdial-minimal.yaml"), true},
                                       {read_text(folder / "outdial-many.yaml"), true},
                                       {read_text(folder / "campaign-dialplan.yaml"), false},
                                       {read_text(folder / "campaign-application.yaml"), false}};
    return all;
}

}  // namespace

TEST_CASE("a file cut short at any byte loads or is refused at a place") {
    for (const Kind& kind : kinds()) {
        for (std::size_t size = 0; size <= kind.text.size(); ++size)
            kind.check(std::string_view{kind.text}.substr(0, size));
    }
}

TEST_CASE("a file with any one character removed, replaced or inserted loads or is refused at a place") {
    for (const Kind& kind : kinds()) {
        Random random{20'240'501};
        for (std::size_t at = 0; at < kind.text.size(); ++at) {
            std::string mutated = kind.text;
            kind.check(mutated.erase(at, 1));
            for (int i = 0; i < 2; ++i) {
                mutated = kind.text;
                mutated[at] = characters[random.below(characters.size())];
                kind.check(mutated);
                mutated = kind.text;
                kind.check(mutated.insert(at, 1, characters[random.below(characters.size())]));
            }
        }
    }
}

TEST_CASE("files of nothing but YAML's own characters load or are refused at a place") {
    Random random{7};
    for (int i = 0; i < 2000; ++i) {
        std::string text;
        for (std::uint64_t n = random.below(60); n > 0; --n) text += characters[random.below(characters.size())];
        kinds().front().check(text);
    }
}

}  // namespace outdial::config
