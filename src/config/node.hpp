#pragma once

#include <string>
#include <vector>

#include "config/problem.hpp"

namespace outdial::config {

/// A YAML file as we accept it: a plain tree in which nothing has been interpreted yet. Keys are unique in their map.
struct Node {
    /// `refused`: a problem has been reported for it already, so readers pass over it in silence.
    enum class Kind { null, scalar, sequence, map, refused };
    struct Entry;

    Kind kind = Kind::null;
    Position at;
    std::string text;            // scalar
    bool plain = false;          // scalar without quotes: only such a one is a number or a boolean
    bool verbatim = false;       // scalar: stands in the file as it is, character for character, but for its quotes
    std::vector<Node> items;     // sequence
    std::vector<Entry> entries;  // map, in the order of the file
};

struct Node::Entry {
    std::string key;
    Position at;
    Node value;
};

}  // namespace outdial::config
