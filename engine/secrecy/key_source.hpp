// Where keys come from: a file, or what a command prints.
#pragma once

#include <string>
#include <vector>

#include "engine/secrecy/key_ring.hpp"

namespace coppice::engine {

/// "file:PATH" or "command:COMMAND"; what is found there is given to Key::parse.
///
/// A file must be a regular one that others cannot read, and that nobody but its owner can write. A command is run by
/// /bin/sh, without input, with the errors it prints among ours; it must print the key and exit with 0 within kKeyTimeMs, or it
/// is killed with all that it began. What was read is wiped from memory.
///
/// invalid_argument: no such source, or no key in it; not_found, io_error: the file cannot be read; unavailable: the
/// command failed, or took too long. Messages never tell what was read. Blocks: on the disk, and on the command.
Result<Key> read_key(const std::string& source);

inline constexpr uint32_t kKeyTimeMs = 30000;
/// The same, for who will not wait so long.
Result<Key> read_key(const std::string& source, uint32_t time_ms);

/// The keys of these sources; `current` empty: new files stay plain. Errors as read_key().
Result<KeyRing> read_keys(const std::string& current, const std::vector<std::string>& older);

}  // namespace coppice::engine
