// Any bytes as a TFRecord file, and as one Example: an Error, or values that lie inside them.
#include <cstdlib>

#include "formats/tfrecord/record_listing.h"
#include "tests/fuzz/memory_source.h"

namespace {

void read_example(stoker::ByteSpan bytes) {
  stoker::WireReader reader(bytes);
  for (const auto& [name, feature] : find_features(reader, {0, bytes.size()})) {
    count_values(reader, feature);
    if (feature.kind == stoker::FeatureKind::kBytes) {
      const auto value = first_bytes_value(reader, feature);
      if (value && (value->begin > value->end || value->end > bytes.size())) std::abort();
    } else if (feature.kind == stoker::FeatureKind::kInt64) {
      int64_values(bytes, feature);
    } else if (feature.kind == stoker::FeatureKind::kFloat) {
      float_values(bytes, feature);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    read_example({data, size});
  } catch (const stoker::Error&) {
  }
  try {
    const stoker::ListingKeys keys{{"image/filename"}, {"label"}, {"image/class/text"}};
    const stoker::MemorySource source({data, size});
    for (const stoker::ListedRecord& record : list_records(source, keys, true).records) {
      const stoker::RecordPlace& place = record.place;
      if (place.offset_bytes > size || place.size_bytes > size - place.offset_bytes) std::abort();
    }
  } catch (const stoker::Error&) {
  }
  return 0;
}
