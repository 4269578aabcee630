#include "trainer/predict/predict_output.h"

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;

void make_output_folder(const fs::path& folder) {
  if (fs::exists(folder) && !fs::is_directory(folder)) {
    throw Error(ErrorCode::kInvalidArgument, "--output: expected a folder, found a file",
                folder.string());
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw system_error("make folder", folder.string(), error.value());
}

void remove_half_written(const fs::path& folder, const std::vector<std::string>& mask_files) {
  for (const std::string& file : mask_files)
    remove_left_temporary(folder / (file + ".tmp"));
}

}  // namespace stoker
