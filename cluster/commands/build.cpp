// Writes a sorted file, for `coppice ingest`. Needs no node.
#include <cstdio>

#include "cluster/commands/flags.hpp"
#include "cluster/commands/input.hpp"
#include "cluster/commands/output.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/lines.hpp"
#include "cluster/text/quantity.hpp"
#include "cluster/text/record.hpp"
#include "engine/ingest/sorted_file_writer.hpp"
#include "engine/io/posix_file.hpp"
#include "engine/secrecy/key_source.hpp"

namespace coppice::cluster {
namespace {

struct BuildFlags {
  EncodingFlags encoding;
  std::string file;
  std::string input = "-";
  std::string compression = "none";
  std::string encryption_key;
  bool json = false;
};

Result<engine::SortedFileOptions> options_of(const BuildFlags& flags) {
  engine::SortedFileOptions options;
  if (flags.compression == "lz4") options.compression = engine::Compression::lz4;
  if (flags.compression == "zstd") options.compression = engine::Compression::zstd;
  if (!flags.encryption_key.empty()) {
    COPPICE_TRY_ASSIGN(keys, engine::read_keys(flags.encryption_key, {}));
    options.keys = std::move(keys);
  }
  return options;
}

Status add_lines(const BuildFlags& flags, const Input& input, engine::SortedFileWriter& writer) {
  const Encoding encoding = flags.encoding.encoding;
  LineReader lines(input.descriptor(), record_size_max(encoding));
  Progress progress("built");
  while (true) {
    COPPICE_TRY_ASSIGN(line, lines.next());
    if (!line) return success();
    auto record = parse_record(*line, encoding);
    Status added = record.ok() ? writer.put(record->key, record->value) : record.status();
    if (!added.ok()) return std::move(added).error().within("line " + std::to_string(lines.number()));
    progress.update(lines.number(), lines.offset(), input.size());
  }
}

Result<ExitCode> run(const BuildFlags& flags) {
  COPPICE_TRY_ASSIGN(options, options_of(flags));
  COPPICE_TRY_ASSIGN(input, Input::open(flags.input));
  engine::PosixFileSystem files;
  COPPICE_TRY_ASSIGN(writer, engine::SortedFileWriter::begin(files, flags.file, options));
  COPPICE_TRY(add_lines(flags, input, writer));
  COPPICE_TRY_ASSIGN(built, writer.finish());
  if (flags.json) {
    JsonWriter json;
    json.begin_object().key("records").number(built.entries).key("bytes").number(built.file_size).end();
    std::printf("%s\n", json.text().c_str());
  } else {
    std::printf("%s, %s\n", count_text(built.entries, "record").c_str(), size_text(built.file_size).c_str());
  }
  return ExitCode::done;
}

}  // namespace

void add_build(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<BuildFlags>();
  CLI::App* build = program.add_subcommand("build", "Write a sorted file, to be ingested by a node");
  build->add_option("file", flags->file, "The file to write; there is none of that name yet")->required();
  build->add_option("input", flags->input, "The lines to read; - or none: standard input");
  build->add_option("--compression", flags->compression, "none (the default), lz4 or zstd")
      ->check(CLI::IsMember({"none", "lz4", "zstd"}))
      ->type_name("NAME");
  build
      ->add_option("--encryption-key", flags->encryption_key,
                   "Of the store that it is for, if that is encrypted: file:PATH or command:COMMAND")
      ->type_name("KEY");
  flags->encoding.add_to(*build);
  add_json_flag(*build, flags->json);
  build->footer(
      "A line is as for load: key, TAB, value. Keys must ascend byte by byte, each is there once; other "
      "input\n"
      "ends the command, and names the line. To sort lines by their keys:\n"
      "  LC_ALL=C sort -t \"$(printf '\\t')\" -k 1,1 packages.tsv\n\n"
      "Example:\n  coppice build packages.sorted packages.tsv && coppice ingest packages.sorted");
  choose(*build, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
