#include "formats/folder/challenge_layout.h"

#include <algorithm>

#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {

std::string ChallengeLayout::volume_folder(const std::string& field) const {
  if (field == kImageField) return split_ + "_images";
  if (field == kLabelField) return split_ + "_labels";
  return split_ + "_" + field;
}

bool is_plain_challenge_schema(const Schema& schema) {
  const std::vector<Field> known{image_field({DType::kUInt8, false}),
                                 image_field({DType::kUInt16, false}), label_field(),
                                 scroll_field({}), nonzero_box_field()};
  const bool all_known = std::all_of(
      schema.fields.begin(), schema.fields.end(),
      [&](const Field& f) { return std::find(known.begin(), known.end(), f) != known.end(); });
  return all_known && schema.find(kScrollField) && schema.find(kNonzeroBoxField);
}

std::vector<std::string> scroll_names_of(const Schema& schema) {
  constexpr std::string_view kStart = "in order: ";
  std::vector<std::string> names;
  const auto scroll = schema.find(kScrollField);
  if (!scroll) return names;
  const std::string& text = schema.fields[*scroll].definition;
  if (!text.starts_with(kStart)) return names;
  for (size_t begin = kStart.size(); begin <= text.size();) {
    const size_t end = std::min(text.find(", ", begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

}  // namespace stoker
