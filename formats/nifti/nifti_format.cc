#include "formats/nifti/nifti_format.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "formats/gzip_bytes.h"
#include "formats/nifti/nifti_file.h"
#include "formats/nifti/nifti_header.h"
#include "formats/nifti/nifti_listing.h"
#include "formats/nifti/nifti_output.h"
#include "formats/source_entries.h"
#include "formats/volume_cases.h"
#include "libdata/core/error.h"
#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int kUsualLevel = 4;

bool begins_as_nifti(const FirstLook& look) {
  if (!looks_like_gzip(look.front)) return looks_like_nifti(look.front);
  try {
    return looks_like_nifti(gunzip_front(look.front, kNifti2HeaderBytes));
  } catch (const Error&) {
    return false;
  }
}

// A folder that this program wrote says so in its stoker.json.
bool is_own(const fs::path& folder) {
  if (!fs::exists(folder / kForeignManifestName)) return false;
  return holds_nifti(folder) && !fs::exists(folder / "imagesTr");
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) {
    // By name alone as well: what is wrong with such a file is best told by its reader.
    return begins_as_nifti(look) || !nifti_stem(look.path.filename().string()).empty() ||
           header_of_pair(look.path) != look.path;
  }
  return holds_nifti(look.path) && !fs::exists(look.path / "dataset.json");
}

// What this program wrote: fields as they were, from the folders they are in.
std::unique_ptr<SourceReader> open_own(const fs::path& folder, bool labels) {
  Manifest manifest = read_manifest(folder / kForeignManifestName);
  if (!labels) {
    std::erase_if(manifest.schema.fields, [](const Field& field) {
      return field.name == kLabelField && field.storage == Storage::kBlob;
    });
  }
  SourceFacts facts;
  facts.class_names = manifest.class_names;
  facts.sources = describe_sources({folder});
  facts.splits.clear();
  std::vector<VolumeCase> cases;
  for (const SplitEntry& split : manifest.splits) {
    facts.splits.push_back(split.name);
    std::vector<VolumeCase> of_split;
    for (const Field& field : manifest.schema.fields) {
      if (field.storage != Storage::kBlob) continue;
      const fs::path place = folder / split.name / folder_of_field(field.name);
      if (of_split.empty()) {
        for (auto& [name, path] : list_nifti_files(place)) {
          VolumeCase one{name, facts.splits.size() - 1, {}, place / (name + ".json")};
          one.volumes.push_back({path});
          of_split.push_back(std::move(one));
        }
        continue;
      }
      for (VolumeCase& one : of_split) {
        const fs::path image = one.volumes.front().front();
        const fs::path path =
            (place / one.name).string() +
            image.filename().string().substr(fs::path(one.name).filename().string().size());
        one.volumes.emplace_back();
        if (fs::exists(path)) one.volumes.back().push_back(path);
      }
    }
    std::move(of_split.begin(), of_split.end(), std::back_inserter(cases));
  }
  return std::make_unique<VolumeCaseReader>(manifest.schema, std::move(cases), std::move(facts));
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  if (!request.fields.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--field: a NIfTI file holds one volume; which are labels is said by folders "
                "(images, labels) or names (_seg, _mask, _label)");
  }
  const fs::path& first = request.inputs.front();
  if (request.inputs.size() == 1 && fs::is_directory(first) && is_own(first)) {
    return open_own(first, request.labels);
  }
  std::vector<fs::path> inputs;
  for (const fs::path& input : request.inputs)
    inputs.push_back(header_of_pair(input));
  CaseListing listing = list_nifti(inputs, request.labels, request.split);
  if (listing.cases.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected NIfTI files (.nii, .nii.gz), found none",
                first.string());
  }
  CaseSchemaOptions options;
  options.labels = listing.has_labels;
  Schema schema = schema_of_cases(listing.cases, options);
  SourceFacts facts;
  facts.splits = listing.splits;
  facts.sources = describe_sources(request.inputs);
  facts.notes = listing.notes;
  return std::make_unique<VolumeCaseReader>(std::move(schema), std::move(listing.cases),
                                            std::move(facts));
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  return std::make_unique<NiftiOutput>(
      request.folder, parse_gzip_choice(request.compression, "nifti", kUsualLevel));
}

}  // namespace

const Format& nifti_format() {
  static const Format format{"nifti", "a NIfTI file or a folder of them", detect, open_reader,
                             make_output};
  return format;
}

}  // namespace stoker
