// Where the data of a run lies: a small disk of its own, if this process may mount one, that can be filled up, and a directory
// that can vanish from it.
#pragma once

#include <cstdint>
#include <string>

namespace coppice::torture {

class Place {
public:
  static constexpr uint64_t kDiskSize = 256 << 20;

  Place();
  /// All is removed, unless it was kept.
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::string data() const { return disk_ + "/data"; }
  /// Off the small disk.
  std::string cold() const { return base_ + "/cold"; }
  /// A file of 32 bytes, off the small disk.
  std::string key_file() const { return base_ + "/key"; }

  bool has_disk() const { return problem_.empty(); }
  /// Why it has none.
  const std::string& problem() const { return problem_; }
  /// Takes all room but `left` bytes. Requires: has_disk().
  void fill(uint64_t left);
  void make_room();

  void vanish();
  /// False, with what is in the way: somebody made a new one in its place.
  bool come_back(std::string& in_the_way);

  /// Copies all that is here into a directory that stays; returns it. Requires: no node runs.
  std::string keep(uint64_t seed);

private:
  std::string base_;
  std::string disk_;
  std::string problem_;
};

}  // namespace coppice::torture
