#include "cluster/text/record.hpp"

namespace coppice::cluster {

size_t record_size_max(Encoding encoding) {
  const size_t bytes = kKeySizeMax + kValueSizeMax;
  // An escaped byte is four letters at most, one in hex two.
  if (encoding == Encoding::escaped) return 4 * bytes + 1;
  return (encoding == Encoding::hex ? 2 * bytes : bytes) + 1;
}

Result<Record> parse_record(ByteView line, Encoding encoding) {
  const size_t tab = line.find('\t');
  if (tab == ByteView::npos)
    return Error{Errc::invalid_argument, "there is no TAB between key and value in " + printable(line)};
  auto key = decode(line.substr(0, tab), encoding);
  if (!key.ok()) return std::move(key).error().within("the key");
  auto value = decode(line.substr(tab + 1), encoding);
  if (!value.ok()) return std::move(value).error().within("the value");
  COPPICE_TRY(check_key(*key));
  COPPICE_TRY(check_value(*value));
  return Record{std::move(key).value(), std::move(value).value()};
}

Status append_record(Bytes& text, ByteView key, ByteView value, Encoding encoding) {
  if (encoding == Encoding::raw) {
    const char* which = nullptr;
    if (key.find_first_of("\t\n") != ByteView::npos) which = "key has a TAB or a line end";
    if (value.find('\n') != ByteView::npos) which = "value has a line end";
    if (which != nullptr)
      return Error{Errc::invalid_argument, "cannot write " + printable(key) + " as a line: its " + which +
                                               " in it; use --escaped or --hex"};
    text.append(key) += '\t';
    text.append(value) += '\n';
    return success();
  }
  text += encode(key, encoding) + '\t' + encode(value, encoding) + '\n';
  return success();
}

}  // namespace coppice::cluster
