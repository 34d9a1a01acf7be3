#include "cli/contact_sink.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "cli/database_access.hpp"
#include "cli/json_fields.hpp"
#include "control/protocol.hpp"

namespace outdial::cli {
namespace {

using nlohmann::json;

/// So many batches, then the write-ahead log is moved into the database: it would grow with the import otherwise.
constexpr int batches_per_checkpoint = 50;

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

std::string request_for(const std::string& list, std::span<const NewContact> contacts) {
    json request = {{"command", "add_contacts"}, {"list", list}, {"contacts", json::array()}};
    for (const NewContact& contact : contacts) {
        request["contacts"].push_back(as_json(contact));
    }
    return control::to_line(request);
}

/// Sends batches down one connection, some ahead of the first one's answer. The daemon closes a connection that waits
/// long for a slow list, so after a pause the next batch has a new one.
class DaemonSink : public ContactSink {
public:
    DaemonSink(control::Client client, std::filesystem::path socket, std::string list)
        : client_(std::move(client)), socket_(std::move(socket)), list_(std::move(list)) {}

    [[nodiscard]] bool through_daemon() const override { return true; }
    [[nodiscard]] std::size_t batches_under_way() const override { return control::max_requests_in_hand - 1; }

    [[nodiscard]] Result<void> send(std::span<const NewContact> contacts) override {
        if (Clock::now() - last_sent_ > longest_pause) {
            while (sent_requests_ > 0) {
                receive_answer();
            }
            Result<control::Client> client = control::Client::connect(socket_);
            if (!client) {
                return tl::unexpected(client.error());
            }
            client_ = *std::move(client);
        }
        Batch& batch = batches_.emplace_back();
        Result<void> sent = send_part(contacts, 0);
        // A daemon that ends the connection may have said why before.
        while (!sent && !batch.waits_for.empty()) {
            receive_answer();
        }
        return sent || batch.result ? sent : tl::unexpected(batch.result.error());
    }

    [[nodiscard]] Result<StoredBatch> receive() override {
        OUTDIAL_CHECK(!batches_.empty());
        while (!batches_.front().waits_for.empty()) {
            receive_answer();
        }
        Result<StoredBatch> result = std::move(batches_.front().result);
        batches_.pop_front();
        return result;
    }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds longest_pause{10};

    struct Batch {
        std::deque<std::size_t> waits_for;  // each of its requests: the index of its first contact
        Result<StoredBatch> result;
    };

    /// A list of many columns with long names can need more room as JSON than a request has: then it goes in halves.
    Result<void> send_part(std::span<const NewContact> contacts, std::size_t first) {
        const std::string line = request_for(list_, contacts);
        if (contacts.size() > 1 && line.size() > control::max_request_bytes) {
            const std::size_t half = contacts.size() / 2;
            const Result<void> sent = send_part(contacts.first(half), first);
            return sent ? send_part(contacts.subspan(half), first + half) : sent;
        }
        while (sent_requests_ >= control::max_requests_in_hand - 1) {
            receive_answer();
        }
        batches_.back().waits_for.push_back(first);
        ++sent_requests_;
        last_sent_ = Clock::now();
        return client_.send(line);
    }

    /// The answer to the oldest request becomes a part of its batch's result; the first error is the batch's.
    void receive_answer() {
        const auto batch = std::ranges::find_if(batches_, [](const Batch& one) { return !one.waits_for.empty(); });
        OUTDIAL_CHECK(batch != batches_.end());
        const std::size_t first = batch->waits_for.front();
        batch->waits_for.pop_front();
        --sent_requests_;
        const Result<json> answer = client_.receive();
        if (!batch->result) {
            return;
        }
        if (!answer) {
            batch->result = tl::unexpected(answer.error());
        } else if (!answer->at("ok").get<bool>()) {
            batch->result = fail("the daemon refused the contacts: " + text_of(*answer, "error"));
        } else {
            batch->result->accepted += static_cast<std::size_t>(count_of(*answer, "accepted"));
            append(left_out(*answer, "duplicates", "of"), first, batch->result->duplicates);
            append(left_out(*answer, "rejected", "reason"), first, batch->result->rejected);
        }
    }

    static void append(std::vector<StoredBatch::LeftOut> rows, std::size_t first,
                       std::vector<StoredBatch::LeftOut>& into) {
        for (auto& [index, reason] : rows) {
            into.push_back({index + first, std::move(reason)});
        }
    }

    control::Client client_;
    std::filesystem::path socket_;
    std::string list_;
    std::deque<Batch> batches_;      // sent and not received
    std::size_t sent_requests_ = 0;  // without an answer
    Clock::time_point last_sent_ = Clock::now();
};

/// Writes to the database itself, and holds its lock meanwhile.
class DirectSink : public ContactSink {
public:
    DirectSink(DatabaseAccess access, std::string list) : access_(std::move(access)), list_(std::move(list)) {}

    [[nodiscard]] bool through_daemon() const override { return false; }
    [[nodiscard]] std::size_t batches_under_way() const override { return 1; }
    [[nodiscard]] Result<void> send(std::span<const NewContact> contacts) override {
        stored_ = add(contacts);
        return {};
    }
    [[nodiscard]] Result<StoredBatch> receive() override { return std::move(stored_); }

private:
    Result<StoredBatch> add(std::span<const NewContact> contacts);

    DatabaseAccess access_;
    std::string list_;
    Result<StoredBatch> stored_;
    int batches_ = 0;
};

Result<StoredBatch> DirectSink::add(std::span<const NewContact> contacts) {
    const Result<store::AddedContacts> added = access_.store->add_contacts(list_, contacts, own_origin("import"));
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
    if (++batches_ % batches_per_checkpoint == 0) {
        if (const auto moved = access_.store->checkpoint(); !moved) {
            return tl::unexpected(moved.error());
        }
    }
    return batch;
}

}  // namespace

Outcome<std::unique_ptr<ContactSink>> contact_sink(const CommonOptions& common, const config::DaemonConfig& config,
                                                   const std::string& list) {
    auto access = access_database(common, config, "the contacts be written");
    if (!access) {
        return tl::unexpected(access.error());
    }
    if (access->client) {
        return std::make_unique<DaemonSink>(*std::move(access->client), config.control_socket, list);
    }
    return std::make_unique<DirectSink>(*std::move(access), list);
}

}  // namespace outdial::cli
