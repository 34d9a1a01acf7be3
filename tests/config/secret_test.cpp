#include "config/secret.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "site.hpp"

namespace outdial::config {

TEST_CASE("a secret is the file's one line without its newline") {
    const TemporaryFolder folder;
    for (unsigned mode : {0400U, 0440U, 0600U, 0640U}) {
        CHECK(read_secret(folder.write("s", "hunter2\n", mode).native(), {}).value().reveal() == "hunter2");
        std::filesystem::remove(folder.path() / "s");
    }
    CHECK(read_secret(folder.write("a", " two words ", 0600).native(), {}).value().reveal() == " two words ");
    CHECK(read_secret(folder.write("b", std::string(max_secret_bytes, 's'), 0600).native(), {})->reveal().size() ==
          max_secret_bytes);
}

TEST_CASE("a secret that others may read or write is refused, and so is one that its group may write") {
    const TemporaryFolder folder;
    for (unsigned mode : {0644U, 0604U, 0602U, 0620U, 0660U, 0601U, 0777U}) {
        const auto secret = read_secret(folder.write("s", "hunter2\n", mode).native(), {});
        REQUIRE_FALSE(secret);
        CHECK(secret.error().message.find("/s'") != std::string::npos);
        CHECK(secret.error().message.find("chmod 0640 or 0600") != std::string::npos);
    }
}

TEST_CASE("a secret of another user than root and this process's is refused") {
    const TemporaryFolder folder;
    const auto file = folder.write("s", "hunter2\n", 0600);
    if (::geteuid() != 0) {
        WARN("only root can give a file to another user: not tested");
        return;
    }
    constexpr uid_t nobody = 65534;
    std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
    REQUIRE(::chown(file.c_str(), nobody, nobody) == 0);
    const auto secret = read_secret(file.native(), {});
    REQUIRE_FALSE(secret);
    CHECK(secret.error().message.find("belongs to user 65534") != std::string::npos);
    CHECK(secret.error().message.find("chown it to root") != std::string::npos);
    REQUIRE(::seteuid(nobody) == 0);
    CHECK(read_secret(file.native(), {}).has_value());
    REQUIRE(::seteuid(0) == 0);
}

TEST_CASE("a secret that is no line of text is refused, and no error repeats it") {
    const TemporaryFolder folder;
    using namespace std::string_literals;
    for (const std::string& text : {""s, "\n"s, "hunter2\n\n"s, "hunter2\r\n"s, "hunter2\nAction: Logoff\n"s,
                                    "hunter2\0"s, "hunter2\xFF"s, std::string(max_secret_bytes + 1, 's')}) {
        const auto secret = read_secret(folder.write("s", text, 0600).native(), {});
        REQUIRE_FALSE(secret);
        CHECK(secret.error().message.starts_with("secret file '"));
        CHECK(secret.error().message.find("hunter2") == std::string::npos);
    }
    CHECK_FALSE(read_secret((folder.path() / "absent").native(), {}));
    CHECK_FALSE(read_secret(folder.path().native(), {}));
}

TEST_CASE("a credential is read from the service's credentials directory and from nowhere else") {
    const TemporaryFolder folder;
    folder.write("credentials/pbx1", "hunter2\n", 0400);
    folder.write("outside", "hunter2\n", 0400);
    CHECK(read_secret("credential:pbx1", folder.path() / "credentials").value().reveal() == "hunter2");
    for (const std::string name :
         {"credential:../outside", "credential:", "credential:.", "credential:..", "credential:a/b"}) {
        const auto secret = read_secret(name, folder.path() / "credentials");
        REQUIRE_FALSE(secret);
        CHECK(secret.error().message.find("is not the name of a credential") != std::string::npos);
    }
    const auto secret = read_secret("credential:pbx1", {});
    REQUIRE_FALSE(secret);
    CHECK(secret.error().message.find("LoadCredential=pbx1:") != std::string::npos);
}

}  // namespace outdial::config
