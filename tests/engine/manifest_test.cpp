#include "engine/version/manifest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/io/file_names.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/version/version_edit.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/temporary_directory.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;

TableMeta table(uint64_t number, Bytes begin, std::optional<Bytes> end) {
  TableMeta meta;
  meta.number = number;
  meta.file_size = 1000 + number;
  meta.bounds = {std::move(begin), std::move(end)};
  meta.entry_count = 10;
  meta.delete_count = 3;
  meta.range_delete_count = 1;
  meta.oldest = Timestamp{5};
  meta.newest = Timestamp{9};
  meta.unique_id = 77;
  meta.cleared = {{meta.bounds, Timestamp{6}, Timestamp{9}}};
  return meta;
}

VersionEdit full_edit() {
  VersionEdit edit;
  edit.range = KeyRange{"a", Bytes("z\0", 2)};
  edit.removed = {{2, 4}, {3, 5}};
  edit.added = {{0, table(8, "b", "c")}, {6, table(9, "", std::nullopt)}};
  edit.logs_begun = {10, 11};
  edit.logs_closed = {10};
  edit.logs_retired = {7};
  edit.next_file_number = 12;
  edit.flushed = Timestamp{99};
  return edit;
}

TEST(VersionEditTest, DecodesWhatItEncoded) {
  for (const VersionEdit& edit : {full_edit(), VersionEdit()}) {
    const auto decoded = decode_edit(encode_edit(edit));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, edit);
  }
}

TEST(VersionEditTest, RefusesTablesThatCannotBe) {
  const auto code = [](uint32_t level, const TableMeta& meta) {
    VersionEdit edit;
    edit.added = {{level, meta}};
    return decode_edit(encode_edit(edit)).error().code;
  };
  EXPECT_EQ(code(kLevelCount, table(8, "b", "c")), Errc::corruption);
  EXPECT_EQ(code(1, table(0, "b", "c")), Errc::corruption);
  EXPECT_EQ(code(1, table(8, "c", "b")), Errc::corruption);
  EXPECT_EQ(code(1, table(8, Bytes(kKeySizeMax + 1, 'k'), std::nullopt)), Errc::corruption);
}

TEST(VersionEditTest, RefusesATableThatNamesAValueFileTwice) {
  constexpr uint64_t kFirst = 0x1111111111111111;
  constexpr uint64_t kSecond = 0x2222222222222222;
  VersionEdit edit;
  edit.added = {{1, table(8, "b", "c")}};
  edit.added.front().table.values.add(kFirst, 10);
  edit.added.front().table.values.add(kSecond, 20);
  Bytes bytes = encode_edit(edit);
  ASSERT_TRUE(decode_edit(bytes).ok());
  const size_t second = bytes.find(Bytes(sizeof(uint64_t), '\x22'));
  ASSERT_NE(second, Bytes::npos);

  bytes.replace(second, sizeof(uint64_t), Bytes(sizeof(uint64_t), '\x11'));
  const auto decoded = decode_edit(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, Errc::corruption);
  EXPECT_THAT(decoded.error().text, HasSubstr("ascend"));
}

TEST(VersionEditTest, NumbersAreUsedUpBeforeTheyCannotBeNamed) {
  EXPECT_TRUE(check_numbers("/tree/MANIFEST", 1'000'000).ok());
  const Status used_up = check_numbers("/tree/MANIFEST", kFileNumberMax);
  ASSERT_FALSE(used_up.ok());
  EXPECT_EQ(used_up.error().code, Errc::corruption);
  EXPECT_THAT(used_up.error().text, HasSubstr("/tree/MANIFEST"));
}

TEST(VersionEditTest, RefusesARangeThatNoTreeHas) {
  const auto holds = [](const KeyRange& range) {
    VersionEdit edit;
    edit.range = range;
    return decode_edit(encode_edit(edit)).ok();
  };
  EXPECT_TRUE(holds({Bytes(kKeySizeMax, 'k'), std::nullopt}));
  EXPECT_FALSE(holds({Bytes(kKeySizeMax + 1, 'k'), std::nullopt}));
  EXPECT_FALSE(holds({"b", "b"}));
}

