// Files that clients build and have taken in.
#include <algorithm>

#include "engine/ingest/sorted_file_writer.hpp"
#include "schema/operators.hpp"
#include "tests/simulation/client.hpp"

namespace coppice::simulation {
namespace {

constexpr const char* kDirectory = "/disk/in";

}  // namespace

/// Some keys that are written by themselves, and mostly one group.
void Client::ingest() {
  const Plan& plan = scene_.plan();
  std::vector<size_t> keys;
  const uint64_t count = 1 + random_.below(12);
  for (uint64_t i = 0; i < count; ++i)
    keys.push_back(random_.one_in(4) ? plan.operand_keys[random_.below(plan.operand_keys.size())]
                                     : any_loose_key());
  const Group& group = plan.groups[random_.below(plan.groups.size())];
  // Which sum a part of a group comes to is not known.
  const bool has_group = plan.kinds[group.keys[0]] == KeyKind::bytes && !random_.one_in(4);
  const uint64_t of_group = history_.new_value();
  if (has_group) keys.insert(keys.end(), group.keys.begin(), group.keys.end());
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());

  const std::string path = std::string(kDirectory) + "/" + std::to_string(history_.new_value());
  std::vector<std::string> paths;
  Status built = scene_.files().make_directory(kDirectory);
  const size_t step = 1 + random_.below(keys.size());
  for (size_t first = 0; first < keys.size() && built.ok(); first += step) {
    paths.push_back(path + "." + std::to_string(paths.size()));
    const auto end = std::min(first + step, keys.size());
    built = build_file(paths.back(), std::span(keys).subspan(first, end - first), [&](size_t key) {
      const bool is_of_group = has_group && std::ranges::find(group.keys, key) != group.keys.end();
      return is_of_group ? std::optional(of_group) : std::nullopt;
    });
  }
  if (!built.ok()) {
    changes_.clear();
    accept(built.error());
    remove_files(paths);
    return end_call();
  }
  ingest_files(std::move(paths));
}

Status Client::build_file(const std::string& path, std::span<const size_t> keys,
                          const std::function<std::optional<uint64_t>(size_t)>& given) {
  const engine::SortedFileOptions options{.seed = 1 + random_.next() / 2};
  COPPICE_TRY_ASSIGN(writer, engine::SortedFileWriter::begin(scene_.files(), path, options));
  for (const size_t key : keys) {
    const Bytes& name = scene_.plan().keys[key];
    const std::optional<uint64_t> value = given(key);
    if (!value && random_.one_in(6)) {
      changes_.push_back({key, Access::Kind::write, kAbsent});
      COPPICE_TRY(writer.remove(name));
      continue;
    }
    const NewValue put = new_value(key, value, !value && random_.one_in(4) ? any_expiry() : kNever);
    COPPICE_TRY(put.expiry_ms == kNever ? writer.put(name, put.bytes)
                                        : writer.put_until(name, put.bytes, put.expiry_ms));
  }
  return writer.finish().status();
}

void Client::ingest_files(std::vector<std::string> paths) {
  is_ingesting_ = true;
  scene_.ingest_began();
  const bool was_splitting = scene_.is_splitting();
  scene_.store().ingest(paths, heard<actors::Ingested>([=, this](const Result<actors::Ingested>& answer) {
                          scene_.ingest_ended();
                          remove_files(paths);
                          scene_.conditions().met(answer.ok() ? Condition::ingest : Condition::ingest_failed);
                          if (was_splitting || scene_.is_splitting())
                            scene_.conditions().met(Condition::ingest_while_splitting);
                          hear_write(answer.status());
                        }));
}

/// What of it is left does no harm.
void Client::remove_files(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) (void)scene_.files().remove(path).ok();
}

}  // namespace coppice::simulation
