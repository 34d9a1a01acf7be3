#include "core/originate_order.hpp"

namespace outdial {

namespace {

struct DestinationWriter {
    OriginateOrder& order;
    const TemplateValues& values;

    void operator()(const DialplanDestination& destination) const {
        order.context = destination.context;
        order.exten = destination.exten.render(values);
        order.priority = destination.priority;
    }
    void operator()(const QueueDestination& destination) const {
        order.application = "Queue";
        order.data = destination.queue;
    }
    void operator()(const StasisDestination& destination) const {
        order.application = "Stasis";
        order.data = destination.application;
        for (const Template& argument : destination.arguments)
            order.data += ',' + argument.render(values, Template::Quoting::application_argument);
    }
    void operator()(const ApplicationDestination& destination) const {
        order.application = destination.application;
        order.data = destination.data.render(values, Template::Quoting::application_argument);
    }
};

}  // namespace

OriginateOrder originate_order(const Claim& claim, const Campaign& campaign, const Trunk& trunk) {
    const TemplateValues values{.number = claim.number(),
                                .contact = claim.contact,
                                .attempt = claim.slot.attempt.view(),
                                .campaign = campaign.name,
                                .list = campaign.list};
    OriginateOrder order;
    order.attempt = claim.slot.attempt;
    order.server = claim.slot.server;
    order.channel = trunk.dial.render(values);
    std::visit(DestinationWriter{order, values}, campaign.on_answer);
    order.caller_id_name = campaign.caller_id_name;
    order.caller_id_number = claim.slot.caller_id;
    order.ring_timeout = campaign.ring_timeout;
    order.variables.reserve(campaign.variables.size());
    for (const CampaignVariable& variable : campaign.variables) {
        order.variables.emplace_back(variable.name, variable.value.render(values));
    }
    if (!claim.callback_agent.empty()) order.variables.emplace_back(agent_variable, claim.callback_agent);
    return order;
}

}  // namespace outdial
