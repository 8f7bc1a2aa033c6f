// Tables in memory, for tests that write, damage and read them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/table/table_builder.hpp"
#include "engine/table/table_reader.hpp"
#include "tests/support/vector_cursor.hpp"

namespace coppice::engine {

/// As much of a file system as tables use: files by name, whose bytes a test may change between reads.
class TableFiles final : public FileSystem {
public:
  std::map<std::string, Bytes> contents;
  /// Reads of any file so far.
  mutable size_t read_count = 0;

  Result<std::unique_ptr<AppendFile>> create(const std::string& path) override {
    contents[path].clear();
    return std::unique_ptr<AppendFile>(std::make_unique<Appender>(contents[path]));
  }
  Result<std::unique_ptr<RandomFile>> open(const std::string& path) override {
    if (!contents.contains(path)) return Error{Errc::not_found, path};
    return std::unique_ptr<RandomFile>(std::make_unique<Reader>(path, contents[path], read_count));
  }

  Result<std::unique_ptr<AppendFile>> reopen(const std::string& path, uint64_t) override {
    return none(path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override { return none(path); }
  Result<bool> exists(const std::string& path) override { return contents.contains(path); }
  Status rename(const std::string& path, const std::string&) override { return none(path); }
  Status link(const std::string& path, const std::string&) override { return none(path); }
  Status remove(const std::string& path) override { return none(path); }
  Status remove_tree(const std::string& path) override { return none(path); }
  Status make_directory(const std::string& path) override { return none(path); }
  Status sync_directory(const std::string& path) override { return none(path); }
  Result<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override { return none(path); }

private:
  static Error none(const std::string& path) { return {Errc::unsupported, path}; }

  class Appender final : public AppendFile {
  public:
    explicit Appender(Bytes& bytes) : bytes_(bytes) {}
    Status append(ByteView bytes) override {
      bytes_.append(bytes);
      return success();
    }
    Status sync() override { return success(); }
    uint64_t size() const override { return bytes_.size(); }

  private:
    Bytes& bytes_;
  };

  class Reader final : public RandomFile {
  public:
    Reader(std::string name, const Bytes& bytes, size_t& count)
        : name_(std::move(name)), bytes_(bytes), count_(count) {}
    Status read(uint64_t offset, size_t size, char* target) const override {
      ++count_;
      if (offset > bytes_.size() || size > bytes_.size() - offset)
        return Error{Errc::corruption, name_ + " at " + std::to_string(offset) + ": ends early"};
      bytes_.copy(target, size, offset);
      return success();
    }
    uint64_t size() const override { return bytes_.size(); }
    const std::string& name() const override { return name_; }

  private:
    const std::string name_;
    const Bytes& bytes_;
    size_t& count_;
  };
};

/// Builds a table of `entries`, in order, and `range_deletes`. The file is called "<number>".
inline Result<TableMeta> write_table(FileSystem& files, const TableBuilderOptions& options,
                                     const std::vector<OwnedEntry>& entries,
                                     const std::vector<RangeDelete>& range_deletes = {}) {
  COPPICE_TRY_ASSIGN(file, files.create(std::to_string(options.number)));
  TableBuilder builder(std::move(file), options);
  for (const OwnedEntry& entry : entries) COPPICE_TRY(builder.add(entry.view()));
  for (const RangeDelete& range_delete : range_deletes) builder.add_range_delete(range_delete);
  return builder.finish();
}

/// Every entry of a cursor, by next().
inline std::vector<OwnedEntry> all_entries(Cursor& cursor) {
  std::vector<OwnedEntry> entries;
  for (const Entry* entry = cursor.seek({}); entry != nullptr; entry = cursor.next())
    entries.emplace_back(*entry);
  return entries;
}

}  // namespace coppice::engine
