#include "cluster/service/answers.hpp"

#include "cluster/wire/convert.hpp"

namespace coppice::cluster {
namespace {

using capnp::uint;
using wire::as_data;
using wire::words_for;

}  // namespace

void set_value(schema::Value::Builder message, const std::optional<Bytes>& value) {
  if (value) {
    message.setPresent(as_data(*value));
  } else {
    message.setAbsent();
  }
}

Result<uint64_t> answer_words(const std::vector<std::optional<Bytes>>& values) {
  uint64_t words = 8;
  for (const auto& value : values) words += 2 + (value ? words_for(value->size()) : 0);
  if (words * 8 > actors::kAnswerSizeMax)
    return Error{Errc::invalid_argument, "the answer has " + std::to_string(words * 8) +
                                             " bytes and may have 64 MiB: ask for fewer keys at a time"};
  return words;
}

capnp::MessageSize page_size(const actors::Page& page) {
  // Two pointers an entry, and what rounding up to words may add to each.
  return {words_for(page.size()) + 4 * page.count() + 8, 0};
}

void set_entries(capnp::List<schema::Entry>::Builder entries, const actors::Page& page) {
  for (size_t i = 0; i < page.count(); ++i) {
    auto entry = entries[static_cast<uint>(i)];
    entry.setKey(as_data(page.key(i)));
    if (const ByteView value = page.value(i); !value.empty()) entry.setValue(as_data(value));
  }
}

void set_merge(schema::RangeMerge::Builder message, const actors::RangeMerge& merge) {
  const actors::MergeProgress progress = merge.progress();
  message.setId(merge.id);
  wire::set_range(message.initRange(), merge.range);
  message.setTablesDone(progress.tables_done);
  message.setTables(progress.tables);
  message.setBytesDone(progress.bytes_done);
  message.setBytes(progress.bytes);
}

void set_report(schema::VerifyReport::Builder message, const engine::VerifyReport& report) {
  message.setTables(report.tables);
  message.setBlocks(report.blocks);
  message.setEntries(report.entries);
  message.setBytes(report.bytes);
  auto problems = message.initProblems(static_cast<uint>(report.problems.size()));
  for (size_t i = 0; i < report.problems.size(); ++i)
    problems.set(static_cast<uint>(i), kj::StringPtr(report.problems[i].c_str()));
}

}  // namespace coppice::cluster
