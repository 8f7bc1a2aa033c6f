#include <optional>

#include "cluster/commands/flags.hpp"

namespace coppice::cluster {
namespace {

struct MergeFlags {
  AddressFlag address;
  EncodingFlags encoding;
  DurabilityFlag durability;
  std::string key;
  std::optional<int64_t> add;
  std::optional<int64_t> max;
  std::optional<std::string> append;
};

Status merge_into(client::Batch& batch, const MergeFlags& flags) {
  COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(flags.key, "the key"));
  if (flags.add) return batch.merge(key, Operator::add, number_value(*flags.add));
  if (flags.max) return batch.merge(key, Operator::max, number_value(*flags.max));
  if (!flags.append)
    return Error{Errc::invalid_argument, "nothing to do to the value: say --add, --max or --append"};
  COPPICE_TRY_ASSIGN(bytes, flags.encoding.bytes_of(*flags.append, "--append"));
  return batch.merge(key, Operator::append, bytes);
}

Result<ExitCode> run(const MergeFlags& flags) {
  client::Batch batch;
  COPPICE_TRY(merge_into(batch, flags));
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY(client->write(batch, flags.durability.durability));
  return ExitCode::done;
}

}  // namespace

void add_merge(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<MergeFlags>();
  CLI::App* merge = program.add_subcommand("merge", "Change the value of a key without reading it");
  merge->add_option("key", flags->key, "The key: 1 to 16384 bytes")->required();
  auto* add = merge->add_option("--add", flags->add, "Add to the number that the key holds");
  auto* max = merge->add_option("--max", flags->max, "Keep the larger of the two numbers");
  auto* append =
      merge->add_option("--append", flags->append, "Put this behind the value, up to 64 MiB in all");
  add->type_name("NUMBER")->excludes(max)->excludes(append);
  max->type_name("NUMBER")->excludes(append);
  append->type_name("VALUE");
  flags->encoding.add_to(*merge);
  flags->durability.add_to(*merge);
  flags->address.add_to(*merge);
  merge->footer(
      "A number is a value of 8 bytes, little-endian; sums wrap around. An absent key becomes the operand. A "
      "value that is no number "
      "stays as it is under --add and --max.\n\n"
      "Examples:\n  coppice merge visits --add 1\n  coppice get --number visits\n"
      "  coppice merge --escaped events --append 'started\\n'");
  choose(*merge, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
