#include "tests/fuzz/mended.hpp"

#include "engine/log/record.hpp"
#include "engine/table/block_cursor.hpp"
#include "engine/values/value_format.hpp"
#include "tests/support/forgery.hpp"

namespace coppice::engine {
namespace {

// Behind what a footer's checksum is of.
constexpr size_t kFooterEndSize = 24;

bool lies_in(const BlockHandle& handle, size_t end) {
  return !handle.absent() && handle.offset <= end &&
         handle.size + uint64_t{kBlockTrailerSize} <= end - handle.offset;
}

/// The footer at the end of `file`, with checksum and magic mended. Nothing: it is too short, or of no version that we know.
std::optional<Footer> mended_footer(Bytes& file) {
  if (file.size() < kFooterSizeLeast) return std::nullopt;
  char* const end = file.data() + file.size();
  const auto version = load_fixed<uint32_t>(end - 16);
  const size_t size = footer_size(version);
  if (size > file.size()) return std::nullopt;
  const ByteView checked(end - size, size - kFooterEndSize);
  store_fixed<uint64_t>(end - kFooterEndSize, checksum(checked, version));
  store_fixed<uint64_t>(end - 8, kTableMagic);
  const size_t end_size = std::min(file.size(), kFooterSize);
  const auto footer = decode_footer({end - end_size, end_size}, file.size());
  return footer.ok() ? std::optional(*footer) : std::nullopt;
}

class TableMender {
public:
  TableMender(Bytes& file, const Footer& footer)
      : file_(file), footer_(footer), end_(file.size() - footer_size(footer.version)) {}

  void run() {
    for (const BlockHandle& handle :
         {footer_.filter, footer_.range_deletes, footer_.properties, footer_.dictionary})
      mend(handle);
    mend_page(footer_.root, footer_.height);
  }

private:
  void mend(const BlockHandle& handle) {
    if (lies_in(handle, end_)) mend_block(file_, footer_.unique_id, handle);
  }
  void mend_page(const BlockHandle& handle, uint32_t level) {
    mend(handle);
    if (level == 0 || !lies_in(handle, end_) || !footer_.has_current_blocks()) return;
    BlockView page;
    if (!page.open(ByteView(file_).substr(handle.offset, handle.size))) return;
    for (uint32_t index = 0; index < page.count() && left_ > 0; ++index, --left_) {
      RawEntry entry;
      if (!page.decode(index, entry)) continue;
      if (const auto child = decode_handle(entry.value)) mend_page(*child, level - 1);
    }
  }

  Bytes& file_;
  const Footer footer_;
  const size_t end_;
  // Pages may lead to each other.
  int left_ = 1000;
};

/// Of a record of today's format: first that of its size, if it is a large one, without which nothing says where it ends. False: none
/// begins here, or it does not end in `rest`.
bool mend_record(const LogHeader& log, std::span<char> rest, size_t& size) {
  constexpr size_t kHeadSize = 5;
  constexpr size_t kSizeSize = sizeof(uint32_t);
  constexpr char kLarge = 0x40;
  if (rest.size() < kHeadSize + 2 * kSizeSize) return false;
  const auto sum = [&](size_t begin, size_t count) {
    const uint64_t seed = log.salt ^ uint64_t { static_cast<uint8_t>(rest[0]) } << 56;
    return static_cast<uint32_t>(checksum({rest.data() + begin, count}, seed));
  };
  if ((rest[0] & kLarge) != 0) store_fixed(&rest[kHeadSize + kSizeSize], sum(kHeadSize, kSizeSize));
  const auto front =
      read_record_front(log, {rest.data(), std::min(rest.size(), size_t{kRecordFrameSizeMax})});
  if (!front || front->size > rest.size()) return false;
  store_fixed(&rest[1], sum(kHeadSize, front->size - kHeadSize));
  size = front->size;
  return true;
}

}  // namespace

void mend_log(Bytes& file) {
  constexpr size_t kSumSize = sizeof(uint64_t);
  for (const size_t size : {kLogHeaderSize, kSealedLogHeaderSize}) {
    if (file.size() < size) return;
    store_fixed(file.data() + size - kSumSize, checksum(ByteView(file).substr(0, size - kSumSize), 0));
    const auto header = decode_log_header(ByteView(file).substr(0, kSealedLogHeaderSize), "");
    if (!header.ok()) continue;
    if (header->format == 1) return;
    std::span<char> rest = std::span(file).subspan(header->size());
    for (size_t record = 0; mend_record(*header, rest, record);) rest = rest.subspan(record);
    return;
  }
}

void mend_table_footer(Bytes& file) { (void)mended_footer(file); }

void mend_table(Bytes& file) {
  const auto footer = mended_footer(file);
  if (footer && (footer->flags & kTableEncrypted) == 0) TableMender(file, *footer).run();
}

void mend_values(Bytes& file, const BlockHandle& place) {
  if (file.size() < kValueFooterSize) return;
  char* const footer = file.data() + file.size() - kValueFooterSize;
  const auto version = load_fixed<uint32_t>(footer + 56);
  store_fixed<uint64_t>(footer + 48, checksum({footer, 48}, version));
  store_fixed<uint64_t>(footer + 64, kValueMagic);
  if (lies_in(place, file.size() - kValueFooterSize)) mend_block(file, load_fixed<uint64_t>(footer), place);
}

void mend_frame(Bytes& file, const Frame& frame) {
  constexpr size_t kHeadSize = 16;
  if (file.size() < kHeadSize + sizeof(uint64_t)) return;
  frame.magic.copy(file.data(), frame.magic.size());
  store_fixed<uint32_t>(file.data() + 12, static_cast<uint32_t>(file.size() - kHeadSize - sizeof(uint64_t)));
  const ByteView payload = ByteView(file).substr(kHeadSize + sizeof(uint64_t));
  store_fixed<uint64_t>(file.data() + kHeadSize,
                        checksum(payload, checksum(ByteView(file).substr(0, kHeadSize), 0)));
}

}  // namespace coppice::engine
