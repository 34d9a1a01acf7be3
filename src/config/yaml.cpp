// yaml-cpp is used as a parser of events and nothing more. Its own tree accepts duplicate keys, expands aliases (480
// bytes become 10^10 nodes) and finds keys by linear search; so the tree here is ours, and holds text only.
#include "config/yaml.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "config/source.hpp"

namespace outdial::config {

namespace {

/// Thrown by our handlers through yaml-cpp when there is no use in reading on; the problem has been reported.
struct StopReading {};

/// Turns yaml-cpp's marks, which count bytes from 0, into positions. Marks mostly move forward, so the characters of a
/// line are counted on from the last one: a file of one long line costs no more than others.
class Places {
public:
    explicit Places(std::string_view text) : text_(text) {}

    [[nodiscard]] Position operator()(const YAML::Mark& mark) {
        if (mark.pos < 0 || mark.line < 0 || mark.column < 0) return {};
        const std::size_t end = std::min(static_cast<std::size_t>(mark.pos), text_.size());
        const std::size_t start = end - std::min(static_cast<std::size_t>(mark.column), end);
        if (start != line_start_ || end < counted_to_) {
            line_start_ = counted_to_ = start;
            characters_ = 0;
        }
        characters_ += std::ranges::count_if(text_.substr(counted_to_, end - counted_to_),
                                             [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
        counted_to_ = end;
        return {mark.line + 1, static_cast<int>(characters_) + 1};
    }

private:
    std::string_view text_;
    std::size_t line_start_ = 0;
    std::size_t counted_to_ = 0;
    std::ptrdiff_t characters_ = 0;  // from line_start_ to counted_to_
};

class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(std::string_view text, Places& places, Problems& problems)
        : text_(text), places_(places), problems_(problems) {}

    [[nodiscard]] Node take() { return std::move(root_); }
    /// Where the innermost list or map begins that has not been closed.
    [[nodiscard]] Position unfinished_at() const { return open_.empty() ? Position{} : open_.back().node.at; }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node = begin(mark, "?", anchor);
        // An empty value has no place of its own: yaml-cpp gives that of whatever follows.
        if (!open_.empty() && char_at(mark) != '~' && char_at(mark) != 'n' && char_at(mark) != 'N') {
            node.at = open_.back().expects_value ? open_.back().key_at : open_.back().node.at;
        }
        place(std::move(node));
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        Node node = begin(mark, "?", 0);
        refuse(node, "aliases (*name) are not allowed; write the value out");
        place(std::move(node));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = begin(mark, tag, anchor);
        if (node.kind != Node::Kind::refused) node.kind = Node::Kind::scalar;
        node.text = value;
        node.plain = tag == "?";
        node.verbatim = stands_at(mark, node.plain ? 0 : 1, value);
        if (!is_closed(mark)) refuse(node, "this quote is never closed");
        place(std::move(node));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(begin(mark, tag, anchor), Node::Kind::sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(begin(mark, tag, anchor), Node::Kind::map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        Node node;
        bool is_map = false;
        bool expects_value = false;  // of a map: the key has been read
        bool key_usable = false;
        std::string key;
        Position key_at;
        std::map<std::string, Position> seen;  // keys so far
    };

    [[nodiscard]] bool stands_at(const YAML::Mark& mark, std::size_t quotes, std::string_view value) const {
        const std::size_t at = mark.pos < 0 ? text_.size() : static_cast<std::size_t>(mark.pos) + quotes;
        return at <= text_.size() && text_.substr(at).starts_with(value);
    }
    [[nodiscard]] char char_at(const YAML::Mark& mark) const {
        const bool inside = mark.pos >= 0 && static_cast<std::size_t>(mark.pos) < text_.size();
        return inside ? text_[static_cast<std::size_t>(mark.pos)] : '\0';
    }

    /// yaml-cpp closes a quote by itself where the file ends with a line: a file cut short would pass for a whole one.
    [[nodiscard]] bool is_closed(const YAML::Mark& mark) const {
        const char quote = char_at(mark);
        if (quote != '"' && quote != '\'') return true;
        for (std::size_t i = static_cast<std::size_t>(mark.pos) + 1; i < text_.size(); ++i) {
            if (quote == '"' && text_[i] == '\\') {
                ++i;
            } else if (text_[i] == quote) {
                if (quote == '"' || text_.substr(i + 1, 1) != "'") return true;
                ++i;  // '' inside single quotes is one of them
            }
        }
        return false;
    }

    void refuse(Node& node, std::string message) {
        problems_.add(node.at, std::move(message));
        node.kind = Node::Kind::refused;
    }

    /// A node of any kind: counted, and refused if it carries an anchor or a tag. yaml-cpp passes "?" for a node
    /// without a tag and "!" for a quoted one; the tag `!` looks the same, so the text itself is asked.
    Node begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        Node node;
        node.at = places_(mark);
        if (++count_ > max_nodes) {
            problems_.add(node.at, fmt::format("more than {} values in one file; the limit guards against mistakes, so "
                                               "split the file or remove some",
                                               max_nodes));
            throw StopReading{};
        }
        if (anchor != 0) {
            refuse(node, "anchors (&name) are not allowed; write the value out where it is needed");
        } else if ((tag != "?" && tag != "!") || char_at(mark) == '!') {
            refuse(node, "tags (!type) are not allowed; remove the tag");
        }
        return node;
    }

    void open(Node node, Node::Kind kind) {
        if (open_.size() >= static_cast<std::size_t>(max_depth)) {
            problems_.add(node.at, fmt::format("nested more than {} levels deep", max_depth));
            throw StopReading{};
        }
        Open entry;
        entry.is_map = kind == Node::Kind::map;
        if (node.kind != Node::Kind::refused) node.kind = kind;
        entry.node = std::move(node);
        open_.push_back(std::move(entry));
    }

    void close() {
        Node node = std::move(open_.back().node);
        open_.pop_back();
        place(std::move(node));
    }

    void place(Node node) {
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (!parent.is_map) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.expects_value) {
            take_key(parent, std::move(node));
        } else {
            if (parent.key_usable) parent.node.entries.push_back({parent.key, parent.key_at, std::move(node)});
            parent.expects_value = false;
        }
    }

