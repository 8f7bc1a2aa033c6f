#include "engine/ingest/sorted_file_writer.hpp"

#include <random>

#include "engine/base/coding.hpp"
#include "engine/base/random.hpp"
#include "engine/io/file_names.hpp"
#include "engine/table/table_builder.hpp"

namespace coppice::engine {
namespace {

uint64_t unique_id_of(uint64_t seed) {
  if (seed != 0) return mix(seed);
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

struct SortedFileWriter::State {
  State(FileSystem& in, std::string name, std::unique_ptr<AppendFile> file,
        const TableBuilderOptions& options)
      : files(in), path(std::move(name)), builder(std::move(file), options) {}
  ~State() {
    if (!finished) (void)files.remove(fresh_path()).ok();
  }

  std::string fresh_path() const { return path + ".new"; }
  Status add(ByteView key, Kind kind, ByteView stored);

  FileSystem& files;
  const std::string path;
  TableBuilder builder;
  uint64_t count = 0;
  Bytes last_key;
  /// Of a value that expires.
  Bytes stored;
  /// Why nothing more is written.
  Status failed;
  bool finished = false;
};

SortedFileWriter::SortedFileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SortedFileWriter::SortedFileWriter(SortedFileWriter&&) noexcept = default;
SortedFileWriter::~SortedFileWriter() = default;

Result<SortedFileWriter> SortedFileWriter::begin(FileSystem& files, const std::string& path,
                                                 const SortedFileOptions& options) {
  TreeOptions known;
  known.block_size = options.block_size;
  known.filter_false_positive_rate = options.filter_false_positive_rate;
  COPPICE_TRY(check_options(known));
  COPPICE_TRY_ASSIGN(exists, files.exists(path));
  if (exists)
    return Error{Errc::in_use, path + ": there is a file of that name: remove it, or give another name"};
  COPPICE_TRY_ASSIGN(file, files.create(path + ".new"));
  const double rate = options.filter_false_positive_rate;
  return SortedFileWriter(std::make_unique<State>(files, path, std::move(file),
                                                  TableBuilderOptions{.unique_id = unique_id_of(options.seed),
                                                                      .block_size = options.block_size,
                                                                      .filter_rate = rate < 1 ? rate : 0,
                                                                      .compression = options.compression,
                                                                      .keys = options.keys,
                                                                      .outside = true}));
}

Status SortedFileWriter::State::add(ByteView key, Kind kind, ByteView value) {
  COPPICE_CHECK(!finished);
  COPPICE_TRY(Status(failed));
  COPPICE_TRY(check_key(key));
  if (count > 0 && key <= last_key)
    return Error{Errc::invalid_argument,
                 "the key " + printable(key) + " comes behind " + printable(last_key) +
                     ": the keys of a sorted file ascend bytewise, and none comes twice"};
  failed = builder.add({key, kOutsideCommit, kind, value});
  if (!failed.ok()) return failed;
  last_key.assign(key);
  ++count;
  return success();
}

Status SortedFileWriter::put(ByteView key, ByteView value) {
  COPPICE_TRY(check_value(value));
  return state_->add(key, Kind::put, value);
}

Status SortedFileWriter::put_until(ByteView key, ByteView value, uint64_t expires_ms) {
  COPPICE_TRY(check_value(value));
  state_->stored.clear();
  put_fixed<uint64_t>(state_->stored, expires_ms);
  state_->stored.append(value);
  return state_->add(key, Kind::put_that_expires, state_->stored);
}

Status SortedFileWriter::remove(ByteView key) { return state_->add(key, Kind::remove, {}); }

Result<SortedFile> SortedFileWriter::finish() {
  State& s = *state_;
  COPPICE_CHECK(!s.finished);
  COPPICE_TRY(Status(s.failed));
  if (s.count == 0)
    return Error{Errc::invalid_argument, s.path + ": nothing to write: a sorted file has an entry at least"};
  COPPICE_TRY_ASSIGN(meta, s.builder.finish());
  COPPICE_TRY(s.files.rename(s.fresh_path(), s.path));
  s.finished = true;
  COPPICE_TRY(s.files.sync_directory(parent_directory(s.path)));
  return SortedFile{meta.entry_count, meta.file_size};
}

}  // namespace coppice::engine
