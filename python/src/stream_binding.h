// What the streams of images and of patches show Python alike.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <map>
#include <string>

#include "libdata/loader/epoch_order.h"
#include "libdata/loader/ring_options.h"
#include "libdata/loader/stage_times.h"
#include "python/src/array_views.h"
#include "python/src/python_text.h"

namespace stoker {

EpochTail parse_epoch_tail(const std::string& name);  // "short", "drop", "pad"

inline nanobind::dict times_dict(const StageTimes& times) {
  nanobind::dict seconds;
  seconds["read"] = times.read;
  seconds["decode"] = times.decode;
  seconds["augment"] = times.augment;
  seconds["idle"] = times.idle;
  seconds["wait"] = times.wait;
  seconds["samples"] = times.samples;
  seconds["stored_bytes"] = times.stored_bytes;
  return seconds;
}

// An array of a batch, which lies in the block of `taken`.
template <typename Taken>
nanobind::object batch_array(const Taken& taken, const void* data, DType dtype,
                             const ArrayShape& shape, const std::vector<int64_t>& strides = {}) {
  return shared_array(taken.batch.count == 0 ? taken.base : taken.moved(data), dtype, shape,
                      taken.memory, strides);
}

// Stream: a struct with `samples` (of an epoch, over all ranks), `options` and `stream`, a
// BatchStream; `arrays(Stream::Taken)` makes the dict of a batch.
template <typename Stream, typename Class, typename Arrays>
void bind_stream(Class& bound, const Arrays& arrays) {
  namespace nb = nanobind;
  bound
      .def("start", [](Stream& self, uint64_t epoch,
                       uint64_t position) { self.stream.start(epoch, position); })
      // (arrays, position after), or None at the epoch's end.
      .def("next",
           [arrays](Stream& self) -> nb::object {
             self.stream.settle_after_fork();
             auto taken = [&] {
               const nb::gil_scoped_release release;
               return self.stream.next();
             }();
             if (!taken) return nb::none();
             return nb::make_tuple(arrays(*taken), taken->batch.position_after);
           })
      .def("batches",
           [](const Stream& self, uint64_t position) {
             return EpochSplit{self.samples,
                               position,
                               static_cast<uint64_t>(self.options.batch_size),
                               self.options.rank,
                               self.options.world_size,
                               self.options.tail}
                 .steps();
           })
      .def_prop_ro("samples", [](const Stream& self) { return self.samples; })
      .def_prop_ro("times", [](Stream& self) { return times_dict(self.stream.times()); })
      .def_prop_ro("skipped", [](Stream& self) {
        nb::list list;
        for (const SkippedSample& sample : self.stream.skipped()) {
          nb::dict row;
          row["epoch"] = sample.epoch;
          row["id"] = sample.sample_id;
          row["place"] = python_text(sample.place);
          row["reason"] = python_text(sample.reason);
          list.append(row);
        }
        return list;
      });
}

}  // namespace stoker
