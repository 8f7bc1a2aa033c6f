#include "cluster/commands/flags.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <vector>

#include "cluster/text/nearest.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {

void AddressFlag::add_to(CLI::App& command) {
  command.add_option("-a,--address", address, "The node's host:port")
      ->envname("COPPICE_ADDRESS")
      ->type_name("HOST:PORT")
      ->capture_default_str();
}

Result<std::unique_ptr<client::Client>> AddressFlag::connect(const client::ClientOptions& options) const {
  return client::Client::connect(address, options);
}

void EncodingFlags::add_to(CLI::App& command) {
  const auto choose = [this](Encoding chosen) { return [this, chosen] { encoding = chosen; }; };
  auto* escaped = command.add_flag_callback("-e,--escaped", choose(Encoding::escaped),
                                            R"(Keys and values as text with \t \n \r \\ \xNN in it)");
  auto* hex =
      command.add_flag_callback("--hex", choose(Encoding::hex), "Keys and values as hex, two digits a byte");
  escaped->excludes(hex);
}

Result<Bytes> EncodingFlags::bytes_of(const std::string& argument, const char* what) const {
  auto bytes = decode(argument, encoding);
  if (!bytes.ok()) return std::move(bytes).error().within(what);
  return bytes;
}

void RangeFlags::add_to(CLI::App& command, const std::string& verb) {
  auto* with_prefix = command.add_option("-p,--prefix", prefix, verb + " keys that begin with this");
  auto* with_from = command.add_option("--from", from, verb + " keys from this one on");
  auto* with_to = command.add_option("--to", to, verb + " keys before this one");
  with_prefix->type_name("KEY")->excludes(with_from)->excludes(with_to);
  with_from->type_name("KEY");
  with_to->type_name("KEY");
}

Result<KeyRange> RangeFlags::range(const EncodingFlags& encoding) const {
  COPPICE_TRY_ASSIGN(prefix_bytes, encoding.bytes_of(prefix, "--prefix"));
  COPPICE_TRY_ASSIGN(from_bytes, encoding.bytes_of(from, "--from"));
  COPPICE_TRY_ASSIGN(to_bytes, encoding.bytes_of(to, "--to"));
  if (!prefix_bytes.empty()) return prefix_range(prefix_bytes);
  KeyRange range{std::move(from_bytes), std::nullopt};
  if (!to_bytes.empty()) range.end = std::move(to_bytes);
  if (range.empty())
    return Error{Errc::invalid_argument, "no key lies from " + printable(range.begin) + " on and before " +
                                             printable(*range.end) + ": --from must be the lesser"};
  return range;
}

void KeyFlags::add_to(CLI::App& command) {
  command
      .add_option("--encryption-key", sources,
                  "Of a directory that is encrypted: file:PATH or command:COMMAND")
      ->type_name("KEY")
      ->expected(1)
      ->take_all();
}

Result<engine::KeyRing> KeyFlags::ring() const { return engine::read_keys("", sources); }

Result<engine::KeyRing> KeyFlags::ring_to_write() const {
  if (sources.empty()) return engine::KeyRing();
  return engine::read_keys(sources.front(), {sources.begin() + 1, sources.end()});
}

void DurabilityFlag::add_to(CLI::App& command) {
  const auto read = [this](const std::string& name) {
    const std::vector<std::string> names{"synced", "buffered", "memory"};
    constexpr std::array kValues{Durability::synced, Durability::buffered, Durability::memory};
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
      throw CLI::ValidationError(
          "--durability", "'" + name + "' is not synced, buffered or memory" + did_you_mean(name, names));
    durability = kValues[static_cast<size_t>(found - names.begin())];
  };
  command
      .add_option_function<std::string>(
          "-d,--durability", read,
          "What the write survives: synced (the default) power loss, buffered kill -9, memory a clean stop")
      ->type_name("NAME");
}

void AtFlag::add_to(CLI::App& command) {
  command
      .add_option(
          "--at", at,
          "Read the store as it was: so long ago (30s, 2h), at 2026-01-31T12:00:00Z, or at a timestamp; "
          "the node keeps history for its setting retention")
      ->type_name("MOMENT");
}

Result<client::SnapshotHandle> AtFlag::snapshot(client::Client& client) const {
  if (at.empty()) return client::SnapshotHandle();
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  COPPICE_TRY_ASSIGN(
      moment,
      parse_moment(at, static_cast<uint64_t>(
                           std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count())));
  return client.snapshot_at(moment);
}

Result<Timestamp> parse_moment(std::string_view text, uint64_t now_ms) {
  constexpr uint64_t kMillisecondsMax = UINT64_MAX >> 20;
  uint64_t raw = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), raw);
  if (code == std::errc() && end == text.data() + text.size()) return Timestamp{raw};
  if (const auto ago = parse_duration(text); ago.ok() && *ago <= now_ms)
    return Timestamp{(now_ms - *ago) << 20};
  std::tm utc{};
  const std::string whole(text);
  const char* const rest = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  const time_t seconds = rest == nullptr || *rest != '\0' ? -1 : ::timegm(&utc);
  if (seconds >= 0 && static_cast<uint64_t>(seconds) <= kMillisecondsMax / 1000)
    return Timestamp{static_cast<uint64_t>(seconds) * 1000 << 20};
  return Error{Errc::invalid_argument,
               "'" + std::string(text) +
                   "' is no moment: write how long ago (30s, 5min, 2h, 7d), a date and time "
                   "(2026-01-31T12:00:00Z), or a timestamp"};
}

void add_json_flag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON, for programs");
}

}  // namespace coppice::cluster
