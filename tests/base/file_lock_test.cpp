#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

namespace outdial {
namespace {

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "outdial-lock-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::filesystem::path file() const { return path_ / "outdial.db.lock"; }

private:
    std::filesystem::path path_;
};

TEST_CASE("A lock is held by one at a time, and the error names the holder") {
    const TemporaryFolder folder;
    {
        const auto first = FileLock::acquire(folder.file());
        REQUIRE(first);
        const auto second = FileLock::acquire(folder.file());
        REQUIRE_FALSE(second);
        CHECK(second.error().message == folder.file().string() + " is locked by process " + std::to_string(::getpid()));
    }
    CHECK(FileLock::acquire(folder.file()));
}

TEST_CASE("A lock ends with its process, however that ends") {
    const TemporaryFolder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = FileLock::acquire(folder.file());
        ::_exit(lock ? 0 : 1);  // without a destructor, as after a crash
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WEXITSTATUS(status) == 0);
    CHECK(FileLock::acquire(folder.file()));
}

TEST_CASE("A lock is not inherited by programs that the holder starts") {
    const TemporaryFolder folder;
    const auto lock = FileLock::acquire(folder.file());
    REQUIRE(lock);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int descriptor = 3; descriptor < next; ++descriptor) {
        const int flags = ::fcntl(descriptor, F_GETFD);
        struct stat of_descriptor {};
        struct stat of_file {};
        if (flags >= 0 && ::fstat(descriptor, &of_descriptor) == 0 && ::stat(folder.file().c_str(), &of_file) == 0 &&
            of_descriptor.st_ino == of_file.st_ino && of_descriptor.st_dev == of_file.st_dev) {
            CHECK((flags & FD_CLOEXEC) != 0);
        }
    }
    ::close(next);
}

TEST_CASE("The lock file is not for everybody, and a symbolic link is not followed") {
    const TemporaryFolder folder;
    {
        const auto lock = FileLock::acquire(folder.file());
        REQUIRE(lock);
        struct stat status {};
        REQUIRE(::stat(folder.file().c_str(), &status) == 0);
        CHECK((status.st_mode & 07) == 0);
    }
    std::filesystem::remove(folder.file());
    std::filesystem::create_symlink("/dev/null", folder.file());
    const auto lock = FileLock::acquire(folder.file());
    REQUIRE_FALSE(lock);
    CHECK_THAT(lock.error().message, Catch::Contains(folder.file().string()));
}

TEST_CASE("A lock in a folder that is not there says so") {
    const auto lock = FileLock::acquire("/nonexistent/outdial.db.lock");
    REQUIRE_FALSE(lock);
    CHECK_THAT(lock.error().message, Catch::Contains("/nonexistent/outdial.db.lock: No such file"));
}

TEST_CASE("A database's lock stands beside it") {
    CHECK(database_lock_file("/var/lib/outdial/outdial.db") == "/var/lib/outdial/outdial.db.lock");
}

}  // namespace
}  // namespace outdial
