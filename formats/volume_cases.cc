#include "formats/volume_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "formats/inline_sidecar.h"
#include "formats/nifti/nifti_voxels.h"
#include "formats/volume_file.h"
#include "formats/volume_geometry_fields.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// The heads of the images' first files; none where that cannot be read, which is told when its turn
// comes.
std::vector<std::optional<VolumeHead>> heads_of(const std::vector<VolumeCase>& cases) {
  std::vector<std::optional<VolumeHead>> heads(cases.size());
  run_parallel(cases.size(), [&](uint64_t i) {
    try {
      for (const fs::path& file : cases[i].volumes.front()) {
        const VolumeHead head = read_volume_head(file);
        if (!heads[i]) heads[i] = head;
        heads[i]->dtype = common_dtype(heads[i]->dtype, head.dtype);
      }
    } catch (const Error&) {
      heads[i].reset();
    }
  });
  return heads;
}

Field volume_field(const char* name, DType dtype, bool channels) {
  Field field;
  field.name = name;
  field.dtype = dtype;
  field.axes = channels ? "CZYX" : "ZYX";
  field.normalization = "none";
  return field;
}

Extents extents_of(const Field& field, const VolumeHead& head, int64_t channels) {
  const auto narrow = [](int64_t extent) { return static_cast<uint32_t>(extent); };
  const Zyx& size = head.size_zyx;
  if (field.rank() == 4) {
    return {narrow(channels), narrow(size[0]), narrow(size[1]), narrow(size[2])};
  }
  return {narrow(size[0]), narrow(size[1]), narrow(size[2]), 0};
}

std::string in_words(const Zyx& size) {
  return fmt::format("{}", fmt::join(size, " x "));
}

// Up to a micrometre, which rounding in headers comes to.
bool lies_alike(const VolumeGeometry& a, const VolumeGeometry& b) {
  constexpr float kLeast = 1e-3f;
  for (size_t i = 0; i < a.affine.size(); ++i)
    if (!(std::abs(a.affine[i] - b.affine[i]) <= kLeast)) return false;
  return true;
}

bool is_label(const Field& field) {
  return field.name == kLabelField && field.dtype == DType::kUInt8 && field.rank() == 3;
}

// One sample on its way in.
class CaseReading {
 public:
  CaseReading(const Schema& schema, const VolumeCase& one, Sample& sample)
      : schema_(schema), case_(one), sample_(sample) {}

  void read_volume(size_t field, const std::vector<fs::path>& files) {
    if (files.empty()) {
      throw Error(
          ErrorCode::kCorrupt,
          fmt::format("expected a {} beside this volume, found none (--on-error skip leaves "
                      "such volumes out)",
                      schema_.fields[field].name),
          case_.volumes.front().empty() ? "" : case_.volumes.front().front().string());
    }
    std::vector<ByteSpan> parts;
    VolumeHead whole;
    int64_t channels = 0;
    for (const fs::path& file : files) {
      VolumeHead head = open(file);
      check(head, schema_.fields[field], files.size(), file);
      parts.push_back(elements(file, head, schema_.fields[field]));
      channels += head.channels;
      if (parts.size() == 1) whole = std::move(head);
    }
    FieldValue& value = sample_.values[field];
    value.bytes = parts.size() == 1 ? parts.front() : joined(parts);
    value.shape = extents_of(schema_.fields[field], whole, channels);
    value.original_shape = value.shape;
  }

  void read_geometry(size_t field) {
    const VolumeGeometry geometry = first_ ? first_->geometry : VolumeGeometry{};
    sample_.values[field] = is_spacing_field(schema_.fields[field])
                                ? inline_value(geometry.spacing_zyx, sample_)
                                : inline_value(geometry.affine, sample_);
  }

 private:
  VolumeHead open(const fs::path& file) {
    sample_.source_path = sample_.source_path.empty() ? file.string() : sample_.source_path;
    try {
      return read_volume_head(file);
    } catch (const Error& error) {
      // Listed a while ago: a fault of this sample, not of the machine.
      if (error.code() != ErrorCode::kNotFound) throw;
      throw Error(ErrorCode::kCorrupt, error.message(), error.path());
    }
  }