TEST(VersionEditTest, RefusesRangeDeletesThatATableCannotHave) {
  const auto holds = [](ClearedRange cleared) {
    VersionEdit edit;
    edit.added = {{1, table(8, "b", "d")}};
    edit.added.front().table.cleared = {std::move(cleared)};
    const auto decoded = decode_edit(encode_edit(edit));
    EXPECT_TRUE(decoded.ok() || decoded.error().code == Errc::corruption);
    return decoded.ok();
  };
  EXPECT_TRUE(holds({{"b", "d"}, Timestamp{5}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"b", "b"}, Timestamp{5}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"a", "d"}, Timestamp{5}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"b", "e"}, Timestamp{5}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"b", std::nullopt}, Timestamp{5}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"b", "d"}, Timestamp{4}, Timestamp{9}}));
  EXPECT_FALSE(holds({{"b", "d"}, Timestamp{5}, Timestamp{10}}));
  EXPECT_FALSE(holds({{"b", "d"}, Timestamp{7}, Timestamp{6}}));
}

TEST(VersionEditTest, RefusesACountOfFilesThatLeavesNoRoomForMore) {
  VersionEdit edit;
  edit.next_file_number = kFileNumberMax;
  EXPECT_TRUE(decode_edit(encode_edit(edit)).ok());
  edit.next_file_number = kFileNumberMax + 1;
  EXPECT_EQ(decode_edit(encode_edit(edit)).error().code, Errc::corruption);
  edit = {};
  edit.logs_begun = {UINT64_MAX};
  EXPECT_EQ(decode_edit(encode_edit(edit)).error().code, Errc::corruption);
  edit = {};
  edit.added = {{1, table(UINT64_MAX, "b", "c")}};
  EXPECT_EQ(decode_edit(encode_edit(edit)).error().code, Errc::corruption);
}

TEST(VersionEditTest, RefusesEveryCutAndSurvivesEveryFlippedBit) {
  const Bytes whole = encode_edit(full_edit());
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_edit(ByteView(whole).substr(0, size)).ok()) << size;
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    (void)decode_edit(flipped).ok();
  }
}

class ManifestTest : public ::testing::Test {
protected:
  Manifest create() {
    ManifestState state;
    state.range = {"a", "z"};
    auto manifest = Manifest::create(files, directory.path(), state, 1, {});
    EXPECT_TRUE(manifest.ok());
    return *std::move(manifest);
  }
  static VersionEdit add(uint64_t number) {
    VersionEdit edit;
    edit.added = {{0, table(number, "b", "c")}};
    edit.next_file_number = number + 1;
    return edit;
  }
  static VersionEdit replace(uint64_t old_number, uint64_t number) {
    VersionEdit edit = add(number);
    edit.removed = {{0, old_number}};
    return edit;
  }
  Result<ManifestContent> read() { return Manifest::read(files, directory.path()); }
  Error error() {
    const auto content = read();
    return content.ok() ? Error{Errc::cancelled, "it was read"} : content.error();
  }

  PosixFileSystem files;
  TemporaryDirectory directory;
  std::string path = join_path(directory.path(), kManifestName);
};

TEST_F(ManifestTest, SumsItsEdits) {
  Manifest manifest = create();
  ASSERT_TRUE(manifest.append(add(3), 2).ok());
  VersionEdit edit = replace(3, 5);
  edit.logs_begun = {4};
  edit.flushed = Timestamp{40};
  ASSERT_TRUE(manifest.append(edit, 3).ok());

  const auto content = read();
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->state.range, (KeyRange{"a", "z"}));
  ASSERT_EQ(content->state.tables.size(), 1u);
  EXPECT_EQ(content->state.tables.begin()->second.table, table(5, "b", "c"));
  EXPECT_TRUE(content->state.logs.contains(4));
  EXPECT_EQ(content->state.next_file_number, 6u);
  EXPECT_EQ(content->state.flushed, Timestamp{40});
}

TEST_F(ManifestTest, GoesOnWhereItWasRead) {
  { ASSERT_TRUE(create().append(add(3), 2).ok()); }
  overwrite(files, path, content_of(files, path) + "torn");
  auto manifest = Manifest::resume(files, directory.path(), *read(), {});
  ASSERT_TRUE(manifest.ok());
  ASSERT_TRUE(manifest->append(add(4), 2).ok());
  EXPECT_EQ(read()->state.tables.size(), 2u);
}

TEST_F(ManifestTest, IsRewrittenBeforeItGrowsWithoutEnd) {
  Manifest manifest = create();
  ASSERT_TRUE(manifest.append(add(3), 2).ok());
  for (uint64_t number = 3; number < 3000; ++number)
    ASSERT_TRUE(manifest.append(replace(number, number + 1), number).ok());
  EXPECT_LT(content_of(files, path).size(), 400u << 10);
  const auto content = read();
  ASSERT_TRUE(content.ok());
  ASSERT_EQ(content->state.tables.size(), 1u);
  EXPECT_EQ(content->state.tables.begin()->first, 3000u);
  EXPECT_FALSE(*files.exists(join_path(directory.path(), kFreshManifestName)));
}

