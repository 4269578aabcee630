// One value of one sample: fetched, made neutral, its axes in order. Internal to formats/hdf5.
//
// Thread-safety: pure functions. Errors: as SourceReader::read, with the data set's name.
#pragma once

#include <cstdint>
#include <optional>

#include "formats/hdf5/hdf5_box_reader.h"
#include "formats/hdf5/hdf5_columns.h"
#include "libdata/sample/sample.h"

namespace stoker {

// A row of an array, counted along an axis.
struct Hdf5Row {
  size_t axis = 0;
  uint64_t index = 0;
};

ArrayBox row_box(const Hdf5Array& array, const std::optional<Hdf5Row>& row);

// Of the row, or of the whole array. Its bytes lie in a buffer of the sample.
FieldValue read_hdf5_value(const Hdf5BoxReader& array, const Hdf5Column& column,
                           const std::optional<Hdf5Row>& row, Sample& sample);
FieldValue attribute_value(const Hdf5Attribute& attribute, const Hdf5Column& column,
                           Sample& sample);

// A class index; Unsupported where it does not fit int32.
int32_t label_of(const Hdf5Type& type, ByteSpan element);

}  // namespace stoker
