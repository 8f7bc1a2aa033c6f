// A configuration of any text: what is taken is shown as text that is taken, and shown the same again. So is an address, and a size.
#include "cluster/config.hpp"
#include "schema/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace coppice::cluster;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Config config;
  const coppice::Status read = read_config(config, text, "coppice.toml");
  if (!read.ok()) {
    COPPICE_CHECK(read.error().code == coppice::Errc::invalid_argument);
    COPPICE_CHECK(read.error().text.starts_with("coppice.toml:"));
  } else {
    const std::string shown = to_toml(config);
    Config again;
    COPPICE_CHECK(read_config(again, shown, "shown").ok());
    COPPICE_CHECK(to_toml(again) == shown);
  }
  const auto address = coppice::wire::parse_address(text);
  if (!address.ok()) return 0;
  const auto same = coppice::wire::parse_address(coppice::wire::to_string(*address));
  COPPICE_CHECK(same.ok());
  COPPICE_CHECK(*same == *address);
  return 0;
}
