#include "engine/standpoint.hpp"

namespace coppice::engine {
namespace {

constexpr uint32_t kRetryAfterMs = 100;

}  // namespace

Status Standpoint::pin() {
  view_ = state_.views.pin();
  if (!view_)
    return Error{Errc::unavailable, "the tree is closed: it is being opened again, split or shut down",
                 kRetryAfterMs};
  // A floor was visible once, so what is visible now lies at it or later.
  if (is_now_ && at_ < view_->floor) at_ = visible();
  return success();
}

}  // namespace coppice::engine
