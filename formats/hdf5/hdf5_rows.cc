#include "formats/hdf5/hdf5_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "formats/hdf5/hdf5_box_reader.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

// One array of one split, with where its samples lie.
struct RowArray {
  std::string key;  // its path, but for the split
  size_t file = 0;
  const Hdf5Array* array = nullptr;
  size_t axis = 0;
  bool reversed = false;

  std::vector<uint64_t> sample_shape() const {
    std::vector<uint64_t> shape = array->shape;
    shape.erase(shape.begin() + static_cast<ptrdiff_t>(axis));
    return shape;
  }
};

// The arrays of one file that belong to one split.
struct Piece {
  std::string split;
  uint64_t count = 0;
  std::vector<RowArray> arrays;  // by key
};

// The extent of what is named like an image (a file may hold more means, palettes and names of
// classes than columns); of several the one that most arrays begin with, then the one of the array
// with most axes.
uint64_t common_count(const std::vector<RowArray>& arrays) {
  struct Vote {
    bool image = false;
    size_t arrays = 0;
    size_t axes = 0;
    auto operator<=>(const Vote&) const = default;
  };
  std::map<uint64_t, Vote> votes;
  for (const RowArray& row : arrays) {
    const std::vector<uint64_t>& shape = row.array->shape;
    if (shape.empty()) continue;
    const Hdf5Kind kind = row.array->type.kind;
    const bool files = kind == Hdf5Kind::kVlenBytes || kind == Hdf5Kind::kBytes;
    const bool pixels = kind == Hdf5Kind::kNumber && shape.size() >= 3;
    Vote& vote = votes[shape.front()];
    vote.image = vote.image || ((files || pixels) && is_named_like_image(row.array->path));
    ++vote.arrays;
    vote.axes = std::max(vote.axes, shape.size());
  }
  uint64_t best = 0;
  Vote most;
  for (const auto& [extent, vote] : votes) {
    if (vote > most) {
      best = extent;
      most = vote;
    }
  }
  return best;
}

// MATLAB's arrays lie with their first axis last; samples are along either. Vectors say how many.
uint64_t matlab_count(const std::vector<RowArray>& arrays) {
  for (const RowArray& row : arrays) {
    const std::vector<uint64_t>& shape = row.array->shape;
    if (shape.size() != 2 || std::min(shape[0], shape[1]) != 1) continue;
    if (row.array->element_count() > 1) return row.array->element_count();
  }
  return common_count(arrays);
}

bool has_axis_of(const RowArray& row, uint64_t count, size_t& axis) {
  const std::vector<uint64_t>& shape = row.array->shape;
  if (shape.empty()) return false;
  axis = 0;
  if (shape.front() == count) return true;
  axis = shape.size() - 1;
  return row.reversed && shape.back() == count;
}

class RowFinder {
 public:
  RowFinder(const std::vector<Hdf5FileArrays>& files, const std::string& wanted, Hdf5Source& source)
      : source_(source), wanted_(wanted) {
    for (const Hdf5FileArrays& file : files)
      add_file(file);
    if (!wanted_.empty()) keep_wanted();
  }

  void run() {
    if (pieces_.empty()) {
      throw Error(ErrorCode::kUnsupported, "holds no data set with samples along an axis",
                  source_.files.front().path.string());
    }
    join_columns();
    for (const RowArray& row : pieces_.front().arrays) {
      source_.candidates.push_back(
          {row.key, row.array->type, row.sample_shape(), row.reversed, false, true});
    }
    for (const Piece& piece : pieces_)
      add_part(piece);
  }

 private:
  std::string path(size_t file) const { return source_.files[file].path.string(); }

  void note(const RowArray& row, const std::string& why) {
    source_.notes.push_back(
        {row.array->path, why, source_.files[row.file].path.filename().string(), 0});
  }

  void add_file(const Hdf5FileArrays& file) {
    std::map<std::string, std::vector<RowArray>> by_split;
    for (const Hdf5Array& array : file.arrays) {
      std::string split = split_of_path(array.path);
      const bool named = !split.empty();
      if (!named) split = source_.files[file.file].split;
      const std::string key = named ? path_without_split(array.path) : array.path;
      by_split[split].push_back({key, file.file, &array, 0, file.matlab});
    }
    for (auto& [split, arrays] : by_split)
      add_piece(split, arrays, file.matlab, by_split.size() > 1 && split.empty());
  }

  // `beside`: other arrays of the file name their split.
  void add_piece(const std::string& split, std::vector<RowArray>& arrays, bool matlab,
                 bool beside) {
    Piece piece{split, matlab ? matlab_count(arrays) : common_count(arrays), {}};
    for (RowArray& row : arrays) {
      const bool text =
          row.array->type.kind == Hdf5Kind::kText || row.array->type.kind == Hdf5Kind::kVlenText;
      if (text && is_named_like_classes(row.array->path) &&
          (beside || row.array->element_count() != piece.count)) {
        class_arrays_.push_back(row);
        continue;
      }
      if (beside || piece.count == 0 || !has_axis_of(row, piece.count, row.axis)) {
        note(row, fmt::format("left out: its extents {} do not go with the {} samples of the "
                              "others",
                              describe_shape(row.array->shape), piece.count));
        continue;
      }
      piece.arrays.push_back(row);
    }
    if (piece.arrays.empty()) return;
    std::sort(piece.arrays.begin(), piece.arrays.end(),
              [](const RowArray& a, const RowArray& b) { return a.key < b.key; });
    pieces_.push_back(std::move(piece));
  }

