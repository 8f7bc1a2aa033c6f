#include "cluster/commands/event_text.hpp"

#include <cstdio>

#include "cluster/text/encoding.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"

namespace coppice::cluster {
namespace {

void add(std::string& text, const std::string& part) { text.append(text.empty() ? "" : ", ").append(part); }

std::string time_text(uint64_t at_ms) {
  const uint64_t seconds = at_ms / 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%02u:%02u:%02u.%03u", static_cast<unsigned>(seconds / 3600 % 24),
                static_cast<unsigned>(seconds / 60 % 60), static_cast<unsigned>(seconds % 60),
                static_cast<unsigned>(at_ms % 1000));
  return text;
}

}  // namespace

std::string event_details(const client::Event& event) {
  std::string text;
  if (event.left != 0)
    add(text, "into " + std::to_string(event.left) + " and " + std::to_string(event.right));
  if (!event.reason.empty()) add(text, "because of " + event.reason);
  if (event.target_level != 0)
    add(text, "level " + std::to_string(event.source_level) + " to " + std::to_string(event.target_level));
  if (event.tables != 0) add(text, count_text(event.tables, "table"));
  if (event.bytes_read != 0) add(text, size_text(event.bytes_read) + " read");
  if (event.tables_written != 0) add(text, count_text(event.tables_written, "table"));
  if (event.bytes_written != 0) add(text, size_text(event.bytes_written) + " written");
  if (event.took_us != 0) add(text, duration_text(event.took_us / 1000));
  if (!event.problem.empty()) add(text, encode(event.problem, Encoding::escaped));
  return text;
}

std::string event_line(const client::Event& event) {
  char head[64];
  std::snprintf(head, sizeof head, "%s  shard %-4s %-15s ", time_text(event.at_ms).c_str(),
                std::to_string(event.shard).c_str(), event.kind.c_str());
  std::string line = head + event_details(event);
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string event_json(const client::Event& event) {
  JsonWriter json;
  json.begin_object().key("sequence").number(event.sequence).key("atMs").number(event.at_ms);
  json.key("kind").string(event.kind).key("shard").number(event.shard);
  json.key("sourceLevel").number(uint64_t{event.source_level});
  json.key("targetLevel").number(uint64_t{event.target_level});
  json.key("tables").number(event.tables).key("tablesWritten").number(event.tables_written);
  json.key("bytesRead").number(event.bytes_read).key("bytesWritten").number(event.bytes_written);
  json.key("tookUs").number(event.took_us).key("reason").string(event.reason);
  json.key("problem").string(encode(event.problem, Encoding::escaped));
  json.key("left").number(event.left).key("right").number(event.right);
  json.key("trouble").boolean(event.trouble).end();
  return json.text();
}

}  // namespace coppice::cluster
