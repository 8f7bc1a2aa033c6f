#include <chrono>
#include <cstdio>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/input.hpp"
#include "cluster/commands/loader.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/lines.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

constexpr std::chrono::milliseconds kPatienceWithInput{20};

struct LoadFlags {
  AddressFlag address;
  EncodingFlags encoding;
  DurabilityFlag durability;
  std::string file = "-";
  uint64_t skip = 0;
  bool retry = false;
  uint32_t patience_seconds = 60;
  bool json = false;
};

/// Reads on to the end of the input; an error of a line names it.
Status send_lines(const LoadFlags& flags, const Input& input, Loader& loader) {
  const Encoding encoding = flags.encoding.encoding;
  LineReader lines(input.descriptor(), record_size_max(encoding));
  Progress progress("loaded");
  while (true) {
    // Lines of a slow source, such as `tail -f`, do not wait for a batch to be full.
    if (lines.stalls(kPatienceWithInput)) COPPICE_TRY(loader.finish());
    COPPICE_TRY_ASSIGN(line, lines.next());
    if (!line) return success();
    if (lines.number() <= flags.skip) continue;
    auto record = parse_record(*line, encoding);
    if (!record.ok()) return std::move(record).error().within("line " + std::to_string(lines.number()));
    COPPICE_TRY(loader.add(lines.number(), *record));
    progress.update(loader.kept_records(), lines.offset(), input.size());
  }
}

void print_summary(const LoadFlags& flags, const Loader& loader, double seconds) {
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("records").number(loader.kept_records()).key("bytes").number(loader.kept_size());
    json.key("lines").number(loader.kept_lines()).key("seconds").number(seconds).end();
    std::printf("%s\n", json.text().c_str());
    return;
  }
  const double rate = static_cast<double>(loader.kept_records()) / std::max(seconds, 0.001);
  std::printf("%s kept, %s in %s, %s a second\n", count_text(loader.kept_records(), "record").c_str(),
              size_text(loader.kept_size()).c_str(),
              duration_text(static_cast<uint64_t>(seconds * 1000)).c_str(),
              count_text(static_cast<uint64_t>(rate)).c_str());
}

/// What a user needs to go on after a failure.
void say_how_to_resume(const LoadFlags& flags, const Loader& loader) {
  const std::string lines = std::to_string(loader.kept_lines());
  const std::string how = flags.file == "-" ? "run it again on the same input with --skip " + lines
                                            : "go on with: coppice load --skip " + lines + " " + flags.file;
  std::fprintf(stderr, "coppice load: %s leading lines are kept; %s\n", lines.c_str(), how.c_str());
}

Result<ExitCode> run(const LoadFlags& flags) {
  COPPICE_TRY_ASSIGN(input, Input::open(flags.file));
  const auto connect = [&flags] { return flags.address.connect(); };
  COPPICE_TRY_ASSIGN(client, connect());
  Loader loader(std::move(client), connect,
                {.durability = flags.durability.durability,
                 .skipped_lines = flags.skip,
                 .reconnect = flags.retry,
                 .patience = std::chrono::seconds(flags.patience_seconds)});

  const auto begin = std::chrono::steady_clock::now();
  const Status sent = send_lines(flags, input, loader);
  // A bad line does not take those before it with it.
  const Status kept = loader.finish();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  if (sent.ok() && kept.ok()) {
    print_summary(flags, loader, seconds.count());
    return ExitCode::done;
  }
  const ExitCode code = fail("load", sent.ok() ? kept.error() : sent.error());
  say_how_to_resume(flags, loader);
  if (flags.json) print_summary(flags, loader, seconds.count());
  return code;
}

}  // namespace

void add_load(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<LoadFlags>();
  CLI::App* load = program.add_subcommand("load", "Put many keys and values from lines of text");
  load->add_option("file", flags->file, "The file to read; - or none: standard input");
  load->add_option("-s,--skip", flags->skip, "Leave out the first lines, that a run before has kept")
      ->type_name("LINES");
  load->add_flag("--retry", flags->retry, "When the connection breaks, connect again and go on");
  load->add_option("--patience", flags->patience_seconds, "How long a busy or absent node is waited for")
      ->type_name("SECONDS")
      ->capture_default_str();
  flags->encoding.add_to(*load);
  flags->durability.add_to(*load);
  add_json_flag(*load, flags->json);
  flags->address.add_to(*load);
  load->footer(
      "A line is: key, TAB, value. The first TAB parts them; all else is taken as it is, byte for byte. Of "
      "two\n"
      "lines with one key the later wins. A line that cannot be read ends the load; those before it are "
      "kept.\n"
      "After a failure it says how many leading lines are kept, and how to go on behind them.\n\n"
      "Examples:\n  coppice load packages.tsv\n  zcat packages.tsv.gz | coppice load\n"
      "  coppice load --skip 120000 packages.tsv");
  choose(*load, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
