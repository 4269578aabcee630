// Batches of a loader (ImageLoader, PatchLoader) for Python: arrays may be kept for as long as one
// likes, the process may fork, and the loader's threads start with the first batch.
//
// A batch is lent out of the loader's ring without a copy while few are held; one that would leave
// the ring too few slots to go on is copied out of it, and so is the last of an epoch. What is held
// stays as it is: where the ring comes round to a slot that is still lent, and where an epoch
// begins while batches are lent, it is left to their holders, and a new one goes on in its place;
// for the rest of the epoch batches are then copied.
//
// Thread-safety: next() from any thread, one batch each; start(), and making and destroying a
// stream, with the GIL held. next() is called without the GIL, after settle_after_fork() with it.
// Ownership: the stream and each batch keep the loader and its data set alive. Fork: a child has
// none of the threads; it leaves the parent's loader as it lies (its memory is lost to the child,
// unread pages cost nothing) and makes one of its own, at the parent's position.
// Errors: those of the loader; after one, next() gives it again.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "libdata/loader/lease.h"
#include "libdata/loader/loader_options.h"
#include "libdata/loader/stage_times.h"

namespace stoker {

template <typename Loader, typename Batch>
class BatchStream {
 public:
  using Make = std::function<std::unique_ptr<Loader>()>;

  // `source`: what the loaders that `make` gives read, kept alive as long as they are.
  BatchStream(std::shared_ptr<const void> source, Make make, size_t batches_in_flight)
      : source_(std::move(source)), make_(std::move(make)), slots_(batches_in_flight) {}
  ~BatchStream() { settle_after_fork(); }
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // What a batch shows, and what keeps that alive. `base`: where the block lies that its spans
  // show; `moved` tells where a byte of it is.
  struct Taken {
    Batch batch;
    const uint8_t* base = nullptr;
    std::shared_ptr<const void> memory;

    const void* moved(const void* in_block) const {
      return base + (static_cast<const uint8_t*>(in_block) - batch.block.data());
    }
  };

  void settle_after_fork() {
    if (process_ == ::getpid()) return;
    process_ = ::getpid();
    mutex_.release();  // may be locked for ever  NOLINT(bugprone-unused-return-value)
    mutex_ = std::make_unique<std::mutex>();
    if (running_) lose(std::move(running_));
    running_.reset();
    past_times_ = {};
    past_skipped_.clear();
    started_ = false;
  }

  void start(uint64_t epoch, uint64_t position) {
    settle_after_fork();
    const std::lock_guard lock(*mutex_);
    epoch_ = epoch;
    position_ = position;
    started_ = false;
  }

  std::optional<Taken> next() {
    const std::lock_guard lock(*mutex_);
    if (!started_) {
      copies_ = false;
      begin();
    } else if (next_step_ < steps_ && running_->lent[next_step_ % slots_]) {
      copies_ = true;
      begin();
    }
    std::optional<Lease<Batch>> lease = running_->loader->next();
    if (!lease) return std::nullopt;
    const Batch& batch = **lease;
    position_ = batch.position_after;
    ++next_step_;
    if (copies_ || next_step_ == steps_ || running_->lent_count() + 3 > slots_) return copy(batch);
    return lend(std::move(*lease));
  }

  // Of all loaders that this process has had here.
  StageTimes times() {
    settle_after_fork();
    const std::lock_guard lock(*mutex_);
    StageTimes sum = past_times_;
    if (running_) add(running_->loader->times(), sum);
    return sum;
  }
  // In order of epoch and sample, each once.
  std::vector<SkippedSample> skipped() {
    settle_after_fork();
    const std::lock_guard lock(*mutex_);
    std::vector<SkippedSample> all = past_skipped_;
    if (running_) append(running_->loader->skipped(), all);
    return all;
  }

 private:
  // A loader, and which of its slots are lent. Step s of an epoch lies in slot s % slots.
  struct Running {
    std::shared_ptr<const void> source;
    std::unique_ptr<Loader> loader;
    std::vector<std::atomic<bool>> lent;

