#include "config/daemon_file.hpp"

#include <arpa/inet.h>
#include <fmt/core.h>

#include <algorithm>

#include "config/rules.hpp"
#include "config/secret.hpp"
#include "config/suggest.hpp"

namespace outdial::config {

namespace {

constexpr std::size_t max_servers = 64;
constexpr std::size_t max_trunks = 256;
constexpr std::size_t max_caller_ids = 1000;
constexpr std::size_t max_dial_bytes = 200;
constexpr std::size_t max_channel_bytes = 250;      // Asterisk takes 255
constexpr std::size_t max_socket_path_bytes = 107;  // sockaddr_un
constexpr DurationRange audit_ages{std::chrono::hours{24}, std::chrono::hours{24} * 36'500};
constexpr std::uint16_t default_tls_port = 5039;  // Asterisk's own default (manager.conf, tlsbindaddr)

bool is_host(std::string_view text) { return only_alphanumeric_or(text, ".-:_"); }

/// Asterisk ends a header's value at the line's end and trims it, so blanks inside a user name are only a mistake.
bool is_username(std::string_view text) { return text.find(' ') == std::string_view::npos; }

bool is_technology(std::string_view text) {
    return !text.empty() && !(text.front() >= '0' && text.front() <= '9') && only_alphanumeric_or(text, "");
}

const TextRule host_rule{253, "an IP address or host name", is_host};
const TextRule username_rule{80, "the name of a manager.conf user, without blanks", is_username};
const TextRule dial_rule{max_dial_bytes,
                         "a dial string Technology/resource with a number placeholder, such as PJSIP/{digits}@carrier"};

/// An address of this machine. A name is taken for loopback only if it is `localhost`: any other may resolve to
/// anything.
bool is_loopback(const std::string& host) {
    in_addr v4{};
    in6_addr v6{};
    if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
    return host == "localhost";
}

class DaemonReader {
public:
    DaemonReader(const std::filesystem::path& folder, Problems& problems) : folder_(folder), problems_(problems) {}

    DaemonFile read(const Node& root) {
        const Fields top = Value{&root, "'outdial.yaml'", problems_}.fields(
            {"database", "campaigns", "compliance", "control", "audit", "limits", "servers", "trunks"}, {},
            "the daemon's configuration");
        DaemonFile file;
        DaemonConfig& daemon = file.configuration.daemon;
        daemon.database = path(top.required("database"));
        const Value campaigns = top.required("campaigns");
        daemon.campaigns_dir = path(campaigns);
        if (!daemon.campaigns_dir.empty()) file.campaigns_at = campaigns.at();
        if (const Value packs = top.optional("compliance"); packs.present()) {
            daemon.rule_packs_dir = path(packs);
            file.rule_packs_at = packs.at();
        }
        daemon.control_socket = read_control(top.required("control"));
        if (top.has("audit")) {
            const Value keep = top.optional("audit").fields({"keep"}).required("keep");
            daemon.audit_keep = keep.duration(audit_ages).value_or(daemon.audit_keep);
        }
        file.configuration.site.limits = read_cap(top.required("limits").fields({"originates_per_second", "channels"}));
        for (const NamedValue& server : top.required("servers").entries(max_servers)) {
            read_server(server, file.configuration);
        }
        for (const NamedValue& trunk : top.required("trunks").entries(max_trunks)) {
            read_trunk(trunk, file.configuration.site);
        }
        return file;
    }

private:
    std::filesystem::path path(const Value& value) const {
        const auto text = value.text(path_rule);
        return text ? (folder_ / *text).lexically_normal() : std::filesystem::path{};
    }

    std::filesystem::path read_control(const Value& value) const {
        const Fields control =
            value.fields({"socket"}, {{"http", "the HTTP interface is not available in this version; remove the key"}});
        const Value socket = control.required("socket");
        std::filesystem::path result = path(socket);
        if (result.native().size() > max_socket_path_bytes) {
            socket.fail(fmt::format("becomes a path of {} bytes; a socket's may have {} at most",
                                    result.native().size(), max_socket_path_bytes));
        }
        return result;
    }

    static Cap read_cap(const Fields& fields) {
        return {fields.required("originates_per_second").decimal(originate_rate).value_or(0),
                fields.required("channels").integer(channel_count).value_or(0)};
    }

    void read_server(const NamedValue& entry, Configuration& configuration) const {
        const bool named = check_name(entry, "a server", problems_);
        const Fields fields = entry.value.fields(
            {"host", "port", "username", "secret_file", "tls", "allow_plaintext", "action_sessions",
             "originates_per_second", "channels", "cdr"},
            {{"secret", "secrets are never written here; put it into a file and name that with 'secret_file'"},
             {"password", "secrets are never written here; put it into a file and name that with 'secret_file'"}},
            fmt::format("server {}", in_quotes(entry.name)));
        ServerConfig server;
        server.name = entry.name;
        const Value host = fields.required("host");
        server.host = host.text(host_rule).value_or("");
        if (fields.has("tls")) {
            const Fields tls = fields.optional("tls").fields({"ca_file", "server_name"});
            server.tls =
                TlsConfig{path(tls.optional("ca_file")), tls.optional("server_name").text(host_rule).value_or("")};
            server.port = default_tls_port;
        }
        server.port = static_cast<std::uint16_t>(fields.optional("port").integer({1, 65535}).value_or(server.port));
        server.username = fields.required("username").text(username_rule).value_or("");
        server.secret_file = read_secret_file(fields.required("secret_file"));
        server.action_sessions = fields.optional("action_sessions").integer({0, 8}).value_or(0);
        if (fields.has("cdr")) server.cdr_csv = path(fields.optional("cdr").fields({"csv"}).required("csv"));
        const Value allow_plaintext = fields.optional("allow_plaintext");
        // A bad value has been reported; that it is missing too would be said in vain.
        server.allow_plaintext = allow_plaintext.boolean().value_or(allow_plaintext.present());
        if (server.tls && server.allow_plaintext) {
            allow_plaintext.fail("contradicts 'tls'; remove one of them");
        }
        if (!server.host.empty() && !is_loopback(server.host) && !server.tls && !server.allow_plaintext) {
            host.fail(
                fmt::format("is another machine, {}, and the connection is not encrypted: add 'tls', or "
                            "'allow_plaintext: true' if the network between is trusted",
                            in_quotes(server.host)));
        }
        const Cap cap = read_cap(fields);
        if (!named) return;
        configuration.site.servers.push_back({entry.name, cap, !server.cdr_csv.empty()});
        configuration.daemon.servers.push_back(std::move(server));
    }

    std::string read_secret_file(const Value& value) const {
        const auto text = value.text(path_rule);
        if (!text) return {};
        if (!text->starts_with(credential_prefix)) return path(value).native();
        if (!is_credential_name(text->substr(credential_prefix.size()))) {
            value.fail("must be a path, or credential:NAME with a name of letters, digits, _ . and -");
        }
        return *text;
    }

    void read_trunk(const NamedValue& entry, Site& site) const {
        const bool named = check_name(entry, "a trunk", problems_);
        const Fields fields = entry.value.fields({"servers", "dial", "channels", "originates_per_second", "caller_ids"},
                                                 {}, fmt::format("trunk {}", in_quotes(entry.name)));
        Trunk trunk;
        trunk.name = entry.name;
        for (const Value& item : fields.required("servers").items(max_servers)) read_server_name(item, site, trunk);
        trunk.dial = read_dial(fields.required("dial"));
        trunk.cap = read_cap(fields);
        for (const Value& item : fields.optional("caller_ids").items(max_caller_ids)) {
            const auto number = item.text(e164_rule);
            if (!number) continue;
            if (std::ranges::find(trunk.caller_ids, *number) != trunk.caller_ids.end()) {
                item.fail(fmt::format("names {} a second time", *number));
            }
            trunk.caller_ids.push_back(*number);
        }
        if (named) site.trunks.push_back(std::move(trunk));
    }

    static void read_server_name(const Value& item, const Site& site, Trunk& trunk) {
        const auto server = item.text(name_rule);
        if (!server) return;
        std::vector<std::string_view> known;
        for (const Server& candidate : site.servers) known.push_back(candidate.name);
        if (std::ranges::find(known, *server) == known.end()) {
            item.fail(fmt::format("names server {}, which 'servers' does not describe; {}", in_quotes(*server),
                                  suggestion(*server, known)));
        } else if (std::ranges::find(trunk.servers, *server) != trunk.servers.end()) {
            item.fail(fmt::format("names server {} a second time", in_quotes(*server)));
        }
        trunk.servers.push_back(*server);
    }

    /// The channel that an Originate names. Only the configuration chooses it; the number fills digits in.
    static Template read_dial(const Value& value) {
        auto dial = value.text_template(dial_rule, Template::Allow::number_only);
        if (!dial) return {};
        const std::string sample = rendered_sample(*dial);
        const std::size_t slash = std::min(dial->text().find('/'), dial->text().size());
        if (!is_technology(dial->text().substr(0, slash)) || slash + 1 >= dial->text().size()) {
            value.fail("must be Technology/resource, such as PJSIP/{digits}@carrier");
        } else if (sample.find('&') != std::string::npos) {
            value.fail("must name one device; & would ring several for one attempt");
        } else if (std::ranges::count(sample, '@') > 1) {
            value.fail("must name one destination; it has two @");
        } else if (!only_alphanumeric_or(sample, "/@._:+*#=-")) {
            value.fail("may hold letters, digits and / @ . _ : + * # = - besides its placeholders");
        } else if (!dial->names_number()) {
            value.fail("never uses the number to dial; put {e164}, {digits} or {national} into it");
        } else if (longest_rendering(*dial) > max_channel_bytes) {
            value.fail(
                fmt::format("becomes longer than {} bytes with a number of 15 digits; shorten it", max_channel_bytes));
        }
        return std::move(*dial);
    }

    const std::filesystem::path& folder_;
    Problems& problems_;
};

}  // namespace

DaemonFile read_daemon_file(const Node& root, const std::filesystem::path& folder, Problems& problems) {
    return DaemonReader{folder, problems}.read(root);
}

}  // namespace outdial::config
