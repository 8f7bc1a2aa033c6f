#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "cluster/commands/event_logger.hpp"
#include "cluster/commands/flags.hpp"
#include "cluster/config.hpp"
#include "cluster/node/node.hpp"
#include "cluster/text/json.hpp"
#include "cluster/text/quantity.hpp"
#include "engine/secrecy/key_source.hpp"

namespace coppice::cluster {
namespace {

struct ServeFlags {
  std::string config_file;
  /// What flags said, by the name of the setting.
  std::map<std::string, std::vector<std::string>> settings;
  bool json = false;
};

/// "memtable_size" as "--memtable-size".
std::string flag_name(const std::string& setting) {
  std::string flag = "--" + setting;
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string indented(const std::string& lines) {
  std::string text;
  for (char c : lines) text.append(text.empty() || text.back() == '\n' ? "  " : "") += c;
  return text;
}

Result<Config> config_of(const ServeFlags& flags) {
  Config config;
  if (!flags.config_file.empty()) COPPICE_TRY(load_config(config, flags.config_file));
  for (const auto& [name, values] : flags.settings)
    if (!values.empty()) COPPICE_TRY(set_config(config, name, values));
  return config;
}

std::shared_ptr<spdlog::logger> make_logger(LogLevel level) {
  constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                               spdlog::level::err, spdlog::level::off};
  auto logger =
      std::make_shared<spdlog::logger>("coppice", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  logger->set_level(kLevels[static_cast<size_t>(level)]);
  logger->flush_on(spdlog::level::info);
  return logger;
}

/// What a user, or a script with --json, learns once the node serves.
void say_ready(const Config& config, const wire::Address& listening, size_t shards, bool as_json) {
  const std::string address = wire::to_string(listening);
  const std::string directory = std::filesystem::absolute(config.data_directory).lexically_normal();
  if (as_json) {
    JsonWriter json;
    json.begin_object().key("address").string(address).key("port").number(uint64_t{listening.port});
    json.key("directory").string(encode(directory, Encoding::escaped)).key("shards").number(uint64_t{shards});
    json.key("pid").number(static_cast<uint64_t>(::getpid())).end();
    std::printf("%s\n", json.text().c_str());
  } else {
    const std::string flag = listening == wire::Address() ? "" : " --address " + address;
    std::printf("coppice serves on %s\n", address.c_str());
    std::printf("  data  %s, %s\n", directory.c_str(), count_text(shards, "shard").c_str());
    std::printf("  try   coppice put%s hello world && coppice get%s hello\n", flag.c_str(), flag.c_str());
    std::printf("  stop  Ctrl-C, or kill %d\n", ::getpid());
  }
  std::fflush(stdout);
}

/// How many shards there are; those that do not serve go to the log.
Result<size_t> look_at_shards(actors::Store& store, spdlog::logger& logger) {
  COPPICE_TRY_ASSIGN(stats, store.stats());
  for (const actors::ShardStats& shard : stats.shards)
    if (shard.state == actors::ShardStats::State::failed)
      logger.error("shard {} does not serve its keys, all others do: {}", shard.id, shard.problem);
  return stats.shards.size();
}

/// The signals that ask for a stop, blocked in this thread and all that it starts, so that wait() gets them.
class StopSignals {
public:
  StopSignals() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGTERM);
    ::sigaddset(&set_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  /// Blocks: until one comes. The next one ends the process at once, as it would without us.
  const char* wait() {
    int signal = 0;
    ::sigwait(&set_, &signal);
    ::pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
  }

private:
  sigset_t set_;
};

Result<ExitCode> run(const ServeFlags& flags) {
  COPPICE_TRY_ASSIGN(config, config_of(flags));
  const auto logger = make_logger(config.log_level);
  // Before any thread begins, so that none of them is interrupted.
  StopSignals signals;
  actors::StoreOptions store_settings = store_options(config);
  COPPICE_TRY_ASSIGN(keys, engine::read_keys(config.encryption_key, config.encryption_keys_old));
  store_settings.keys = std::move(keys);
  store_settings.on_event = log_events(logger);
  COPPICE_TRY_ASSIGN(store, actors::Store::open(store_settings));
  COPPICE_TRY_ASSIGN(shards, look_at_shards(*store, *logger));
  NodeOptions options = node_options(config);
  options.warn = [logger](const std::string& text) { logger->warn(text); };
  COPPICE_TRY_ASSIGN(node, Node::start(*store, options));
  say_ready(config, node->address(), shards, flags.json);

  const char* signal = signals.wait();
  logger->info(
      "stopping on {}: no new work is taken, calls under way are answered, what is in memory is written; a "
      "second signal ends at once",
      signal);
  node->stop();
  COPPICE_TRY(store->close());
  logger->info("stopped: all that was acknowledged is on disk");
  return ExitCode::done;
}

}  // namespace

void add_serve(CLI::App& program, Action& chosen) {
  auto flags = std::make_shared<ServeFlags>();
  CLI::App* serve = program.add_subcommand("serve", "Run a node: serve the store in a directory");
  serve->add_option("-c,--config", flags->config_file, "A TOML file of settings; flags win over it")
      ->type_name("FILE");
  for (const ConfigKey& key : config_keys()) {
    auto* flag =
        serve->add_option(flag_name(key.name), flags->settings[key.name], key.help + ": " + key.allowed);
    flag->type_name("VALUE");
    if (!key.many) flag->expected(1);
  }
  add_json_flag(*serve, flags->json);
  serve->footer(
      "Creates the store if the directory is missing or empty. Prints where it serves once it does; the log "
      "goes to\n"
      "standard error. SIGTERM or Ctrl-C: a clean stop; a second one: at once, and nothing acknowledged is "
      "lost\n"
      "either way, but for writes of durability memory.\n\n"
      "Settings and their defaults, as a file says them:\n" +
      indented(to_toml(Config())) +
      "\nExamples:\n  coppice serve\n  coppice serve --data /var/lib/coppice --listen 0.0.0.0:4640 "
      "--boundaries g n t\n"
      "  coppice serve --config coppice.toml --memory 1GiB");
  choose(*serve, chosen, std::move(flags), run);
}

}  // namespace coppice::cluster
