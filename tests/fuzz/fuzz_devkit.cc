// Ground truth text, and from the word MATLAB on a meta.mat: an Error, or labels within the
// classes.
#include <cstdlib>

#include "formats/imagenet_devkit.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan input(data, size);
  const std::string_view text = stoker::as_text(input);
  const size_t split = std::min(text.find("MATLAB"), size);
  try {
    const auto synsets = stoker::parse_meta_mat(input.subspan(split));
    const auto labels = stoker::join_devkit(text.substr(0, split), synsets);
    for (const auto& [name, label] : labels.label_of) {
      if (label < 0 || static_cast<size_t>(label) >= labels.class_names.size()) std::abort();
    }
  } catch (const stoker::Error&) {
  }
  return 0;
}
