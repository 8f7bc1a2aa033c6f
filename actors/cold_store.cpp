#include "actors/cold_store.hpp"

#include <algorithm>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include "actors/store_paths.hpp"
#include "engine/io/framed_file.hpp"
#include "schema/read_message.hpp"
#include "schema/shard_map.capnp.h"

namespace coppice::actors {
namespace {

using engine::join_path;
using Owner = ColdStore::Owner;

/// One that was not yet in its place.
constexpr std::string_view kFreshOwnerName = "OWNER.new";
/// What a file system puts into a directory that it is mounted at.
constexpr std::string_view kLostName = "lost+found";
constexpr uint32_t kFormatVersion = 1;
constexpr engine::Frame kFrame{"coppcold", kFormatVersion, 4096};

std::string owner_path(const std::string& path) { return join_path(path, kOwnerName); }

Bytes encode(const Owner& owner) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::ColdOwner>();
  root.setFormatVersion(kFormatVersion);
  root.setStoreId(owner.store_id);
  root.setColdId(owner.cold_id);
  const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
  const auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

/// Throws kj::Exception if the message is malformed.
Owner decode(capnp::MessageReader& message) {
  const auto root = message.getRoot<schema::ColdOwner>();
  return {root.getStoreId(), root.getColdId()};
}

/// Tables and value files of shards.
Result<bool> holds_files(engine::FileSystem& files, const std::string& path) {
  COPPICE_TRY_ASSIGN(present, files.exists(shards_path(path)));
  if (!present) return false;
  COPPICE_TRY_ASSIGN(shards, list_shards(files, path));
  for (const auto& [id, name] : shards) {
    COPPICE_TRY_ASSIGN(names, files.list(shard_path(path, id)));
    if (!names.empty()) return true;
  }
  return false;
}

Error refused(const std::string& path, const std::string& why) {
  return Error{Errc::invalid_argument, path + ": " + why};
}

/// invalid_argument if something lies there that is no part of a cold directory.
Status check_ours(engine::FileSystem& files, const std::string& path) {
  COPPICE_TRY_ASSIGN(names, files.list(path));
  for (const std::string& name : names)
    if (name != engine::kLockName && name != kOwnerName && name != kFreshOwnerName && name != kShardsName &&
        name != kLostName)
      return refused(path,
                     "holds " + name +
                         ", which is no part of a cold directory: set cold_directory to an empty or a new "
                         "directory");
  return success();
}

Status check_parent(engine::FileSystem& files, const std::string& path) {
  const std::string parent = engine::parent_directory(path);
  COPPICE_TRY_ASSIGN(present, files.exists(parent));
  if (present) return success();
  return Error{Errc::io_error,
               path + ": cannot be made, as there is no " + parent + ": is its disk mounted?"};
}

Status check_free(engine::FileSystem& files, const std::string& path, const Owner& owner) {
  COPPICE_TRY_ASSIGN(present, files.exists(path));
  if (!present) return check_parent(files, path);
  COPPICE_TRY(check_ours(files, path));
  COPPICE_TRY_ASSIGN(found, ColdStore::read_owner(files, path));
  if (found && *found == owner) return success();
  if (found && found->store_id != owner.store_id)
    return refused(
        path,
        "is the cold directory of another store: give each its own, or, if there is none any more, empty it");
  COPPICE_TRY_ASSIGN(used, holds_files(files, path));
  if (!used) return success();
  return refused(
      path,
      "holds files of another time of this store, or of a copy of it: remove them if nothing needs "
      "them any more, or give another directory");
}

Status check_claimed(engine::FileSystem& files, const std::string& path, const Owner& owner) {
  COPPICE_TRY_ASSIGN(found, ColdStore::read_owner(files, path));
  if (!found)
    return Error{Errc::io_error,
                 path +
                     ": is not the cold directory of this store, as it has no file OWNER: is its "
                     "disk mounted? If it is elsewhere now, set cold_directory to it"};
  if (*found == owner) return success();
  return refused(path,
                 std::string("is the cold directory of ") +
                     (found->store_id == owner.store_id ? "another time of this store, or of a copy of it"
                                                        : "another store") +
                     ": set cold_directory to this store's own");
}

}  // namespace

Result<std::optional<Owner>> ColdStore::read_owner(engine::FileSystem& files, const std::string& path) {
  auto file = engine::read_framed(files, owner_path(path), kFrame);
  if (!file.ok() && file.error().code == Errc::not_found) return std::optional<Owner>();
  COPPICE_TRY(file.status());
  Owner owner;
  if (!read_message(file->payload, [&](capnp::MessageReader& message) { owner = decode(message); }))
    return Error{Errc::corruption,
                 owner_path(path) + ": does not say whose the directory is: restore the file"};
  return std::optional(owner);
}

Status ColdStore::check(engine::FileSystem& files, const std::string& path, const Owner& owner,
                        bool claimed) {
  return claimed ? check_claimed(files, path, owner) : check_free(files, path, owner);
}

Result<std::unique_ptr<ColdStore>> ColdStore::open(engine::FileSystem& files, const std::string& path,
                                                   const Owner& owner, bool claimed) {
  COPPICE_TRY(check(files, path, owner, claimed));
  COPPICE_TRY(files.make_directory(path));
  COPPICE_TRY_ASSIGN(lock, files.lock(path));
  // Another store may have come first.
  COPPICE_TRY(check(files, path, owner, claimed));
  return std::unique_ptr<ColdStore>(new ColdStore(files, path, std::move(lock)));
}

Status ColdStore::claim(const Owner& owner) {
  COPPICE_TRY(files_.make_directory(shards_path(path_)));
  COPPICE_TRY(files_.sync_directory(engine::parent_directory(path_)));
  // Its directory is synced along, and with it the name of the directory of shards.
  return engine::write_framed(files_, owner_path(path_), kFrame, encode(owner), {});
}

}  // namespace coppice::actors
