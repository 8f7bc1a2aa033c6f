#include "tests/torture/node.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/resource.h>

namespace coppice::torture {

std::vector<std::string> program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), COPPICE_PROGRAM);
  return arguments;
}

std::vector<std::string> Node::command(const std::string& directory) const {
  std::vector<std::string> arguments{"serve", "--json", "--listen", "127.0.0.1:0", "--data"};
  arguments.push_back(directory.empty() ? place_.data() : directory);
  arguments.insert(arguments.end(), settings_.flags.begin(), settings_.flags.end());
  // A checkpoint has all in one place.
  std::vector<std::string> where = settings_.where(place_);
  if (!directory.empty())
    if (const auto cold = std::ranges::find(where, "--cold-directory"); cold != where.end())
      where.erase(cold, cold + 2);
  arguments.insert(arguments.end(), where.begin(), where.end());
  return program(arguments);
}

bool Node::start(const std::string& directory) {
  process_ = std::make_unique<test::Subprocess>(test::Subprocess::Options{
      .command = command(directory), .environment = {}, .with_input = false, .with_lines = true});
  const auto line = process_->read_line();
  const size_t place = line ? line->find("\"port\":") : std::string::npos;
  if (place != std::string::npos) {
    port_ = std::atoi(line->c_str() + place + 7);
    return true;
  }
  // It ends by itself, or hangs and is killed.
  (void)process_->wait();
  last_errors_ = process_->errors();
  process_.reset();
  return false;
}

bool Node::start_and_kill(bool at_once) {
  test::Subprocess process(
      {.command = command(""), .environment = {}, .with_input = false, .with_lines = true});
  const bool served = !at_once && process.read_line().has_value();
  process.send_signal(SIGKILL);
  (void)process.wait();
  return served;
}

std::string Node::errors() const { return process_ == nullptr ? last_errors_ : process_->errors(); }

void Node::kill() {
  process_->send_signal(SIGKILL);
  (void)process_->wait();
  last_errors_ = process_->errors();
  process_.reset();
}

std::optional<int> Node::stop() {
  process_->send_signal(SIGTERM);
  const auto code = process_->wait();
  last_errors_ = process_->errors();
  process_.reset();
  return code;
}

void Node::freeze() { process_->send_signal(SIGSTOP); }

void Node::thaw() { process_->send_signal(SIGCONT); }

uint64_t Node::limit_files(int64_t more) {
  std::error_code failed;
  uint64_t open = 0;
  for (std::filesystem::directory_iterator file("/proc/" + std::to_string(process_->pid()) + "/fd", failed),
       end;
       !failed && file != end; file.increment(failed))
    ++open;
  rlimit limit{};
  (void)::prlimit(process_->pid(), RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = static_cast<rlim_t>(std::max<int64_t>(0, static_cast<int64_t>(open) + more));
  (void)::prlimit(process_->pid(), RLIMIT_NOFILE, &limit, nullptr);
  return open;
}

void Node::unlimit_files() {
  rlimit limit{};
  (void)::prlimit(process_->pid(), RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void)::prlimit(process_->pid(), RLIMIT_NOFILE, &limit, nullptr);
}

uint64_t Node::memory() const {
  if (process_ == nullptr) return 0;
  std::ifstream status("/proc/" + std::to_string(process_->pid()) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10) << 10;
  return 0;
}

}  // namespace coppice::torture
