// What goes wrong around a store, and when.
#pragma once

#include "tests/simulation/scene.hpp"

namespace coppice::simulation {

/// Begins troubles now and then, and ends those that last. How a life ends is for whoever sees that the scene is dead.
class Trouble {
public:
  explicit Trouble(Scene& scene);

  /// To be called between any two steps.
  void look();
  /// Nothing goes wrong any more.
  void end();
  /// How the life that ends now ends: true: the power goes; false: only the process.
  bool loses_power() { return random_.below(3) > 0; }
  /// Whether the store is to be closed now.
  bool closes();

private:
  void begin();

  Scene& scene_;
  engine::Random random_;
  // Something lasts until then.
  std::optional<VirtualPlatform::Time> until_;
};

}  // namespace coppice::simulation
