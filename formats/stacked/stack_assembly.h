// Stacks of samples from arrays that have names: fields, schema and classes of all splits.
//
// Thread-safety: free functions. Errors: InvalidArgument where stacks do not have the same fields,
// or an array is asked for that is not there; Unsupported as array_fields.h.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/stacked/array_fields.h"
#include "formats/stacked/stacked_reader.h"

namespace stoker {

// An array as a source has it: of which split, and what the source calls it.
struct NamedStackArray {
  std::string key;   // in full, for messages and --field: "train_images"
  std::string name;  // without the split: "images"
  StridedArray array;
};

struct NamedStack {
  std::string split;
  std::string prefix;  // of the samples' names
  std::vector<NamedStackArray> arrays;
  std::vector<std::filesystem::path> files;
};

struct StackAssembly {
  Schema schema;  // image first, then label, then the others as they come
  std::vector<SampleStack> stacks;
  std::vector<SampleNote> notes;
};

// `wanted`: --field NAME=SOURCE, SOURCE being a key or a name. Arrays of other lengths than image
// and label, and fields that not all stacks have, are left out and noted; where a stack alone has
// no label, its samples get label -1.
StackAssembly assemble_stacks(std::vector<NamedStack> stacks,
                              const std::map<std::string, std::string>& wanted);

// The reader. `class_names` empty: the labels' numbers. Corrupt where a label has no name.
std::unique_ptr<SourceReader> read_stacks(StackAssembly assembly,
                                          std::vector<std::string> class_names,
                                          const std::vector<std::filesystem::path>& inputs,
                                          std::vector<SampleNote> notes);

}  // namespace stoker
