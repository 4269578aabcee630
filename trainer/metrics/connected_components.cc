#include "trainer/metrics/connected_components.h"

#include <algorithm>
#include <limits>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct Run {
  int32_t begin;  // voxel index in the volume
  int32_t end;    // one past the last
  int32_t
      parent;  // union-find over run numbers: a root is its own parent, and the lowest of its set
};

class RunForest {
 public:
  // All runs of row `row`, appended.
  void add_row(std::span<const uint8_t> mask_zyx, int64_t row, int64_t width) {
    row_begin_.push_back(runs_.size());
    const uint8_t* voxel = mask_zyx.data();
    const int64_t row_end = (row + 1) * width;
    for (int64_t i = row * width; i < row_end;) {
      if (voxel[i] == 0) {
        ++i;
        continue;
      }
      const int64_t begin = i;
      while (i < row_end && voxel[i] != 0)
        ++i;
      runs_.push_back({static_cast<int32_t>(begin), static_cast<int32_t>(i),
                       static_cast<int32_t>(runs_.size())});
    }
  }

  // Joins the last row's runs with those of row `earlier` that touch them, also by a corner.
  void join_last_row_with(int64_t earlier, int64_t width) {
    const int64_t last = static_cast<int64_t>(row_begin_.size()) - 1;
    const int64_t shift = (last - earlier) * width;  // between voxels of equal x
    size_t mine = row_begin_[static_cast<size_t>(last)];
    size_t theirs = row_begin_[static_cast<size_t>(earlier)];
    const size_t theirs_end = row_begin_[static_cast<size_t>(earlier) + 1];
    while (mine < runs_.size() && theirs < theirs_end) {
      const int64_t their_begin = runs_[theirs].begin + shift;
      const int64_t their_end = runs_[theirs].end + shift;
      if (their_begin <= runs_[mine].end && runs_[mine].begin <= their_end) {
        join(static_cast<int32_t>(mine), static_cast<int32_t>(theirs));
      }
      if (their_end < runs_[mine].end) {
        ++theirs;
      } else {
        ++mine;
      }
    }
  }

  Components label(size_t voxel_count) {
    Components result;
    result.labels_zyx.assign(voxel_count, 0);
    std::vector<int32_t> label_of_run(runs_.size());
    for (size_t i = 0; i < runs_.size(); ++i) {
      // Roots come before their runs, so that a root has its label when it is asked for.
      const size_t root = static_cast<size_t>(find(static_cast<int32_t>(i)));
      label_of_run[i] = root == i ? ++result.count : label_of_run[root];
      std::fill(result.labels_zyx.begin() + runs_[i].begin,
                result.labels_zyx.begin() + runs_[i].end, label_of_run[i]);
    }
    return result;
  }

 private:
  int32_t find(int32_t run) {
    while (runs_[static_cast<size_t>(run)].parent != run) {
      int32_t& parent = runs_[static_cast<size_t>(run)].parent;
      parent = runs_[static_cast<size_t>(parent)].parent;
      run = parent;
    }
    return run;
  }

  void join(int32_t a, int32_t b) {
    a = find(a);
    b = find(b);
    runs_[static_cast<size_t>(std::max(a, b))].parent = std::min(a, b);
  }

  std::vector<Run> runs_;
  std::vector<size_t> row_begin_;  // first run of each row so far
};

}  // namespace

Components connected_components(const Zyx& size_zyx, std::span<const uint8_t> mask_zyx) {
  const auto [depth, height, width] = size_zyx;
  const int64_t voxels = depth * height * width;
  if (static_cast<int64_t>(mask_zyx.size()) != voxels ||
      voxels >= std::numeric_limits<int32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument,
                "connected components: expected a mask of " + std::to_string(voxels) +
                    " voxels, less than 2^31, found " + std::to_string(mask_zyx.size()));
  }
  RunForest forest;
  for (int64_t z = 0; z < depth; ++z) {
    for (int64_t y = 0; y < height; ++y) {
      const int64_t row = z * height + y;
      forest.add_row(mask_zyx, row, width);
      if (y > 0) forest.join_last_row_with(row - 1, width);
      if (z == 0) continue;
      for (int64_t dy = -1; dy <= 1; ++dy) {
        if (y + dy < 0 || y + dy >= height) continue;
        forest.join_last_row_with(row - height + dy, width);
      }
    }
  }
  return forest.label(mask_zyx.size());
}

}  // namespace stoker
