#include "actors/verify.hpp"

#include "actors/door.hpp"

namespace coppice::actors {
namespace {

struct Part {
  KeyRange range;
  std::shared_ptr<engine::TreeReader> reader;
  Error problem;
};

}  // namespace

Result<engine::VerifyReport> verify_range(const Core& core, const KeyRange& range) {
  std::vector<Part> parts;
  {
    // Not kept pinned for as long as a verification takes.
    const engine::Pin<RoutingTable> table = core.table.pin();
    if (!table) return Door::closed();
    for (const Route& route : table->find_overlapping(range))
      parts.push_back(
          {intersection(range, route.range), route.port ? route.port->reader : nullptr, route.problem});
  }
  engine::VerifyReport whole;
  for (const Part& part : parts) {
    if (part.reader == nullptr) {
      whole.problems.push_back(to_string(part.problem));
      continue;
    }
    COPPICE_TRY_ASSIGN(report, part.reader->verify(part.range));
    whole.tables += report.tables;
    whole.blocks += report.blocks;
    whole.entries += report.entries;
    whole.bytes += report.bytes;
    for (std::string& problem : report.problems) whole.problems.push_back(std::move(problem));
  }
  return whole;
}

}  // namespace coppice::actors
