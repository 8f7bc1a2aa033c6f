// A store for programs that are actors themselves: its router, and the system that it lives in.
#pragma once

#include "actors/protocol.hpp"

namespace coppice::actors {

struct StoreActors {
  /// Where programs may spawn actors of their own. They must have ended before the store is closed.
  static caf::actor_system& system(Store& store);

  /// Takes the calls of actors listed with RouterActor: write, get_many, snapshot, scan.
  /// Lifetime: until the store is closed; a later request is answered with an error.
  static RouterActor router(Store& store);
};

}  // namespace coppice::actors
