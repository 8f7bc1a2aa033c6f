// What other threads hand to one event loop: answers of the store, and sockets.
#pragma once

#include <atomic>
#include <memory>

#include <kj/async-unix.h>
#include <kj/io.h>

#include "schema/result.hpp"

namespace coppice::cluster {

/// A list that any thread pushes to and the loop takes whole. The push that finds it empty writes an eventfd,
/// so that a burst of answers costs one call into the kernel and one wake-up.
///
/// Memory order: a push releases what the item points to, and take_all acquires it. The loop resets the
/// eventfd before it takes the list: a push that comes in between is taken at once and wakes the loop once in
/// vain; a push after that finds the list empty and writes again. So no item stays unseen.
class Inbox {
public:
  class Item {
  public:
    virtual ~Item() = default;
    /// On the loop's thread; the item is deleted after it.
    virtual void run() = 0;

  private:
    friend class Inbox;
    Item* next_ = nullptr;
  };

  static Result<std::shared_ptr<Inbox>> make();
  explicit Inbox(kj::AutoCloseFd event) : event_(kj::mv(event)) {}
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// After close() the item is deleted instead, on this thread. Threads: any.
  void push(std::unique_ptr<Item> item);

  /// Runs items as they come, until the promise is dropped. Threads: the loop's, which is_here() is then.
  kj::Promise<void> run(kj::UnixEventPort& port);
  /// This thread is the one that runs this inbox.
  bool is_here() const;

  /// Deletes what waits and what will come. To be called when the loop ends, since what waits keeps the inbox.
  /// Requires: run() is over. Threads: the loop's.
  void close();

private:
  class Runner;
  /// The items in the order they came, linked by next_.
  Item* take_all(Item* instead);
  void run_all();

  kj::AutoCloseFd event_;
  /// The last that came; closed(): no more.
  std::atomic<Item*> last_{nullptr};
};

}  // namespace coppice::cluster
