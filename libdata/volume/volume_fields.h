// The fields of a packed volume data set: what packers write and loaders look for, by name.
//
// A sample is one volume; its name is the source's id. All bricked fields of a sample have the same
// z, y, x. Fields marked (optional) are there when the packer was asked for them.
//
//   pack-volumes:        image, label (optional), distance (optional), scroll, nonzero_box,
//                        feature_mean and feature_std (optional)
//   precompute-features: features, label (optional), distance (optional), scroll, nonzero_box,
//                        feature_mean, feature_std
// A data set packed without labels has neither label nor distance: to predict, not to train.
// Images are uint8, or uint16 for the whole data set: then the voxel on the scale 0..255, from
// which features and network inputs are computed, is value * 255 / 65535.
// Feature data sets carry no image: channel 0 is v / 255, from which round(255 * channel 0) gives
// every 8-bit voxel back exactly.
#pragma once

namespace stoker {

inline constexpr const char* kImageField = "image";        // bricks, uint8 or uint16, ZYX: CT
inline constexpr const char* kLabelField = "label";        // bricks, uint8, ZYX: 0, 1, 2 (ignore)
inline constexpr const char* kDistanceField = "distance";  // bricks, int8, ZYX: voxels, signed
inline constexpr const char* kFeaturesField = "features";  // bricks, float16, CZYX: features.h
inline constexpr const char* kScrollField = "scroll";      // inline, int64: group of the volume;
                                                           // -1 where it is not known

// Inline, int32 [6]: begin z, y, x and end z, y, x of the smallest box that holds every voxel that
// is not 0; all 0 where there is none. Vesuvius volumes have a margin of 3 zeros in y and x.
inline constexpr const char* kNonzeroBoxField = "nonzero_box";

// Inline, float32 [6]: moments of each feature channel over the volume (FeatureMoments), for
// standardisation as (x - mean) / std.
inline constexpr const char* kFeatureMeanField = "feature_mean";
inline constexpr const char* kFeatureStdField = "feature_std";

}  // namespace stoker
