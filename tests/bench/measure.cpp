#include "tests/bench/measure.hpp"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <kj/exception.h>

#include "tests/bench/measure.capnp.h"

namespace coppice::bench {

std::string to_json(const Measure& measure) {
  capnp::MallocMessageBuilder message;
  auto line = message.initRoot<wire::Measure>();
  line.setRound(measure.round);
  line.setEngine(measure.engine);
  line.setWorkload(measure.at.workload);
  line.setThreads(measure.at.threads);
  line.setEntries(measure.at.entries);
  line.setSmallCache(measure.at.small_cache);
  line.setMetric(measure.metric);
  line.setValue(measure.value);
  auto series = line.initSeries(static_cast<unsigned>(measure.series.size()));
  for (unsigned i = 0; i < series.size(); ++i) series.set(i, measure.series[i]);
  return capnp::JsonCodec().encode(line.asReader()).cStr();
}

Result<Measure> measure_from_json(const std::string& line) {
  Measure measure;
  const auto read = [&] {
    capnp::MallocMessageBuilder message;
    auto target = message.initRoot<wire::Measure>();
    capnp::JsonCodec().decode(kj::ArrayPtr<const char>(line.data(), line.size()), target);
    const auto source = target.asReader();
    measure.round = source.getRound();
    measure.engine = source.getEngine().cStr();
    measure.at = {source.getWorkload().cStr(), source.getThreads(), source.getEntries(),
                  source.getSmallCache()};
    measure.metric = source.getMetric().cStr();
    measure.value = source.getValue();
    for (const double value : source.getSeries()) measure.series.push_back(value);
  };
  KJ_IF_MAYBE (problem, kj::runCatchingExceptions(read)) {
    return Error{Errc::corruption,
                 "no measure of a benchmark: " + line + ": " + problem->getDescription().cStr()};
  }
  return measure;
}

}  // namespace coppice::bench