TEST_F(ManifestTest, GrowsOnWhereItCannotBeRewritten) {
  Manifest manifest = create();
  const std::string fresh = join_path(directory.path(), kFreshManifestName);
  ASSERT_TRUE(files.make_directory(fresh + "/in the way").ok());
  ASSERT_TRUE(manifest.append(add(3), 2).ok());
  for (uint64_t number = 3; number < 3000; ++number)
    ASSERT_TRUE(manifest.append(replace(number, number + 1), number).ok());
  EXPECT_GT(content_of(files, path).size(), 400u << 10);
  EXPECT_EQ(read()->state.whole(), manifest.state().whole());

  ASSERT_TRUE(files.remove_tree(fresh).ok());
  for (uint64_t number = 3000; number < 6000; ++number)
    ASSERT_TRUE(manifest.append(replace(number, number + 1), number).ok());
  EXPECT_LT(content_of(files, path).size(), 400u << 10);
  EXPECT_EQ(read()->state.whole(), manifest.state().whole());
}

TEST_F(ManifestTest, NoneIsNotFound) { EXPECT_EQ(error().code, Errc::not_found); }

TEST_F(ManifestTest, DamageIsNamedWithItsPlace) {
  {
    Manifest manifest = create();
    ASSERT_TRUE(manifest.append(add(3), 2).ok());
    ASSERT_TRUE(manifest.append(add(4), 2).ok());
  }
  flip_bit(files, path, kLogHeaderSize + 30);
  EXPECT_EQ(error().code, Errc::corruption);
  EXPECT_THAT(error().text, HasSubstr(path + ": offset 40"));
}

TEST_F(ManifestTest, AValueFileStaysAsLongAsATableRefersToIt) {
  const auto uses = [](uint64_t number, uint64_t size) {
    TableMeta meta = table(number, "b", "c");
    meta.values.add(9, size);
    return VersionEdit::Added{0, meta};
  };
  Manifest manifest = create();
  VersionEdit edit;
  edit.value_files = {{9, 1000 + kValueFooterSize, 77}};
  edit.added = {uses(3, 600), uses(4, 400)};
  ASSERT_TRUE(manifest.append(edit, 2).ok());
  EXPECT_EQ(decode_edit(encode_edit(edit))->value_files, edit.value_files);
  EXPECT_EQ(decode_edit(encode_edit(edit))->added, edit.added);
  EXPECT_EQ(read()->state.values.at(9).live_size, 1000u);
  // To another level, and away.
  edit = {};
  edit.removed = {{0, 3}, {0, 4}};
  edit.added = {{1, uses(3, 600).table}};
  ASSERT_TRUE(manifest.append(edit, 3).ok());
  EXPECT_EQ(read()->state.values.at(9).live_size, 600u);
  EXPECT_EQ(read()->state.values.at(9).table_count, 1u);
  edit = {};
  edit.removed = {{1, 3}};
  ASSERT_TRUE(manifest.append(edit, 4).ok());
  EXPECT_TRUE(read()->state.values.empty());

  ManifestState state;
  edit = {};
  edit.added = {uses(3, 600)};
  EXPECT_EQ(state.apply(edit).error().code, Errc::corruption) << "there is no such file";
  state = {};
  edit.value_files = {{9, 599 + kValueFooterSize, 77}};
  EXPECT_EQ(state.apply(edit).error().code, Errc::corruption) << "it is smaller";
}

TEST_F(ManifestTest, AnEditThatDoesNotFitIsDamage) {
  {
    Manifest manifest = create();
    ASSERT_TRUE(manifest.append(add(3), 2).ok());
  }
  auto content = read();
  auto writer = LogWriter::resume(files, path, content->header, content->front);
  const Bytes again = encode_edit(add(3));
  const std::array<ByteView, 1> pieces{again};
  ASSERT_TRUE(writer->add(RecordKind::edit, kTimestampMin, pieces).ok());
  ASSERT_TRUE(writer->sync().ok());
  EXPECT_EQ(error().code, Errc::corruption);
  EXPECT_THAT(error().text, HasSubstr("offset " + std::to_string(content->front.size)));
}

TEST_F(ManifestTest, TablesOfALevelThatOverlapAreDamage) {
  {
    Manifest manifest = create();
    VersionEdit edit;
    edit.added = {{1, table(3, "b", "d")}, {1, table(4, "c", "e")}};
    ASSERT_TRUE(manifest.append(edit, 2).ok());
  }
  EXPECT_EQ(error().code, Errc::corruption);
}

}  // namespace
}  // namespace coppice::engine
