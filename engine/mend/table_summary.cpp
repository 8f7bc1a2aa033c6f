#include "engine/mend/table_summary.hpp"

#include <algorithm>

#include "engine/table/compression.hpp"
#include "engine/values/value_file.hpp"

namespace coppice::engine {

Result<Footer> read_footer(const RandomFile& file) {
  const uint64_t size = file.size();
  if (size < kFooterSizeLeast) return damage(file.name(), size, "the file is too short for a table");
  const auto end_size = static_cast<size_t>(std::min<uint64_t>(size, kFooterSize));
  char bytes[kFooterSize];
  COPPICE_TRY(file.read(size - end_size, end_size, bytes));
  auto footer = decode_footer({bytes, end_size}, size);
  if (footer.ok()) return footer;
  if (footer.error().code == Errc::corruption)
    return damage(file.name(), size - end_size, footer.error().text);
  return std::move(footer).error().within(file.name());
}

Result<BlockForm> form_of(const Footer& footer, const KeyRing& keys, const std::string& path) {
  COPPICE_TRY_ASSIGN(seal, keys.open(footer.seal, FileUse::table, path));
  return BlockForm{footer.unique_id, std::move(seal.cipher)};
}

Status read_dictionary(const RandomFile& file, const Footer& footer, BlockForm& form) {
  if (footer.dictionary.absent()) return success();
  COPPICE_TRY_ASSIGN(block, read_block(file, form, footer.dictionary));
  form.dictionary = Dictionary::open({block.bytes.get(), block.size});
  if (form.dictionary == nullptr)
    return damage(file.name(), footer.dictionary.offset, "the dictionary makes no sense");
  return success();
}

Result<TableMeta> read_summary(FileSystem& files, const std::string& path, uint64_t number,
                               const KeyRing& keys) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  COPPICE_TRY_ASSIGN(footer, read_footer(*file));
  COPPICE_TRY_ASSIGN(form, form_of(footer, keys, path));
  COPPICE_TRY_ASSIGN(block, read_block(*file, form, footer.properties));
  auto meta = decode_properties({block.bytes.get(), block.size}, footer.flags);
  if (!meta) return damage(path, footer.properties.offset, "the properties make no sense");
  meta->number = number;
  meta->file_size = file->size();
  meta->unique_id = footer.unique_id;
  meta->key_id = footer.seal.key_id;
  if ((footer.flags & kTableOutside) != 0) meta->ingested = kOutsideCommit;
  if (!footer.may_have_range_deletes())
    return damage(path, footer.range_deletes.offset,
                  "a table that was built outside of a tree has range deletes");
  if (footer.range_deletes.absent()) return *std::move(meta);
  COPPICE_TRY_ASSIGN(deletes_block, read_block(*file, form, footer.range_deletes));
  const auto range_deletes = decode_range_deletes({deletes_block.bytes.get(), deletes_block.size});
  if (!range_deletes) return damage(path, footer.range_deletes.offset, "the range deletes make no sense");
  meta->cleared = cleared_by(*range_deletes);
  return *std::move(meta);
}

Result<ValueFileMeta> read_value_summary(FileSystem& files, const std::string& path, uint64_t number) {
  COPPICE_TRY_ASSIGN(file, files.open(path));
  COPPICE_TRY_ASSIGN(footer, read_value_footer(*file));
  return ValueFileMeta{.number = number,
                       .file_size = file->size(),
                       .unique_id = footer.unique_id,
                       .key_id = footer.seal.key_id};
}

}  // namespace coppice::engine
