// How long a data set as large as ImageNet takes to open, and until its first batch is there.
//
// Writes 1,281,167 one-pixel images in 147 shards under FOLDER (about 170 MB), unless they are
// there already; then opens them, by default in the page cache, and prints time and memory. usage:
// bench-open FOLDER
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "libdata/core/program.h"
#include "libdata/loader/image_loader.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"

namespace {

using namespace stoker;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kSamples = 1281167;
constexpr uint32_t kShards = 147;

Schema image_schema() {
  Field image;
  image.name = "image";
  image.axes = "HWC";
  Field label;
  label.name = "label";
  label.storage = Storage::kInline;
  label.dtype = DType::kInt32;
  return {{image, label}};
}

void write_data_set(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  Manifest manifest;
  manifest.tool = "bench-open";
  manifest.tool_version = kVersion;
  manifest.schema = image_schema();
  manifest.splits.push_back({"train", {}});
  const std::array<uint8_t, 3> pixel{10, 20, 30};
  for (uint32_t s = 0; s < kShards; ++s) {
    ShardHeader header;
    header.shard_index = s;
    header.shard_count = kShards;
    ShardWriter writer(folder / shard_file_name("train", s, kShards), header, manifest.schema);
    for (uint64_t i = kSamples * s / kShards; i < kSamples * (s + 1) / kShards; ++i) {
      const int32_t label = static_cast<int32_t>(i % 1000);
      std::array<FieldValue, 2> values;
      values[0].bytes = pixel;
      values[0].shape = values[0].original_shape = {1, 1, 3, 0};
      values[1].bytes = {reinterpret_cast<const uint8_t*>(&label), sizeof(label)};
      writer.append("n00000000/n00000000_" + std::to_string(i) + ".JPEG", values);
    }
    ShardMeta meta;
    meta.split = "train";
    manifest.splits[0].shards.push_back(writer.finish(meta));
  }
  write_manifest(folder / kManifestName, manifest);
}

double own_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8)) / 1024;
  return 0;
}

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench-open FOLDER\n");
    return kExitUsage;
  }
  const std::filesystem::path folder = argv[1];
  if (!std::filesystem::exists(folder / kManifestName)) write_data_set(folder);
  for (int round = 0; round < 5; ++round) {
    const double memory_before = own_megabytes();
    const auto start = Clock::now();
    const PackedDataset dataset(folder);
    const double opened = milliseconds_since(start);
    const double memory = own_megabytes() - memory_before;
    ImageLoader loader(dataset.split("train"), dataset.schema(), {.batch_size = 256});
    loader.start_epoch(0);
    const bool there = loader.next().has_value();
    std::printf("opened %llu samples in %.1f ms and %.1f MB; first batch %s after %.0f ms\n",
                static_cast<unsigned long long>(dataset.split("train").sample_count()), opened,
                memory, there ? "there" : "missing", milliseconds_since(start));
  }
}
