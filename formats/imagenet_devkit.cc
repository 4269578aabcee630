#include "formats/imagenet_devkit.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "formats/image_names.h"
#include "formats/mat_file.h"
#include "libdata/core/error.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace {

// Id -> class index of the leaf rows; fills in the names.
std::map<int64_t, int32_t> number_leaves(const std::vector<Synset>& synsets,
                                         std::vector<std::string>& class_names) {
  std::map<int64_t, std::string> wnid_of;
  for (const Synset& synset : synsets) {
    if (synset.num_children != 0) continue;
    if (!is_wnid(synset.wnid)) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("expected a WordNet id such as n01440764 for ILSVRC2012_ID {} in "
                              "meta.mat, found '{}'",
                              synset.id, synset.wnid));
    }
    if (!wnid_of.emplace(synset.id, synset.wnid).second) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("ILSVRC2012_ID {} occurs twice in meta.mat", synset.id));
    }
    class_names.push_back(synset.wnid);
  }
  std::sort(class_names.begin(), class_names.end());
  const auto twice = std::adjacent_find(class_names.begin(), class_names.end());
  if (twice != class_names.end()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} occurs twice in meta.mat", *twice));
  }
  std::map<int64_t, int32_t> index_of;
  for (const auto& [id, wnid] : wnid_of) {
    const auto place = std::lower_bound(class_names.begin(), class_names.end(), wnid);
    index_of[id] = static_cast<int32_t>(place - class_names.begin());
  }
  return index_of;
}

int64_t int_field(const MatArray& synsets, uint64_t row, std::string_view name) {
  const std::vector<double>& numbers = synsets.field(row, name).numbers;
  if (numbers.size() != 1 || !(numbers[0] >= 0 && numbers[0] <= 1e9) ||
      numbers[0] != std::floor(numbers[0])) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("expected a whole number as {} in row {} of synsets", name, row + 1));
  }
  return static_cast<int64_t>(numbers[0]);
}

}  // namespace

std::vector<Synset> parse_meta_mat(ByteSpan meta_mat) {
  const MatArray synsets = read_mat_variable(meta_mat, "synsets");
  if (synsets.kind != MatKind::kStruct) {
    throw Error(ErrorCode::kCorrupt, "expected synsets to be a struct array");
  }
  std::vector<Synset> found;
  for (uint64_t row = 0; row < synsets.element_count(); ++row) {
    found.push_back({int_field(synsets, row, "ILSVRC2012_ID"), synsets.field(row, "WNID").text,
                     int_field(synsets, row, "num_children")});
  }
  return found;
}

ImagenetValLabels join_devkit(std::string_view ground_truth, const std::vector<Synset>& synsets) {
  ImagenetValLabels labels;
  const std::map<int64_t, int32_t> index_of = number_leaves(synsets, labels.class_names);
  for (const auto& [line, line_number, offset_bytes] : text_lines(ground_truth)) {
    int64_t id = 0;
    const auto [after, error] = std::from_chars(line.data(), line.data() + line.size(), id);
    const auto found = index_of.find(id);
    if (error != std::errc() || after != line.data() + line.size() || found == index_of.end()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("line {} of the validation ground truth: expected the ILSVRC2012_ID "
                              "of one of the {} leaf classes of meta.mat, found '{}'",
                              line_number, index_of.size(), line.substr(0, 40)),
                  {}, offset_bytes);
    }
    labels.label_of.emplace(fmt::format("ILSVRC2012_val_{:08}", line_number), found->second);
  }
  if (labels.label_of.empty()) {
    throw Error(ErrorCode::kCorrupt, "the validation ground truth is empty");
  }
  return labels;
}

}  // namespace stoker
