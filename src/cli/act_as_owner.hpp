#pragma once

#include <filesystem>

namespace outdial::cli {

/// root becomes the owner of the database's folder for as long as this lives, so that the files it makes belong to the
/// user that the daemon runs as, not to root.
class ActAsOwner {
public:
    explicit ActAsOwner(const std::filesystem::path& folder);
    ~ActAsOwner();
    ActAsOwner(const ActAsOwner&) = delete;
    ActAsOwner& operator=(const ActAsOwner&) = delete;

private:
    bool changed_ = false;
};

}  // namespace outdial::cli
