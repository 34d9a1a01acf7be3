#include "core/capacity.hpp"

#include "base/check.hpp"

namespace outdial {

int* Capacity::count_of(SlotStage stage) {
    switch (stage) {
        case SlotStage::reserved: return &reserved_;
        case SlotStage::in_hand: return &in_hand_;
        case SlotStage::sent: return &sent_;
        case SlotStage::released: return nullptr;
    }
    OUTDIAL_UNREACHABLE();
}

void Capacity::move(SlotStage from, SlotStage to) {
    if (int* count = count_of(from)) {
        OUTDIAL_CHECK(*count > 0);
        --*count;
    }
    if (int* count = count_of(to)) ++*count;
}

}  // namespace outdial