    Running(std::shared_ptr<const void> read, size_t slots)
        : source(std::move(read)), lent(slots) {}
    size_t lent_count() const {
      return static_cast<size_t>(std::count_if(
          lent.begin(), lent.end(), [](const std::atomic<bool>& is) { return is.load(); }));
    }
  };
  struct Lent {
    pid_t process;
    size_t slot;
    std::shared_ptr<Running> running;
    std::optional<Lease<Batch>> lease;
  };

  // Neither destroyed nor freed: the threads that it would wait for are the parent's.
  static void lose(std::shared_ptr<Running> running) {
    new std::shared_ptr<Running>(std::move(running));
  }

  static void add(const StageTimes& times, StageTimes& sum) {
    sum.read += times.read;
    sum.decode += times.decode;
    sum.augment += times.augment;
    sum.idle += times.idle;
    sum.wait += times.wait;
    sum.samples += times.samples;
    sum.stored_bytes += times.stored_bytes;
  }

  // A loader that is left may have met, reading ahead, what the next one meets again.
  static void append(std::vector<SkippedSample> found, std::vector<SkippedSample>& all) {
    const auto key = [](const SkippedSample& sample) {
      return std::pair(sample.epoch, sample.sample_id);
    };
    all.insert(all.end(), found.begin(), found.end());
    std::stable_sort(all.begin(), all.end(),
                     [&](const auto& a, const auto& b) { return key(a) < key(b); });
    all.erase(std::unique(all.begin(), all.end(),
                          [&](const auto& a, const auto& b) { return key(a) == key(b); }),
              all.end());
  }

  // Leaves the ring to those who hold batches of it.
  void leave() {
    add(running_->loader->times(), past_times_);
    append(running_->loader->skipped(), past_skipped_);
    running_.reset();
  }

  void begin() {
    if (running_ && running_->lent_count() > 0) leave();
    if (!running_) {
      auto running = std::make_shared<Running>(source_, slots_);
      running->loader = make_();
      running_ = std::move(running);
    }
    running_->loader->start_epoch(epoch_, position_);
    steps_ = running_->loader->batches_per_epoch(position_);
    next_step_ = 0;
    started_ = true;
  }

  static Taken copy(const Batch& batch) {
    constexpr std::align_val_t kAlignment{64};
    const size_t size = batch.block.size();
    auto* memory = static_cast<uint8_t*>(::operator new(size + 1, kAlignment));
    const std::shared_ptr<const void> kept(memory, [](const void* p) {
      ::operator delete (const_cast<void*>(p), std::align_val_t{64});
    });
    if (size > 0) std::memcpy(memory, batch.block.data(), size);
    return {batch, memory, kept};
  }

  Taken lend(Lease<Batch> lease) {
    const Batch batch = *lease;
    const size_t slot = batch.step % slots_;
    auto lent = std::make_unique<Lent>(Lent{::getpid(), slot, running_, std::move(lease)});
    running_->lent[slot] = true;
    return {batch, batch.block.data(), std::shared_ptr<const void>(lent.release(), give_back)};
  }

  static void give_back(const void* memory) {
    auto* lent = static_cast<Lent*>(const_cast<void*>(memory));
    if (lent->process != ::getpid()) return;  // the parent's: lost, as above
    lent->lease.reset();
    lent->running->lent[lent->slot] = false;
    delete lent;
  }

  const std::shared_ptr<const void> source_;
  const Make make_;
  const size_t slots_;
  pid_t process_ = ::getpid();
  std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
  std::shared_ptr<Running> running_;
  uint64_t epoch_ = 0;
  uint64_t position_ = 0;
  uint64_t steps_ = 0;      // of the ring since it was begun
  uint64_t next_step_ = 0;  // likewise
  bool copies_ = false;
  StageTimes past_times_;
  std::vector<SkippedSample> past_skipped_;
  bool started_ = false;
};

}  // namespace stoker
