#include "formats/arrow/block_queue.h"

#include <algorithm>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr uint64_t kAheadBytes = uint64_t{32} << 20;  // a block
constexpr size_t kMostThreads = 8;

}  // namespace

BlockQueue::BlockQueue(std::vector<BlockPlace> blocks) : blocks_(std::move(blocks)) {}

BlockQueue::~BlockQueue() {
  stop();
}

void BlockQueue::start(size_t block) {
  stop();
  ahead_.clear();
  next_ = current_ = block;
  first_row_ = 0;
  stopping_ = false;
  running_ = true;
  const auto threads = static_cast<size_t>(std::max(thread_count(), 1));
  const size_t count = std::min({threads, kMostThreads, blocks_.size() - block});
  for (size_t i = 0; i < count; ++i)
    threads_.emplace_back([this] { work(); });
}

void BlockQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
  running_ = false;
}

void BlockQueue::work() {
  while (true) {
    size_t block = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return stopping_ || next_ >= blocks_.size() || next_ < current_ + kMostThreads;
      });
      if (stopping_ || next_ >= blocks_.size()) return;
      block = next_++;
      ahead_[block];
    }
    decode(block);
  }
}

void BlockQueue::decode(size_t block) {
  std::exception_ptr error;
  try {
    const BlockPlace& place = blocks_[block];
    const std::unique_ptr<TableStream> stream = place.file->open(place.block, place.wanted);
    while (auto batch = stream->next()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return stopping_ || block < current_ || ahead_[block].size_bytes < kAheadBytes;
      });
      if (stopping_ || block < current_) return;
      Ahead& ahead = ahead_[block];
      ahead.size_bytes += batch->size_bytes();
      ahead.batches.push_back(std::move(batch));
      changed_.notify_all();
    }
  } catch (...) {
    error = std::current_exception();
  }
  const std::lock_guard lock(mutex_);
  if (block < current_) return;
  ahead_[block].finished = true;
  ahead_[block].error = error;
  changed_.notify_all();
}

void BlockQueue::pass_over_to(size_t block) {
  if (block == current_) return;
  current_ = block;
  first_row_ = 0;
  next_ = std::max(next_, block);
  ahead_.erase(ahead_.begin(), ahead_.lower_bound(block));
  changed_.notify_all();
}

BlockQueue::Row BlockQueue::row(size_t block, uint64_t row) {
  if (!running_ || block < current_ || (block == current_ && row < first_row_)) start(block);
  std::unique_lock lock(mutex_);
  pass_over_to(block);
  while (true) {
    Ahead& ahead = ahead_[block];
    if (!ahead.batches.empty()) {
      const auto& front = ahead.batches.front();
      if (row < first_row_ + front->rows()) return {front, row - first_row_};
      first_row_ += front->rows();
      ahead.size_bytes -= front->size_bytes();
      ahead.batches.pop_front();
      changed_.notify_all();
    } else if (ahead.error) {
      std::rethrow_exception(ahead.error);
    } else if (ahead.finished) {
      throw Error(ErrorCode::kCorrupt, "a block has fewer rows than the file says");
    } else {
      changed_.wait(lock);
    }
  }
}

}  // namespace stoker
