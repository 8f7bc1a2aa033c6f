// Writes the inputs that fuzzing begins with, by the encoders of today: make_corpus DIRECTORY. What is in corpus/ need not be written anew when
// a format changes: files of old formats are good inputs too.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "actors/shard_map.hpp"
#include "cluster/config.hpp"
#include "engine/base/random.hpp"
#include "engine/ingest/sorted_file_writer.hpp"
#include "engine/io/file_names.hpp"
#include "engine/log/spanning.hpp"
#include "engine/table/filter_parts.hpp"
#include "engine/values/value_writer.hpp"
#include "engine/version/manifest_state.hpp"
#include "schema/store.capnp.h"
#include "tests/fuzz/input.hpp"
#include "tests/support/forgery.hpp"
#include "tests/support/memory_file_system.hpp"
#include "tests/support/table_files.hpp"

namespace coppice::engine {
namespace {

namespace fs = std::filesystem;

fs::path corpus;

void save(const std::string& target, const std::string& name, ByteView content) {
  fs::create_directories(corpus / target);
  std::ofstream(corpus / target / name, std::ios::binary) << content;
}

std::vector<OwnedEntry> some_entries(int count) {
  std::vector<OwnedEntry> entries;
  for (int i = 100; i < 100 + count; ++i) {
    const Bytes key = "key" + std::to_string(i);
    if (i % 7 == 0) entries.emplace_back(key, 9, Kind::remove);
    if (i % 5 == 0) entries.emplace_back(key, 8, Kind::put_that_expires, Bytes(kExpirySize, '\1') + "soon");
    entries.emplace_back(key, 7, Kind::put, "value " + std::to_string(i));
  }
  return entries;
}

Bytes table(const TableBuilderOptions& options, const std::vector<OwnedEntry>& entries,
            const std::vector<RangeDelete>& range_deletes = {}) {
  MemoryFileSystem files;
  COPPICE_CHECK(write_table(files, options, entries, range_deletes).ok());
  return files.content(std::to_string(options.number));
}

void save_tables() {
  TableBuilderOptions options;
  options.number = 13;
  options.unique_id = 77;
  options.block_size = 256;
  const Bytes plain = table(options, some_entries(40), {{"key110", "key120", false, Timestamp{6}}});
  save("table", "blocks", plain);
  save("footer", "table", ByteView(plain).substr(plain.size() - 300));
  options.block_size = 16 << 10;
  save("table", "one-block", table(options, some_entries(8)));
  save("table", "range-deletes-only",
       table(options, {}, {{"a", "c", false, Timestamp{6}}, {"b", "", true, Timestamp{5}}}));
  options.compression = Compression::lz4;
  save("table", "compressed", table(options, some_entries(60)));
  options.compression = Compression::none;
  Bytes reference;
  put_value_ref(reference, {14, {0, 100}});
  const Bytes operand =
      encode_operand({Timestamp{3}, join_steps(std::array{Step{Operator::append, "more"}})});
  save("table", "operands-and-references",
       table(options, {{"a", 5, Kind::operand, operand}, {"b", 5, Kind::put_apart, reference}}));
  options.block_size = 64;
  options.filter_rate = 0;
  std::vector<OwnedEntry> long_keys;
  for (int i = 0; i < 12; ++i)
    long_keys.emplace_back(std::to_string(100 + i) + Bytes(900, 'k') + std::to_string(i), 5);
  save("table", "three-levels", table(options, long_keys));
}

void save_outside() {
  MemoryFileSystem files;
  auto writer = SortedFileWriter::begin(files, "/file", {.block_size = 1024, .seed = 7});
  COPPICE_CHECK(writer.ok());
  for (int i = 100; i < 160; ++i) {
    const Bytes key = "key" + std::to_string(i);
    COPPICE_CHECK((i % 9 == 0 ? writer->remove(key) : writer->put(key, "value")).ok());
  }
  COPPICE_CHECK(writer->put_until("late", "value", 99).ok());
  COPPICE_CHECK(writer->finish().ok());
  save("outside", "sorted", files.content("/file"));
}

void save_values() {
  MemoryFileSystem files;
  ValueWriter writer(*files.create("/14"), 14, 78, Compression::none, {});
  ValueRef last;
  for (const size_t size : {10, 100, 300}) last = *writer.add(Bytes(size, 'v'));
  COPPICE_CHECK(writer.finish().ok());
  Bytes input;
  put_fixed<uint16_t>(input, static_cast<uint16_t>(last.place.offset));
  put_fixed<uint16_t>(input, static_cast<uint16_t>(last.place.size));
  save("values", "three", input + files.content("/14"));
  const Bytes content = files.content("/14");
  save("footer", "values", ByteView(content).substr(content.size() - 72));
}

void save_filters() {
  BloomBuilder builder(0.01);
  for (uint64_t i = 0; i < 100; ++i) builder.add(mix(i));
  save("filter", "whole", builder.finish());
  FilterParts parts;
  parts.offset = 100;
  parts.stored_size = kFilterPartSize;
  parts.count = 3;
  parts.bits_set = 7;
  Bytes head;
  put_fixed<uint64_t>(head, 20'000);
  save("filter", "parts", head + encode_filter_head(parts));
}

VersionEdit some_edit() {
  VersionEdit edit;
  TableMeta meta;
  meta.number = 8;
  meta.file_size = 1000;
  meta.bounds = {"b", "d"};
  meta.entry_count = 10;
  meta.range_delete_count = 1;
  meta.oldest = Timestamp{5};
  meta.newest = Timestamp{9};
  meta.unique_id = 77;
  meta.cleared = {{{"b", "c"}, Timestamp{6}, Timestamp{9}}};
  meta.values.add(14, 200);
  edit.added = {{1, meta}};
  edit.value_files = {{14, 1000, 5, 0, false}};
  edit.logs_begun = {10, 11};
  edit.next_file_number = 15;
  edit.flushed = Timestamp{9};
  return edit;
}

void save_edits() {
  VersionEdit first;
  first.range = KeyRange{"a", "x"};
  first.next_file_number = 2;
  VersionEdit last;
  last.removed = {{1, 8}};
  last.logs_closed = {10};
  last.logs_retired = {11};
  Bytes all;
  for (const VersionEdit& edit : {first, some_edit(), last}) put_piece(all, encode_edit(edit));
  save("manifest", "three-edits", all);
  Bytes one;
  put_piece(one, encode_edit(first));
  save("manifest", "one-edit", one);
  save("edit", "first", encode_edit(first));
  save("edit", "table", encode_edit(some_edit()));
  save("edit", "last", encode_edit(last));
}

void save_payloads() {
  Bytes operands(1, '\1');
  put_piece(operands, "base");
  put_piece(operands, join_steps(std::array{Step{Operator::append, "one"}}));
  put_piece(operands, join_steps(std::array{Step{Operator::append, "two"}, Step{Operator::add, "12345678"}}));
  save("operand", "steps", operands + join_steps(std::array{Step{Operator::max, "abcdefgh"}}));

  Batch left;
  COPPICE_CHECK(left.put("a", "1").ok() && left.remove("b").ok() && left.delete_range("c", "d").ok());
  Batch right;
  COPPICE_CHECK(right.put_until("x", "2", 99).ok() && right.merge("y", Operator::append, "3").ok());
  const std::array parts{SpanningPart{1, left.bytes()}, SpanningPart{2, right.bytes()}};
  save("spanning", "two-shards", encode_spanning(right.bytes(), parts));
}

void save_shard_maps() {
  MemoryFileSystem files;
  auto map = actors::ShardMap::create(7, {"h", Bytes("q\0", 2)});
  COPPICE_CHECK(map.ok());
  COPPICE_CHECK(actors::write_shard_map(files, "/map", *map).ok());
  save("shard_map", "three-shards", files.content("/map"));
}

void save_calls() {
  using schema::Store;
  const auto data = [](ByteView bytes) {
    return capnp::Data::Reader(reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size());
  };
  const auto save_message = [](const std::string& name, capnp::MessageBuilder& message) {
    const auto words = capnp::messageToFlatArray(message);
    save("call", name, {words.asChars().begin(), words.asChars().size()});
  };
  capnp::MallocMessageBuilder write;
  auto params = write.initRoot<Store::WriteIfParams>();
  params.initConditions(1)[0].setKey(data("key"));
  auto operations = params.initOperations(5);
  operations[0].initPut().setKey(data("put"));
  operations[1].setDelete(data("gone"));
  operations[2].initDeleteRange().setBegin(data("from"));
  operations[3].initMerge().setKey(data("sum"));
  operations[3].getMerge().setOperand(data("12345678"));
  operations[4].initPutFor().setTtlMs(1000);
  operations[4].getPutFor().initEntry().setKey(data("brief"));
  save_message("write-if", write);

  capnp::MallocMessageBuilder many;
  auto keys = many.initRoot<schema::Reader::GetManyParams>().initKeys(3);
  for (unsigned i = 0; i < keys.size(); ++i) keys.set(i, data("key"));
  save_message("get-many", many);

  capnp::MallocMessageBuilder scan;
  auto range = scan.initRoot<schema::Reader::ScanParams>().initRange();
  range.setBegin(data("a"));
  range.setEnd(data("b"));
  save_message("scan", scan);
}

void save_texts() {
  save("config", "defaults", cluster::to_toml(cluster::Config()));
  save("config", "some",
       "# a node\nlisten = '[::1]:4640'\nmemory = \"1GiB\"\nboundaries = [\"g\", 'm\\xff']\nretention = "
       "\"12h\"\n"
       "compression = ['none', 'lz4']\ndata = \"/a\\\"b\\u0001\"\n");
  save("config", "address", "[fe80::1]:80");
  save("config", "empty", "");
  save("lines", "three",
       "\x05"
       "a\t1\nb\t2\n\nlast");
  save("lines", "long", "\x20" + Bytes(120, 'x') + "\n");
}

/// Of each file one byte is another.
void save_mended() {
  for (uint8_t which = 0; which < 6; ++which) {
    Bytes input(1, static_cast<char>(which));
    put_fixed<uint16_t>(input, 0);
    put_fixed<uint16_t>(input, 60);
    save("mend", "file-" + std::to_string(which), input + 'k');
  }
}

bool is_block(const Bytes& file, uint64_t unique_id, const BlockHandle& handle) {
  if (handle.absent()) return false;
  Bytes mended = file;
  mend_block(mended, unique_id, handle);
  return mended == file;
}

/// What once was believed.
void save_forged() {
  Footer footer;
  footer.properties = {0, 100};
  footer.unique_id = 42;
  footer.version = 2;
  save("footer", "format-2", Bytes(200, 'x') + encode_footer(footer));

  FilterParts parts;
  parts.stored_size = 1;
  parts.count = 100'000;
  parts.bits_set = 5;
  Bytes head;
  put_fixed<uint64_t>(head, 2'000'000);
  save("filter", "more-parts-than-the-file-holds", head + encode_filter_head(parts));

  TableBuilderOptions options;
  options.number = 13;
  options.unique_id = 77;
  options.block_size = 256;
  Bytes file = table(options, some_entries(40));
  footer = footer_of(file);
  footer.filter = {0, 0};
  while (!is_block(file, footer.unique_id, footer.filter)) ++footer.filter.size;
  file.replace(file.size() - kFooterSize, kFooterSize, encode_footer(footer));
  save("table", "a-data-block-as-the-filter", file);

  // A root with a pointer to a list of structs without content: as removed tables, and as added ones.
  for (const uint32_t pointer : {1u, 2u}) {
    Bytes message;
    for (const uint32_t word : {0u, 3 + pointer, 0u, (1 + pointer) << 16}) put_fixed(message, word);
    message.append(8 * pointer, '\0');
    for (const uint32_t word : {1u, 7u, (1u << 22) << 2, 0u}) put_fixed(message, word);
    save("edit", "empty-elements-" + std::to_string(pointer), message);
  }

  Bytes block;
  const auto put_entry = [&](size_t shared, ByteView unshared) {
    put_varint(block, shared);
    put_varint(block, unshared.size());
    put_varint(block, 0);
    put_fixed<uint8_t>(block, 1);
    put_fixed<uint64_t>(block, 1);
    block.append(unshared);
  };
  put_entry(0, "a");
  put_entry(0, Bytes(2000, 'b'));
  for (int i = 1; i < 100; ++i) put_entry(1999, Bytes(1, static_cast<char>('b' + i)));
  put_fixed<uint32_t>(block, 0);
  put_fixed<uint32_t>(block, 1);
  save("block", "format-1-that-grows", block);
}

void save_operations() {
  for (const uint64_t kind : {0u, 1u, 2u, 4u}) {
    Random random(kind);
    Bytes input(1, static_cast<char>(kind));
    for (int i = 0; i < 4000; ++i) input += static_cast<char>(random.next());
    save("operations", "random-" + std::to_string(kind), input);
  }
}

}  // namespace
}  // namespace coppice::engine

int main(int argc, char** argv) {
  using namespace coppice::engine;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
    return 2;
  }
  corpus = argv[1];
  save_tables();
  save_outside();
  save_values();
  save_filters();
  save_edits();
  save_payloads();
  save_shard_maps();
  save_calls();
  save_texts();
  save_mended();
  save_operations();
  save_forged();
  return 0;
}
