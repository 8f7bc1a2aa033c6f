// Operands of one key become one, or one with the value below them, when a flush or merge meets them.
#pragma once

#include <functional>
#include <optional>

#include "engine/compact/survivors.hpp"

namespace coppice::engine {

/// Takes the versions of keys that have operands, in internal order, and puts out what of them survives.
///
/// What Survivors would drop because a newer version hides it, an operand may still need. So the operand takes it up:
///
///     time   ---put 10---- +1 ---- +2 ----floor------>     becomes   ---------------- put 13 --------->
///     time   ---put 10---- +1 --s- +2 ----floor------>     becomes   ------ put 11 s- +2 ------------->
///
/// An operand ends as a put where it meets a value, a remove or a range delete, and at the bottom. It stays an operand above a
/// version that is asked for by itself, above a value that expires (which changes what the operand is done to), and where
/// nothing tells what lies below.
///
/// An operand that stays says since when it stands (see Operand), and is read together with the newest version before that
/// moment. So that moment is one more that something asks for: a version is not taken up by one operand if another that
/// was put out already leads to it.
class OperandFolding {
public:
  using Output = std::function<Status(const Entry&)>;

  /// Lifetime: all outlive it.
  OperandFolding(const SurvivalRules& rules, const RangeDeletes& range_deletes, Survivors& survivors,
                 Output output)
      : rules_(rules), range_deletes_(range_deletes), survivors_(survivors), output_(std::move(output)) {}

  /// Whether `entry` is for take(), and not for Survivors alone.
  bool concerns(const Entry& entry) const { return within_ || is_operand(entry.kind); }
  /// Requires: concerns(entry). corruption: what should be an operand is none.
  Status take(const Entry& entry);
  /// Requires: called behind the last entry.
  Status finish();

private:
  Status take_version(const Entry& entry, bool asked);
  bool is_needed(const Entry& entry, Timestamp newer) const;
  bool can_take_up(const Entry& below) const;
  Status fold(const Entry& below);
  Status put_out();
  Status end_on(std::optional<Bytes> base);
  Error senseless() const;

  const SurvivalRules& rules_;
  const RangeDeletes& range_deletes_;
  Survivors& survivors_;
  const Output output_;

  /// The versions of key_ go on.
  bool within_ = false;
  Bytes key_;
  Timestamp newer_;
  /// Of operands put out: the newest version before each of these moments is needed.
  std::vector<Timestamp> needed_;

  /// The operand that takes up what comes.
  bool is_open_ = false;
  Timestamp commit_;
  Timestamp since_;
  Bytes steps_;
};

}  // namespace coppice::engine
