#include "libdata/sample/selected_reader.h"

#include <algorithm>

#include "libdata/core/error.h"

namespace stoker {

SelectedReader::SelectedReader(const SourceReader& source, const Keeps& keeps,
                               const std::vector<std::string>& dropped)
    : source_(source) {
  for (const std::string& name : dropped)
    source.schema().require(name);
  for (size_t f = 0; f < source.schema().fields.size(); ++f) {
    const Field& field = source.schema().fields[f];
    if (std::find(dropped.begin(), dropped.end(), field.name) != dropped.end()) continue;
    fields_.push_back(f);
    schema_.fields.push_back(field);
  }
  if (fields_.empty()) throw Error(ErrorCode::kInvalidArgument, "every field would be left out");
  for (uint64_t i = 0; i < source.items().size(); ++i) {
    if (!keeps(i)) continue;
    chosen_.push_back(i);
    items_.push_back(source.items()[i]);
  }
  if (chosen_.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "no sample is left of those that the source has");
  }
}

void SelectedReader::read(Sample& sample) const {
  const uint64_t item = sample.item;
  sample.item = chosen_[item];
  try {
    source_.read(sample);
  } catch (...) {
    sample.item = item;
    throw;
  }
  sample.item = item;
  if (fields_.size() == sample.values.size()) return;
  for (size_t f = 0; f < fields_.size(); ++f)
    sample.values[f] = sample.values[fields_[f]];
  sample.values.resize(fields_.size());
}

}  // namespace stoker
