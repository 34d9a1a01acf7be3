#include "cli/contact_sink.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file_lock.hpp"
#include "cli/json_fields.hpp"
#include "control/protocol.hpp"
#include "store/store.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// So many batches, then the write-ahead log is moved into the database: it would grow with the import otherwise.
constexpr int batches_per_checkpoint = 50;

/// root becomes the owner of the database's folder for as long as this lives, so that the files it makes belong to the
/// user that the daemon runs as, not to root.
class ActAsOwner {
public:
    explicit ActAsOwner(const std::filesystem::path& folder) {
        struct stat status {};
        if (::geteuid() != 0 || ::stat(folder.c_str(), &status) != 0 || status.st_uid == 0) {
            return;
        }
        changed_ = ::setegid(status.st_gid) == 0 && ::seteuid(status.st_uid) == 0;
    }
    ~ActAsOwner() {
        if (changed_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) {
            std::abort();
        }
    }
    ActAsOwner(const ActAsOwner&) = delete;
    ActAsOwner& operator=(const ActAsOwner&) = delete;

private:
    bool changed_ = false;
};

json as_json(const NewContact& contact) {
    json numbers = json::array();
    for (const PhoneNumber& number : contact.numbers) {
        numbers.push_back({{"e164", number.e164}, {"country_code_digits", number.country_code_digits}});
    }
    json attributes = json::array();
    for (const auto& [name, value] : contact.attributes) {
        attributes.push_back({name, value});
    }
    return {{"external_id", contact.external_id}, {"numbers", numbers}, {"attributes", attributes}};
}

std::vector<StoredBatch::LeftOut> left_out(const json& answer, const char* key, const char* reason_key) {
    std::vector<StoredBatch::LeftOut> rows;
    for (const json& row : list_of(answer, key)) {
        rows.push_back({static_cast<std::size_t>(count_of(row, "index")), text_of(row, reason_key)});
    }
    return rows;
}

Result<StoredBatch> send_batch(const std::filesystem::path& socket, const std::string& list,
                               std::span<const NewContact> contacts);

Result<StoredBatch> send_halves(const std::filesystem::path& socket, const std::string& list,
                                std::span<const NewContact> contacts) {
    const std::size_t half = contacts.size() / 2;
    Result<StoredBatch> both = send_batch(socket, list, contacts.first(half));
    if (!both) {
        return both;
    }
    Result<StoredBatch> second = send_batch(socket, list, contacts.subspan(half));
    if (!second) {
        return second;
    }
    both->accepted += second->accepted;
    for (auto& [index, reason] : second->duplicates) {
        both->duplicates.push_back({index + half, std::move(reason)});
    }
    for (auto& [index, reason] : second->rejected) {
        both->rejected.push_back({index + half, std::move(reason)});
    }
    return both;
}

/// Each batch has a connection of its own, because the daemon closes one that waits long for a slow list.
Result<StoredBatch> send_batch(const std::filesystem::path& socket, const std::string& list,
                               std::span<const NewContact> contacts) {
    json request = {{"command", "add_contacts"}, {"list", list}, {"contacts", json::array()}};
    for (const NewContact& contact : contacts) {
        request["contacts"].push_back(as_json(contact));
    }
    // A list of many columns with long names can need more room as JSON than a request has.
    if (contacts.size() > 1 && control::to_line(request).size() > control::max_request_bytes) {
        return send_halves(socket, list, contacts);
    }
    Result<control::Client> client = control::Client::connect(socket);
    if (!client) {
        return tl::unexpected(client.error());
    }
    const Result<json> answer = client->call(request);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    if (!answer->at("ok").get<bool>()) {
        return fail("the daemon refused the contacts: " + text_of(*answer, "error"));
    }
    return StoredBatch{static_cast<std::size_t>(count_of(*answer, "accepted")), left_out(*answer, "duplicates", "of"),
                       left_out(*answer, "rejected", "reason")};
}

struct DirectStore {
    FileLock lock;
    store::Store store;
    int batches = 0;
};

Result<StoredBatch> add_to_store(DirectStore& direct, const std::string& list, std::span<const NewContact> contacts) {
    const Result<store::AddedContacts> added = direct.store.add_contacts(list, contacts);
    if (!added) {
        return tl::unexpected(added.error());
    }
    StoredBatch batch{added->accepted, {}, {}};
    for (const auto& duplicate : added->duplicates) {
        const bool by_id = duplicate.same == store::AddedContacts::Same::external_id;
        batch.duplicates.push_back({duplicate.index, std::string{"same "} + (by_id ? "external_id" : "number") +
                                                         " as contact " + std::to_string(duplicate.existing.value)});
    }
    for (const auto& rejected : added->rejected) {
        batch.rejected.push_back({rejected.index, rejected.reason});
    }
    if (++direct.batches % batches_per_checkpoint == 0) {
        if (const auto moved = direct.store.checkpoint(); !moved) {
            return tl::unexpected(moved.error());
        }
    }
    return batch;
}

}  // namespace

Outcome<ContactSink> contact_sink(const CommonOptions& common, const config::DaemonConfig& config,
                                  const std::string& list) {
    const Result<control::Client> client = control::Client::connect(config.control_socket);
    if (client) {
        return ContactSink{[socket = config.control_socket, &list](std::span<const NewContact> contacts) {
                               return send_batch(socket, list, contacts);
                           },
                           true};
    }
    const ActAsOwner owner(config.database.parent_path());
    Result<FileLock> lock = FileLock::acquire(database_lock_file(config.database));
    if (!lock) {
        return give_up(
            common, ExitCode::no_daemon,
            client.error().message + "\nNor can the contacts be written without a daemon: " + lock.error().message);
    }
    Result<store::Store> store = store::Store::open(config.database);
    if (!store) {
        return give_up(common, ExitCode::failed, store.error().message);
    }
    auto direct = std::make_shared<DirectStore>(DirectStore{*std::move(lock), *std::move(store)});
    return ContactSink{
        [direct, &list](std::span<const NewContact> contacts) { return add_to_store(*direct, list, contacts); }, false};
}

}  // namespace outdial::cli
