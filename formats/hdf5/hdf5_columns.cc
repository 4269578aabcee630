#include "formats/hdf5/hdf5_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <numeric>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using Words = std::vector<std::string>;

// Better words first: where several arrays have one, the best decides.
const Words kImageWords{"image", "images", "img",   "imgs",   "x",       "pixels", "photos",
                        "data",  "inputs", "input", "volume", "volumes", "patches"};
const Words kLabelWords{"label",   "labels", "y",   "target",   "targets",   "class",
                        "classes", "cls",    "lbl", "category", "categories"};
const Words kNameWords{"name", "names", "filename", "filenames", "id",   "ids",
                       "key",  "keys",  "path",     "paths",     "file", "files"};
// What is no image although it has the shape of one, and no label although it is a number.
const Words kNoImageWords{"mask",     "masks",     "seg",        "segmentation", "feature",
                          "features", "embedding", "embeddings", "depth",        "flow",
                          "coords",   "bbox",      "boxes"};
const Words kNoLabelWords{"id", "ids", "index", "indices", "idx", "slice", "frame", "count"};

constexpr uint64_t kMaxInline = 64;    // elements a sample
constexpr uint64_t kMostChannels = 4;  // of an image
constexpr size_t kNoRank = SIZE_MAX;

std::string base_name(const std::string& source) {
  return source.substr(source.rfind('/') + 1);
}

// Position of the best word of the name in the list.
size_t rank_among(const std::string& source, const Words& list) {
  size_t best = kNoRank;
  for (const std::string& word : words_of_name(base_name(source))) {
    const auto found = std::find(list.begin(), list.end(), word);
    if (found != list.end()) best = std::min(best, static_cast<size_t>(found - list.begin()));
  }
  return best;
}

uint64_t element_count(const Hdf5Candidate& candidate) {
  return std::accumulate(candidate.shape.begin(), candidate.shape.end(), uint64_t{1},
                         std::multiplies<>());
}

bool is_number(const Hdf5Candidate& candidate) {
  return candidate.type.kind == Hdf5Kind::kNumber;
}
bool is_bytes(const Hdf5Candidate& candidate) {
  return candidate.type.kind == Hdf5Kind::kVlenBytes || candidate.type.kind == Hdf5Kind::kBytes;
}
bool is_text(const Hdf5Candidate& candidate) {
  return candidate.type.kind == Hdf5Kind::kText || candidate.type.kind == Hdf5Kind::kVlenText;
}
bool is_dense(const Hdf5Candidate& candidate) {
  return is_number(candidate) && candidate.shape.size() >= 2 && element_count(candidate) > 1;
}
// MATLAB keeps whole numbers as doubles.
bool could_be_label(const Hdf5Candidate& candidate) {
  return is_number(candidate) && element_count(candidate) == 1 &&
         (candidate.type.is_integer() || candidate.reversed);
}

bool could_be_class_name(const Hdf5Candidate& candidate) {
  return is_text(candidate) && element_count(candidate) == 1 &&
         rank_among(candidate.source, kLabelWords) != kNoRank &&
         rank_among(candidate.source, kNameWords) == kNoRank;
}

class Chooser {
 public:
  Chooser(const std::vector<Hdf5Candidate>& candidates,
          const std::map<std::string, std::string>& fields, std::string path)
      : candidates_(candidates), path_(std::move(path)), names_(candidates.size()) {
    for (const auto& [name, source] : fields)
      take_given(name, source);
  }

  Hdf5Columns run(bool have_names) {
    choose("image", kImageWords, kNoImageWords,
           [](const Hdf5Candidate& c) { return is_dense(c) || is_bytes(c); });
    if (!names_label()) choose("label", kLabelWords, kNameWords, could_be_class_name);
    choose("label", kLabelWords, kNoLabelWords, could_be_label);
    if (!has("label")) take_dense_label();
    if (!have_names) choose_names();
    note_unusual_label();
    for (size_t i = 0; i < candidates_.size(); ++i)
      add_column(i);
    // The image first, then the label: as every other reader has it.
    std::stable_sort(result_.columns.begin(), result_.columns.end(),
                     [](const Hdf5Column& a, const Hdf5Column& b) { return order(a) < order(b); });
    return std::move(result_);
  }

 private:
  static int order(const Hdf5Column& column) {
    return column.field.name == "image" ? 0 : column.field.name == "label" ? 1 : 2;
  }

  bool has(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }

