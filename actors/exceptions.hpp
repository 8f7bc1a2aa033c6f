// What becomes of an exception in an actor.
#pragma once

#include <caf/scheduled_actor.hpp>

namespace coppice::actors {

/// Ends the process where one is thrown, with its text on standard error. Nothing of ours throws, so memory has run out in the midst
/// of something, or a program's own code has thrown in an answer: CAF would end this actor alone, and the others would go on with half
/// of what it did. To the files it is a crash, which loses nothing that was acknowledged.
void end_with_exceptions(caf::scheduled_actor& self);

}  // namespace coppice::actors
