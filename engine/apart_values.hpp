// Values that lie apart from their keys, for readers of a version.
#pragma once

#include <memory>

#include "engine/cursor/value_source.hpp"
#include "engine/version/version.hpp"

namespace coppice::engine {

/// The file that `ref` names. corruption: the version has none such, so the table that refers to it is damaged.
Result<const ValueFile*> find_value_file(const Version& version, const ValueRef& ref);

/// The value, into `value`. Errors and Blocks: ValueFile::read().
Status read_apart(const Version& version, const ValueRef& ref, const TableReadOptions& options, Bytes& value);

/// For one walk, which reads ahead. Lifetime: `version` outlives it.
std::unique_ptr<ValueSource> make_value_source(const Version& version, const TableReadOptions& options);

}  // namespace coppice::engine
