// What must happen to samples between a reader and an output that do not speak of values in the
// same form.
//
// Ownership: owns the transforms. Thread-safety: const after construction.
#pragma once

#include <memory>
#include <vector>

#include "libdata/sample/sample_transform.h"
#include "libdata/sample/sample_writer.h"
#include "tools/transform/image_encode.h"

namespace stoker {

// How a user wants images stored.
struct ImageWishes {
  ImagePackOptions options;
  bool encoding_given = false;  // --encode
  bool any_given = false;       // any option of images
};

class ConversionChain {
 public:
  // `same_format`: what comes in is already in the form that goes out, and stays so unless the user
  // asks for something. InvalidArgument where an encoding is asked for that the output cannot hold.
  ConversionChain(const Schema& input, const TakenForms& taken, bool same_format,
                  const ImageWishes& wishes);

  std::vector<const SampleTransform*> transforms() const;
  const Schema& schema() const { return schema_; }  // of what the last of them gives

 private:
  void add_images(const TakenForms& taken, const ImageWishes& wishes);

  Schema schema_;
  std::vector<std::unique_ptr<SampleTransform>> owned_;
};

}  // namespace stoker