    void take_key(Open& parent, Node key) {
        parent.expects_value = true;
        parent.key_usable = false;
        parent.key_at = key.at;
        if (key.kind == Node::Kind::refused) return;
        if (key.kind != Node::Kind::scalar) {
            problems_.add(key.at, "a key must be a word; a list, a map or nothing cannot be one");
        } else if (key.plain && key.text == "<<") {
            problems_.add(key.at, "merge keys (<<) are not allowed; write the values out");
        } else if (const auto [first, added] = parent.seen.emplace(key.text, key.at); !added) {
            problems_.add(key.at, fmt::format("key {} stands here twice, first in line {} column {}; keep one of them",
                                              in_quotes(key.text), first->second.line, first->second.column));
        } else {
            parent.key_usable = true;
            parent.key = std::move(key.text);
        }
    }

    std::string_view text_;
    Places& places_;
    Problems& problems_;
    Node root_;
    std::vector<Open> open_;
    std::size_t count_ = 0;
};

/// Accepts the end of the file and nothing else.
class NothingMore final : public YAML::EventHandler {
public:
    NothingMore(Places& places, Problems& problems) : places_(places), problems_(problems) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        problems_.add(places_(mark), "a second document (---) is not allowed; use one file for each");
        throw StopReading{};
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

private:
    Places& places_;
    Problems& problems_;
};

/// yaml-cpp obeys directives (%YAML, %TAG) without telling its handler.
bool check_no_directive(std::string_view text, Problems& problems) {
    for (int line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view content = text.substr(0, end);
        const std::size_t first = content.find_first_not_of(" \t\r");
        if (content.starts_with('%')) {
            problems.add({line, 1}, "directives (%YAML, %TAG) are not allowed; remove this line");
            return false;
        }
        if (first != std::string_view::npos && content[first] != '#') return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, Problems& problems) {
    if (text.size() > max_file_bytes) {
        problems.add({}, fmt::format("the file is larger than {} bytes, the most that is read", max_file_bytes));
        return std::nullopt;
    }
    if (!check_bytes(text, problems) || !check_no_directive(text, problems)) return std::nullopt;
    Places places{text};
    TreeBuilder builder{text, places, problems};
    try {
        std::istringstream stream{std::string{text}};
        YAML::Parser parser{stream};
        if (!parser.HandleNextDocument(builder)) {
            problems.add({}, "the file is empty");
            return std::nullopt;
        }
        Node root = builder.take();
        NothingMore nothing_more{places, problems};
        parser.HandleNextDocument(nothing_more);
        return root;
    } catch (const StopReading&) {
    } catch (const YAML::Exception& error) {
        // To yaml-cpp, a list or map that is never closed is wrong where the file ends.
        const bool at_end = error.mark.is_null() || static_cast<std::size_t>(error.mark.pos) >= text.size();
        const Position at = at_end ? builder.unfinished_at() : places(error.mark);
        problems.add(at, fmt::format("this is not valid YAML, and nothing further was read: {}", error.msg));
    } catch (const std::exception& error) {
        problems.add({}, fmt::format("this is not valid YAML: {}", error.what()));
    }
    return std::nullopt;
}

}  // namespace outdial::config
