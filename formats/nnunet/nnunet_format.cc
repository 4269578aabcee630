#include "formats/nnunet/nnunet_format.h"

#include <optional>
#include <utility>

#include "formats/flat_file_names.h"
#include "formats/nnunet/nnunet_dataset.h"
#include "formats/nnunet/nnunet_listing.h"
#include "formats/nnunet/nnunet_output.h"
#include "formats/source_entries.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int kUsualLevel = 4;

bool detect(const FirstLook& look) {
  return look.is_folder && fs::exists(look.path / kNnunetTableName) &&
         (fs::is_directory(look.path / "imagesTr") || fs::is_directory(look.path / "imagesTs"));
}

NnunetDataset read_table(const fs::path& folder) {
  const fs::path path = folder / kNnunetTableName;
  try {
    return parse_nnunet_dataset(read_text_file(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

void refuse_request(const SourceRequest& request) {
  if (request.inputs.size() != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected one nnU-Net folder; pack each, then join what was packed");
  }
  if (!request.fields.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--field: a case of nnU-Net is an image and a label");
  }
}

// Of a folder that this program wrote, which says what fields there were; nothing where it is read
// otherwise than it was written.
std::optional<Manifest> own_manifest(const fs::path& folder, bool has_labels) {
  const fs::path path = folder / kForeignManifestName;
  if (!fs::exists(path)) return std::nullopt;
  Manifest manifest = read_manifest(path);
  const auto label = manifest.schema.find(kLabelField);
  const bool labelled = label && manifest.schema.fields[*label].storage == Storage::kBlob;
  return labelled == has_labels ? std::optional(std::move(manifest)) : std::nullopt;
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  refuse_request(request);
  const fs::path& folder = request.inputs.front();
  const NnunetDataset dataset = read_table(folder);
  CaseListing listing = list_nnunet(folder, dataset, request.labels, request.split);
  if (listing.cases.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "expected cases (imagesTr/CASE_0000" + dataset.file_ending + "), found none",
                folder.string());
  }
  SourceFacts facts;
  facts.splits = listing.splits;
  facts.sources = describe_sources(request.inputs);
  facts.notes = listing.notes;
  if (const auto own = own_manifest(folder, listing.has_labels)) {
    facts.class_names = own->class_names;
    for (VolumeCase& one : listing.cases)
      one.name = name_of_flat_file(one.name);
    return std::make_unique<VolumeCaseReader>(own->schema, std::move(listing.cases),
                                              std::move(facts));
  }
  CaseSchemaOptions options;
  options.labels = listing.has_labels;
  options.channel_names = dataset.channel_names;
  options.ignore_value = dataset.ignore_label;
  if (listing.has_labels) facts.class_names = class_names_of(dataset);
  if (listing.has_labels && dataset.has_regions) {
    facts.notes.push_back({kNnunetTableName,
                           "its labels are regions of several values, which have no names of their "
                           "own: the values are kept, the names are not",
                           kNnunetTableName, 0});
  }
  Schema schema = schema_of_cases(listing.cases, options);
  return std::make_unique<VolumeCaseReader>(std::move(schema), std::move(listing.cases),
                                            std::move(facts));
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  return std::make_unique<NnunetOutput>(
      request.folder, parse_gzip_choice(request.compression, "nnunet", kUsualLevel));
}

}  // namespace

const Format& nnunet_format() {
  static const Format format{"nnunet", "an nnU-Net raw folder", detect, open_reader, make_output};
  return format;
}

}  // namespace stoker
