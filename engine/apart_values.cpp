#include "engine/apart_values.hpp"

#include "engine/io/file_names.hpp"
#include "engine/values/value_walk.hpp"

namespace coppice::engine {
namespace {

class VersionValues final : public ValueSource {
public:
  VersionValues(const Version& version, const TableReadOptions& options)
      : version_(version), options_(options) {}

  Result<ByteView> read(const ValueRef& ref) override {
    COPPICE_TRY_ASSIGN(file, find_value_file(version_, ref));
    return walk_.read(*file, ref.place, options_);
  }

private:
  const Version& version_;
  const TableReadOptions options_;
  ValueWalk walk_;
};

}  // namespace

Result<const ValueFile*> find_value_file(const Version& version, const ValueRef& ref) {
  if (const LiveValues* values = version.find_values(ref.file)) return values->file.get();
  return damage(value_file_name(ref.file), ref.place.offset,
                "a table refers to a value in it, and the manifest knows no such file");
}

Status read_apart(const Version& version, const ValueRef& ref, const TableReadOptions& options,
                  Bytes& value) {
  COPPICE_TRY_ASSIGN(file, find_value_file(version, ref));
  BlockBuffer buffer;
  COPPICE_TRY_ASSIGN(kept, file->read(ref.place, options, buffer));
  value.assign(kept.bytes);
  return success();
}

std::unique_ptr<ValueSource> make_value_source(const Version& version, const TableReadOptions& options) {
  return std::make_unique<VersionValues>(version, options);
}

}  // namespace coppice::engine
