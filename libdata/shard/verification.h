// Is a packed data set whole? Every fault is listed, not only the first.
//
// Levels, each with all of those before it:
//   fast     the manifest (its hash and structure); each listed shard is there, has its size,
//   header,
//            footer, section hashes, plan and sample count, and its whole content has the
//            manifest's hash; no shard of the data set is unlisted
//   default  each record has its hash; every byte that is no record is where the format puts it, or
//            0; labels lie within the class list; notes and names agree with the manifest
//   deep     each value decodes, as `check_blob` sees it
//
// Thread-safety: one call works on all threads; `check_blob` is called from several at once.
// Memory: 4 MiB a thread for hashing and 32 bytes a sample for names; records are mapped and let
// go. Errors: NotFound where the folder is not there. Whatever is wrong with the data is a Fault;
// one broken shard does not stop the others. Source: shard_format.md, "What a reader does".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {

enum class VerifyLevel { kFast, kDefault, kDeep };

enum class FaultKind {
  kManifest,    // dataset.json is missing, damaged or contradicts itself
  kMissing,     // a listed shard is not there
  kUnreadable,  // the operating system refused: says nothing about the data
  kSize,        // a shard is longer or shorter than listed
  kContent,     // a shard's bytes are not those listed, wherever the difference lies
  kStructure,   // header, footer or a section of a shard
  kForeign,     // a shard that is sound but belongs elsewhere
  kUnlisted,    // a shard of this data set that the manifest does not list
  kIndex,       // what the index says of one sample cannot be
  kNames,       // the names table, or a name that occurs twice
  kPadding,     // a byte that should be 0
  kRecord,      // stored bytes that do not match their hash
  kLabel,       // a class index outside the class list
  kNotes,       // skipped and normalized samples: shards and manifest disagree
  kDecode,      // bytes as they were written, but no value of the field
};

std::string_view fault_kind_name(FaultKind kind);  // "manifest", "missing" ...

struct Fault {
  FaultKind kind = FaultKind::kManifest;
  std::string file;                      // base name
  std::string split;                     // empty where unknown
  std::optional<uint64_t> sample;        // number within the shard
  std::optional<uint64_t> sample_id;     // number within the split
  std::string sample_name;               // set where sample is
  std::string field;                     // empty where it is about no single field
  std::optional<uint64_t> offset_bytes;  // in the file
  std::string message;
};

// "train-00000-of-00002.stk: sample 17 'n01440764/x.JPEG': field image: at byte 4096: MESSAGE"
std::string describe(const Fault& fault);

struct CheckedFile {
  std::string file;
  std::string split;
  uint64_t size_bytes = 0;
  uint64_t samples = 0;
  double seconds = 0;
};

struct VerifyReport {
  std::optional<Manifest> manifest;  // where it could be read
  std::vector<CheckedFile> files;    // the manifest first, then the shards in its order
  std::vector<Fault> faults;
  std::vector<Fault> warnings;  // left-overs and oddities: the data set is whole all the same
  double seconds = 0;

  bool whole() const { return faults.empty(); }
};

// Decodes one value and lists what is wrong with it; offsets count from the blob's first byte. May
// throw instead of listing a single Error.
using BlobCheck = std::function<std::vector<Error>(const Field& field, const BlobView& blob)>;

struct VerifyOptions {
  VerifyLevel level = VerifyLevel::kDefault;
  // For kDeep; also asked, at any level that reads records, where in a damaged value the damage is.
  BlobCheck check_blob;
  bool quiet = false;
};

// `folder` holds dataset.json (a path to the file itself is taken as well).
VerifyReport verify_dataset(const std::filesystem::path& folder, const VerifyOptions& options);

}  // namespace stoker
