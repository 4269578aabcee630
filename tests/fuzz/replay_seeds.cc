// The main of a fuzz target that is built without libFuzzer: runs it over files and folders.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "libdata/core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& path : stoker::list_files(argv[i])) {
      const stoker::Bytes bytes = stoker::read_file(path);
      std::printf("%s\n", path.c_str());
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++count;
    }
  }
  if (count == 0) std::fprintf(stderr, "no seeds found\n");
  return count == 0 ? 1 : 0;
}