  void take_given(const std::string& name, const std::string& source) {
    const std::string wanted = source.starts_with('/') ? source.substr(1) : source;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i].source != wanted) continue;
      names_[i] = name;
      return;
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--field {}={}: there is no such data set; there are:\n{}", name,
                            source, describe_all()),
                path_);
  }

  std::string describe(size_t i) const {
    const Hdf5Candidate& c = candidates_[i];
    return fmt::format("  {} {} {}", c.source, c.type.name, describe_shape(c.shape));
  }
  std::string describe_all() const {
    std::string text;
    for (size_t i = 0; i < candidates_.size(); ++i)
      text += (i == 0 ? "" : "\n") + describe(i);
    return text;
  }

  template <typename Could>
  void choose(const std::string& role, const Words& words, const Words& others, Could could) {
    if (has(role)) return;
    std::vector<size_t> found;
    size_t best = kNoRank;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (!names_[i].empty() || !could(candidates_[i])) continue;
      const size_t rank = rank_among(candidates_[i].source, words);
      if (rank == kNoRank && rank_among(candidates_[i].source, others) != kNoRank) continue;
      if (rank < best) found.clear();
      best = std::min(best, rank);
      if (rank == best) found.push_back(i);
    }
    if (found.size() > 1) refuse_choice(role, found);
    if (found.size() == 1) names_[found.front()] = role;
  }

  // Shapes are those of one sample.
  [[noreturn]] void refuse_choice(const std::string& role, const std::vector<size_t>& found) const {
    std::string text;
    for (const size_t i : found)
      text += "\n" + describe(i);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("several data sets could be the {}:{}\nsay which: --field {}={}", role,
                            text, role, candidates_[found.front()].source),
                path_);
  }

  // Whether a number that could be the label is called so: it goes before texts.
  bool names_label() const {
    return std::any_of(candidates_.begin(), candidates_.end(), [](const Hdf5Candidate& c) {
      return could_be_label(c) && rank_among(c.source, kLabelWords) != kNoRank;
    });
  }

  // What is called a label, and is none: whoever expects classes should hear of it.
  void note_unusual_label() {
    if (has("label")) return;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Hdf5Candidate& c = candidates_[i];
      const bool named = rank_among(c.source, kLabelWords) != kNoRank;
      if (!named || !names_[i].empty() || result_.names == i) continue;
      if (is_number(c) && element_count(c) == 1) {
        result_.notes.push_back(fmt::format(
            "{}: {} is no class index: samples have no label; --field label={} reads whole numbers "
            "as one",
            c.source, c.type.name, c.source));
      } else if (is_number(c) && c.shape.size() == 1) {
        result_.notes.push_back(fmt::format(
            "{}: {} numbers a sample are no class index: kept as a field, samples have no label",
            c.source, element_count(c)));
      }
    }
  }

  // Labels of every pixel, where samples have no class.
  void take_dense_label() {
    std::vector<size_t> found;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const bool named = rank_among(candidates_[i].source, kLabelWords) != kNoRank;
      if (names_[i].empty() && named && is_dense(candidates_[i])) found.push_back(i);
    }
    if (found.size() == 1) names_[found.front()] = "label";
  }

  void choose_names() {
    for (size_t i = 0; i < candidates_.size(); ++i) {
      if (names_[i] == "name" && (is_text(candidates_[i]) || could_be_label(candidates_[i])))
        result_.names = i;
    }
    if (result_.names) return;
    std::vector<size_t> texts;
    std::vector<size_t> named;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Hdf5Candidate& c = candidates_[i];
      if (!names_[i].empty() || !is_text(c) || element_count(c) != 1 || c.is_attribute) continue;
      texts.push_back(i);
      if (rank_among(c.source, kNameWords) != kNoRank) named.push_back(i);
    }
    if (named.size() == 1) result_.names = named.front();
    if (named.empty() && texts.size() == 1) result_.names = texts.front();
  }

  // What it is called in its own file, the whole path where that is not enough.
  std::string own_name(size_t i) const {
    const std::string base = base_name(candidates_[i].source);
    for (size_t other = 0; other < candidates_.size(); ++other) {
      const bool same =
          other != i && (names_[other] == base || base_name(candidates_[other].source) == base);
      if (same) return candidates_[i].source;
    }
    return base;
  }

  void add_column(size_t i) {
    if (result_.names == i) return;
    const Hdf5Candidate& c = candidates_[i];
    Hdf5Column column;
    column.candidate = i;
    column.field.name = names_[i].empty() ? own_name(i) : names_[i];
    const bool single = element_count(c) == 1;
    if (is_text(c) && single && column.field.name == "label") {
      fill_label(ColumnForm::kNamed, column);
    } else if (is_text(c) || is_bytes(c)) {
      if (!single) return leave_out(i, "several texts or files in a sample");
      fill_bytes(c, column);
    } else if (column.field.name == "label" && single) {
      fill_label(ColumnForm::kLabel, column);
    } else if (!fill_numbers(c, column)) {
      return leave_out(i, "more axes than a field can have");
    }
    result_.columns.push_back(std::move(column));
  }

  void leave_out(size_t i, const std::string& why) {
    result_.notes.push_back(fmt::format("{}: left out: {}", candidates_[i].source, why));
  }

  static void fill_label(ColumnForm form, Hdf5Column& column) {
    column.form = form;
    column.field.storage = Storage::kInline;
    column.field.dtype = DType::kInt32;
    column.field.unit = "class index";
  }

  static void fill_bytes(const Hdf5Candidate& c, Hdf5Column& column) {
    column.form = is_text(c) ? ColumnForm::kText : ColumnForm::kFile;
    const bool image = column.form == ColumnForm::kFile && column.field.name == "image";
    column.field.axes = image ? "HWC" : "B";
    if (image) column.field.color = "any";
    if (is_text(c)) column.field.unit = "utf-8";
  }

  bool fill_numbers(const Hdf5Candidate& c, Hdf5Column& column) {
    Field& field = column.field;
    field.dtype = neutral_dtype(c.type);
    std::vector<size_t> axes;  // of more than one place, where that says anything
    for (size_t axis = 0; axis < c.shape.size(); ++axis)
      axes.push_back(c.reversed ? c.shape.size() - 1 - axis : axis);
    std::vector<uint64_t> shape;
    for (const size_t axis : axes)
      shape.push_back(c.shape[axis]);
    if (shape.size() > kMaxRank) return false;
    const uint64_t count = element_count(c);
    if (shape.size() <= 1 || count == 1) {
      field.axes = count == 1 ? "" : "C";
      column.form = count <= kMaxInline ? ColumnForm::kInline : ColumnForm::kArray;
      if (column.form == ColumnForm::kInline) {
        field.storage = Storage::kInline;
        if (count > 1) field.shape = {static_cast<int64_t>(count)};
      }
      return true;
    }
    name_axes(shape, c.type, column, axes);
    if (!std::is_sorted(axes.begin(), axes.end())) column.order = axes;
    return true;
  }

  // Channels are few and last, or few and first; whatever else has three axes is a volume.
  void name_axes(const std::vector<uint64_t>& shape, const Hdf5Type& type, Hdf5Column& column,
                 std::vector<size_t>& axes) {
    Field& field = column.field;
    const bool image = field.name == "image";
    const bool bytes = type.number == 'u' && type.size_bytes == 1;
    const auto few = [](uint64_t extent) { return extent <= kMostChannels; };
    const auto colour = [](uint64_t extent) { return extent == 1 || extent == 3; };
    if (shape.size() == 2) {
      field.axes = "YX";
      if (image && bytes) column.adds_channel = true;
    } else if (shape.size() == 3 && few(shape[2])) {
      field.axes = !bytes || colour(shape[2]) ? "HWC" : "YXC";
    } else if (shape.size() == 3 && few(shape[0])) {
      field.axes = "CYX";
      if (image && bytes && colour(shape[0])) {
        std::rotate(axes.begin(), axes.begin() + 1, axes.end());
        field.axes = "HWC";
        result_.notes.push_back(fmt::format("{}: channels first, turned to channels last",
                                            candidates_[column.candidate].source));
      }
    } else if (shape.size() == 3) {
      field.axes = "ZYX";
    } else {
      field.axes = few(shape[3]) && !few(shape[0]) ? "ZYXC" : "CZYX";
    }
    const Hdf5Candidate& c = candidates_[column.candidate];
    if (image && bytes && !c.in_rows && field.axes == "ZYXC") {
      result_.notes.push_back(
          fmt::format("{}: {} of a group are read as one volume with channels, not as many images",
                      c.source, describe_shape(c.shape)));
    }
    if (column.adds_channel) field.axes = "HWC";
    if (bytes && field.axes == "HWC") {
      field.color = "any";
      field.unit = "0..255";
      field.normalization = "none";
    }
  }

  const std::vector<Hdf5Candidate>& candidates_;
  std::string path_;
  std::vector<std::string> names_;  // of each candidate, where it has a role; else empty
  Hdf5Columns result_;
};

}  // namespace

