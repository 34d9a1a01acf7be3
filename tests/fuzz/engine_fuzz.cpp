// Any sequence of inputs to the engine, each legal and none likely: whatever is said of a call, in whatever order, no
// attempt is originated twice, no cap is exceeded, nothing leaves where it may not, and every attempt ends.
#include "fuzz/engine_desk.hpp"

namespace {

using namespace outdial;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int max_inputs = 200;

void give_one(fuzz::Bytes& bytes, fuzz::EngineDesk& desk) {
    switch (bytes.below(20)) {
        case 0: return desk.advance(milliseconds{bytes.byte()});
        case 1: return desk.advance(seconds{bytes.byte()});
        case 2:
        case 3:
        case 4:
        case 5: return desk.advance_to_wakeup();
        case 6:
        case 7:
        case 8: return desk.answer_claim();
        case 9: return desk.fail_claim();
        case 10:
        case 11:
        case 12: return desk.tell_event();
        case 13:
        case 14: return desk.answer_list();
        case 15: return desk.fail_list();
        case 16: return desk.change_server();
        case 17: return desk.give_order();
        case 18: return desk.change_site();
        default: break;
    }
    switch (bytes.below(8)) {
        case 0: return desk.jump_wall_clock();
        case 1: return desk.stop_dialing();
        case 2:
        case 3: return desk.answer_records();
        case 4: return desk.measure_load();
        default: return desk.add_contacts();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Bytes bytes{fuzz::text_of(data, size)};
    fuzz::EngineDesk desk{bytes};
    for (int i = 0; i < max_inputs && !bytes.used_up(); ++i) give_one(bytes, desk);
    desk.end_all();
    return 0;
}
