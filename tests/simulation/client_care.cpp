// What clients call for beside reads and writes.
#include <utility>

#include "tests/simulation/client.hpp"

namespace coppice::simulation {

void Client::split() {
  const Bytes& key = scene_.plan().keys[any_key()];
  splitting_ = true;
  scene_.split_began();
  scene_.store().split(key, heard<actors::SplitShards>([this](Result<actors::SplitShards> answer) {
                         scene_.split_ended();
                         splitting_ = false;
                         if (!answer.ok()) scene_.conditions().met(Condition::split_failed);
                         if (!answer.ok() && answer.error().code != Errc::invalid_argument)
                           accept(answer.error());
                         end_call();
                       }));
}

void Client::make_checkpoint() {
  const std::string directory = scene_.checkpoints().begin(began_);
  scene_.store().checkpoint(directory, heard<Timestamp>([this, directory](const Result<Timestamp>& answer) {
                              scene_.checkpoints().end(directory, answer.ok());
                              if (!answer.ok()) accept(answer.error());
                              end_call();
                            }));
}

void Client::care(Call call) {
  const auto done = heard<actors::Nothing>([this](const Result<actors::Nothing>& answer) {
    if (!answer.ok()) accept(answer.error());
    end_call();
  });
  if (call == Call::flush) return scene_.store().flush(any_range(), done);
  static constexpr engine::Merging kKinds[] = {engine::Merging::on,     engine::Merging::on,
                                               engine::Merging::on,     engine::Merging::off,
                                               engine::Merging::paused, engine::Merging::stopped};
  scene_.store().set_merging(kKinds[random_.below(std::size(kKinds))], done);
}

/// While merging is paused it may go on for long: so this is the call of nobody, who waits for no answer.
void Client::compact() {
  if (scene_.store().merging() == engine::Merging::paused)
    scene_.conditions().met(Condition::merge_asked_while_paused);
  merge_ = scene_.store().compact(any_range(),
                                  heard<actors::Nothing>([this](const Result<actors::Nothing>& answer) {
                                    if (!answer.ok()) accept(answer.error());
                                  }));
  end_call();
}

/// By its number, or by its handle.
void Client::cancel_merge() {
  if (merge_ == nullptr) return compact();
  const bool is_paused = scene_.store().merging() == engine::Merging::paused;
  const actors::RangeMergeHandle merge = std::exchange(merge_, nullptr);
  if (random_.one_in(2)) {
    merge->cancel();
    return end_call();
  }
  scene_.store().cancel_merge(merge->id,
                              heard<actors::Nothing>([=, this](const Result<actors::Nothing>& answer) {
                                if (answer.ok() && is_paused)
                                  scene_.conditions().met(Condition::merge_cancelled_while_paused);
                                if (!answer.ok() && answer.error().code != Errc::not_found)
                                  accept(answer.error());
                                end_call();
                              }));
}

}  // namespace coppice::simulation
