#include "formats/vesuvius.h"

#include <algorithm>
#include <map>
#include <set>

#include "formats/slice_series.h"
#include "formats/volume_folder.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLabelsAside = "--no-labels packs the images alone";

// Where everything lies; `table` and `labels` may be empty.
struct Layout {
  fs::path table;
  fs::path images;
  fs::path labels;
};

std::vector<std::string> image_folder_names(const std::string& set) {
  std::vector<std::string> names{"train_images", "imagesTr", "images_train"};
  if (set == "test") names = {"test_images", "imagesTs", "images_test"};
  if (set != "test" && set != "train") names = {set + "_images", "images_" + set};
  names.insert(names.end(), {"images", "image", "img", "volumes", "volume"});
  return names;
}

std::vector<std::string> label_folder_names(const std::string& set) {
  std::vector<std::string> names{"train_labels", "labelsTr", "labels_train", "train_masks"};
  if (set == "test") names = {"test_labels", "labelsTs", "labels_test", "test_masks"};
  if (set != "test" && set != "train") names = {set + "_labels", "labels_" + set, set + "_masks"};
  names.insert(names.end(), {"labels", "label", "masks", "mask"});
  return names;
}

fs::path table_of(const fs::path& folder, const std::string& set) {
  const fs::path table = folder / (set + ".csv");
  return fs::exists(table) ? table : fs::path{};
}

[[noreturn]] void not_found(const fs::path& folder, const std::string& message) {
  throw Error(ErrorCode::kNotFound, message, folder.string());
}

Layout find_layout(const fs::path& folder, const VolumeFolderOptions& options) {
  std::string set = options.set;
  if (set.empty()) {
    const bool only_test = table_of(folder, "train").empty() && !table_of(folder, "test").empty();
    set = only_test ? "test" : "train";
  }
  Layout layout;
  layout.table = table_of(folder, set);
  layout.images = find_folder(folder, image_folder_names(set));
  layout.labels = find_folder(folder, label_folder_names(set));
  const bool has_table = !layout.table.empty();
  if (layout.images.empty() && !has_table && options.set.empty()) {  // images of the other set
    layout.images = find_folder(folder, image_folder_names("test"));
  }
  if (layout.images.empty() && !has_table && !options.labels) layout.images = folder;
  if (layout.images.empty()) {
    const std::string expected = has_table ? "" : set + ".csv and ";
    not_found(folder, "expected " + expected + "a folder " + set +
                          "_images of TIFF volumes (or images, imagesTr ...), found none; " +
                          kLabelsAside + ", also those in this folder itself");
  }
  if (!options.labels) layout.labels.clear();
  // A test set has no labels, and says so by its name.
  const bool may_lack_labels = !options.labels || (set == "test" && has_table);
  if (layout.labels.empty() && !may_lack_labels) {
    not_found(folder, "expected a folder " + set + "_labels (or labels, labelsTr, masks) beside " +
                          layout.images.filename().string() + ", found none; " + kLabelsAside);
  }
  if (!has_table && !layout.labels.empty() && fs::equivalent(layout.images, layout.labels)) {
    not_found(folder, "images and labels are one folder");
  }
  return layout;
}

// "12" of "0012": digits alone, without leading zeros; other ids as they are.
std::string without_leading_zeros(const std::string& id) {
  const bool digits = id.find_first_not_of("0123456789") == std::string::npos;
  const size_t first = id.find_first_not_of('0');
  return digits && first != std::string::npos ? id.substr(first) : id;
}

// Finds the volume that an id might be, but for leading zeros.
class ZeroHints {
 public:
  void add(const std::string& id) { by_number_.emplace(without_leading_zeros(id), id); }
  // " (the file 0012 is there: leading zeros lost?)"; empty where nothing fits.
  std::string hint(const std::string& id, const std::string& what) const {
    const auto found = by_number_.find(without_leading_zeros(id));
    if (found == by_number_.end() || found->second == id) return {};
    return "; " + what + " " + found->second + ": leading zeros lost?";
  }

 private:
  std::map<std::string, std::string> by_number_;
};

