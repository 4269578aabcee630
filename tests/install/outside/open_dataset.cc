#include <cstdio>
#include <string>

#include "libdata/shard/packed_dataset.h"

int main(int, char** argv) {
  const stoker::PackedDataset dataset(argv[1]);
  const stoker::PackedSplit& split = dataset.split("train");
  for (uint64_t i = 0; i < split.sample_count(); ++i) {
    const auto bytes = static_cast<int>(split.blob(i, 0).bytes.size());
    std::printf("%s %d\n", std::string(split.sample_name(i)).c_str(), bytes);
  }
}
