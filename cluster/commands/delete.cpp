#include "cluster/commands/flags.hpp"

namespace coppice::cluster {
namespace {

struct DeleteFlags {
  AddressFlag address;
  EncodingFlags encoding;
  RangeFlags range;
  DurabilityFlag durability;
  std::vector<std::string> keys;
  bool all = false;
};

/// Keys, a range, or all: one of them, so that a slip does not delete more than was meant.
Status check_one_way(const DeleteFlags& flags) {
  const int ways = (flags.keys.empty() ? 0 : 1) + (flags.range.given() ? 1 : 0) + (flags.all ? 1 : 0);
  if (ways == 1) return success();
  return Error{Errc::invalid_argument,
               ways == 0 ? "nothing to delete: name keys, a range (--prefix, --from, --to) or --all"
                         : "name keys, or a range, or --all: not two of them"};
}

Result<ExitCode> run(const DeleteFlags& flags) {
  COPPICE_TRY(check_one_way(flags));
  client::Batch batch;
  for (const std::string& argument : flags.keys) {
    COPPICE_TRY_ASSIGN(key, flags.encoding.bytes_of(argument, "the key"));
    COPPICE_TRY(batch.remove(key));
  }
  if (batch.empty()) {
    COPPICE_TRY_ASSIGN(range, flags.range.range(flags.encoding));
    COPPICE_TRY(batch.delete_range(range));
  }
  COPPICE_TRY_ASSIGN(client, flags.address.connect());
  COPPICE_TRY(client->write(batch, flags.durability.durability));
  return ExitCode::done;
}

}  // namespace

void add_delete(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<DeleteFlags>();
  CLI::App* remove = program.add_subcommand("delete", "Delete keys, or every key of a range");
  remove->add_option("key", flags->keys, "Keys; all are deleted or none");
  flags->range.add_to(*remove, "Delete");
  remove->add_flag("--all", flags->all, "Delete every key of the store");
  flags->encoding.add_to(*remove);
  flags->durability.add_to(*remove);
  flags->address.add_to(*remove);
  remove->footer(
      "Deleting a key that is absent is no error. A range is one step, however many keys are in it.\n\n"
      "Examples:\n  coppice delete bash/version bash/section\n  coppice delete --prefix bash/\n"
      "  coppice delete --from a --to c");
  choose(*remove, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
