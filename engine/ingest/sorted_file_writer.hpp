// Builds a file of sorted entries that a tree or a store takes in as it is: for programs that have much to load.
#pragma once

#include <memory>
#include <string>

#include "engine/io/file.hpp"
#include "engine/options.hpp"
#include "engine/secrecy/key_ring.hpp"

namespace coppice::engine {

/// The first three are as those of TreeOptions.
struct SortedFileOptions {
  size_t block_size = 4096;
  double filter_false_positive_rate = 0.0005;
  Compression compression = Compression::none;
  /// What the file is encrypted with, if at all: the key of the store that it is for.
  KeyRing keys = {};
  /// Tells the file apart from all others; 0: drawn from the system.
  uint64_t seed = 0;
};

/// What was built.
struct SortedFile {
  uint64_t entries = 0;
  /// In bytes.
  uint64_t file_size = 0;
};

/// Each key is there once, and they ascend bytewise. The entries have no moment yet: when the file is ingested, all get the same,
/// later than all that was committed before. So they replace what the store has of their keys.
///
/// The file is named `path`.new until it is finished; a writer that ends before removes it. After an error other than
/// invalid_argument nothing more is written. Memory: TableBuilder's. Threads: one.
class SortedFileWriter {
public:
  /// in_use: there is a file `path` already; invalid_argument: an option is out of its range. Lifetime: `files` outlives the writer.
  static Result<SortedFileWriter> begin(FileSystem& files, const std::string& path,
                                        const SortedFileOptions& options = {});
  SortedFileWriter(SortedFileWriter&&) noexcept;
  ~SortedFileWriter();

  // invalid_argument, and nothing added, if the key does not come behind the one before it, or past the limits of schema/types.hpp.

  Status put(ByteView key, ByteView value);
  /// Of a value that is as good as removed from `expires_ms` on, in milliseconds since 1970.
  Status put_until(ByteView key, ByteView value, uint64_t expires_ms);
  /// What the store has of the key goes.
  Status remove(ByteView key);

  /// invalid_argument: nothing was added. Requires: nothing is added afterwards. Durable: on success, the file and its name.
  /// Blocks: on the disk.
  Result<SortedFile> finish();

private:
  struct State;
  explicit SortedFileWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace coppice::engine
