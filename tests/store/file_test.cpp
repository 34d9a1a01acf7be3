// Who may open the database, and that a report needs neither the daemon nor a write permission.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "fixture.hpp"

namespace outdial::store {

namespace {

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

/// Sets the process's umask for a while.
struct Umask {
    explicit Umask(mode_t mask) : before(::umask(mask)) {}
    ~Umask() { ::umask(before); }
    mode_t before;
};

constexpr uid_t some_user = 65534;
constexpr gid_t some_group = 12345;

// What `sqlite3 -readonly` prints for another user who is in the database's group and no more; nothing without root,
// where no other user can be had.
std::optional<std::string> read_as_group_member(const std::filesystem::path& path, const std::string& sql) {
    if (::geteuid() != 0) return std::nullopt;
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe_ends[1], STDOUT_FILENO);
        ::dup2(pipe_ends[1], STDERR_FILENO);
        ::close(pipe_ends[0]);
        ::close(pipe_ends[1]);
        if (::setgroups(0, nullptr) != 0 || ::setgid(some_group) != 0 || ::setuid(some_user) != 0) ::_exit(1);
        ::execlp("sqlite3", "sqlite3", "-readonly", path.c_str(), sql.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(pipe_ends[1]);
    std::string output;
    char buffer[4096];
    for (ssize_t n; (n = ::read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
        output.append(buffer, static_cast<std::size_t>(n));
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (!output.empty() && output.back() == '\n') output.pop_back();
    return output;
}

void give_to_group(const TempFolder& folder) {
    if (::geteuid() != 0) return;
    for (const char* suffix : {"", "-wal", "-shm"}) {
        const auto path = folder.database().string() + suffix;
        if (std::filesystem::exists(path)) REQUIRE(::chown(path.c_str(), 0, some_group) == 0);
    }
    REQUIRE(::chown(folder.path().c_str(), 0, some_group) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0750) == 0);  // as /var/lib/outdial: the group may look, not write
}

}  // namespace

TEST_CASE("The database, its log and its index have mode 0640, no matter what umask, and stay after the close") {
    for (const mode_t mask : {0000, 0022, 0077}) {
        const Umask umask{mask};
        const TempFolder folder;
        const std::string path = folder.database();
        {
            Store store = must(Store::open(path));
            must(store.add_contacts("customers", people(1), noon));
            for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0640);
        }
        for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0640);
    }
}

TEST_CASE("A member of the group reads the database of a running, a stopped and a crashed daemon") {
    const TempFolder folder;
    const std::string count = "SELECT contacts FROM campaign_progress";
    {
        Store store = must(Store::open(folder.database()));
        give_to_group(folder);
        const CampaignListing listing{"renewals", "customers"};
        must(store.register_campaigns({&listing, 1}));
        must(store.add_contacts("customers", people(3), noon));
        const auto running = read_as_group_member(folder.database(), count);
        CHECK(running.value_or("3") == "3");
        must(store.add_contacts("customers", people(2, 10), noon));
        must(store.checkpoint());
    }
    CHECK(read_as_group_member(folder.database(), count).value_or("5") == "5");
    auto reader = must(ReportReader::open(folder.database()));
    CHECK(must(reader.read(Report::campaign_progress, "renewals", 10)).rows.size() == 1);

    const TempFolder crashed;
    Store store = must(Store::open(folder.database()));
    must(store.add_contacts("customers", people(2, 20), noon));
    for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::copy_file(folder.database().string() + suffix, crashed.database().string() + suffix);
    }
    give_to_group(crashed);
    CHECK(read_as_group_member(crashed.database(), count).value_or("7") == "7");
}

TEST_CASE("A database that every user can open is refused, for writing and for reading, with the command that helps") {
    const TempFolder folder;
    must(Store::open(folder.database()));
    for (const mode_t mode : {0644, 0642, 0641}) {
        REQUIRE(::chmod(folder.database().c_str(), mode) == 0);
        const auto store = Store::open(folder.database());
        REQUIRE_FALSE(store);
        CHECK(store.error().message.find("chmod o-rwx " + folder.database().string()) != std::string::npos);
        CHECK_FALSE(ReportReader::open(folder.database()));
    }
    REQUIRE(::chmod(folder.database().c_str(), 0640) == 0);
    CHECK(Store::open(folder.database()));
}

TEST_CASE("A database with a second name is not written: beside that one lie neither its lock nor its log") {
    const TempFolder folder;
    must(Store::open(folder.database()));
    const auto other = folder.path() / "other.db";
    const auto refusal = [](const std::filesystem::path& path) {
        const auto store = Store::open(path);
        return store ? "" : store.error().message;
    };
    std::filesystem::create_symlink(folder.database(), other);
    CHECK(refusal(other).find("readlink -f " + other.string()) != std::string::npos);
    CHECK(refusal(folder.database()).empty());
    CHECK(ReportReader::open(other));
    std::filesystem::remove(other);

    std::filesystem::create_hard_link(folder.database(), other);
    for (const auto& path : {folder.database(), other}) {
        CHECK(refusal(path).find("2 names") != std::string::npos);
        CHECK(refusal(path).find("find " + folder.path().string() + " -samefile") != std::string::npos);
    }
    std::filesystem::remove(other);
    CHECK(refusal(folder.database()).empty());
}

TEST_CASE("A path that cannot be a database is refused with its name and the reason") {
    const TempFolder folder;
    const auto missing_folder = Store::open(folder.path() / "nowhere" / "outdial.db");
    REQUIRE_FALSE(missing_folder);
    CHECK(missing_folder.error().message.find("folder exists") != std::string::npos);
    const auto a_folder = Store::open(folder.path());
    REQUIRE_FALSE(a_folder);
    CHECK(a_folder.error().message.find("not a file") != std::string::npos);
    const auto missing = ReportReader::open(folder.database());
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message.find("outdial.db") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.database()));
}

TEST_CASE("A file that is not a database is refused and left alone") {
    const TempFolder folder;
    {
        const Umask umask{0077};
        FILE* file = std::fopen(folder.database().c_str(), "w");
        REQUIRE(file != nullptr);
        for (int i = 0; i < 1000; ++i) std::fputs("external_id,phone\n", file);
        std::fclose(file);
    }
    const auto size = std::filesystem::file_size(folder.database());
    const auto opened = Store::open(folder.database());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("not a database") != std::string::npos);
    CHECK(std::filesystem::file_size(folder.database()) == size);
}

TEST_CASE("A database of another user than root and this process's is not written, and may be read") {
    const TempFolder folder;
    must(Store::open(folder.database()));
    if (::geteuid() != 0) return;  // only root can give a file away
    REQUIRE(::chown(folder.database().c_str(), some_user, some_group) == 0);
    const auto store = Store::open(folder.database());
    REQUIRE_FALSE(store);
    CHECK_THAT(store.error().message, Catch::Contains("belongs to user 65534") && Catch::Contains("chown 0 "));
    CHECK(ReportReader::open(folder.database()));
}

}  // namespace outdial::store
