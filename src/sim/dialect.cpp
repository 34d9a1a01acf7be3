#include "sim/dialect.hpp"

namespace outdial::sim {

std::string_view ami_version(Dialect dialect) {
    switch (dialect) {
        case Dialect::asterisk_16: return "5.0.4";
        case Dialect::asterisk_22: return "11.0.0";
    }
    return {};
}

std::string_view asterisk_version(Dialect dialect) {
    switch (dialect) {
        case Dialect::asterisk_16: return "16.28.0";
        case Dialect::asterisk_22: return "22.10.1";
    }
    return {};
}

bool tells_tech_cause(Dialect dialect) { return dialect == Dialect::asterisk_22; }

int ring_timeout_cause(Dialect dialect) { return dialect == Dialect::asterisk_22 ? 19 : 0; }

bool compares_ids_by_prefix(Dialect dialect) { return dialect == Dialect::asterisk_22; }

// Asterisk 22: ast_sip_hangup_sip2cause in res_pjsip.c.
int cause_of_sip(Dialect dialect, int status) {
    switch (status) {
        case 401:
        case 403:
        case 407:
        case 603: return 21;
        case 404: return dialect == Dialect::asterisk_16 ? 3 : 1;
        case 485:
        case 604: return 1;
        case 408: return 18;
        case 410: return 22;
        case 480: return dialect == Dialect::asterisk_16 ? 20 : 19;
        case 483: return 19;
        case 484: return 28;
        case 486:
        case 600: return 17;
        case 488:
        case 606: return 58;
        case 500: return 38;
        case 502: return 27;
        default: return status >= 500 && status < 600 ? 34 : 127;
    }
}

int sip_of_cause(int cause) {
    switch (cause) {
        case 1:
        case 2:
        case 3: return 404;
        case 34:
        case 42:
        case 66: return 503;
        case 18: return 408;
        case 19:
        case 20:
        case 31: return 480;
        case 21: return 403;
        case 22: return 410;
        case 28: return 484;
        case 17: return 486;
        case 38:
        case 127: return 500;
        case 29: return 501;
        case 27: return 502;
        case 58: return 488;
        default: return 0;
    }
}

std::string_view cause_text(int cause) {
    switch (cause) {
        case 1: return "Unallocated (unassigned) number";
        case 3: return "No route to destination";
        case 16: return "Normal Clearing";
        case 17: return "User busy";
        case 18: return "No user responding";
        case 19: return "User alerting, no answer";
        case 20: return "Subscriber absent";
        case 21: return "Call Rejected";
        case 22: return "Number changed";
        case 27: return "Destination out of order";
        case 28: return "Invalid number format";
        case 31: return "Normal, unspecified";
        case 34: return "Circuit/channel congestion";
        case 38: return "Network out of order";
        case 58: return "Bearer capability not available";
        case 127: return "Interworking, unspecified";
        default: return "Unknown";
    }
}

std::string_view dial_status_of_cause(int cause) {
    switch (cause) {
        case 17: return "BUSY";
        case 34: return "CONGESTION";
        case 3:
        case 20: return "CHANUNAVAIL";
        default: return "NOANSWER";
    }
}

}  // namespace outdial::sim
