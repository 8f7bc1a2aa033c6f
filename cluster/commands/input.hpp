// What a command reads: a file, or standard input.
#pragma once

#include <string>

#include "schema/result.hpp"

namespace coppice::cluster {

/// Open for reading until this ends. Standard input stays open.
class Input {
public:
  /// `file`: a path, or -. invalid_argument: it cannot be opened.
  static Result<Input> open(const std::string& file);
  Input(Input&& other) noexcept;
  ~Input();

  int descriptor() const { return descriptor_; }
  /// 0: not known, as of a pipe.
  uint64_t size() const;

private:
  explicit Input(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace coppice::cluster
