#include "tests/simulation/client.hpp"

#include <algorithm>
#include <numeric>

namespace coppice::simulation {

Client::Client(Scene& scene, uint64_t index)
    : scene_(scene), history_(scene.history()), random_(seed_of(scene.plan().seed, Stream::clients, index)) {}

void Client::call() {
  busy_ = true;
  begin_now();
  began_at_ = scene_.platform().now();
  const auto& weights = scene_.plan().weights;
  uint64_t drawn = random_.below(std::accumulate(weights.begin(), weights.end(), uint64_t{0}));
  size_t kind = 0;
  while (drawn >= weights[kind]) drawn -= weights[kind++];
  switch (static_cast<Call>(kind)) {
    case Call::put:
      return put();
    case Call::remove:
      return remove();
    case Call::batch:
      return write_loose();
    case Call::group:
      return write_group();
    case Call::delete_range:
      return delete_range();
    case Call::exchange:
      return exchange();
    case Call::operand:
      return apply_operand();
    case Call::get:
      return get();
    case Call::get_many:
      return get_many();
    case Call::scan:
      return scan();
    case Call::snapshot:
      return take_snapshot();
    case Call::read_snapshot:
      return read_snapshot();
    case Call::ingest:
      return ingest();
    case Call::checkpoint:
      return make_checkpoint();
    case Call::split:
      return split();
    case Call::compact:
      return compact();
    case Call::cancel_merge:
      return cancel_merge();
    case Call::flush:
    case Call::merging:
      return care(static_cast<Call>(kind));
  }
}

void Client::begin_now() {
  began_ = history_.tick();
  clock_began_ms_ = scene_.clock_ms();
}

Moments Client::until_now() {
  return {began_, history_.tick(), clock_began_ms_, std::max(scene_.clock_ms(), scene_.earlier_clock_ms())};
}

void Client::lose() {
  if (!changes_.empty()) end_write(Outcome::unknown);
  snapshots_.clear();
  merge_.reset();
  splitting_ = false;
  busy_ = false;
}

bool Client::accept(const Error& error) {
  switch (error.code) {
    case Errc::unavailable:
    case Errc::io_error:
    case Errc::out_of_space:
    case Errc::cancelled:
      return true;
    default:
      history_.accuse("an answer that makes no sense: " + to_string(error));
      return false;
  }
}

// Choices.

size_t Client::any_key_to_get() {
  const auto& batches = scene_.batches_under_way();
  if (batches.empty() || random_.one_in(2)) return any_key();
  const std::vector<size_t>& keys =
      std::next(batches.begin(), static_cast<std::ptrdiff_t>(random_.below(batches.size())))->second;
  return keys[random_.below(keys.size())];
}

size_t Client::any_loose_key() {
  const std::vector<size_t>& keys = scene_.plan().loose_keys;
  // Some keys are in the hands of all.
  return keys[random_.one_in(2) ? random_.below(std::min<size_t>(4, keys.size()))
                                : random_.below(keys.size())];
}

KeyRange Client::any_range() {
  if (random_.one_in(3)) return {};
  const char first = static_cast<char>('a' + random_.below(26));
  const char last = static_cast<char>(first + 1 + static_cast<char>(random_.below(12)));
  return {Bytes(1, first), Bytes(1, last)};
}

std::vector<size_t> Client::keys_in(const KeyRange& range) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < scene_.plan().keys.size(); ++i)
    if (range.contains(scene_.plan().keys[i])) found.push_back(i);
  return found;
}

Bytes Client::any_bytes(uint64_t value) {
  const size_t most = random_.one_in(4) ? scene_.plan().value_size_max : 100;
  return bytes_of(value, kValueSizeMin + random_.below(most));
}

/// In some milliseconds, or some seconds.
uint64_t Client::any_expiry() {
  return scene_.store().expiry_after(1 + random_.below(uint64_t{1} << random_.below(14)));
}

std::optional<uint64_t> Client::value_found(size_t key, const std::optional<Bytes>& bytes) {
  if (!bytes) return kAbsent;
  const std::optional<uint64_t> value = value_of(scene_.plan().kinds[key], *bytes);
  if (!value)
    history_.accuse(scene_.plan().keys[key] + " has bytes that nobody wrote: " + bytes->substr(0, 40));
  if (value && scene_.batches_under_way().contains(*value)) scene_.batch_was_read();
  return value;
}

}  // namespace coppice::simulation
