// Which of a file's arrays is which field, told by names, shapes and element types.
//
// Thread-safety: pure functions. Errors: InvalidArgument where more than one array could be the
// image or the label, listing them with the --field line to type; and for a --field that names what
// is not there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/hdf5/hdf5_array.h"
#include "libdata/sample/schema.h"

namespace stoker {

// Something that has one value a sample.
struct Hdf5Candidate {
  std::string source;  // as --field names it: the path in the file, or below the group
  Hdf5Type type;
  std::vector<uint64_t> shape;  // of one sample, as it is stored
  bool reversed = false;        // the fastest axis comes first: MATLAB
  bool is_attribute = false;
  bool in_rows = false;  // one of many rows of an array
};

enum class ColumnForm {
  kArray,   // numbers, of a shape that may vary by sample
  kInline,  // numbers, of a fixed shape
  kLabel,   // one whole number, as int32
  kNamed,   // a text that names the class, as its index in int32
  kFile,    // bytes of a whole file
  kText,    // UTF-8
};

struct Hdf5Column {
  Field field;
  size_t candidate = 0;
  ColumnForm form = ColumnForm::kArray;
  std::vector<size_t> order;  // of the stored axes: axis k is stored axis order[k]
  bool adds_channel = false;  // a gray image without an axis for its one channel
};

struct Hdf5Columns {
  std::vector<Hdf5Column> columns;
  std::optional<size_t> names;  // the candidate that has the samples' names
  std::vector<std::string> notes;

  Schema schema() const;
};

// The rules are those of docs/formats/hdf5.md. `fields` is what the user says: name of a field to
// source; "name" are the samples' names, which are looked for unless samples `have_names`.
Hdf5Columns choose_columns(const std::vector<Hdf5Candidate>& candidates,
                           const std::map<std::string, std::string>& fields, bool have_names,
                           const std::string& path);

// Letters of a name as words in lower case: "xTrain_2" is {"x", "train"}.
std::vector<std::string> words_of_name(const std::string& name);

// Whether a word of the name says image.
bool is_named_like_image(const std::string& path);

// Whether a text array of other extent than the samples' has the names of classes.
bool is_named_like_classes(const std::string& path);

}  // namespace stoker
