// Any text as valprep.sh and as LOC_val_solution.csv: an Error, or labels.
#include "formats/imagenet_labels.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = stoker::as_text(stoker::ByteSpan(data, size));
  for (const bool kaggle : {false, true}) {
    try {
      kaggle ? stoker::parse_kaggle_solution(text, text) : stoker::parse_valprep(text);
    } catch (const stoker::Error&) {
    }
  }
  return 0;
}
