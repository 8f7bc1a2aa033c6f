#include <cstdio>

#include <unistd.h>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/record.hpp"

namespace coppice::cluster {
namespace {

struct DumpFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
};

/// Writes entries as lines and counts them.
class Writer {
public:
  explicit Writer(Encoding encoding) : encoding_(encoding) {}

  Status write(std::span<const client::EntryView> page) {
    for (const client::EntryView& entry : page) {
      Bytes line;
      COPPICE_TRY(append_record(line, entry.key, entry.value, encoding_));
      COPPICE_TRY(output_.write(line));
      size_ += line.size();
      ++records_;
    }
    progress_.update(records_, size_);
    return success();
  }
  Status finish() { return output_.flush(); }
  uint64_t records() const { return records_; }

private:
  const Encoding encoding_;
  Output output_{STDOUT_FILENO};
  Progress progress_{"dumped"};
  uint64_t records_ = 0;
  uint64_t size_ = 0;
};

Status dump(client::Client& client, const KeyRange& range, Writer& writer) {
  client::ScanOptions options;
  options.range = range;
  COPPICE_TRY_ASSIGN(snapshot, client.snapshot());
  options.snapshot = std::move(snapshot);
  Status written;
  const auto taken = client.scan(options, [&](std::span<const client::EntryView> page) {
    written = writer.write(page);
    return written.ok();
  });
  COPPICE_TRY(written);
  COPPICE_TRY(taken);
  return writer.finish();
}

Result<ExitCode> run(const DumpFlags& flags) {
  COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  Writer writer(flags.encoding.encoding);
  if (Status dumped = dump(*client, range, writer); !dumped.ok())
    return std::move(dumped).error().within("the dump is not whole, it ends after " +
                                            std::to_string(writer.records()) + " records");
  return ExitCode::done;
}

}  // namespace

void add_dump(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<DumpFlags>();
  CLI::App* dump = program.add_subcommand("dump", "Write all keys and values as lines that load reads");
  flags->range.add_to(*dump, "Dump");
  flags->encoding.add_to(*dump);
  flags->address.add_to(*dump);
  dump->footer(
      "A line is: key, TAB, value. Lines are in key order, and all are of the moment the dump began.\n"
      "A dump that is not whole ends with an error and an exit code that is not 0.\n\n"
      "Examples:\n  coppice dump > backup.tsv\n  coppice dump --escaped | gzip > backup.tsv.gz\n"
      "  coppice dump | sort | cmp - original.tsv");
  choose(*dump, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
