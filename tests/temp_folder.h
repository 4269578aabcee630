// Folders for tests: of one test alone, empty at first, gone with it. Names are made unique, so
// that tests run side by side, also of several builds on one machine.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

namespace stoker {

class TempFolder {
 public:
  TempFolder() {
    std::string name = ::testing::TempDir() + "stoker-test.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A fixture with a folder.
class FolderTest : public ::testing::Test {
 private:
  const TempFolder temp_;

 protected:
  const std::filesystem::path& folder_ = temp_.path();
};

}  // namespace stoker
