// Which features of tf.train.Examples make which field.
//
// Thread-safety: pure functions. Errors: InvalidArgument where the request names what there is not.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/tfrecord/record_listing.h"
#include "libdata/core/arrays.h"
#include "libdata/sample/schema.h"

namespace stoker {

enum class ExampleForm {
  kLabel,    // a class: int64, or the name of one
  kImage,    // a whole image file, or pixels whose size other features say
  kBytes,    // bytes or text
  kNumbers,  // int64 or float
};

struct ExampleField {
  Field field;
  ExampleForm form = ExampleForm::kBytes;
  std::string feature;
  // Of arrays that convert-dataset wrote: the feature with their shape. Else empty.
  std::string shape_feature;
};

// The features that a listing asks for: those of the request, else those that ImageNet's scripts
// and TFDS write.
ListingKeys listing_keys(const std::map<std::string, std::string>& fields, bool own);

// "image" first, then "label", then the others by name; or as `own`, the schema of what
// convert-dataset wrote, has them. `records`: how many sound ones there are. Features that say what
// the image itself says (height, format) and those that became names are left out, others that no
// field can hold too, with a note.
std::vector<ExampleField> fields_of_examples(const std::map<std::string, FeatureFacts>& features,
                                             uint64_t records,
                                             const std::map<std::string, std::string>& fields,
                                             const Schema* own, std::vector<SampleNote>& notes);

// Names of features that both reader and writer have.
inline constexpr const char* kImageFeature = "image/encoded";
inline constexpr const char* kLabelFeature = "image/class/label";
inline constexpr const char* kClassTextFeature = "image/class/text";
inline constexpr const char* kNameFeature = "image/filename";
std::string shape_feature_of(const std::string& field);  // "FIELD/shape"

}  // namespace stoker
