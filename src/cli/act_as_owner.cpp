#include "cli/act_as_owner.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace outdial::cli {

ActAsOwner::ActAsOwner(const std::filesystem::path& folder) {
    struct stat status {};
    if (::geteuid() != 0 || ::stat(folder.c_str(), &status) != 0 || status.st_uid == 0) {
        return;
    }
    changed_ = ::setegid(status.st_gid) == 0 && ::seteuid(status.st_uid) == 0;
}

ActAsOwner::~ActAsOwner() {
    if (changed_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) {
        std::abort();
    }
}

}  // namespace outdial::cli
