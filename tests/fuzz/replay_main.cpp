// Runs a fuzz target without a fuzzer: over its corpus, and over seeded mutations of it, so that every compiler
// and sanitizer of the everyday tests goes through the decoders too. `./dev fuzz` searches further.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_corpus(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> inputs;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

/// One to eight small harms: a byte replaced, a bit flipped, a piece cut, doubled or filled.
std::string mutate(std::string input, std::mt19937_64& random) {
  for (uint64_t harms = 1 + random() % 8; harms > 0; --harms) {
    const size_t at = input.empty() ? 0 : random() % input.size();
    const size_t length = std::min<size_t>(1 + random() % 16, input.size() - at);
    switch (input.empty() ? 2 : random() % 5) {
      case 0:
        input[at] = static_cast<char>(random());
        break;
      case 1:
        input[at] = static_cast<char>(input[at] ^ (1 << random() % 8));
        break;
      case 2:
        input.insert(at, 1 + random() % 8, static_cast<char>(random()));
        break;
      case 3:
        input.erase(at, length);
        break;
      default:
        std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(at), length,
                    random() % 2 == 0 ? '\0' : '\xff');
    }
  }
  return input;
}

}  // namespace

/// Arguments: the corpus's directory, how many mutations, and a seed.
int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s CORPUS MUTATIONS SEED\n", argv[0]);
    return 2;
  }
  const std::vector<std::string> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: the corpus %s is empty\n", argv[0], argv[1]);
    return 1;
  }
  const uint64_t mutations = std::strtoull(argv[2], nullptr, 10);
  const uint64_t seed = std::strtoull(argv[3], nullptr, 10);
  for (const std::string& input : corpus) run(input);
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < mutations; ++i) run(mutate(corpus[i % corpus.size()], random));
  std::printf("%zu inputs and %llu mutations, seed %llu\n", corpus.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed));
  return 0;
}
