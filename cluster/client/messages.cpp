#include "cluster/client/messages.hpp"

#include "cluster/wire/convert.hpp"

namespace coppice::client {
namespace {

std::string text(capnp::Text::Reader message) { return {message.cStr(), message.size()}; }

}  // namespace

capnp::MessageSize write_size(const Batch& batch) { return {wire::words_for(batch.size()) + 16, 0}; }

void set_operations(const Batch& batch, capnp::List<schema::Operation>::Builder operations) {
  for (size_t i = 0; i < batch.count(); ++i) {
    const Batch::Operation operation = batch.operation(i);
    auto message = operations[static_cast<capnp::uint>(i)];
    switch (operation.kind) {
      case Batch::Kind::put: {
        schema::Entry::Builder entry{nullptr};
        if (operation.ttl_ms == 0) {
          entry = message.initPut();
        } else {
          auto timed = message.initPutFor();
          timed.setTtlMs(operation.ttl_ms);
          entry = timed.initEntry();
        }
        entry.setKey(wire::as_data(operation.key));
        entry.setValue(wire::as_data(operation.value));
        break;
      }
      case Batch::Kind::merge: {
        auto merge = message.initMerge();
        merge.setKey(wire::as_data(operation.key));
        merge.setOperator(wire::to_message(operation.op));
        merge.setOperand(wire::as_data(operation.value));
        break;
      }
      case Batch::Kind::remove:
        message.setDelete(wire::as_data(operation.key));
        break;
      case Batch::Kind::delete_range: {
        auto range = message.initDeleteRange();
        range.setBegin(wire::as_data(operation.key));
        range.setEnd(wire::as_data(operation.value));
        break;
      }
    }
  }
}

std::optional<Bytes> read_value(schema::Value::Reader message) {
  if (!message.isPresent()) return std::nullopt;
  return Bytes(wire::as_view(message.getPresent()));
}

schema::Merging to_message(Merging merging) {
  switch (merging) {
    case Merging::on:
      return schema::Merging::ON;
    case Merging::off:
      return schema::Merging::OFF;
    case Merging::paused:
      return schema::Merging::PAUSED;
    case Merging::stopped:
      break;
  }
  return schema::Merging::STOPPED;
}

RangeMerge read_merge(schema::RangeMerge::Reader message) {
  return {message.getId(),         wire::read_range(message.getRange()),
          message.getTablesDone(), message.getTables(),
          message.getBytesDone(),  message.getBytes()};
}

VerifyReport read_report(schema::VerifyReport::Reader message) {
  VerifyReport report{message.getTables(), message.getBlocks(), message.getEntries(), message.getBytes(), {}};
  for (auto problem : message.getProblems()) report.problems.push_back(text(problem));
  return report;
}

}  // namespace coppice::client
