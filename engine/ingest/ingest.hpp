// Tables that were built outside, on their way into a storage.
#pragma once

namespace coppice::engine {

/// What a storage has made ready to be taken in at one moment; each engine has its own. Who lets it go instead leaves nothing.
///
/// Lifetime: shorter than that of the storage that made it.
class Ingest {
public:
  Ingest() = default;
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;
  virtual ~Ingest() = default;
};

}  // namespace coppice::engine
