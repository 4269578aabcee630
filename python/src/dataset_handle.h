// The Python object stoker._core.Dataset: what it shares with the loaders made of it, so that none
// of them needs the other to live.
#pragma once

#include <memory>

#include "libdata/loader/loader_options.h"
#include "python/src/opened_dataset.h"

namespace stoker {

struct DatasetHandle {
  std::shared_ptr<const OpenDataset> data;
};

// For a loader that reads by `io`: the one that is open, or, where records are not read through the
// mapping, another with its index in memory, so that a shard lost under it is an error.
inline std::shared_ptr<const OpenDataset> dataset_for(const DatasetHandle& handle, IoMode io) {
  if (io == IoMode::kMmap) return handle.data;
  const OpenDataset& open = *handle.data;
  return std::make_shared<const OpenDataset>(
      open_dataset(open.folders, open.split().name(), open.check_hashes, true));
}

}  // namespace stoker