  void check(const VolumeHead& head, const Field& field, size_t files, const fs::path& file) {
    const bool may_have_channels = field.rank() == 4 && files == 1;
    if (head.channels > 1 && !may_have_channels) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("has {} channels, the field '{}' of this data set has none",
                              head.channels, field.name),
                  file.string());
    }
    if (!first_) {
      first_ = head;
      if (head.nifti && head.nifti->qform_differs) {
        add_remark("qform and sform say two places; the sform's is kept");
      }
      if (head.nifti && head.nifti->unplaced) {
        add_remark("neither qform nor sform says where it lies; taken as centred, x to the left");
      }
      return;
    }
    if (head.size_zyx != first_->size_zyx) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("is {} voxels (z, y, x), {} is {}", in_words(head.size_zyx),
                              case_.volumes.front().front().filename().string(),
                              in_words(first_->size_zyx)),
                  file.string());
    }
    if (!lies_alike(head.geometry, first_->geometry)) {
      add_remark(
          fmt::format("{} lies elsewhere than the image by its header; the image's place is "
                      "kept",
                      field.name));
    }
  }

  ByteSpan elements(const fs::path& file, const VolumeHead& head, const Field& field) {
    if (is_label(field)) return read_volume_labels(file, head, sample_);
    const VolumeElements read = read_volume_elements(file, head, field.dtype, sample_);
    if (read.rounded) {
      add_remark(fmt::format("{}: values rounded to {}", field.name, dtype_name(field.dtype)));
    }
    return read.bytes;
  }

  ByteSpan joined(const std::vector<ByteSpan>& parts) {
    Bytes& all = sample_.next_buffer();
    all.clear();
    for (const ByteSpan part : parts)
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }

  void add_remark(const std::string& remark) {
    if (sample_.normalized.find(remark) != std::string::npos) return;
    sample_.normalized += (sample_.normalized.empty() ? "" : "; ") + remark;
  }

  const Schema& schema_;
  const VolumeCase& case_;
  Sample& sample_;
  std::optional<VolumeHead> first_;
};

}  // namespace

Schema schema_of_cases(const std::vector<VolumeCase>& cases, const CaseSchemaOptions& options) {
  std::optional<DType> dtype;
  bool scaled = false;
  bool channels = !cases.empty() && cases.front().volumes.front().size() > 1;
  for (const auto& head : heads_of(cases)) {
    if (!head) continue;
    if (!dtype) channels = channels || head->channels > 1;
    dtype = dtype ? common_dtype(*dtype, head->dtype) : head->dtype;
    scaled = scaled || (head->nifti && head->nifti->scales());
  }
  Schema schema;
  Field image = volume_field(kImageField, dtype.value_or(DType::kUInt8), channels);
  image.channel_names = options.channel_names;
  if (scaled) image.definition = "stored value * scl_slope + scl_inter";
  schema.fields = {image};
  if (options.labels) {
    Field label = volume_field(kLabelField, DType::kUInt8, false);
    label.unit = "class index";
    label.ignore_value = options.ignore_value;
    schema.fields.push_back(label);
  }
  schema.fields.push_back(spacing_field());
  schema.fields.push_back(affine_field());
  return schema;
}

VolumeCaseReader::VolumeCaseReader(Schema schema, std::vector<VolumeCase> cases, SourceFacts facts,
                                   GeometryPlace place)
    : schema_(std::move(schema)), cases_(std::move(cases)), facts_(std::move(facts)) {
  for (size_t f = 0; f < schema_.fields.size(); ++f) {
    const Field& field = schema_.fields[f];
    if (field.storage == Storage::kBlob) continue;
    const bool geometry = is_spacing_field(field) || is_affine_field(field);
    (geometry && place == GeometryPlace::kHeader ? in_header_ : in_sidecar_).push_back(f);
  }
  items_.resize(cases_.size());
  run_parallel(cases_.size(), [&](uint64_t i) { items_[i] = plan(cases_[i]); });
}

PlannedItem VolumeCaseReader::plan(const VolumeCase& one) const {
  PlannedItem item;
  item.name = one.name;
  item.split = one.split;
  size_t volume = 0;
  for (const Field& field : schema_.fields) {
    if (field.storage != Storage::kBlob) continue;
    for (const fs::path& file : one.volumes[volume++]) {
      try {
        item.content_key = (item.content_key + volume_content_key(file)) * kKeyFactor;
        item.estimated_bytes += read_volume_head(file).element_count() * dtype_size(field.dtype);
      } catch (const std::exception&) {  // told of when its turn comes; it takes no memory
      }
    }
  }
  item.estimated_bytes = std::max<uint64_t>(item.estimated_bytes, 1);
  return item;
}

void VolumeCaseReader::read(Sample& sample) const {
  const VolumeCase& one = cases_[sample.item];
  CaseReading reading(schema_, one, sample);
  sample.values.assign(schema_.fields.size(), {});
  size_t volume = 0;
  for (size_t f = 0; f < schema_.fields.size(); ++f) {
    if (schema_.fields[f].storage == Storage::kBlob) reading.read_volume(f, one.volumes[volume++]);
  }
  for (const size_t f : in_header_)
    reading.read_geometry(f);
  if (in_sidecar_.empty()) return;
  try {
    std::vector<Bytes> values = decode_sidecar(schema_, in_sidecar_, read_text_file(one.sidecar));
    for (size_t i = 0; i < in_sidecar_.size(); ++i) {
      Bytes& buffer = sample.next_buffer();
      buffer = std::move(values[i]);
      sample.values[in_sidecar_[i]].bytes = buffer;
    }
  } catch (const Error& error) {
    throw error.at(one.sidecar.string());
  }
}

std::vector<fs::path> VolumeCaseReader::source_files(uint64_t item) const {
  std::vector<fs::path> files;
  for (const auto& volume : cases_[item].volumes) {
    for (const fs::path& file : volume) {
      for (fs::path& part : files_of_volume(file))
        files.push_back(std::move(part));
    }
  }
  if (!in_sidecar_.empty()) files.push_back(cases_[item].sidecar);
  return files;
}

}  // namespace stoker
