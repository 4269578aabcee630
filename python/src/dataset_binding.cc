// stoker._core.Dataset: an open split, sample by sample.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "python/src/bindings.h"
#include "python/src/dataset_handle.h"
#include "python/src/decoded_values.h"
#include "python/src/python_text.h"

namespace stoker {
namespace nb = nanobind;
namespace {

uint64_t sample_of(const OpenDataset& dataset, Py_ssize_t index) {
  const auto count = static_cast<Py_ssize_t>(dataset.split().sample_count());
  const Py_ssize_t sample = index < 0 ? index + count : index;
  if (sample >= 0 && sample < count) return static_cast<uint64_t>(sample);
  throw nb::index_error(fmt::format("sample {} is out of range: split '{}' of {} has {}", index,
                                    dataset.split().name(), dataset.data.where, count)
                            .c_str());
}

const OpenDataset& held(nb::handle self) {
  return *nb::cast<const DatasetHandle&>(self).data;
}

nb::dict sample_values(nb::handle self, Py_ssize_t index) {
  const OpenDataset& dataset = held(self);
  const uint64_t sample = sample_of(dataset, index);
  nb::dict values;
  for (size_t f = 0; f < dataset.schema().fields.size(); ++f)
    values[python_text(dataset.schema().fields[f].name)] = stored_value(dataset, sample, f, self);
  return values;
}

nb::list names_of_flags(uint16_t flags) {
  constexpr const char* kNames[] = {"reencoded", "resized",     "cmyk", "not_jpeg",
                                    "rotated",   "progressive", "gray"};
  nb::list names;
  for (size_t bit = 0; bit < std::size(kNames); ++bit) {
    if (flags >> bit & 1) names.append(kNames[bit]);
  }
  return names;
}

// Where a stored value lies and what it is.
nb::dict record_of(const OpenDataset& dataset, Py_ssize_t index, const std::string& field) {
  const uint64_t sample = sample_of(dataset, index);
  const size_t f = dataset.schema().require(field);
  const Field& described = dataset.schema().fields[f];
  if (described.storage != Storage::kBlob) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("field '{}' is inline: it has no record", field));
  }
  const PackedSplit::Place place = dataset.split().locate(sample);
  const ShardReader& shard = dataset.split().shards()[place.shard];
  const BlobView blob = shard.blob(place.sample, f);
  const auto extents = [&](const Extents& shape) {
    return nb::tuple(
        nb::cast(std::vector<uint32_t>(shape.begin(), shape.begin() + described.rank())));
  };
  nb::dict record;
  record["codec"] = std::string(codec_name(blob.codec));
  record["shape"] = extents(blob.shape);
  record["original_shape"] = extents(blob.original_shape);
  record["flags"] = names_of_flags(blob.flags);
  record["shard"] = python_text(shard.path());
  record["offset_bytes"] = blob.offset_bytes;
  record["size_bytes"] = static_cast<uint64_t>(blob.bytes.size());
  record["xxh3_64"] = to_hex(blob.hash);
  return record;
}

nb::list described_fields(const OpenDataset& dataset) {
  nb::list fields;
  for (const Field& field : dataset.schema().fields) {
    nb::dict described;
    described["name"] = python_text(field.name);
    described["storage"] = field.storage == Storage::kInline ? "inline" : "blob";
    described["dtype"] = std::string(dtype_name(field.dtype));
    described["axes"] = python_text(field.axes);
    described["shape"] = field.storage == Storage::kInline
                             ? nb::object(nb::tuple(nb::cast(field.shape)))
                             : nb::object(nb::none());
    described["unit"] = python_text(field.unit);
    described["color"] = python_text(field.color);
    described["normalization"] = python_text(field.normalization);
    nb::list channels;
    for (const std::string& name : field.channel_names)
      channels.append(python_text(name));
    described["channel_names"] = nb::tuple(channels);
    described["definition"] = python_text(field.definition);
    described["ignore_value"] = nb::cast(field.ignore_value);
    fields.append(described);
  }
  return fields;
}

Channels parse_channels(const std::string& name) {
  if (name == "rgb") return Channels::kRgb;
  if (name == "gray") return Channels::kGray;
  if (name == "stored") return Channels::kAsStored;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("channels: expected 'rgb', 'gray' or 'stored', found '{}'", name));
}

}  // namespace

void bind_dataset(nb::module_& module) {
  nb::class_<DatasetHandle>(module, "Dataset")
      .def("__init__",
           [](DatasetHandle* self, const std::vector<nb::bytes>& folders, const std::string& split,
              std::optional<bool> check_hashes) {
             std::vector<std::filesystem::path> paths;
             for (const nb::bytes& folder : folders)
               paths.emplace_back(std::string(folder.c_str(), folder.size()));
             const nb::gil_scoped_release release;
             new (self) DatasetHandle{std::make_shared<const OpenDataset>(
                 open_dataset(paths, split, HashCheck::asked(check_hashes)))};
           })
      .def("__len__", [](nb::handle self) { return held(self).split().sample_count(); })
      .def("sample", &sample_values)
      .def("value",
           [](nb::handle self, Py_ssize_t index, const std::string& field) {
             const OpenDataset& dataset = held(self);
             return stored_value(dataset, sample_of(dataset, index),
                                 dataset.schema().require(field), self);
           })
      .def("name",
           [](nb::handle self, Py_ssize_t index) {
             return python_text(held(self).split().sample_name(sample_of(held(self), index)));
           })
      .def("record", [](nb::handle self, Py_ssize_t index,
                        const std::string& field) { return record_of(held(self), index, field); })
      .def("image",
           [](nb::handle self, Py_ssize_t index, const std::string& field,
              const std::string& channels) {
             return decoded_image(held(self), sample_of(held(self), index),
                                  held(self).schema().require(field), parse_channels(channels));
           })
      .def("volume",
           [](nb::handle self, Py_ssize_t index, const std::string& field) {
             return decoded_box(held(self), sample_of(held(self), index),
                                held(self).schema().require(field), {});
           })
      .def("patch",
           [](nb::handle self, Py_ssize_t index, const Zyx& origin, const Zyx& shape,
              const std::string& field) {
             return decoded_box(held(self), sample_of(held(self), index),
                                held(self).schema().require(field), Box{origin, shape});
           })
      .def("column",
           [](nb::handle self, const std::string& field) {
             return inline_column(held(self), held(self).schema().require(field));
           })
      .def_prop_ro("fields", [](nb::handle self) { return described_fields(held(self)); })
      .def_prop_ro("split", [](nb::handle self) { return python_text(held(self).split().name()); })
      .def_prop_ro("splits",
                   [](nb::handle self) {
                     nb::dict sizes;
                     for (const auto& [name, samples] : held(self).split_sizes)
                       sizes[python_text(name)] = samples;
                     return sizes;
                   })
      .def_prop_ro("class_names",
                   [](nb::handle self) {
                     nb::list names;
                     for (const std::string& name : held(self).data.class_names)
                       names.append(python_text(name));
                     return names;
                   })
      .def_prop_ro("fingerprint", [](nb::handle self) { return held(self).data.fingerprint; })
      .def_prop_ro("notes", [](nb::handle self) { return held(self).data.notes; });
}

}  // namespace stoker
