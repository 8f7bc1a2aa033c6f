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
  // The floor was visible before the view was published, so the view holds all that it covers; of what is visible
  // by now, that is not certain.
  if (is_now_ && at_ < view_->floor) at_ = view_->floor;
  return success();
}

}  // namespace coppice::engine
