// Scalars for TensorBoard: one event file in a folder.
//
// A file is a sequence of records (length, masked CRC-32C of it, bytes, masked CRC-32C of them),
// each an Event message in protobuf's wire form. A folder may hold several files; the newer
// continues the older, and where it begins with a session start at a step, TensorBoard drops what
// the older ones say of that step and later ones, which a resumed run says again. One thread.
// Errors: Io where the folder or file cannot be written. Each call is one write, so that a killed
// run leaves whole records but for, at most, the last. Source: TensorFlow's
// tensorflow/core/util/event.proto, framework/summary.proto and lib/io/record_writer.h; read back
// by TensorBoard's own reader in the tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker {

class EventFile {
 public:
  using Scalars = std::vector<std::pair<std::string, double>>;  // by tag, "train/loss"

  // A new file in `folder`, which is made if need be, whose first scalars are of `first_step` or
  // later: what older files say of those steps no longer counts.
  EventFile(const std::filesystem::path& folder, uint64_t first_step);

  void add(uint64_t step, const Scalars& scalars);
  const std::filesystem::path& path() const { return path_; }

 private:
  void write(std::string_view event);

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace stoker
