#include "daemon/integrity_check.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "store/quick_check.hpp"

namespace outdial::daemon {

IntegrityCheck::~IntegrityCheck() {
    stop_ = true;
    thread_.join();
}

void IntegrityCheck::start(Done done) {
    boost::asio::post(thread_, [this, done = std::move(done)] {
        const Result<void> found = store::quick_check(database_, stop_);
        if (!stop_) boost::asio::post(io_, [found, done] { done(found); });
    });
}

}  // namespace outdial::daemon
