#include "tools/listed_volume.h"

#include <fmt/format.h>

namespace stoker {
namespace {

std::string remarks_on(const LabelledFacts& facts) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : "; ") + remark; };
  if (facts.image_widened) add("8-bit voxels as value * 257, as the others have 16 bits");
  const auto say = [&](const char* what, uint64_t absent, uint64_t asides) {
    if (absent > 0) add(fmt::format("{}: strips or tiles absent, read as 0: {}", what, absent));
    if (asides > 0) {
      add(fmt::format("{}: pages left out as thumbnails, smaller copies or masks: {}", what,
                      asides));
    }
  };
  say("image", facts.image.absent, facts.image.asides);
  say("label", facts.label.absent, facts.label.asides);
  return text;
}

}  // namespace

LabelledFacts read_listed_volume(const VolumeItem& item, DType voxels,
                                 const LabelledOutputs& outputs, EncodedSample& sample) {
  sample.source_file = item.image.filename().string();
  LabelledFacts facts = read_labelled_volume(item, voxels, outputs);
  sample.normalized = remarks_on(facts);
  return facts;
}

}  // namespace stoker
