#include "control/address.hpp"

namespace outdial::control {

Result<Address> Address::of(const std::filesystem::path& path) {
    Address made;
    made.address_.sun_family = AF_UNIX;
    const std::string& bytes = path.native();
    if (bytes.empty() || bytes.size() >= sizeof made.address_.sun_path) {
        return fail("the control socket's path must have 1 to " + std::to_string(sizeof made.address_.sun_path - 1) +
                    " bytes, which is what the system allows: '" + bytes + "'; change control.socket in outdial.yaml");
    }
    bytes.copy(static_cast<char*>(made.address_.sun_path), bytes.size());
    return made;
}

}  // namespace outdial::control
