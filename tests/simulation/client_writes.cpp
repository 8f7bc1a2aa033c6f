// What clients write.
#include <algorithm>

#include "tests/simulation/client.hpp"

namespace coppice::simulation {

using engine::Batch;

void Client::put() {
  const std::vector<size_t>& soft = scene_.plan().soft_keys;
  const bool is_soft = random_.one_in(4);
  const size_t key = is_soft ? soft[random_.below(soft.size())] : any_loose_key();
  const uint64_t value = history_.new_value();
  changes_ = {{key, Access::Kind::write, value}};
  Batch batch;
  COPPICE_CHECK(batch.put(scene_.plan().keys[key], any_bytes(value)).ok());
  write(std::move(batch), is_soft ? Durability::buffered : Durability::synced);
}

void Client::remove() {
  const size_t key = any_loose_key();
  changes_ = {{key, Access::Kind::write, kAbsent}};
  Batch batch;
  COPPICE_CHECK(batch.remove(scene_.plan().keys[key]).ok());
  write(std::move(batch));
}

void Client::write_loose() {
  Batch batch;
  const uint64_t count = 2 + random_.below(4);
  std::vector<size_t> keys;
  for (uint64_t i = 0; i < count; ++i) {
    const size_t key = any_loose_key();
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
  for (const size_t key : keys) {
    const uint64_t value = history_.new_value();
    changes_.push_back({key, Access::Kind::write, value});
    COPPICE_CHECK(batch.put(scene_.plan().keys[key], any_bytes(value)).ok());
  }
  write(std::move(batch));
}

void Client::write_group() {
  const Group& group = scene_.plan().groups[random_.below(scene_.plan().groups.size())];
  const uint64_t value = history_.new_value();
  Batch batch;
  for (const size_t key : group.keys) {
    changes_.push_back({key, Access::Kind::write, value});
    COPPICE_CHECK(batch.put(scene_.plan().keys[key], any_bytes(value)).ok());
  }
  scene_.batch_began(value, group.keys);
  write(std::move(batch));
}

/// Of the loose keys with one letter.
void Client::delete_range() {
  const Bytes letter(1, static_cast<char>('a' + random_.below(26)));
  const KeyRange range{letter + "a", letter + "b"};
  for (const size_t key : keys_in(range)) changes_.push_back({key, Access::Kind::write, kAbsent});
  Batch batch;
  COPPICE_CHECK(batch.delete_range(range.begin, *range.end).ok());
  write(std::move(batch));
}

void Client::write(Batch batch, Durability durability) {
  scene_.store().write(
      std::move(batch), durability,
      heard<Timestamp>([this](const Result<Timestamp>& answer) { hear_write(answer.status()); }));
}

/// Reads a key, and replaces what it found if that is still there.
void Client::exchange() {
  const size_t key = any_loose_key();
  const Bytes& name = scene_.plan().keys[key];
  scene_.store().get_versioned(
      name, nullptr, heard<engine::Versioned>([=, this](Result<engine::Versioned> found) {
        if (!found.ok()) {
          accept(found.error());
          return end_call();
        }
        const auto expected = value_found(key, found->value);
        if (!expected) return end_call();
        history_.add(key, {Access::Kind::read, *expected, began_, history_.tick(), 0});
        if (*expected == kAbsent) return end_call();
        began_ = history_.tick();
        const uint64_t value = history_.new_value();
        changes_ = {{key, Access::Kind::exchange, value, *expected}};
        Batch batch;
        COPPICE_CHECK(batch.put(scene_.plan().keys[key], any_bytes(value)).ok());
        scene_.store().write_if(
            {{scene_.plan().keys[key], found->version}}, std::move(batch), Durability::synced,
            heard<actors::WriteOutcome>([this](const Result<actors::WriteOutcome>& answer) {
              if (!answer.ok() || answer->commit) return hear_write(answer.status());
              scene_.conditions().met(Condition::exchange_refused);
              end_write(Outcome::refused);
            }));
      }));
}

void Client::hear_write(const Status& outcome) {
  constexpr std::chrono::seconds kSlow{1};
  if (scene_.platform().now() - began_at_ > kSlow) scene_.conditions().met(Condition::slow_write);
  if (outcome.ok()) return end_write(Outcome::done);
  const Error& error = outcome.error();
  accept(error);
  if (error.code == Errc::out_of_space) scene_.conditions().met(Condition::disk_was_full);
  if (error.text.find("all of it or nothing") != std::string::npos)
    scene_.conditions().met(Condition::batch_of_unknown_outcome);
  const bool is_unsure = error.code == Errc::io_error || error.code == Errc::cancelled ||
                         error.text.find("may or may not") != std::string::npos;
  if (!is_unsure && error.text.find("is restarting") == std::string::npos && error.code == Errc::unavailable)
    scene_.conditions().met(Condition::write_refused);
  end_write(is_unsure ? Outcome::unknown : Outcome::refused);
}

void Client::end_write(Outcome outcome) {
  const uint64_t end = outcome == Outcome::done ? history_.tick() : kNever;
  for (const Change& change : changes_) {
    scene_.batch_ended(change.value);
    if (outcome != Outcome::refused)
      history_.add(change.key, {change.kind, change.value, began_, end, change.expected});
  }
  changes_.clear();
  end_call();
}

}  // namespace coppice::simulation
