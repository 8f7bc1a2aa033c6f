#include "tests/process/process_fixture.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace coppice::test {
namespace {

std::vector<std::string> command_line(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), COPPICE_PROGRAM);
  return arguments;
}

std::vector<std::string> serve_line(const std::string& directory, const std::vector<std::string>& flags) {
  std::vector<std::string> arguments{"serve", "--data", directory, "--json"};
  if (std::ranges::find(flags, "--listen") == flags.end()) {
    arguments.push_back("--listen");
    arguments.push_back("127.0.0.1:0");
  }
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return command_line(arguments);
}

}  // namespace

Finished coppice(const std::vector<std::string>& arguments, std::string_view input,
                 const std::map<std::string, std::string>& environment) {
  return run(command_line(arguments), input, environment);
}

Server::Server(const std::string& directory, std::vector<std::string> flags)
    : process_({.command = serve_line(directory, flags),
                .environment = {},
                .with_input = false,
                .with_lines = true}) {
  const auto line = process_.read_line();
  const size_t place = line ? line->find("\"port\":") : std::string::npos;
  if (place != std::string::npos) port_ = std::atoi(line->c_str() + place + 7);
}

void Server::kill() {
  process_.send_signal(SIGKILL);
  (void)process_.wait();
}

std::optional<int> Server::stop() {
  process_.send_signal(SIGTERM);
  return process_.wait();
}

Finished Server::operator()(const std::vector<std::string>& arguments, std::string_view input) const {
  return coppice(arguments, input, {{"COPPICE_ADDRESS", address()}});
}

std::unique_ptr<client::Client> Server::connect() const {
  auto client = client::Client::connect(address());
  EXPECT_TRUE(client.ok()) << to_string(client.error());
  return client.ok() ? std::move(client).value() : nullptr;
}

std::string generated_records(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    char key[32];
    std::snprintf(key, sizeof key, "record/%08zu", i);
    // Most values are short, one in a hundred is long.
    const size_t size = random() % 100 == 0 ? random() % 40'000 : random() % 300;
    std::string value(size, '\0');
    for (char& c : value) {
      c = static_cast<char>(random());
      if (c == '\n') c = '\t';
    }
    text.append(key).append("\t").append(value).append("\n");
  }
  return text;
}

std::string first_lines(const std::string& text, size_t count) {
  size_t end = 0;
  for (size_t line = 0; line < count && end < text.size(); ++line) end = text.find('\n', end) + 1;
  return text.substr(0, end);
}

}  // namespace coppice::test
