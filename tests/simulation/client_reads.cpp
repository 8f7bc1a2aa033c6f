// What clients read.
#include <algorithm>

#include "tests/simulation/client.hpp"

namespace coppice::simulation {

/// A scan under way.
struct Client::Scanning {
  actors::ScanOptions options;
  /// When it was taken.
  Moments moments;
  /// Of a snapshot that is held; otherwise the scan takes its own.
  HeldSnapshot* held = nullptr;
  std::shared_ptr<actors::Scan> scan;
  View seen;
  std::optional<Bytes> last_key;
  bool split_meanwhile = false;
};

void Client::get() {
  const size_t key = any_key_to_get();
  scene_.store().get(scene_.plan().keys[key], nullptr,
                     heard<std::optional<Bytes>>([this, key](const Result<std::optional<Bytes>>& answer) {
                       if (!answer.ok()) {
                         accept(answer.error());
                       } else if (const auto value = value_found(key, *answer)) {
                         history_.add_read(key, *value, until_now());
                       }
                       end_call();
                     }));
}

void Client::get_many() {
  const Plan& plan = scene_.plan();
  std::vector<size_t> keys = plan.groups[random_.below(plan.groups.size())].keys;
  for (uint64_t more = random_.below(4); more > 0; --more) keys.push_back(any_key());
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::vector<Bytes> names;
  for (const size_t key : keys) names.push_back(plan.keys[key]);
  using Values = std::vector<std::optional<Bytes>>;
  scene_.store().get_many(names, nullptr, heard<Values>([this, keys](const Result<Values>& answer) {
                            if (answer.ok()) {
                              View view;
                              for (size_t i = 0; i < keys.size(); ++i)
                                if (const auto value = value_found(keys[i], (*answer)[i]))
                                  view[keys[i]] = *value;
                              history_.add_view(view, until_now());
                            } else {
                              accept(answer.error());
                            }
                            end_call();
                          }));
}

// Scans.

void Client::scan() {
  auto scanning = std::make_shared<Scanning>();
  scanning->options.range = any_range();
  begin_scan(scanning);
}

void Client::begin_scan(const std::shared_ptr<Scanning>& scanning) {
  scanning->options.reverse = random_.one_in(3);
  scanning->options.page_size = 1 + random_.below(random_.one_in(2) ? 200 : 20'000);
  using Handle = std::shared_ptr<actors::Scan>;
  scene_.store().scan(scanning->options, heard<Handle>([this, scanning](Result<Handle> scan) {
                        if (!scan.ok()) {
                          accept(scan.error());
                          return end_call();
                        }
                        scanning->moments = until_now();
                        scanning->scan = std::move(*scan);
                        next_page(scanning);
                      }));
}

void Client::next_page(const std::shared_ptr<Scanning>& scanning) {
  const uint64_t life = scene_.life();
  scanning->scan->next(heard<actors::Page>([=, this](const Result<actors::Page>& page) {
    scanning->split_meanwhile |= scene_.is_splitting();
    if (!page.ok()) {
      accept(page.error());
      return end_call();
    }
    if (!take_page(*scanning, *page)) return end_call();
    if (page->last) return end_scan(*scanning);
    if (life == scene_.life()) next_page(scanning);
  }));
}

bool Client::take_page(Scanning& scanning, const actors::Page& page) {
  for (size_t i = 0; i < page.count(); ++i) {
    const Bytes key(page.key(i));
    const auto& keys = scene_.plan().keys;
    const auto at = std::ranges::lower_bound(keys, key);
    const bool in_order = !scanning.last_key ||
                          (scanning.options.reverse ? key < *scanning.last_key : key > *scanning.last_key);
    if (at == keys.end() || *at != key || !in_order || !scanning.options.range.contains(key)) {
      history_.accuse("a scan came to a key that does not belong there: " + key);
      return false;
    }
    scanning.last_key = key;
    const auto index = static_cast<size_t>(at - keys.begin());
    if (const auto value = value_found(index, Bytes(page.value(i)))) scanning.seen[index] = *value;
  }
  return true;
}

void Client::end_scan(Scanning& scanning) {
  if (scanning.split_meanwhile) scene_.conditions().met(Condition::scan_over_a_split);
  for (const size_t key : keys_in(scanning.options.range)) scanning.seen.try_emplace(key, kAbsent);
  if (scanning.held == nullptr) {
    history_.add_view(scanning.seen, scanning.moments);
  } else {
    see_at(*scanning.held, scanning.seen);
  }
  end_call();
}

// Snapshots.

void Client::take_snapshot() {
  constexpr size_t kHeldMax = 3;
  if (snapshots_.size() == kHeldMax) snapshots_.pop_front();
  scene_.store().snapshot(heard<actors::SnapshotHandle>([this](Result<actors::SnapshotHandle> moment) {
    if (moment.ok()) {
      // It judges by its own moment, whenever it is read.
      const uint64_t ms = (*moment)->timestamp().milliseconds();
      const Moments moments{began_, history_.tick(), ms, std::max(ms, scene_.earlier_clock_ms())};
      snapshots_.push_back({std::move(*moment), moments, {}, 1 + random_.below(20)});
    } else {
      accept(moment.error());
    }
    end_call();
  }));
}

void Client::read_snapshot() {
  std::erase_if(snapshots_, [](const HeldSnapshot& held) { return held.reads_left == 0; });
  if (snapshots_.empty()) return take_snapshot();
  HeldSnapshot& held = snapshots_[random_.below(snapshots_.size())];
  --held.reads_left;
  if (random_.one_in(4)) return scan_at(held);
  get_at(held);
}

void Client::get_at(HeldSnapshot& held) {
  const size_t key = any_key();
  scene_.store().get(
      scene_.plan().keys[key], held.handle,
      heard<std::optional<Bytes>>([this, key, &held](const Result<std::optional<Bytes>>& answer) {
        if (!answer.ok()) {
          accept(answer.error());
        } else if (const auto value = value_found(key, *answer)) {
          see_at(held, {{key, *value}});
        }
        end_call();
      }));
}

void Client::scan_at(HeldSnapshot& held) {
  auto scanning = std::make_shared<Scanning>();
  scanning->options.range = any_range();
  scanning->options.snapshot = held.handle;
  scanning->held = &held;
  begin_scan(scanning);
}

/// What is seen for the first time was read at the snapshot's moment; what was seen before must be the same.
void Client::see_at(HeldSnapshot& held, const View& view) {
  if (scene_.is_splitting()) scene_.conditions().met(Condition::snapshot_read_while_splitting);
  for (const auto& [key, value] : view) {
    const auto [at, is_new] = held.seen.try_emplace(key, value);
    if (!is_new && scene_.plan().kinds[key] != KeyKind::bytes)
      scene_.conditions().met(Condition::snapshot_of_operands_read_again);
    if (history_.has_expired(value, scene_.clock_ms()))
      scene_.conditions().met(Condition::expired_seen_at_snapshot);
    if (is_new) history_.add_read(key, value, held.moments);
    if (at->second != value)
      history_.accuse("a snapshot has moved: " + scene_.plan().keys[key] + " was " +
                      std::to_string(at->second) + " and is " + std::to_string(value));
  }
  history_.suspect(held.seen);
}

}  // namespace coppice::simulation
