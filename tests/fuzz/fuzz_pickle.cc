// Any bytes as a pickle: an Error, or values from which arrays and lists can be asked for.
#include "formats/cifar/pickle_array.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const stoker::PickleValues values(stoker::ByteSpan(data, size));
    if (const auto* array = values.find(values.root(), "data"))
      stoker::pickled_array(values, *array, "data");
    if (const auto* list = values.find(values.root(), "labels"))
      stoker::pickled_integers(values, *list, "labels");
    if (const auto* list = values.find(values.root(), "filenames"))
      stoker::pickled_texts(values, *list, "filenames");
  } catch (const stoker::Error&) {
  }
  return 0;
}
