#include "tests/torture/refusals.hpp"

#include <iterator>

namespace coppice::torture {
namespace {

struct Kind {
  /// Of the text: both must be in it.
  const char* what;
  const char* to_do;
  bool nothing_kept;
};

/// The first that fits. Before all others those that say that nothing is known.
constexpr Kind kKinds[] = {
    {"the connection to", "connect again", false},
    {"gave no answer within", "may or may not have been kept", false},
    {"may or may not be kept", "", false},
    {"the client ended before the answer came", "", false},
    {"cannot connect to", "see that the address is right", true},
    {"does not answer as a Coppice node", "see that", true},
    {"the node is stopping", "connect again", true},
    {"nothing of this write was kept", "does not serve", true},
    {"takes no writes, only reads", "", true},
    {"its queue is full", "try again", true},
    {"has restarted", "try again", true},
    {"too many batches over several shards wait", "try again", true},
    {"does not serve", "", true},
    {"wait to be flushed", "", true},
    {"wait to be merged", "", true},
    {"tables of level 0", "", true},
    {"memory", "memtables", true},
    {"the tree is closed", "", true},
    {"begins with", "already", true},
    {"merging is stopped", "turn it on", true},
    {"merging was stopped", "what was merged stays so", true},
    {"the merge was", "what was merged stays so", true},
    {"is no longer", "split", true},
    {"the node is at its limit", "", true},
    {"the node serves", "try again later", true},
    {"is not there any more", "see that its disk is mounted", true},
    {"No space left on device", "", true},
    {"Too many open files", "", true},
    {"No such file or directory", "", true},
};

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

std::string kind_text(Errc code, const Kind& kind) {
  std::string text(to_string(code));
  text.append(": ").append(kind.what);
  if (*kind.to_do != '\0') text.append(" ... ").append(kind.to_do);
  return text;
}

}  // namespace

std::optional<Refusal> refusal_of(const Error& error) {
  // Of our own layers, and of damage that nobody did; a directory that is gone is damage too.
  const bool is_gone =
      has(error.text, "restore it from a backup") && has(error.text, "No such file or directory");
  if (error.code == Errc::moved || error.code == Errc::would_block || error.code == Errc::unsupported ||
      (error.code == Errc::corruption && !is_gone))
    return std::nullopt;
  for (const Kind& kind : kKinds)
    if (has(error.text, kind.what) && has(error.text, kind.to_do))
      return Refusal{kind_text(error.code, kind), kind.nothing_kept};
  return std::nullopt;
}

std::optional<std::string> start_refusal_of(const std::string& errors) {
  for (const char* reason : {"No space left on device", "Too many open files", "No such file or directory"})
    if (has(errors, reason) && has(errors, "coppice serve: ")) return reason;
  return std::nullopt;
}

}  // namespace coppice::torture