void note_unlisted(const VolumeFolder& folder, const std::set<std::string>& listed,
                   const std::string& table, VolumeListing& listing) {
  ZeroHints hints;
  for (const std::string& id : listed)
    hints.add(id);
  for (const auto& [id, volume] : folder.volumes) {
    if (listed.contains(id)) continue;
    const std::string place =
        (volume.path.parent_path().filename() / volume.path.filename()).string();
    listing.notes.push_back(
        {id, "not listed in " + table + ", left out" + hints.hint(id, "the table lists"), place,
         0});
  }
}

// nnU-Net numbers the channels of an image in its name: CASE_0000.tif, of which the label is
// CASE.tif. Several channels are refused.
void drop_channel_numbers(const fs::path& folder, VolumeFolder& images,
                          const VolumeFolder& labels) {
  constexpr std::string_view kFirstChannel = "_0000";
  if (images.volumes.empty()) return;
  std::map<std::string, StoredVolume> renamed;
  for (const auto& [id, volume] : images.volumes) {
    if (!id.ends_with(kFirstChannel) || labels.volumes.contains(id)) return;
    renamed.emplace(id.substr(0, id.size() - kFirstChannel.size()), volume);
  }
  for (const auto& [id, volume] : labels.volumes) {
    if (!renamed.contains(id)) return;
  }
  if (labels.volumes.empty() && !folder.filename().string().starts_with("images")) return;
  images.volumes = std::move(renamed);
}

ScrollTable read_table(const fs::path& path) {
  try {
    return parse_scroll_table(read_text_file(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

void join(const Layout& layout, VolumeFolder& images, const VolumeFolder& labels,
          VolumeListing& listing) {
  ScrollTable table;
  std::string table_name = layout.images.filename().string();
  if (!layout.table.empty()) {
    table = read_table(layout.table);
    table_name = layout.table.filename().string();
  } else {
    drop_channel_numbers(layout.images, images, labels);
    for (const auto& [id, volume] : images.volumes)
      table.lines.push_back({id, -1});
    std::sort(table.lines.begin(), table.lines.end(),
              [](const auto& a, const auto& b) { return number_aware_less(a.id, b.id); });
  }
  listing.scroll_names = table.scroll_names;
  ZeroHints hints;
  for (const auto& [id, volume] : images.volumes)
    hints.add(id);
  std::set<std::string> listed;
  for (const ScrollLine& line : table.lines) {
    listed.insert(line.id);
    const auto image = images.volumes.find(line.id);
    const auto label = labels.volumes.find(line.id);
    const bool has_label = label != labels.volumes.end();
    if (image == images.volumes.end()) {
      const std::string reason =
          has_label ? "listed, but has a label only, no image" : "listed, but has no files";
      listing.notes.push_back(
          {line.id, reason + hints.hint(line.id, "there is a file"), table_name, 0});
      continue;
    }
    VolumeItem item;
    item.id = line.id;
    item.scroll = line.scroll;
    item.image = image->second.path;
    item.image_bytes = image->second.size_bytes;
    if (has_label) {
      item.label = label->second.path;
      item.label_bytes = label->second.size_bytes;
    }
    listing.items.push_back(std::move(item));
  }
  note_unlisted(images, listed, table_name, listing);
  note_unlisted(labels, listed, table_name, listing);
}

}  // namespace

VolumeListing list_vesuvius(const fs::path& folder, const VolumeFolderOptions& options) {
  if (!fs::is_directory(folder)) not_found(folder, "expected a folder of volumes, found none");
  const Layout layout = find_layout(folder, options);
  VolumeListing listing;
  listing.has_labels = !layout.labels.empty();
  if (layout.table.empty() && listing.has_labels) {
    listing.notes.push_back({folder.filename().string(),
                             "no train.csv or test.csv: of which scroll a volume is, is not known",
                             "", 0});
  }
  VolumeFolder images = list_volume_files(layout.images);
  VolumeFolder labels;
  if (listing.has_labels) labels = list_volume_files(layout.labels);
  join(layout, images, labels, listing);
  for (const VolumeFolder* part : std::initializer_list<const VolumeFolder*>{&images, &labels})
    listing.notes.insert(listing.notes.end(), part->notes.begin(), part->notes.end());
  return listing;
}

}  // namespace stoker
