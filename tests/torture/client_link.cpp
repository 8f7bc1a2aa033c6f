#include "tests/torture/client_link.hpp"

#include <algorithm>

namespace coppice::torture {
namespace {

constexpr WireEnd kWireEnds[] = {WireEnd::silent, WireEnd::closed, WireEnd::reset};
constexpr const char* kWireNames[] = {"wires that fall silent", "wires that are closed",
                                      "wires that are reset"};
constexpr uint32_t kPauseMaxMs = 100;
/// Calls without a time limit, such as scans, would wait for a silent wire for ever.
constexpr int kSilenceMaxMs = 3'000;

}  // namespace

bool ClientLink::connect() {
  const auto node = stage_.wait_for_node();
  if (!node) return false;
  node_ = *node;
  std::string address = node->address;
  client::ClientOptions options;
  options.call_timeout_ms = options_.call_timeout_ms;
  options.connect_timeout_ms = options_.connect_timeout_ms;
  if (options_.bad_wire_one_in != 0 && draw_.one_in(options_.bad_wire_one_in)) {
    const WireEnd end = draw_.one_of(kWireEnds);
    relay_ = std::make_unique<Relay>(
        node->address,
        Relay::Limits{draw_.between(300, 60'000), draw_.between(300, 200'000), end, kSilenceMaxMs});
    stage_.report().count(Report::Part::injected, kWireNames[static_cast<size_t>(end)]);
    address = relay_->address();
    // Silence is noticed by time alone.
    if (end == WireEnd::silent) options.call_timeout_ms = std::min(options.call_timeout_ms, 1'000u);
    if (end == WireEnd::silent) options.connect_timeout_ms = std::min(options.connect_timeout_ms, 1'000u);
  }
  auto client = client::Client::connect(address, options);
  if (client.ok()) {
    client_ = std::move(client).value();
    return true;
  }
  (void)refused(client.error());
  relay_.reset();
  stage_.pause(std::chrono::milliseconds(10));
  return false;
}

void ClientLink::drop() {
  client_.reset();
  relay_.reset();
}

bool ClientLink::refused(const Error& error) {
  stage_.note(Count::calls);
  const auto refusal = refusal_of(error);
  if (!refusal) {
    stage_.report().violation("a refusal of no known kind: " + to_string(error));
    return false;
  }
  stage_.report().count(Report::Part::refused, refusal->kind);
  const bool in_vain = error.text.find("gave no answer within") != std::string::npos ||
                       error.text.find("does not answer as a Coppice node") != std::string::npos;
  if (in_vain) stage_.note(Count::timeouts);
  if (error.code == Errc::out_of_space) stage_.note(Count::no_room);
  if (client_ != nullptr && (!client_->connected() || (in_vain && relay_ != nullptr))) drop();
  if (error.retry_after_ms != 0)
    stage_.pause(std::chrono::milliseconds(std::min(error.retry_after_ms, kPauseMaxMs)));
  return refusal->nothing_kept;
}

}  // namespace coppice::torture
