#include "engine/version/manifest.hpp"

#include <array>

#include "engine/io/file_names.hpp"

namespace coppice::engine {
namespace {

// A manifest is rewritten when it is larger than this and twice what it was when last written whole, so
// rewriting costs no more than appending did.
constexpr uint64_t kRewriteSizeMin = 256 << 10;

Status add_edit(LogWriter& writer, const VersionEdit& edit) {
  const Bytes payload = encode_edit(edit);
  const std::array<ByteView, 1> pieces{payload};
  return writer.add(RecordKind::edit, kTimestampMin, pieces);
}

/// Beside the present one, which nothing happens to.
Result<LogWriter> write_fresh(FileSystem& files, const std::string& directory, const ManifestState& state,
                              uint64_t salt, const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(writer, LogWriter::begin(files, join_path(directory, kFreshManifestName),
                                              {.salt = salt, .sealing = keys.begin(FileUse::log)}));
  COPPICE_TRY(add_edit(writer, state.whole()));
  COPPICE_TRY(writer.sync());
  return writer;
}

Status put_in_place(FileSystem& files, const std::string& directory) {
  COPPICE_TRY(files.rename(join_path(directory, kFreshManifestName), join_path(directory, kManifestName)));
  return files.sync_directory(directory);
}

Error at(const LogReader& reader, Error error) {
  return std::move(error).within(reader.name() + ": offset " + std::to_string(reader.record_offset()));
}

}  // namespace

Status check_numbers(const std::string& path, uint64_t next) {
  // More than any process gives out.
  constexpr uint64_t kNumbersLeft = uint64_t{1} << 40;
  if (next <= kFileNumberMax - kNumbersLeft) return success();
  return Error{Errc::corruption, path + ": counts " + std::to_string(next) +
                                     " files, which no tree can have had: restore it from a backup"};
}

Manifest::Manifest(FileSystem& files, std::string directory, ManifestState state, LogWriter writer,
                   KeyRing keys)
    : files_(&files),
      directory_(std::move(directory)),
      state_(std::move(state)),
      writer_(std::move(writer)),
      keys_(std::move(keys)),
      whole_size_(writer_.size()) {}

Result<Manifest> Manifest::create(FileSystem& files, const std::string& directory, ManifestState state,
                                  uint64_t salt, const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(writer, write_fresh(files, directory, state, salt, keys));
  COPPICE_TRY(put_in_place(files, directory));
  return Manifest(files, directory, std::move(state), std::move(writer), keys);
}

Result<ManifestContent> Manifest::read(FileSystem& files, const std::string& directory, const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(reader, LogReader::open(files, join_path(directory, kManifestName), 0, keys));
  ManifestContent content{{}, reader.header(), {}};
  for (bool first = true;; first = false) {
    COPPICE_TRY_ASSIGN(record, reader.next());
    if (!record) {
      // A manifest is renamed into its place whole, so its first record cannot be the torn one.
      if (first)
        return Error{Errc::corruption, reader.name() + ": offset " + std::to_string(reader.end_offset()) +
                                           ": the first edit is missing"};
      break;
    }
    if (record->kind != RecordKind::edit)
      return at(reader, Error{Errc::corruption, "a manifest has no records of this kind"});
    auto edit = decode_edit(record->payload);
    if (!edit.ok()) return at(reader, std::move(edit).error());
    if (edit->range.has_value() != first)
      return at(reader, Error{Errc::corruption, "the first edit, and no other, has the tree's range"});
    if (Status fits = content.state.apply(*edit); !fits.ok()) return at(reader, std::move(fits).error());
  }
  if (Status apart = content.state.check_levels(); !apart.ok()) return at(reader, std::move(apart).error());
  content.front = reader.front();
  return content;
}

Result<Manifest> Manifest::resume(FileSystem& files, const std::string& directory, ManifestContent content,
                                  const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(
      writer, LogWriter::resume(files, join_path(directory, kManifestName), content.header, content.front));
  Manifest manifest(files, directory, std::move(content.state), std::move(writer), keys);
  manifest.frozen_ = manifest.key_id() != 0 || manifest.key_id() != keys.current();
  return manifest;
}

bool Manifest::is_to_be_rewritten() const {
  return frozen_ || (writer_.size() > kRewriteSizeMin && writer_.size() > 2 * whole_size_);
}

Status Manifest::make_room(std::span<const VersionEdit> edits) {
  // One that is frozen is written anew, which takes what it takes.
  if (frozen_) return success();
  size_t size = 0;
  for (const VersionEdit& edit : edits) size += encode_edit(edit).size() + kRecordFrameSizeMax;
  return writer_.make_room(size);
}

Status Manifest::append(const VersionEdit& edit, uint64_t salt) {
  const Status fits = state_.apply(edit);
  COPPICE_CHECK(fits.ok());
  if (is_to_be_rewritten() && !writer_.broken()) {
    auto fresh = write_fresh(*files_, directory_, state_, salt, keys_);
    if (fresh.ok()) return begin(*std::move(fresh));
    // The state has the edit already, so nothing more can be written.
    if (frozen_) return writer_.install_sync(std::move(fresh).error());
    (void)files_->remove(join_path(directory_, kFreshManifestName)).ok();
    // Not again before it has doubled.
    whole_size_ = writer_.size();
  }
  if (const Status added = add_edit(writer_, edit); !added.ok()) return writer_.install_sync(added);
  return writer_.sync();
}

Status Manifest::begin(LogWriter fresh) {
  // Whether the rename is on the disk is not known; what is there is complete either way, but no place to go on writing.
  if (const Status placed = put_in_place(*files_, directory_); !placed.ok())
    return writer_.install_sync(placed);
  writer_ = std::move(fresh);
  whole_size_ = writer_.size();
  frozen_ = false;
  return success();
}

}  // namespace coppice::engine
