#include "tools/conversion_chain.h"

#include "libdata/core/error.h"
#include "libdata/volume/volume_schema.h"
#include "tools/transform/volume_forms.h"

namespace stoker {
namespace {

constexpr const char* kMainImage = "image";

bool is_image_field(const Field& field) {
  return field.storage == Storage::kBlob && field.axes == "HWC" && field.dtype == DType::kUInt8;
}

void refuse_encoding(const TakenForms& taken, ImageEncoding encoding) {
  const bool files = encoding == ImageEncoding::kOriginal || encoding == ImageEncoding::kJpeg;
  if (files && !taken.image_files) {
    throw Error(ErrorCode::kInvalidArgument,
                "the output's format holds arrays, no image files: leave --encode out, or give "
                "--encode raw");
  }
  if (!files && !taken.arrays) {
    throw Error(ErrorCode::kInvalidArgument,
                "the output's format holds image files, no arrays: give --encode original or jpeg");
  }
  if (encoding == ImageEncoding::kMixed && !(taken.image_files && taken.arrays)) {
    throw Error(ErrorCode::kInvalidArgument, "the output's format cannot hold --encode mixed");
  }
}

}  // namespace

ConversionChain::ConversionChain(const Schema& input, const TakenForms& taken, bool same_format,
                                 const ImageWishes& wishes)
    : schema_(input) {
  const bool fits = same_format && taken.image_files && taken.arrays;
  if (!fits || wishes.any_given) add_images(taken, wishes);
  const bool volumes = has_volumes(input);
  if (!volumes) return;
  if (!taken.bricks) {
    owned_.push_back(std::make_unique<BricksToArrays>(schema_));
  } else if (!same_format) {
    owned_.push_back(std::make_unique<ArraysToBricks>(schema_));
    schema_ = owned_.back()->schema();
  }
}

void ConversionChain::add_images(const TakenForms& taken, const ImageWishes& wishes) {
  ImagePackOptions main = wishes.options;
  if (wishes.encoding_given) refuse_encoding(taken, main.encoding);
  if (!wishes.encoding_given && !taken.image_files) main.encoding = ImageEncoding::kRaw;
  main.pixels_as_png = !taken.arrays;
  ImagePackOptions others;  // masks and the like: as they are, whatever the main image becomes
  others.encoding = taken.image_files ? ImageEncoding::kOriginal : ImageEncoding::kRaw;
  others.pixels_as_png = main.pixels_as_png;
  for (const Field& field : schema_.fields) {
    if (!is_image_field(field)) continue;
    const bool is_main = field.name == kMainImage;
    owned_.push_back(std::make_unique<ImageEncode>(schema_, is_main ? main : others, field.name));
  }
  if (wishes.any_given && owned_.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--encode and its like are about images, and the source has none");
  }
}

std::vector<const SampleTransform*> ConversionChain::transforms() const {
  std::vector<const SampleTransform*> transforms;
  for (const auto& transform : owned_)
    transforms.push_back(transform.get());
  return transforms;
}

}  // namespace stoker
