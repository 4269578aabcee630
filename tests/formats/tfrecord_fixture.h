// Files of TFRecords for tests, of Examples written by example_bytes.h.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/formats/example_bytes.h"
#include "tests/temp_folder.h"

namespace stoker::testing {

// By the PyPI package tfrecord (tests/golden/make_tfrecord.py).
inline const std::filesystem::path kGoldenTfRecord =
    std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/tfrecord/train-00000-of-00001";
inline const std::string kPngFront = "\x89PNG\r\n\x1a\n and so on";

class TfRecordTest : public FolderTest {
 protected:
  std::filesystem::path put(const std::string& name,
                            const std::vector<ExampleParts>& examples) const {
    std::string file;
    for (const ExampleParts& parts : examples)
      file += record_of(example_of(parts));
    write_file_atomically(folder_ / name, file);
    return folder_ / name;
  }
};

}  // namespace stoker::testing
