#include "tests/torture/place.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>

#include "schema/check.hpp"

namespace coppice::torture {
namespace {

namespace fs = std::filesystem;

}  // namespace

Place::Place() : base_(fs::temp_directory_path() / "coppice_torture_XXXXXX") {
  COPPICE_CHECK(::mkdtemp(base_.data()) != nullptr);
  disk_ = base_ + "/disk";
  fs::create_directory(disk_);
  std::ofstream(key_file()) << std::string(32, 'k');
  COPPICE_CHECK(::chmod(key_file().c_str(), 0600) == 0);
  const std::string option = "size=" + std::to_string(kDiskSize);
  if (::mount("coppice-torture", disk_.c_str(), "tmpfs", 0, option.c_str()) != 0)
    problem_ = std::string("cannot mount a disk: ") + std::strerror(errno);
}

Place::~Place() {
  // Lazily: a file that somebody still reads must not keep the run from ending.
  if (has_disk()) (void)::umount2(disk_.c_str(), MNT_DETACH);
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

void Place::fill(uint64_t left) {
  std::error_code failed;
  const fs::space_info space = fs::space(disk_, failed);
  if (failed || space.available <= left) return;
  std::ofstream ballast(disk_ + "/ballast", std::ios::binary);
  const std::string piece(1 << 20, 'x');
  for (uint64_t rest = space.available - left; rest > 0 && ballast;) {
    const uint64_t size = std::min<uint64_t>(rest, piece.size());
    ballast.write(piece.data(), static_cast<std::streamsize>(size));
    rest -= size;
  }
}

void Place::make_room() {
  std::error_code ignored;
  fs::remove(disk_ + "/ballast", ignored);
}

void Place::vanish() { fs::rename(data(), disk_ + "/vanished"); }

bool Place::come_back(std::string& in_the_way) {
  std::error_code failed;
  for (fs::recursive_directory_iterator file(data(), failed), end; !failed && file != end;
       file.increment(failed))
    in_the_way.append(in_the_way.empty() ? "" : ", ").append(file->path());
  if (fs::exists(data(), failed)) {
    if (in_the_way.empty()) in_the_way = data();
    fs::remove_all(data(), failed);
  }
  fs::rename(disk_ + "/vanished", data());
  return in_the_way.empty();
}

std::string Place::keep(uint64_t seed) {
  std::string kept = fs::temp_directory_path() / ("coppice_torture_kept_" + std::to_string(seed));
  std::error_code failed;
  fs::remove_all(kept, failed);
  fs::copy(base_, kept, fs::copy_options::recursive, failed);
  return failed ? kept + " (not all of it: " + failed.message() + ")" : kept;
}

}  // namespace coppice::torture