  // A split that no name says takes the user's word for its own.
  void keep_wanted() {
    const auto is_wanted = [&](const Piece& piece) { return piece.split == wanted_; };
    if (std::any_of(pieces_.begin(), pieces_.end(), is_wanted)) {
      std::erase_if(pieces_, [&](const Piece& piece) { return !is_wanted(piece); });
      return;
    }
    const bool one = std::all_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
      return piece.split == pieces_.front().split;
    });
    if (!one) return;
    for (Piece& piece : pieces_)
      piece.split = wanted_;
  }

  static std::vector<std::string> keys(const Piece& piece) {
    std::vector<std::string> keys;
    for (const RowArray& row : piece.arrays)
      keys.push_back(row.key);
    return keys;
  }

  static bool share_keys(const Piece& a, const Piece& b) {
    const std::vector<std::string> in_b = keys(b);
    return std::any_of(a.arrays.begin(), a.arrays.end(), [&](const RowArray& row) {
      return std::find(in_b.begin(), in_b.end(), row.key) != in_b.end();
    });
  }

  // x in one file and y in another are columns of the same samples.
  void join_columns() {
    std::vector<Piece> joined;
    for (Piece& piece : pieces_) {
      const auto fits = std::find_if(joined.begin(), joined.end(), [&](const Piece& other) {
        return other.split == piece.split && other.count == piece.count &&
               !share_keys(other, piece);
      });
      if (fits == joined.end()) {
        joined.push_back(std::move(piece));
        continue;
      }
      fits->arrays.insert(fits->arrays.end(), piece.arrays.begin(), piece.arrays.end());
      std::sort(fits->arrays.begin(), fits->arrays.end(),
                [](const RowArray& a, const RowArray& b) { return a.key < b.key; });
    }
    pieces_ = std::move(joined);
    for (const Piece& piece : pieces_)
      check_like_first(piece);
  }

  std::string describe(const Piece& piece) const {
    std::string text = piece.split.empty() ? "" : "split " + piece.split + ": ";
    for (const RowArray& row : piece.arrays) {
      text += fmt::format("\n  {} {} {} in {}", row.array->path, row.array->type.name,
                          describe_shape(row.array->shape),
                          source_.files[row.file].path.filename().string());
    }
    return text;
  }

  void check_like_first(const Piece& piece) const {
    const Piece& first = pieces_.front();
    bool like = keys(piece) == keys(first);
    for (size_t i = 0; like && i < piece.arrays.size(); ++i) {
      const Hdf5Array& a = *piece.arrays[i].array;
      const Hdf5Array& b = *first.arrays[i].array;
      like = a.type.kind == b.type.kind && a.shape.size() == b.shape.size() &&
             (a.type.kind != Hdf5Kind::kNumber || neutral_dtype(a.type) == neutral_dtype(b.type));
    }
    if (like) return;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("these data sets do not go together: {}\nand {}\nconvert one split at a "
                    "time with --split, or give the files that belong together",
                    describe(first), describe(piece)),
        path(piece.arrays.front().file));
  }

  void add_part(const Piece& piece) {
    const std::string split = piece.split.empty() ? "train" : piece.split;
    const auto found = std::find(source_.splits.begin(), source_.splits.end(), split);
    Hdf5Part part;
    part.split = static_cast<size_t>(found - source_.splits.begin());
    if (found == source_.splits.end()) source_.splits.push_back(split);
    part.sample_count = piece.count;
    for (const RowArray& row : piece.arrays)
      part.arrays.push_back({row.file, row.array->path, row.axis});
    source_.parts.push_back(std::move(part));
  }

  Hdf5Source& source_;
  std::string wanted_;
  std::vector<Piece> pieces_;

 public:
  std::vector<RowArray> class_arrays_;
};

}  // namespace

void find_rows(const std::vector<Hdf5FileArrays>& files, const std::string& wanted_split,
               Hdf5Source& source) {
  RowFinder finder(files, wanted_split, source);
  finder.run();
  if (finder.class_arrays_.empty()) return;
  const RowArray& names = finder.class_arrays_.front();
  const Hdf5File file(source.files[names.file].path);
  const Hdf5BoxReader reader(file, names.array->path);
  const std::vector<uint64_t>& shape = reader.array().shape;
  for (const Bytes& name : reader.read_values({std::vector<uint64_t>(shape.size(), 0), shape}))
    source.class_names.emplace_back(as_text(name));
}

}  // namespace stoker
