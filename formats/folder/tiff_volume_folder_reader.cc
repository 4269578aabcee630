#include <utility>

#include "formats/flat_file_names.h"
#include "formats/folder/challenge_layout.h"
#include "formats/folder/tiff_volume_folder.h"
#include "formats/source_entries.h"
#include "formats/volume_cases.h"
#include "formats/volume_folder.h"
#include "formats/volume_reader.h"
#include "libdata/core/error.h"
#include "libdata/sample/joined_reader.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

std::unique_ptr<SourceReader> open_plain(const fs::path& folder, const Manifest& manifest) {
  std::vector<std::unique_ptr<SourceReader>> readers;
  std::vector<std::string> names;
  for (const SplitEntry& split : manifest.splits) {
    const bool labels = manifest.schema.find(kLabelField).has_value();
    VolumeReaderOptions options;
    options.split = split.name;
    readers.push_back(std::make_unique<VolumeReader>(
        list_volume_folder(folder, {labels, split.name}), folder, options));
    names.push_back((folder / (split.name + "_images")).string());
  }
  return std::make_unique<JoinedReader>(std::move(readers), names);
}

// Also fields that the layout does not say: their values lie in files beside.
std::unique_ptr<SourceReader> open_with_fields(const fs::path& folder, const Manifest& manifest) {
  SourceFacts facts;
  facts.class_names = manifest.class_names;
  facts.sources = describe_sources({folder});
  facts.splits.clear();
  std::vector<VolumeCase> cases;
  for (const SplitEntry& split : manifest.splits) {
    const ChallengeLayout layout(split.name);
    const VolumeFolder images = list_volume_files(folder / layout.volume_folder(kImageField));
    for (const auto& [id, image] : images.volumes) {
      VolumeCase one{name_of_flat_file(id), facts.splits.size(), {}, {}};
      one.sidecar = folder / layout.fields_folder() / (id + ".json");
      for (const Field& field : manifest.schema.fields) {
        if (field.storage != Storage::kBlob) continue;
        one.volumes.push_back({folder / layout.volume_folder(field.name) / (id + ".tif")});
      }
      cases.push_back(std::move(one));
    }
    facts.splits.push_back(split.name);
  }
  return std::make_unique<VolumeCaseReader>(manifest.schema, std::move(cases), std::move(facts),
                                            GeometryPlace::kSidecar);
}

}  // namespace

std::unique_ptr<SourceReader> open_tiff_volume_folder(const fs::path& folder,
                                                      const Manifest& manifest) {
  if (manifest.splits.empty()) throw Error(ErrorCode::kCorrupt, "holds no split", folder.string());
  return is_plain_challenge_schema(manifest.schema) ? open_plain(folder, manifest)
                                                    : open_with_fields(folder, manifest);
}

}  // namespace stoker
