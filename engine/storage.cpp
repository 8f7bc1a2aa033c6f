#include "engine/storage.hpp"

namespace coppice::engine {

Status Storage::write(const Batch& batch, Timestamp commit, Durability durability) {
  const GroupWrite one{&batch, commit};
  COPPICE_TRY(log_group({&one, 1}));
  if (durability == Durability::synced) COPPICE_TRY(install_sync(run_sync(plan_sync())));
  apply_group({&one, 1});
  return success();
}

}  // namespace coppice::engine
