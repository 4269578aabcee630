// Parquet and Arrow files that datasets and pyarrow wrote (tests/golden/make_parquet.py), and tests
// that say so where this build has no Arrow to read them with.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "formats/arrow/arrow_engine.h"
#include "tests/formats/source_samples.h"
#include "tests/temp_folder.h"

namespace stoker::testing {

inline const std::filesystem::path kParquetGolden =
    std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/parquet";

class ParquetTest : public FolderTest {
 protected:
  void SetUp() override {
    if (!has_arrow_engine()) GTEST_SKIP() << error_of([] { arrow_engine(); });
  }

  std::filesystem::path copy(const char* name) const {
    std::filesystem::remove_all(folder_ / "set");
    std::filesystem::copy(kParquetGolden / name, folder_ / "set",
                          std::filesystem::copy_options::recursive);
    return folder_ / "set";
  }
};

// Of sample 0 of the script; the others differ in the colour alone.
inline std::string golden_png() {
  return read_text_file(kParquetGolden / "paths/images/0.png");
}
inline std::string golden_png_1() {
  return read_text_file(kParquetGolden / "paths/images/1.png");
}

}  // namespace stoker::testing
