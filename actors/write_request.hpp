// One batch on its way into a shard, and who waits for its answer.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "actors/conditions.hpp"
#include "engine/log/batch.hpp"
#include "schema/types.hpp"

namespace coppice::actors {

template <class T>
using Done = std::function<void(Result<T>)>;

/// Lies in one queue or list at a time. Whoever takes one out answers it, once.
struct WriteRequest {
  engine::Batch batch;
  /// Nothing: the write is made in any case. Decided by the shard, before the write goes into the log; `done` of a write
  /// that is not made for them gets a timestamp that says nothing.
  std::shared_ptr<Conditions> conditions;
  Durability durability = Durability::synced;
  Done<Timestamp> done;
  WriteRequest* next = nullptr;

  size_t size() const { return batch.bytes().size() + (conditions == nullptr ? 0 : conditions->size()); }
};

/// Owns requests in the order they came.
class WriteList {
public:
  WriteList() = default;
  WriteList(WriteList&& other) noexcept { swap(other); }
  WriteList& operator=(WriteList&& other) noexcept {
    swap(other);
    return *this;
  }
  ~WriteList() {
    while (pop_front() != nullptr) {
    }
  }

  bool empty() const { return first_ == nullptr; }
  /// The oldest. Requires: not empty.
  const WriteRequest& front() const { return *first_; }

  void push_back(std::unique_ptr<WriteRequest> request) {
    request->next = nullptr;
    WriteRequest* added = request.release();
    (last_ == nullptr ? first_ : last_->next) = added;
    last_ = added;
  }
  void push_front(std::unique_ptr<WriteRequest> request) {
    request->next = first_;
    first_ = request.release();
    if (last_ == nullptr) last_ = first_;
  }
  /// Nothing if empty.
  std::unique_ptr<WriteRequest> pop_front() {
    if (first_ == nullptr) return nullptr;
    std::unique_ptr<WriteRequest> request(std::exchange(first_, first_->next));
    if (first_ == nullptr) last_ = nullptr;
    request->next = nullptr;
    return request;
  }
  /// Puts all of `other` behind what is here.
  void append(WriteList other) {
    if (other.empty()) return;
    (last_ == nullptr ? first_ : last_->next) = other.first_;
    last_ = std::exchange(other.last_, nullptr);
    other.first_ = nullptr;
  }

private:
  void swap(WriteList& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
  }

  WriteRequest* first_ = nullptr;
  WriteRequest* last_ = nullptr;
};

}  // namespace coppice::actors
