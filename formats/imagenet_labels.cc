#include "formats/imagenet_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "formats/csv.h"
#include "formats/devkit_archive.h"
#include "formats/image_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kGroundTruth = "ILSVRC2012_validation_ground_truth.txt";
constexpr std::string_view kMetaMat = "meta.mat";
constexpr std::string_view kKaggleSolution = "LOC_val_solution.csv";
constexpr std::string_view kKaggleMapping = "LOC_synset_mapping.txt";
constexpr std::string_view kWhatIsTaken =
    "expected the labels of the validation images: ILSVRC2012_devkit_t12.tar.gz or its extracted "
    "folder, valprep.sh, or Kaggle's LOC_val_solution.csv";

// Errors name the file: those of the parsers are about the one beside it.
std::vector<TextLine> mapping_lines(std::string_view synset_mapping) {
  try {
    return text_lines(synset_mapping);
  } catch (const Error& error) {
    throw error.at(kKaggleMapping);
  }
}

// Takes the next word off `line`, words being parted by spaces.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

// Collects (image, wnid) pairs, then numbers the classes.
class LabelCollector {
 public:
  void add_class(std::string_view wnid) { wnids_.emplace(wnid); }

  void add_label(std::string_view stem, std::string_view wnid, uint64_t line_number) {
    wnids_.emplace(wnid);
    const auto [place, fresh] = wnid_of_.emplace(stem, wnid);
    if (!fresh && place->second != wnid) {
      throw Error(ErrorCode::kCorrupt, fmt::format("line {}: {} is {} here and {} before",
                                                   line_number, stem, wnid, place->second));
    }
  }

  ImagenetValLabels finish() const {
    ImagenetValLabels labels;
    labels.class_names.assign(wnids_.begin(), wnids_.end());
    for (const auto& [stem, wnid] : wnid_of_) {
      const auto place =
          std::lower_bound(labels.class_names.begin(), labels.class_names.end(), wnid);
      labels.label_of.emplace(stem, static_cast<int32_t>(place - labels.class_names.begin()));
    }
    return labels;
  }

 private:
  std::set<std::string> wnids_;
  std::map<std::string, std::string> wnid_of_;
};

// What `parse` makes of the text in `file`, which errors name.
template <typename Parse>
ImagenetValLabels parse_file(const fs::path& file, Parse parse) {
  try {
    return parse(read_text_file(file));
  } catch (const Error& error) {
    throw error.at(file.string());
  }
}

ImagenetValLabels read_devkit_folder(const fs::path& data) {
  const std::vector<Synset> synsets = parse_meta_mat(read_file(data / kMetaMat));
  return parse_file(data / kGroundTruth,
                    [&](const std::string& text) { return join_devkit(text, synsets); });
}

ImagenetValLabels read_kaggle(const fs::path& csv) {
  const fs::path mapping = csv.parent_path() / kKaggleMapping;
  const std::string classes = fs::exists(mapping) ? read_text_file(mapping) : std::string();
  return parse_file(csv,
                    [&](const std::string& text) { return parse_kaggle_solution(text, classes); });
}

// FOLDER, FOLDER/data, and the same one level down (ILSVRC2012_devkit_t12/data).
std::optional<ImagenetValLabels> read_folder(const fs::path& folder, int levels) {
  for (const fs::path& data : {folder, folder / "data"}) {
    if (fs::exists(data / kGroundTruth)) return read_devkit_folder(data);
  }
  if (fs::exists(folder / kKaggleSolution)) return read_kaggle(folder / kKaggleSolution);
  if (fs::exists(folder / "valprep.sh")) {
    return parse_file(folder / "valprep.sh", parse_valprep);
  }
  if (levels == 0) return std::nullopt;
  for (const fs::path& inner : list_folders(folder)) {
    if (auto labels = read_folder(inner, levels - 1)) return labels;
  }
  return std::nullopt;
}

// "ImageId,PredictionString", however a spreadsheet program wrote it.
bool is_kaggle_header(std::string_view front) {
  const std::string plain = plain_column_name(front.substr(0, front.find_first_of("\r\n")));
  const size_t image = plain.find("imageid");
  return image != plain.npos && image <= 4 && plain.find("predictionstring") != plain.npos;
}

