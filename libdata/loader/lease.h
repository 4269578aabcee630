// A batch in the consumer's hands, until the lease goes: its slot is then filled anew.
//
// Thread-safety: one thread at a time, any thread; it may be released on another than it was got
// on. Ownership: the loader must outlive it. A lease of an epoch that has been abandoned frees
// nothing when it goes (BatchRing::Lent). At most batches_in_flight - 1 may be held at once.
#pragma once

#include <utility>

#include "libdata/loader/batch_ring.h"

namespace stoker {

template <typename Batch>
class Lease {
 public:
  // `ring` is null where there is nothing to release.
  Lease(const Batch* batch, BatchRing* ring, BatchRing::Lent lent)
      : batch_(batch), ring_(ring), lent_(lent) {}
  Lease(Lease&& other) noexcept
      : batch_(std::exchange(other.batch_, nullptr)),
        ring_(std::exchange(other.ring_, nullptr)),
        lent_(other.lent_) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(batch_, other.batch_);
    std::swap(ring_, other.ring_);
    std::swap(lent_, other.lent_);
    return *this;
  }
  ~Lease() {
    if (ring_ != nullptr) ring_->release(lent_);
  }

  const Batch& operator*() const { return *batch_; }
  const Batch* operator->() const { return batch_; }

 private:
  const Batch* batch_;
  BatchRing* ring_;
  BatchRing::Lent lent_;
};

}  // namespace stoker