std::vector<std::string> words_of_name(const std::string& name) {
  std::vector<std::string> words(1);
  char before = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool grows =
        std::isalpha(byte) != 0 &&
        !(std::isupper(byte) != 0 && std::islower(static_cast<unsigned char>(before)));
    if (!grows) words.emplace_back();
    if (std::isalpha(byte) != 0) words.back() += static_cast<char>(std::tolower(byte));
    before = c;
  }
  std::erase(words, std::string());
  return words;
}

bool is_named_like_image(const std::string& path) {
  return rank_among(path, kImageWords) != kNoRank;
}

bool is_named_like_classes(const std::string& path) {
  const Words words = words_of_name(base_name(path));
  return std::any_of(words.begin(), words.end(), [](const std::string& word) {
    return word == "class" || word == "classes" || word == "categories" || word == "label" ||
           word == "labels";
  });
}

Schema Hdf5Columns::schema() const {
  Schema schema;
  for (const Hdf5Column& column : columns)
    schema.fields.push_back(column.field);
  return schema;
}

Hdf5Columns choose_columns(const std::vector<Hdf5Candidate>& candidates,
                           const std::map<std::string, std::string>& fields, bool have_names,
                           const std::string& path) {
  return Chooser(candidates, fields, path).run(have_names);
}

}  // namespace stoker
