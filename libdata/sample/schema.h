// What a sample of a data set is: a tuple of named fields.
//
// Thread-safety: plain values. Source: libdata/shard/shard_format.md, "Schema".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/dtype.h"

namespace stoker {

// How the bytes of one stored value are encoded. Numbers are those of the index.
enum class Codec : uint8_t {
  kRaw = 0,   // the array itself: C order, little-endian, dtype and axes of the field
  kJpeg = 1,  // a whole JPEG file
  kPng = 2,   // ... and so on: a whole file, as it came
  kBmp = 3,
  kWebp = 4,
  kTiff = 5,
  kGif = 6,
  kPnm = 7,
  kBricks = 16,  // a volume cut into bricks (brick_format.md)
};

bool is_known_codec(uint8_t value);
std::string_view codec_name(Codec codec);  // "raw", "jpeg", ...

// Where a field's value lies.
enum class Storage : uint8_t {
  kBlob,    // bytes of any length between header and index; shape and codec vary by sample
  kInline,  // a small array of fixed shape, in the index itself: labels, moments
};

// What happened to an image on its way in: bits of the index's flags column.
// Bits not named here are reserved and must be 0.
enum SampleFlag : uint16_t {
  kFlagReencoded = 1 << 0,    // stored bytes are not the source's: decoded and encoded again
  kFlagResized = 1 << 1,      // original_shape tells the size before
  kFlagCmyk = 1 << 2,         // the source was CMYK or YCCK
  kFlagNotJpeg = 1 << 3,      // the source's name says JPEG, its bytes say otherwise
  kFlagRotated = 1 << 4,      // EXIF orientation other than 1; pixels are stored unrotated
  kFlagProgressive = 1 << 5,  // the stored JPEG is progressive
  kFlagGray = 1 << 6,         // the source had one channel
};
inline constexpr uint16_t kKnownSampleFlags = 0x7f;

struct Field {
  std::string name;
  Storage storage = Storage::kBlob;
  DType dtype = DType::kUInt8;
  // One letter an axis, slowest first: "HWC", "ZYX", "CZYX"; "" for a scalar.
  std::string axes;
  // Inline fields: the fixed extent of each axis. Blob fields: empty, each sample has its own.
  std::vector<int64_t> shape;
  std::string unit;                        // of the values: "class index", "voxel", "0..255"
  std::string color;                       // images: "rgb", "gray", or "any" where samples differ
  std::string normalization;               // applied before storing: "none", ...
  std::vector<std::string> channel_names;  // in order of axis C, where they have names
  std::string definition;                  // how computed: "scroll6 v1"
  std::optional<int64_t> ignore_value;     // label that counts in no loss and no metric

  int rank() const { return static_cast<int>(axes.size()); }
  int64_t inline_element_count() const;  // product of shape; 1 for a scalar
  bool operator==(const Field&) const = default;
};

struct Schema {
  std::vector<Field> fields;

  // Position of the field called `name`; nullopt where there is none.
  std::optional<size_t> find(std::string_view name) const;
  // As find, but InvalidArgument listing the names there are.
  size_t require(std::string_view name) const;
  bool operator==(const Schema&) const = default;
};

inline constexpr int kMaxRank = 4;
inline constexpr size_t kMaxFields = 64;

// InvalidArgument where a schema breaks a rule of shard_format.md: names, rank, shapes, limits.
void check_schema(const Schema& schema);

}  // namespace stoker
