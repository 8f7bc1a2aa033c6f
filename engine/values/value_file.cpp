#include "engine/values/value_file.hpp"

#include <vector>

#include "engine/watch/read_work.hpp"

namespace coppice::engine {
namespace {

void count(const TableReadOptions& options, const BlockHandle& place) {
  if (options.work == nullptr) return;
  ++options.work->blocks_read;
  options.work->bytes_read += place.size + kBlockTrailerSize;
}

// What an open file takes in memory, with its name and what the system's allocator adds.
constexpr size_t kOpenSize = 512;
// So many bytes of values are asked for at once.
constexpr size_t kTogetherSizeMax = 8 << 20;

}  // namespace

Result<ValueFooter> read_value_footer(const RandomFile& file) {
  if (file.size() < kValueFooterSize)
    return damage(file.name(), file.size(), "the file is too short for a file of values");
  const uint64_t offset = file.size() - kValueFooterSize;
  char bytes[kValueFooterSize];
  COPPICE_TRY(file.read(offset, kValueFooterSize, bytes));
  auto footer = decode_value_footer({bytes, kValueFooterSize});
  if (footer.ok()) return footer;
  if (footer.error().code == Errc::corruption) return damage(file.name(), offset, footer.error().text);
  return std::move(footer).error().within(file.name());
}

ValueFile::ValueFile(FileSystem& files, std::string path, const ValueFileMeta& meta, BlockCache& cache,
                     KeyRing keys)
    : files_(files), path_(std::move(path)), meta_(meta), cache_(cache), keys_(std::move(keys)) {}

ValueFile::~ValueFile() {
  const std::unique_ptr<const Opened> opened(opened_.load(std::memory_order_acquire));
  if (opened != nullptr) cache_.unreserve(kOpenSize);
  // A failure leaves an orphan, which the next opening of the tree removes.
  if (remove_.load(std::memory_order_acquire)) (void)files_.remove(path_).ok();
}

Result<const RandomFile*> ValueFile::open(bool cached_only) const {
  COPPICE_TRY_ASSIGN(found, opened(cached_only));
  return found->file.get();
}

Result<const ValueFile::Opened*> ValueFile::opened(bool cached_only) const {
  if (const Opened* opened = opened_.load(std::memory_order_acquire)) return opened;
  if (cached_only) return Error{Errc::would_block, path_ + ": the file is not open yet"};
  COPPICE_TRY_ASSIGN(file, files_.open(path_));
  COPPICE_TRY_ASSIGN(form, check(*file));
  auto fresh = std::make_unique<const Opened>(Opened{std::move(file), std::move(form)});
  const Opened* first = nullptr;
  if (!opened_.compare_exchange_strong(first, fresh.get(), std::memory_order_acq_rel)) return first;
  cache_.charge(kOpenSize);
  return fresh.release();
}

Result<BlockForm> ValueFile::check(const RandomFile& file) const {
  if (file.size() != meta_.file_size)
    return damage(path_, file.size(),
                  "the file has " + std::to_string(file.size()) + " bytes, and the manifest says " +
                      std::to_string(meta_.file_size));
  COPPICE_TRY_ASSIGN(footer, read_value_footer(file));
  if (footer.unique_id != meta_.unique_id)
    return damage(path_, file.size() - kValueFooterSize,
                  "this is another file of values than the one that the manifest names");
  if (footer.seal.key_id != meta_.key_id)
    return damage(path_, file.size() - kValueFooterSize,
                  "the file is encrypted with key " + key_name(footer.seal.key_id) +
                      ", and the manifest says " + key_name(meta_.key_id));
  COPPICE_TRY_ASSIGN(seal, keys_.open(footer.seal, FileUse::values, path_));
  return BlockForm{meta_.unique_id, std::move(seal.cipher)};
}

BlockRef ValueFile::find_cached(const BlockHandle& place) const {
  return place.size <= kCachedSizeMax ? cache_.find(key(place)) : BlockRef();
}

Result<ValueFile::Kept> ValueFile::read(const BlockHandle& place, const TableReadOptions& options,
                                        BlockBuffer& buffer, const RandomFile* through) const {
  if (BlockRef cached = find_cached(place)) return Kept{cached.bytes(), std::move(cached)};
  COPPICE_TRY_ASSIGN(found, opened(options.cached_only));
  if (options.cached_only) return Error{Errc::would_block, path_ + ": the value is not in memory"};
  count(options, place);
  COPPICE_TRY_ASSIGN(bytes,
                     read_block(through != nullptr ? *through : *found->file, found->form, place, buffer));
  if (!options.fill_cache || bytes.size() > kCachedSizeMax || !cache_.is_wanted(key(place)))
    return Kept{bytes, {}};
  BlockRef kept = cache_.insert(key(place), bytes);
  return Kept{kept.bytes(), std::move(kept)};
}

Result<BlockRef> ValueFile::take(const BlockHandle& place, Block stored) const {
  COPPICE_TRY_ASSIGN(found, opened(true));
  COPPICE_TRY_ASSIGN(block, open_block(*found->file, found->form, place, std::move(stored)));
  if (block.size > kCachedSizeMax || !cache_.is_wanted(key(place))) return BlockRef(std::move(block));
  return cache_.insert(key(place), {block.bytes.get(), block.size});
}

namespace {

/// Values that have to come from the disk, read at once.
class Batched {
public:
  /// Requires: the files of all requests are open.
  Status add(const ValueRequest& request, const RandomFile& file) {
    COPPICE_TRY_ASSIGN(size, stored_size(file, request.place));
    if (size_ > 0 && size_ + size > kTogetherSizeMax) COPPICE_TRY(finish());
    size_ += size;
    requests_.push_back(request);
    stored_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    reads_.push_back({&file, request.place.offset, size, stored_.back().bytes.get(), success()});
    return success();
  }

  Status finish() {
    if (requests_.empty()) return success();
    requests_.front().file->files().read_all(reads_);
    for (size_t index = 0; index < requests_.size(); ++index) {
      COPPICE_TRY(reads_[index].status);
      const ValueRequest& request = requests_[index];
      COPPICE_TRY_ASSIGN(value, request.file->take(request.place, std::move(stored_[index])));
      request.target->assign(value.bytes());
    }
    requests_.clear();
    stored_.clear();
    reads_.clear();
    size_ = 0;
    return success();
  }

private:
  std::vector<ValueRequest> requests_;
  std::vector<Block> stored_;
  std::vector<FileRead> reads_;
  size_t size_ = 0;
};

}  // namespace

Status read_values(std::span<const ValueRequest> requests, const TableReadOptions& options) {
  Batched batched;
  BlockBuffer buffer;
  for (const ValueRequest& request : requests) {
    COPPICE_TRY_ASSIGN(file, request.file->open(options.cached_only));
    const BlockRef cached = request.file->find_cached(request.place);
    const bool at_once =
        cached || options.cached_only ||
        file->is_in_memory(request.place.offset, size_t{request.place.size} + kBlockTrailerSize);
    if (cached) {
      request.target->assign(cached.bytes());
    } else if (at_once) {
      COPPICE_TRY_ASSIGN(kept, request.file->read(request.place, options, buffer));
      request.target->assign(kept.bytes);
    } else {
      count(options, request.place);
      COPPICE_TRY(batched.add(request, *file));
    }
  }
  return batched.finish();
}

}  // namespace coppice::engine
