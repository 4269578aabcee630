#include "formats/image_source.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "formats/folder_metadata.h"
#include "formats/folder_walk.h"
#include "formats/image_names.h"
#include "formats/imagenet_labels.h"
#include "formats/listing_join.h"
#include "formats/listing_rule.h"
#include "formats/split_names.h"
#include "formats/tar_walk.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// What the options say, and the files they name.
struct RuleAndTables {
  ListingRule rule;
  std::optional<ImagenetValLabels> labels;
  std::optional<ClassTable> table;
};

void read_rule(const ImageSourceOptions& options, RuleAndTables& tables) {
  ListingRule& rule = tables.rule;
  rule.exclusions = Exclusions(options.exclude);
  rule.skip_damaged = options.skip_damaged;
  if (options.devkit) tables.labels = read_imagenet_val_labels(*options.devkit);
  if (tables.labels) rule.val_labels = &*tables.labels;
  if (options.class_from == "folder") {
    rule.class_from = ClassFrom::kFolder;
  } else if (options.class_from == "filename") {
    rule.class_from = ClassFrom::kFileName;
  } else if (!options.class_from.empty()) {
    rule.class_from = ClassFrom::kTable;
    tables.table = read_class_table(options.class_from);
    rule.table = &*tables.table;
  }
}

// Beside the images, where nothing else was asked for.
std::optional<ClassTable> own_table(const ListedTree& tree, const ImageSourceOptions& options,
                                    const ListingRule& rule) {
  if (options.devkit || !options.class_from.empty()) return std::nullopt;
  return find_tree_metadata(tree, rule.exclusions);
}

// Joined classes come in the order of bytes; those of tables are numbered as one table's are.
void order_as_tables(SourceListing& listing) {
  const std::vector<std::string> before = std::move(listing.class_names);
  listing.class_names = order_classes({before.begin(), before.end()});
  std::map<std::string_view, int32_t> index_of;
  for (size_t i = 0; i < listing.class_names.size(); ++i)
    index_of.emplace(listing.class_names[i], static_cast<int32_t>(i));
  for (SourceItem& item : listing.items)
    if (item.label >= 0) item.label = index_of.at(before[static_cast<size_t>(item.label)]);
}

void note_exclusions(const Exclusions& exclusions, const std::vector<bool>& used,
                     SourceListing& listing) {
  for (size_t i = 0; i < used.size(); ++i) {
    const char* what = used[i] ? "what it matches is left out, as --exclude asks"
                               : "--exclude names it, but nothing matches";
    listing.notes.push_back({exclusions.globs()[i], what, "", 0});
  }
}

// "val" for ImageNet's validation images, else what the folder that was entered says
// ("imagenette2/val", the innermost part first), else the input's last name; empty where none says.
std::string said_split(const SourceListing& listing, const fs::path& input) {
  const bool imagenet_val = !listing.items.empty() &&
                            listing.items.front().name.find("ILSVRC2012_val_") != std::string::npos;
  if (imagenet_val) return "val";
  for (std::string_view folder = listing.entered; !folder.empty(); folder = folder_name(folder)) {
    if (std::string split = split_named(base_name(folder)); !split.empty()) return split;
  }
  const std::string name = own_name(input);
  return split_named(is_tar_name(name) ? name.substr(0, name.size() - 4) : name);
}

// Where no input says a split, all are train. One that says none beside others that do: it could
// be more of theirs, or training data.
void settle_splits(std::vector<SourceListing>& listings) {
  const SourceListing* other = nullptr;  // says a split that is not train
  for (const SourceListing& listing : listings) {
    const std::string& split = listing.splits.front();
    if (!split.empty() && split != "train") other = &listing;
  }
  for (SourceListing& listing : listings) {
    std::string& split = listing.splits.front();
    if (!split.empty()) continue;
    if (other != nullptr) {
      throw Error(ErrorCode::kInvalidArgument,
                  "says no split, and " + other->archives.front() + " is of " +
                      other->splits.front() + ": take them one by one, each with its --split",
                  listing.archives.front());
    }
    split = "train";
  }
}

}  // namespace

SourceListing list_image_source(const std::vector<fs::path>& paths,
                                const ImageSourceOptions& options) {
  if (paths.empty()) throw Error(ErrorCode::kInvalidArgument, "no input given");
  RuleAndTables tables;
  read_rule(options, tables);
  std::vector<bool> used(options.exclude.size());
  std::vector<SourceListing> listings;
  size_t of_tables = 0;
  for (const fs::path& path : paths) {
    ListedTree tree = fs::is_directory(path) ? walk_folder(path, tables.rule.exclusions)
                                             : walk_tar(find_tar_place(path), path);
    ListingRule rule = tables.rule;
    const std::optional<ClassTable> own = own_table(tree, options, rule);
    if (own) {
      rule.class_from = ClassFrom::kTable;
      rule.table = &*own;
    }
    of_tables += rule.class_from == ClassFrom::kTable ? 1 : 0;
    SourceListing listing = list_tree(std::move(tree), rule, used);
    listing.archives = {path.string()};
    listing.splits = {options.split.empty() ? said_split(listing, path) : options.split};
    if (tables.labels) renumber_classes(listing, tables.labels->class_names);
    listings.push_back(std::move(listing));
  }
  settle_splits(listings);
  SourceListing listing = join_listings(std::move(listings));
  if (of_tables > 1 && of_tables == paths.size()) order_as_tables(listing);
  note_exclusions(tables.rule.exclusions, used, listing);
  refuse_equal_names(listing);
  return listing;
}

}  // namespace stoker
