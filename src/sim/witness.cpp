#include "sim/witness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace outdial::sim {

namespace {

void append_field(std::string& line, std::string_view value) {
    if (!line.empty()) line += ',';
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"') line += '"';
        line += c;
    }
    line += '"';
}

void append_time(std::string& line, const std::optional<UtcTime>& at) {
    line += ',';
    if (at) fmt::format_to(std::back_inserter(line), "{}", to_unix_ms(*at));
}

}  // namespace

std::string_view name(WitnessRow::End end) {
    switch (end) {
        case WitnessRow::End::refused: return "refused";
        case WitnessRow::End::no_channel: return "no-channel";
        case WitnessRow::End::refused_by_far_end: return "refused-by-far-end";
        case WitnessRow::End::ring_timeout: return "ring-timeout";
        case WitnessRow::End::hung_up_by_far_end: return "hung-up-by-far-end";
        case WitnessRow::End::hung_up_by_dialplan: return "hung-up-by-dialplan";
        case WitnessRow::End::hung_up_by_action: return "hung-up-by-action";
        case WitnessRow::End::crashed: return "crashed";
        case WitnessRow::End::unfinished: return "unfinished";
    }
    return {};
}

std::string_view witness_csv_header() {
    return "received_at_ms,number,endpoint,fate,end,hangup_cause,sip_status,invited_at_ms,ringing_at_ms,answered_at_ms,"
           "ended_at_ms,channel_id,action_id,channel,caller_id,context,exten,variables,session,account,refusal";
}

std::string witness_csv(const WitnessRow& row) {
    std::string line = fmt::format("{}", to_unix_ms(row.received_at));
    append_field(line, row.number);
    append_field(line, row.endpoint);
    append_field(line, row.fate ? name(*row.fate) : std::string_view{});
    append_field(line, name(row.end));
    fmt::format_to(std::back_inserter(line), ",{},{}", row.cause, row.sip_status);
    append_time(line, row.invited_at);
    append_time(line, row.ringing_at);
    append_time(line, row.answered_at);
    append_time(line, row.ended_at);
    for (const std::string* field :
         {&row.channel_id, &row.action_id, &row.channel, &row.caller_id, &row.context, &row.exten, &row.variables}) {
        append_field(line, *field);
    }
    fmt::format_to(std::back_inserter(line), ",{}", row.session);
    append_field(line, row.account);
    append_field(line, row.refusal);
    return line;
}

void CallMeter::began(SteadyTime at) {
    ++calls_;
    max_live_ = std::max(max_live_, ++live_);
    last_second_.push_back(at);
    while (last_second_.front() + std::chrono::seconds{1} <= at) last_second_.pop_front();
    max_per_second_ = std::max(max_per_second_, last_second_.size());
}

void Witness::began(const WitnessRow& row) {
    total_.began(row.received);
    if (by_endpoint_.size() < max_endpoints || by_endpoint_.contains(row.endpoint)) {
        by_endpoint_[row.endpoint].began(row.received);
    }
}

void Witness::ended(WitnessRow row) {
    total_.ended();
    if (const auto meter = by_endpoint_.find(row.endpoint); meter != by_endpoint_.end()) meter->second.ended();
    keep(std::move(row));
}

void Witness::keep(WitnessRow row) {
    if (sink_) sink_(row);
    if (rows_.size() < capacity_) {
        rows_.push_back(std::move(row));
    } else {
        ++not_kept_;
    }
}

}  // namespace outdial::sim
