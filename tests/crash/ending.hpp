// How a life ends in the middle of a file operation.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "tests/support/memory_file_system.hpp"

namespace coppice::engine {

enum class Ending {
  failure,            // one operation fails, the rest work; then the process ends
  forgetful_failure,  // what a sync could not write is found no more
  kill,               // the process ends within an operation
  power_loss,         // the machine too: only what was synced is there
  torn_power_loss,    // and some of what was not
};

inline std::string ending_name(const ::testing::TestParamInfo<Ending>& info) {
  static constexpr const char* kNames[] = {"Failure", "ForgetfulFailure", "Kill", "PowerLoss",
                                           "TornPowerLoss"};
  return kNames[static_cast<int>(info.param)];
}

inline auto every_ending() {
  return ::testing::Values(Ending::failure, Ending::forgetful_failure, Ending::kill, Ending::power_loss,
                           Ending::torn_power_loss);
}

/// What was not synced may be gone.
inline bool keeps_only_what_was_synced(Ending ending) {
  return ending == Ending::forgetful_failure || ending == Ending::power_loss ||
         ending == Ending::torn_power_loss;
}

/// The life is to end in the operation behind the next `after`.
inline void arm(Ending ending, MemoryFileSystem& files, uint64_t after) {
  if (ending == Ending::failure || ending == Ending::forgetful_failure) {
    files.fail_after(after);
  } else {
    files.stop_after(after);
  }
}

/// Of what is torn `seed` decides. How many a program's tests had so far is the property `endings` of the last of them.
inline void end(Ending ending, MemoryFileSystem& files, uint64_t seed) {
  static int count = 0;
  ::testing::Test::RecordProperty("endings", ++count);
  if (ending == Ending::power_loss) return files.crash();
  if (ending == Ending::torn_power_loss) return files.crash(seed);
  files.heal();
  if (ending == Ending::forgetful_failure) files.forget_unwritten();
}

}  // namespace coppice::engine
