#include "tools/listed_volume.h"

#include <fmt/format.h>

#include <filesystem>

#include "libdata/core/error.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

// "train_labels/12.tif", or "train_images/12/07.tif" of a slice.
std::string place_of(const VolumeItem& item, const fs::path& file) {
  for (const fs::path& volume : {item.image, item.label}) {
    if (volume.empty()) continue;
    const fs::path below = file.lexically_relative(volume.parent_path());
    if (below.empty() || *below.begin() == "..") continue;
    return (volume.parent_path().filename() / below).string();
  }
  return file.filename().string();
}

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
  try {
    LabelledFacts facts = read_labelled_volume(item, voxels, outputs);
    sample.normalized = remarks_on(facts);
    return facts;
  } catch (const Error& error) {
    if (!error.path().empty()) sample.source_file = place_of(item, error.path());
    sample.source_offset_bytes = error.offset_bytes().value_or(0);
    throw;
  }
}

}  // namespace stoker
