// Flags that several commands share, each read in one way.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cluster/client/client.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/text/encoding.hpp"
#include "engine/secrecy/key_source.hpp"

namespace coppice::cluster {

/// --address, else COPPICE_ADDRESS, else the default.
struct AddressFlag {
  std::string address = "127.0.0.1:4640";

  void add_to(CLI::App& command);
  Result<std::unique_ptr<client::Client>> connect(const client::ClientOptions& options = {}) const;
};

/// --escaped or --hex: how keys and values are written, in the command line and in what is read and printed.
struct EncodingFlags {
  Encoding encoding = Encoding::raw;

  void add_to(CLI::App& command);
  /// The bytes that an argument stands for. invalid_argument names it by `what`.
  Result<Bytes> bytes_of(const std::string& argument, const char* what) const;
};

/// --prefix, or --from and --to: some of the keys; without a flag all.
struct RangeFlags {
  std::string prefix, from, to;
  bool given() const { return !prefix.empty() || !from.empty() || !to.empty(); }

  /// `verb` begins the help: "Print" makes "Print keys that begin with this".
  void add_to(CLI::App& command, const std::string& verb);
  /// invalid_argument: no key could be in it, or an argument is not in the encoding.
  Result<KeyRange> range(const EncodingFlags& encoding) const;
};

/// --encryption-key, any number of them: what the files of a store that nobody serves may be encrypted with.
struct KeyFlags {
  std::vector<std::string> sources;

  void add_to(CLI::App& command);
  /// Errors as engine::read_key(). Blocks: as that.
  Result<engine::KeyRing> ring() const;
  /// The same, for who writes files as well: the first is their key.
  Result<engine::KeyRing> ring_to_write() const;
};

/// --durability: what a write survives once the command has ended.
struct DurabilityFlag {
  Durability durability = Durability::synced;

  void add_to(CLI::App& command);
};

/// --at: read the store as it was.
struct AtFlag {
  std::string at;

  void add_to(CLI::App& command);
  /// Nothing without the flag. invalid_argument: it says no moment, or none that can be read.
  Result<client::SnapshotHandle> snapshot(client::Client& client) const;
};

/// The moment that `text` says: a timestamp; a time such as 30s, for so long before `now_ms`; or a date and time of UTC,
/// 2026-01-31T12:00:00Z. invalid_argument says what would be right.
Result<Timestamp> parse_moment(std::string_view text, uint64_t now_ms);

/// --json: print for programs.
void add_json_flag(CLI::App& command, bool& json);

/// Makes `run` over the parsed flags what is done when the command line names `command`; a failure is said on
/// stderr. The flags live as long as the action.
template <class Flags>
void choose(CLI::App& command, Action& chosen, std::shared_ptr<Flags> flags,
            Result<ExitCode> (*run)(const Flags&)) {
  command.callback([&chosen, flags, run, name = command.get_name()] {
    chosen = [flags, run, name] {
      const Result<ExitCode> code = run(*flags);
      return code.ok() ? *code : fail(name.c_str(), code.error());
    };
  });
}

}  // namespace coppice::cluster
