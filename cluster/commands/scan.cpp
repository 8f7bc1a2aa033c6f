#include <unistd.h>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/record.hpp"

namespace coppice::cluster {
namespace {

struct ScanFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
  AtFlag at;
  bool reverse = false;
  bool keys_only = false;
  uint64_t limit = 0;
  bool json = false;
};

Status print(Output& output, const client::EntryView& entry, const ScanFlags& flags) {
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("key").string(encode(entry.key, Encoding::escaped));
    if (!flags.keys_only) json.key("value").string(encode(entry.value, Encoding::escaped));
    json.end();
    return output.write(json.text() + '\n');
  }
  Bytes line;
  COPPICE_TRY(append_record(line, entry.key, flags.keys_only ? "" : entry.value, flags.encoding.encoding));
  // The value of a key alone is empty: what stands before the line's end is the TAB.
  if (flags.keys_only) line.replace(line.size() - 2, 2, "\n");
  return output.write(line);
}

Result<ExitCode> run(const ScanFlags& flags) {
  client::ScanOptions options;
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  options.range = std::move(range);
  options.reverse = flags.reverse;
  options.limit = flags.limit;
  options.keys_only = flags.keys_only;
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY_ASSIGN(moment, flags.at.snapshot(*client));
  options.snapshot = std::move(moment);

  Output output(STDOUT_FILENO);
  Status printed;
  const auto taken = client->scan(options, [&](std::span<const client::EntryView> page) {
    for (const client::EntryView& entry : page)
      if (printed.ok()) printed = print(output, entry, flags);
    return printed.ok();
  });
  // What came before an error is printed all the same.
  const Status flushed = output.flush();
  if (output.reader_gone()) return ExitCode::done;
  COPPICE_TRY(printed);
  COPPICE_TRY(flushed);
  COPPICE_TRY(taken);
  return ExitCode::done;
}

}  // namespace

void add_scan(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<ScanFlags>();
  CLI::App* scan = program.add_subcommand("scan", "Print keys and values in key order");
  flags->range.add_to(*scan, "Print");
  scan->add_flag("-r,--reverse", flags->reverse, "From the last key to the first");
  scan->add_option("-n,--limit", flags->limit, "Stop after so many; 0: no limit")->type_name("COUNT");
  scan->add_flag("-k,--keys-only", flags->keys_only, "Print keys without values");
  flags->at.add_to(*scan);
  flags->encoding.add_to(*scan);
  add_json_flag(*scan, flags->json);
  flags->address.add_to(*scan);
  scan->footer(
      "Prints a line for each key: key, TAB, value, all of one moment. A key or value that would break its\n"
      "line needs --escaped or --hex. With --json, each line is an object with key and value as with "
      "--escaped.\n\n"
      "Examples:\n  coppice scan --prefix bash/\n  coppice scan --from m --to n --limit 10 --keys-only");
  choose(*scan, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
