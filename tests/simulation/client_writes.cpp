// What clients write.
#include <algorithm>

#include "schema/operators.hpp"
#include "tests/simulation/client.hpp"

namespace coppice::simulation {

using engine::Batch;

void Client::put() {
  const std::vector<size_t>& soft = scene_.plan().soft_keys;
  const bool is_soft = random_.one_in(4);
  const size_t key = is_soft ? soft[random_.below(soft.size())] : any_loose_key();
  Batch batch;
  put_new(batch, key);
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
  for (const size_t key : keys) put_new(batch, key);
  if (random_.one_in(2)) {
    const std::vector<size_t>& operand_keys = scene_.plan().operand_keys;
    add_operand(batch, operand_keys[random_.below(operand_keys.size())], history_.new_operand());
  }
  write(std::move(batch));
}

void Client::write_group() {
  const Group& group = scene_.plan().groups[random_.below(scene_.plan().groups.size())];
  const bool is_sum = scene_.plan().kinds[group.keys[0]] == KeyKind::sum;
  const bool adds = is_sum && !random_.one_in(4);
  const uint64_t value = is_sum ? history_.new_operand() : history_.new_value();
  const uint64_t expiry_ms = !adds && random_.one_in(4) ? any_expiry() : kNever;
  Batch batch;
  for (const size_t key : group.keys)
    adds ? add_operand(batch, key, value) : put_value(batch, key, value, expiry_ms);
  scene_.batch_began(value, group.keys);
  write(std::move(batch));
}

/// Of the keys with one letter that are written by themselves.
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

void Client::apply_operand() {
  const std::vector<size_t>& keys = scene_.plan().operand_keys;
  const size_t key = keys[random_.below(keys.size())];
  Batch batch;
  // Lists do not grow for ever.
  if (random_.one_in(12)) {
    changes_ = {{key, Access::Kind::write, kAbsent}};
    COPPICE_CHECK(batch.remove(scene_.plan().keys[key]).ok());
  } else if (random_.one_in(8)) {
    put_new(batch, key);
  } else {
    add_operand(batch, key, history_.new_operand());
  }
  write(std::move(batch));
}

void Client::put_new(Batch& batch, size_t key) {
  // What has expired is no value that a power loss may bring back.
  const bool is_soft = std::ranges::binary_search(scene_.plan().soft_keys, key);
  const uint64_t expiry_ms = !is_soft && random_.one_in(4) ? any_expiry() : kNever;
  put_value(batch, key, std::nullopt, expiry_ms);
}

Client::NewValue Client::new_value(size_t key, std::optional<uint64_t> given, uint64_t expiry_ms) {
  const KeyKind kind = scene_.plan().kinds[key];
  const bool is_bytes = kind == KeyKind::bytes;
  const uint64_t value = given ? *given : is_bytes ? history_.new_value() : history_.new_operand();
  changes_.push_back(
      {key, Access::Kind::write, kind == KeyKind::list ? list_of(value) : value, kAbsent, expiry_ms});
  if (expiry_ms != kNever) history_.will_expire(changes_.back().value, expiry_ms);
  return {is_bytes ? any_bytes(value) : number_value(static_cast<int64_t>(value)), expiry_ms};
}

void Client::put_value(Batch& batch, size_t key, std::optional<uint64_t> given, uint64_t expiry_ms) {
  const NewValue put = new_value(key, given, expiry_ms);
  const Bytes& name = scene_.plan().keys[key];
  COPPICE_CHECK(
      (expiry_ms == kNever ? batch.put(name, put.bytes) : batch.put_until(name, put.bytes, expiry_ms)).ok());
}

void Client::add_operand(Batch& batch, size_t key, uint64_t operand) {
  struct Done {
    Operator op;
    Access::Kind kind;
  };
  const auto [op, kind] = [&]() -> Done {
    switch (scene_.plan().kinds[key]) {
      case KeyKind::peak:
        return {Operator::max, Access::Kind::max};
      case KeyKind::list:
        return {Operator::append, Access::Kind::append};
      default:
        return {Operator::add, Access::Kind::add};
    }
  }();
  changes_.push_back({key, kind, operand});
  COPPICE_CHECK(batch.merge(scene_.plan().keys[key], op, number_value(static_cast<int64_t>(operand))).ok());
}

/// Reads a key, and replaces what it found if that is still there.
void Client::exchange() {
  const std::vector<size_t>& operand_keys = scene_.plan().operand_keys;
  const size_t key = random_.one_in(4) ? operand_keys[random_.below(operand_keys.size())] : any_loose_key();
  const Bytes& name = scene_.plan().keys[key];
  scene_.store().get_versioned(
      name, nullptr, heard<engine::Versioned>([=, this](Result<engine::Versioned> found) {
        if (!found.ok()) {
          accept(found.error());
          return end_call();
        }
        const auto expected = value_found(key, found->value);
        if (!expected) return end_call();
        history_.add_read(key, *expected, until_now());
        if (*expected == kAbsent) return end_call();
        begin_now();
        Batch batch;
        put_new(batch, key);
        changes_[0].kind = Access::Kind::exchange;
        changes_[0].expected = *expected;
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
                         error.text.find("may or may not") != std::string::npos ||
                         error.text.find("may have their part") != std::string::npos;
  if (!is_unsure && error.text.find("is restarting") == std::string::npos && error.code == Errc::unavailable)
    scene_.conditions().met(Condition::write_refused);
  if (is_unsure &&
      std::ranges::any_of(changes_, [](const Change& change) { return change.kind >= Access::Kind::add; }))
    scene_.conditions().met(Condition::operand_of_unknown_outcome);
  end_write(is_unsure ? Outcome::unknown : Outcome::refused);
}

void Client::end_write(Outcome outcome) {
  const bool is_done = outcome == Outcome::done;
  const Moments moments = is_done ? until_now() : Moments{began_, kNever, clock_began_ms_, kNever};
  for (const Change& change : changes_) {
    scene_.batch_ended(change.value);
    if (is_ingesting_ && outcome == Outcome::unknown) history_.may_be_half(change.value);
    if (outcome != Outcome::refused)
      history_.add(change.key, {change.kind, change.value, moments.begin, moments.end, change.expected,
                                kNever, change.expiry_ms, moments.clock_first_ms, moments.clock_last_ms});
  }
  changes_.clear();
  is_ingesting_ = false;
  end_call();
}

}  // namespace coppice::simulation
