#include "trainer/metrics/extreme_samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace stoker {
namespace {

bool is_worse(const JudgedSample& a, const JudgedSample& b) {
  const auto rank = [](const JudgedSample& sample) {
    return std::isnan(sample.loss) ? std::numeric_limits<double>::infinity() : sample.loss;
  };
  return rank(a) != rank(b) ? rank(a) > rank(b) : a.id < b.id;
}

bool is_better(const JudgedSample& a, const JudgedSample& b) {
  return is_worse(b, a);
}

// Into a heap of at most `most`, whose front is the first to go.
template <typename Order>
void keep(const JudgedSample& sample, size_t most, Order goes_first,
          std::vector<JudgedSample>& heap) {
  if (heap.size() == most) {
    if (most == 0 || !goes_first(sample, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), goes_first);
    heap.pop_back();
  }
  heap.push_back(sample);
  std::push_heap(heap.begin(), heap.end(), goes_first);
}

template <typename Order>
std::vector<JudgedSample> sorted(std::vector<JudgedSample> samples, Order order, size_t most) {
  std::sort(samples.begin(), samples.end(), order);
  if (samples.size() > most) samples.resize(most);
  return samples;
}

}  // namespace

void ExtremeSamples::add(const JudgedSample& sample) {
  ++count_;
  keep(sample, most_, is_worse, worst_);
  keep(sample, most_, is_better, best_);
}

std::vector<JudgedSample> ExtremeSamples::worst() const {
  return sorted(worst_, is_worse, (count_ + 1) / 2);
}

std::vector<JudgedSample> ExtremeSamples::best() const {
  return sorted(best_, is_better, count_ / 2);
}

}  // namespace stoker
