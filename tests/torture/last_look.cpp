#include "tests/torture/last_look.hpp"

#include <algorithm>
#include <cstdlib>

namespace coppice::torture {
namespace {

Bytes from_hex(std::string_view digits) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::strtoul(std::string(digits.substr(i, 2)).c_str(), nullptr, 16)));
  return bytes;
}

/// Lines of `coppice dump --hex`.
Cells entries_of(const std::string& dump) {
  Cells entries;
  for (size_t begin = 0; begin < dump.size();) {
    const size_t end = std::min(dump.find('\n', begin), dump.size());
    const size_t tab = dump.find('\t', begin);
    if (tab < end)
      entries[from_hex(std::string_view(dump).substr(begin, tab - begin))] =
          Cell{from_hex(std::string_view(dump).substr(tab + 1, end - tab - 1))};
    begin = end + 1;
  }
  return entries;
}

std::optional<Bytes> take(Cells& entries, const Bytes& key) {
  auto entry = entries.extract(key);
  return entry ? std::optional(std::move(entry.mapped().value)) : std::nullopt;
}

}  // namespace

void LastLook::check(const char* what, const std::optional<std::string>& problem) {
  stage_.report().count(Report::Part::checked, what);
  if (problem) stage_.report().violation(std::string(what) + ": " + *problem);
}

std::unique_ptr<client::Client> LastLook::connect() {
  auto client = client::Client::connect(node_.address());
  if (!client.ok()) check("connections at the end", to_string(client.error()));
  return client.ok() ? std::move(client).value() : nullptr;
}

void LastLook::look(const std::deque<KeptMoment>& kept, Stream& draw) {
  if (draw.one_in(2)) {
    stage_.report().count(Report::Part::injected, "kill -9");
    node_.kill();
  } else if (const auto code = node_.stop(); code != 0) {
    check("clean stops at the end", "exit code " + std::to_string(code.value_or(-1)) + ": " + node_.errors());
  }
  if (!injector_.start(false)) return;
  generation_ = stage_.node().generation;
  if (!settle()) return;
  stop();
  verify_files(place_.data(), false);
  if (!injector_.start(true)) return;
  compare_dump();
  stop();
  for (const KeptMoment& moment : kept) {
    verify_files(moment.directory, true);
    open_checkpoint(moment);
  }
}

/// From here on the oracle knows each value exactly.
bool LastLook::settle() {
  const auto client = connect();
  if (client == nullptr) return false;
  for (const auto& worker : workers_) {
    for (const auto& bed : worker->beds()) {
      const Moment begin = now_ms();
      const auto values = client->get_many(bed->plot.keys());
      check("beds read whole at the end", values.ok()
                                              ? bed->plot.judge(*values, {begin, now_ms()}, generation_)
                                              : to_string(values.error()));
    }
    for (LooseKey& key : worker->loose_keys()) {
      key.may_have_lost();
      const auto value = client->get(key.key());
      check("keys of durability memory at the end",
            value.ok() ? key.judge_anew(*value) : to_string(value.error()));
    }
  }
  const auto counters = client->get_many(shared_.counters());
  check("counters at the end",
        counters.ok() ? shared_.judge_counters(*counters, shared_.added_at_least(), shared_.added_at_most())
                      : to_string(counters.error()));
  return true;
}

void LastLook::stop() {
  const auto code = node_.stop();
  check("clean stops at the end",
        code == 0 ? std::nullopt
                  : std::optional("exit code " + std::to_string(code.value_or(-1)) + ": " + node_.errors()));
}

void LastLook::verify_files(const std::string& directory, bool is_checkpoint) {
  std::vector<std::string> arguments{"verify", directory};
  if (settings_.encrypted)
    arguments.insert(arguments.end(), {"--encryption-key", "file:" + place_.key_file()});
  if (settings_.cold && !is_checkpoint)
    arguments.insert(arguments.end(), {"--cold-directory", place_.cold()});
  const test::Finished verify = test::run(program(arguments));
  check(is_checkpoint ? "checkpoints verified" : "dead stores verified",
        verify.code == 0 ? std::nullopt : std::optional(verify.output + verify.errors));
}

void LastLook::compare_dump() {
  const test::Finished dump = test::run(program({"dump", "--hex", "--address", node_.address()}));
  if (dump.code != 0) return check("dumps", dump.errors);
  const Span read{now_ms() - 60'000, now_ms()};
  Cells entries = entries_of(dump.output);
  for (const auto& worker : workers_) {
    for (const auto& bed : worker->beds())
      for (const Bytes& key : bed->plot.keys())
        check("keys of a dump", bed->plot.judge_one(key, take(entries, key), read));
    for (LooseKey& key : worker->loose_keys()) check("keys of a dump", key.judge(take(entries, key.key())));
  }
  std::vector<std::optional<Bytes>> counters;
  for (const Bytes& key : shared_.counters()) counters.push_back(take(entries, key));
  check("keys of a dump",
        shared_.judge_counters(counters, shared_.added_at_least(), shared_.added_at_most()));
  check("keys of a dump", shared_.judge_cas(take(entries, shared_.cas_key()), shared_.raised_at_least()));
  // Of clients that stalled in the midst of writing them.
  std::erase_if(entries, [](const auto& entry) { return entry.first.starts_with("f/stalled/"); });
  check("keys of a dump",
        entries.empty() ? std::nullopt
                        : std::optional(printable(entries.begin()->first) + " is a key that nobody wrote"));
}

void LastLook::open_checkpoint(const KeptMoment& moment) {
  if (!node_.start(moment.directory)) return check("checkpoints opened", node_.errors());
  if (const auto client = connect()) {
    for (const KeptMoment::Stamp& stamp : moment.stamps) {
      const auto values = client->get_many(stamp.bed->stamps);
      if (!values.ok()) {
        check("beds of checkpoints", to_string(values.error()));
        continue;
      }
      std::optional<std::string> problem;
      for (const std::optional<Bytes>& value : *values) {
        const int64_t number = value ? number_of(*value).value_or(-1) : 0;
        if (*values->begin() != value || number < stamp.at_least || number > stamp.at_most)
          problem = moment.directory + ": " + printable(stamp.bed->stamps[0]) +
                    " and its like are not all of one " + "batch, or of none from the " +
                    std::to_string(stamp.at_least) + "th to the " + std::to_string(stamp.at_most) +
                    "th: " + std::to_string(number);
      }
      check("beds of checkpoints", problem);
    }
    const auto counters = client->get_many(shared_.counters());
    check("counters of checkpoints",
          counters.ok() ? shared_.judge_counters(*counters, moment.added_at_least, moment.added_at_most)
                        : to_string(counters.error()));
  }
  node_.kill();
}

}  // namespace coppice::torture