ImagenetValLabels read_devkit_file(const fs::path& path) {
  if (path.filename() == kGroundTruth || path.filename() == kMetaMat) {
    return read_devkit_folder(path.parent_path());
  }
  const Bytes front = [&] {
    const RangeFile file(path);
    return file.read(0, std::min<uint64_t>(file.size(), 512));
  }();
  if (looks_like_archive(front)) {
    DevkitFiles files = read_devkit_archive(path, kGroundTruth, kMetaMat);
    return join_devkit(as_text(files.ground_truth), parse_meta_mat(files.meta_mat));
  }
  const std::string text = read_text_file(path);
  if (is_kaggle_header(plain_text(text))) return read_kaggle(path);
  if (text.find("mv ILSVRC2012_val_") != text.npos) return parse_valprep(text);
  throw Error(ErrorCode::kInvalidArgument, std::string(kWhatIsTaken));
}

}  // namespace

ImagenetValLabels read_imagenet_val_labels(const fs::path& path) {
  try {
    if (!fs::is_directory(path)) return read_devkit_file(path);
    if (auto labels = read_folder(path, 1)) return *std::move(labels);
    throw Error(ErrorCode::kInvalidArgument, std::string(kWhatIsTaken));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

ImagenetValLabels parse_valprep(std::string_view script) {
  LabelCollector collector;
  size_t labels = 0;
  for (auto [line, number, offset_bytes] : text_lines(script)) {
    const std::string_view command = next_word(line);
    if (command == "mkdir") {
      for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
        if (is_wnid(word)) collector.add_class(word);
      }
    }
    if (command != "mv") continue;
    const std::string_view stem = imagenet_val_stem(next_word(line));
    std::string_view target = next_word(line);
    while (target.ends_with('/'))
      target.remove_suffix(1);
    if (stem.empty() || !is_wnid(base_name(target))) {
      throw Error(
          ErrorCode::kCorrupt,
          fmt::format("line {}: expected \"mv ILSVRC2012_val_00000293.JPEG n01440764/\"", number),
          {}, offset_bytes);
    }
    collector.add_label(stem, base_name(target), number);
    ++labels;
  }
  if (labels == 0) throw Error(ErrorCode::kCorrupt, "no \"mv\" line with a validation image");
  return collector.finish();
}

ImagenetValLabels parse_kaggle_solution(std::string_view csv, std::string_view synset_mapping) {
  LabelCollector collector;
  for (auto [line, number, offset_bytes] : mapping_lines(synset_mapping)) {
    const std::string_view wnid = next_word(line);
    if (wnid.empty()) continue;
    if (!is_wnid(wnid)) {
      throw Error(ErrorCode::kCorrupt, fmt::format("line {} of {}: expected a WordNet id first",
                                                   number, kKaggleMapping));
    }
    collector.add_class(wnid);
  }
  const CsvTable table = parse_csv(csv);
  const std::optional<size_t> image = table.find_column({"ImageId"});
  const std::optional<size_t> prediction = table.find_column({"PredictionString"});
  if (!image || !prediction) {
    throw Error(ErrorCode::kCorrupt, "expected the columns ImageId and PredictionString", {}, 0);
  }
  for (const CsvRow& row : table.rows) {
    std::string_view words = row.cells[*prediction];
    const std::string_view wnid = next_word(words);
    std::string name = row.cells[*image];
    if (!has_image_extension(name)) name += ".JPEG";
    const std::string_view stem = imagenet_val_stem(name);
    if (stem.empty() || !is_wnid(wnid)) {
      throw Error(
          ErrorCode::kCorrupt,
          fmt::format("line {}: expected \"ILSVRC2012_val_00048981,n03995372 85 1 499 272\"",
                      row.line),
          {}, row.offset_bytes);
    }
    collector.add_label(stem, wnid, row.line);
  }
  ImagenetValLabels labels = collector.finish();
  if (labels.label_of.empty()) throw Error(ErrorCode::kCorrupt, "the CSV lists no image");
  return labels;
}

}  // namespace stoker
