#include "engine/values/value_writer.hpp"

namespace coppice::engine {

ValueWriter::ValueWriter(std::unique_ptr<AppendFile> file, uint64_t number, uint64_t unique_id,
                         Compression compression, const KeyRing& keys)
    : number_(number),
      unique_id_(unique_id),
      file_(std::move(file)),
      seal_(keys.begin(FileUse::values)),
      writer_(*file_, {unique_id, seal_.cipher}, compression) {
  COPPICE_CHECK(file_->size() == 0);
}

Result<ValueRef> ValueWriter::add(ByteView value) {
  COPPICE_TRY_ASSIGN(place, writer_.write(value));
  ++count_;
  return ValueRef{number_, place};
}

Result<ValueFileMeta> ValueWriter::finish() {
  COPPICE_CHECK(count_ > 0);
  writer_.write_raw(encode_value_footer({.unique_id = unique_id_, .count = count_, .seal = seal_.seal}));
  COPPICE_TRY(writer_.flush());
  COPPICE_TRY(file_->sync());
  COPPICE_CHECK(writer_.size() == file_->size());
  return ValueFileMeta{
      .number = number_, .file_size = file_->size(), .unique_id = unique_id_, .key_id = seal_.seal.key_id};
}

}  // namespace coppice::engine
