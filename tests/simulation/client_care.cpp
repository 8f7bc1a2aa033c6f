// What clients call for beside reads and writes.
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
  if (call == Call::compact) return void(scene_.store().compact(any_range(), done));
  // Not paused: a thread would wait, and there is one.
  static constexpr engine::Merging kKinds[] = {engine::Merging::on, engine::Merging::on, engine::Merging::off,
                                               engine::Merging::stopped};
  scene_.store().set_merging(kKinds[random_.below(4)], done);
}

}  // namespace coppice::simulation
