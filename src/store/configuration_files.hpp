#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "store/audit.hpp"

namespace outdial::store {

/// A file of the configuration: its name, and the SHA-256 of its bytes as 64 hex digits. Never the bytes.
struct ConfigurationFile {
    std::string name;
    std::string digest;
};

/// What the configuration was when the audit was told of it last, so that a change is noticed also when it was made
/// while no daemon ran. All members run inside the caller's Scope.
class ConfigurationFiles {
public:
    ConfigurationFiles(Database& database, Audit& audit) : database_(database), audit_(audit) {}

    /// A row in the audit for each file that is new, another one or gone: how many.
    [[nodiscard]] std::size_t note(std::span<const ConfigurationFile> files, const Origin& by);

private:
    void audit(std::string_view file, std::string_view before, std::string_view after, const Origin& by);

    Database& database_;
    Audit& audit_;
    Statement all_{database_, "SELECT file, digest FROM audit_file"};
    Statement put_{database_, "INSERT OR REPLACE INTO audit_file (file, digest) VALUES (?1, ?2)"};
    Statement remove_{database_, "DELETE FROM audit_file WHERE file = ?1"};
};

}  // namespace outdial::store
