// Damages every byte of every file of a tree: the answer is right, or an error that names a file.
#include <cstdlib>

#include "engine/io/file_names.hpp"
#include "tests/crash/tree_damage_fixture.hpp"
#include "tests/support/keys.hpp"

namespace coppice::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a tree is made of.
struct Form {
  const char* name;
  Compression compression;
  KeyRing keys;
};

class TreeBytesTest : public TreeDamageFixture, public ::testing::WithParamInterface<Form> {
protected:
  TreeBytesTest() {
    stand.keys = GetParam().keys;
    stand.options.compression = {GetParam().compression};
    fill();
    close();
  }

  /// One bit of each byte, or all of them with COPPICE_EVERY. Requires: `look_at` leaves all other files as they were.
  template <class Look>
  void flip_bits(const Look& look_at) {
    const bool every = std::getenv("COPPICE_EVERY") != nullptr;
    for (const auto& [name, content] : whole) {
      for (uint64_t bit = 0; bit < content.size() * 8; ++bit) {
        if (!every && bit % 8 != bit / 8 % 8) continue;
        SCOPED_TRACE(name + " bit " + std::to_string(bit));
        files.flip_bit(stand.path(name), bit);
        RecordProperty("flips", ++flips);
        look_at(name, bit / 8);
        if (HasFailure()) return;
        overwrite(files, stand.path(name), content);
      }
    }
  }

  /// Every read that `work` does brings other bytes once: a bit of most is flipped, or they are those of each of the other files.
  /// Afterwards all is on the disk that was. Requires: `work` calls what it is given, from where on reads count.
  template <class Work>
  void misread_each(const Work& work) {
    using Misread = MemoryFileSystem::Misread;
    bool was_misread = true;
    for (uint64_t after = 0; was_misread; ++after) {
      for (uint64_t choice = 0; choice < 60; ++choice) {
        const Misread kind = choice < whole.size() ? Misread::another_file : Misread::flipped_bit;
        SCOPED_TRACE("read " + std::to_string(after) + " choice " + std::to_string(choice));
        restore();
        work([&] { files.misread_after(after, kind, choice); });
        was_misread = !files.will_misread();
        if (was_misread) RecordProperty("misreads", ++misreads);
        files.heal();
        ok(stand.open());
        EXPECT_EQ(stand.items(), expected);
        stand.drop();
        if (HasFailure()) return;
      }
    }
    EXPECT_GT(misreads, 500);
  }

  int flips = 0;
  int cuts = 0;
  int misreads = 0;
};

TEST_P(TreeBytesTest, AFlippedBitChangesNoAnswer) {
  flip_bits([this](const std::string&, size_t) {
    look();
    restore();
  });
}

TEST_P(TreeBytesTest, VerifyingFindsEveryFlippedBit) {
  ASSERT_THAT(verify().problems, IsEmpty());
  flip_bits([this](const std::string& name, size_t offset) {
    const VerifyReport report = verify();
    if (!report.problems.empty()) {
      EXPECT_THAT(report.problems.front(), HasSubstr(name));
      return;
    }
    // Where values begin is known to tables alone, and of some no table knows any more.
    EXPECT_TRUE(name.ends_with(".val")) << "byte " << offset << " of " << whole[name].size();
    ok(stand.open());
    EXPECT_EQ(stand.items(), expected);
    stand.drop();
    restore();
  });
}

TEST_P(TreeBytesTest, ALostEndChangesNoAnswer) {
  for (const auto& [name, content] : whole) {
    for (size_t size = 0; size < content.size(); ++size) {
      SCOPED_TRACE(name + " cut to " + std::to_string(size));
      restore();
      overwrite(files, stand.path(name), ByteView(content).substr(0, size));
      RecordProperty("cuts", ++cuts);
      look();
      if (HasFailure()) return;
    }
  }
}

TEST_P(TreeBytesTest, FilesThatChangedPlacesChangeNoAnswer) {
  for (const auto& [name, content] : whole) {
    for (const auto& [other, other_content] : whole) {
      if (name == other) continue;
      for (const bool both : {true, false}) {
        SCOPED_TRACE(name + (both ? " changed places with " : " is a second ") + other);
        restore();
        overwrite(files, stand.path(name), other_content);
        if (both) overwrite(files, stand.path(other), content);
        look();
        restore();
      }
    }
  }
}

TEST_P(TreeBytesTest, AReadThatBringsOtherBytesChangesNoAnswer) {
  misread_each([this](const auto& arm) {
    arm();
    look();
  });
}

TEST_P(TreeBytesTest, NorDoesAMergeWriteThem) {
  misread_each([this](const auto& arm) {
    ok(stand.open());
    arm();
    if (const Status merged = stand.compact(); !merged.ok()) is_clear(merged.error());
    stand.drop();
  });
}

/// Of the same kind.
std::string name_like(const FileName& file, uint64_t number) {
  if (file.kind == FileName::Kind::table) return table_file_name(number);
  return file.kind == FileName::Kind::values ? value_file_name(number) : log_file_name(number);
}

TEST_P(TreeBytesTest, ACopyUnderAnotherNumberChangesNoAnswer) {
  for (const auto& [name, content] : whole) {
    const FileName file = *parse_file_name(name);
    if (file.number == 0) continue;
    for (const uint64_t number : {uint64_t{1}, file.number + 1, uint64_t{1'000'000}}) {
      const std::string copy = name_like(file, number);
      if (whole.contains(copy)) continue;
      SCOPED_TRACE(name + " is also " + copy);
      restore();
      overwrite(files, stand.path(copy), content);
      look();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, TreeBytesTest,
                         ::testing::Values(Form{"Plain", Compression::none, {}},
                                           Form{"Compressed", Compression::zstd, {}},
                                           Form{"Encrypted", Compression::lz4, ring('a')}),
                         [](const auto& form) { return form.param.name; });

}  // namespace
}  // namespace coppice::engine
