#include "formats/hdf5/hdf5_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "formats/hdf5/element_conversion.h"
#include "formats/hdf5/group_paths.h"
#include "formats/hdf5/hdf5_box_reader.h"
#include "formats/hdf5/hdf5_rows.h"
#include "formats/hdf5/hdf5_trial.h"
#include "formats/hdf5/own_file.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

std::string fault_of_opening(const fs::path& path) {
  try {
    const Hdf5File file(path);
    return {};
  } catch (const Error& error) {
    return error.message();
  }
}

class Finder {
 public:
  explicit Finder(const SourceRequest& request) : request_(request) {
    source_.files = find_hdf5_files(request.inputs);
  }

  Hdf5Source run() {
    drop_deadly_files();
    const Hdf5File first(source_.files.front().path);
    if (const auto attributes = first.attributes(""); attributes.contains(kHdf5SchemaAttribute)) {
      read_own();
      return finish();
    }
    const Hdf5Listing listing = first.list();
    if (listing.arrays.empty()) {
      throw Error(ErrorCode::kUnsupported,
                  listing.left_out.empty()
                      ? "holds no data set"
                      : "holds no data set that is read here: " + listing.left_out.front(),
                  first.path());
    }
    if (is_grouped(listing.arrays)) {
      find_groups();
    } else if (source_.files.size() > 1 && is_one_sample(listing.arrays)) {
      find_file_samples(first, listing);
    } else {
      find_arrays();
    }
    const bool have_names = source_.arrangement == Hdf5Arrangement::kGroups;
    if (have_names && request_.fields.contains("name")) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--field name: samples are groups or files, and have names", first.path());
    }
    source_.columns = choose_columns(source_.candidates, request_.fields, have_names, first.path());
    note_columns(first.path());
    return finish();
  }

 private:
  void note(size_t file, const std::string& text) {
    source_.notes.push_back({text, "left out", source_.files[file].path.filename().string(), 0});
  }

  void drop_deadly_files() {
    std::vector<fs::path> paths;
    for (const Hdf5InputFile& file : source_.files)
      paths.push_back(file.path);
    std::vector<std::string> faults = try_hdf5_files(paths);
    std::vector<Hdf5InputFile> kept;
    for (size_t i = 0; i < paths.size(); ++i) {
      if (faults[i].empty() && request_.skip_damaged && paths.size() > 1)
        faults[i] = fault_of_opening(paths[i]);
      if (faults[i].empty()) {
        kept.push_back(source_.files[i]);
        continue;
      }
      const Error error(ErrorCode::kCorrupt, faults[i], paths[i].string());
      if (!request_.skip_damaged || paths.size() == 1) throw error;
      source_.notes.push_back({source_.files[i].name, faults[i], paths[i].filename().string(), 0});
    }
    source_.files = std::move(kept);
    if (source_.files.empty())
      throw Error(ErrorCode::kCorrupt, "no HDF5 file can be read",
                  request_.inputs.front().string());
  }

  size_t split_index(std::string split) {
    if (split.empty()) split = request_.split.empty() ? "train" : request_.split;
    const auto found = std::find(source_.splits.begin(), source_.splits.end(), split);
    const auto index = static_cast<size_t>(found - source_.splits.begin());
    if (found == source_.splits.end()) source_.splits.push_back(split);
    return index;
  }

  void find_arrays() {
    std::vector<Hdf5FileArrays> files;
    for (size_t i = 0; i < source_.files.size(); ++i) {
      const Hdf5File file(source_.files[i].path);
      Hdf5Listing listing = file.list();
      for (const std::string& text : listing.left_out)
        note(i, text);
      if (file.is_matlab()) {
        source_.notes.push_back({"MATLAB 7.3", "axes are turned back, the last one first",
                                 source_.files[i].path.filename().string(), 0});
      }
      files.push_back({i, file.is_matlab(), std::move(listing.arrays)});
    }
    find_rows(files, request_.split, source_);
    if (source_.class_names.empty()) find_class_names(files);
  }

  void find_class_names(const std::vector<Hdf5FileArrays>& files) {
    for (const Hdf5FileArrays& file : files) {
      for (const Hdf5Array& array : file.arrays) {
        if (source_.class_names.empty()) source_.class_names = array.class_names;
        const bool label = array.type.is_integer() && !array.type.value_names.empty();
        if (label && source_.class_names.empty()) source_.class_names = array.type.value_names;
      }
      const Hdf5File opened(source_.files[file.file].path);
      if (source_.class_names.empty())
        source_.class_names = opened.root_texts(kHdf5ClassNamesAttribute);
    }
  }

  void add_attributes(const std::map<std::string, Hdf5Attribute>& attributes) {
    for (const auto& [name, value] : attributes) {
      const bool taken = std::any_of(source_.candidates.begin(), source_.candidates.end(),
                                     [&](const Hdf5Candidate& c) { return c.source == name; });
      if (taken) continue;
      Hdf5Candidate candidate;
      candidate.source = name;
      candidate.is_attribute = true;
      candidate.type.size_bytes = 8;
      candidate.type.kind = Hdf5Kind::kNumber;
      candidate.type.number = std::holds_alternative<double>(value) ? 'f' : 'i';
      candidate.type.name = "attribute";
      if (std::holds_alternative<std::string>(value)) candidate.type.kind = Hdf5Kind::kVlenText;
      source_.candidates.push_back(std::move(candidate));
    }
  }

  // Fields are those of the first group; others must have them too.
  void find_groups() {
    source_.arrangement = Hdf5Arrangement::kGroups;
    std::set<std::string> wanted;
    for (size_t i = 0; i < source_.files.size(); ++i) {
      const Hdf5File file(source_.files[i].path);
      const Hdf5Listing listing = file.list();
      for (const std::string& text : listing.left_out)
        note(i, text);
      for (const auto& [group, arrays] : group_arrays(listing.arrays)) {
        if (source_.candidates.empty()) {
          for (const Hdf5Array* array : arrays) {
            source_.candidates.push_back({split_path(array->path).rest, array->type, array->shape,
                                          file.is_matlab(), false, false});
            wanted.insert(split_path(array->path).rest);
            if (source_.class_names.empty()) source_.class_names = array->class_names;
          }
          add_attributes(file.attributes(group));
        }
        add_group(i, group, arrays, wanted);
      }
    }
  }

  void add_group(size_t file, const std::string& group, const std::vector<const Hdf5Array*>& arrays,
                 const std::set<std::string>& wanted) {
    Hdf5SampleGroup sample;
    std::set<std::string> there;
    for (const Hdf5Array* array : arrays) {
      there.insert(split_path(array->path).rest);
      sample.size_bytes += array->size_bytes();
    }
    if (there != wanted) {
      const std::string why = fmt::format("the group {} holds {}, the first one {}", group,
                                          fmt::join(there, ", "), fmt::join(wanted, ", "));
      if (!request_.skip_damaged)
        throw Error(ErrorCode::kUnsupported, why, source_.files[file].path.string());
      source_.notes.push_back({group, why, source_.files[file].path.filename().string(), 0});
      return;
    }
    const std::string split = arrays.empty() ? "" : split_path(arrays.front()->path).split;
    sample.split = split_index(split.empty() ? source_.files[file].split : split);
    sample.file = file;
    sample.group = group;
    source_.groups.push_back(std::move(sample));
  }

  // The others are opened when they are read.
  void find_file_samples(const Hdf5File& first, const Hdf5Listing& listing) {
    source_.arrangement = Hdf5Arrangement::kGroups;
    for (const std::string& text : listing.left_out)
      note(0, text);
    for (const Hdf5Array& array : listing.arrays) {
      source_.candidates.push_back(
          {array.path, array.type, array.shape, first.is_matlab(), false, false});
      if (source_.class_names.empty()) source_.class_names = array.class_names;
    }
    if (!first.is_matlab()) add_attributes(first.attributes(""));
    for (size_t i = 0; i < source_.files.size(); ++i) {
      const uint64_t size = fs::file_size(source_.files[i].path);
      source_.groups.push_back({split_index(source_.files[i].split), i, "", size});
    }
  }

  void note_columns(const std::string& path) {
    const std::string file = fs::path(path).filename().string();
    for (const std::string& text : source_.columns.notes)
      source_.notes.push_back({text, "found while listing", file, 0});
    for (const Hdf5Column& column : source_.columns.columns) {
      const Hdf5Candidate& candidate = source_.candidates[column.candidate];
      if (candidate.type.name == "enumeration" && candidate.type.value_names.empty()) {
        source_.notes.push_back({candidate.source,
                                 "its values are not 0, 1, 2 ...: their names are left out", file,
                                 0});
      }
      if (column.form == ColumnForm::kLabel || !is_rounded(candidate.type)) continue;
      source_.notes.push_back(
          {candidate.source, "float64 is read as float32: values are rounded", file, 0});
    }
  }

  Hdf5Source finish() {
    if (source_.splits.empty()) source_.splits.push_back("train");
    return std::move(source_);
  }

  // A file that stoker wrote says itself what is in it.
  void read_own() {
    source_.own = true;
    if (!request_.fields.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "--field: a file that stoker wrote has names already; --drop leaves some out",
                  source_.files.front().path.string());
    }
    for (size_t i = 0; i < source_.files.size(); ++i) {
      const Hdf5File file(source_.files[i].path);
      const auto attributes = file.attributes("");
      // Nothing but its attributes, where every sample was skipped when it was written.
      if (file.has(kHdf5NamesDataset)) add_own_file(i, file, attributes);
    }
  }

  static std::string text_of(const std::map<std::string, Hdf5Attribute>& attributes,
                             const char* name) {
    const auto found = attributes.find(name);
    if (found == attributes.end() || !std::holds_alternative<std::string>(found->second)) return {};
    return std::get<std::string>(found->second);
  }

  void add_own_file(size_t index, const Hdf5File& file,
                    const std::map<std::string, Hdf5Attribute>& attributes) {
    Schema schema;
    try {
      read_json(text_of(attributes, kHdf5SchemaAttribute), kHdf5SchemaAttribute,
                [&](const Json& json) { schema = schema_from_json(json); });
    } catch (const Error& error) {
      throw error.at(file.path());
    }
    const bool is_first = source_.columns.columns.empty();
    if (is_first) {
      add_own_columns(schema, file);
    } else if (schema != source_.columns.schema()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "has other fields than " + source_.files.front().path.string(), file.path());
    }
    std::string split = text_of(attributes, kHdf5SplitAttribute);
    const Hdf5Array names = Hdf5Dataset(file, kHdf5NamesDataset).array();
    Hdf5Part part;
    part.split = split_index(split);
    part.sample_count = names.shape.empty() ? 1 : names.shape.front();
    for (const Hdf5Candidate& candidate : source_.candidates)
      part.arrays.push_back({index, candidate.source, 0});
    source_.parts.push_back(std::move(part));
  }

  void add_own_columns(const Schema& schema, const Hdf5File& file) {
    for (const Field& field : schema.fields) {
      const Hdf5Array array = Hdf5Dataset(file, field.name).array();
      std::vector<uint64_t> shape = array.shape;
      if (shape.empty()) throw Error(ErrorCode::kCorrupt, field.name + ": a scalar", file.path());
      shape.erase(shape.begin());
      Hdf5Column column;
      column.field = field;
      column.candidate = source_.candidates.size();
      const bool number = array.type.kind == Hdf5Kind::kNumber;
      if (number && neutral_dtype(array.type) != field.dtype) {
        throw Error(ErrorCode::kCorrupt, field.name + ": of another type than the schema says",
                    file.path());
      }
      column.form = number && field.storage == Storage::kInline ? ColumnForm::kInline
                    : number                                    ? ColumnForm::kArray
                    : array.type.kind == Hdf5Kind::kVlenText    ? ColumnForm::kText
                                                                : ColumnForm::kFile;
      if (!array.class_names.empty()) source_.class_names = array.class_names;
      source_.candidates.push_back({field.name, array.type, shape, false, false, true});
      source_.columns.columns.push_back(std::move(column));
    }
    const Hdf5Array names = Hdf5Dataset(file, kHdf5NamesDataset).array();
    if (source_.class_names.empty())
      source_.class_names = file.root_texts(kHdf5ClassNamesAttribute);
    if (source_.class_names.empty() && file.has(kHdf5ClassNamesAttribute)) read_own_classes(file);
    source_.columns.names = source_.candidates.size();
    source_.candidates.push_back({kHdf5NamesDataset, names.type, {}, false, false, true});
  }

  // Too many for an attribute.
  void read_own_classes(const Hdf5File& file) {
    const Hdf5BoxReader names(file, kHdf5ClassNamesAttribute);
    const ArrayBox all{std::vector<uint64_t>(names.array().shape.size(), 0), names.array().shape};
    for (const Bytes& name : names.read_values(all))
      source_.class_names.emplace_back(as_text(name));
  }

  const SourceRequest& request_;
  Hdf5Source source_;
};

}  // namespace

Hdf5Source find_hdf5_samples(const SourceRequest& request) {
  return Finder(request).run();
}

}  // namespace stoker
