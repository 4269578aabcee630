// What pack-volumes and precompute-features share: options, the source, how a run ends.
//
// Thread-safety: of the main thread. Ownership: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/volume_listing.h"
#include "formats/volume_reader.h"
#include "libdata/sample/conversion.h"
#include "tools/pack_flags.h"

namespace stoker {

struct VolumeFlags {
  std::vector<std::string> inputs;
  VolumeFolderOptions folder;
  std::vector<std::string> targets;  // "distance"
  std::string voxels = "keep";
  std::string window;  // "LO,HI", of images that are not TIFFs
  std::vector<std::string> val_scrolls;
  bool moments = false;   // of pack-volumes
  bool distance = false;  // what `targets` says: set by settle_flags
  PackFlags pack;
};

void declare_volume_flags(CLI::App& app, const std::string& input_help, VolumeFlags* flags);

// After parsing. InvalidArgument where flags do not go together.
void settle_flags(VolumeFlags& flags);

// Of a reader of listed volumes, all but what the program's transform wants decoded.
VolumeReaderOptions reader_options(const VolumeFlags& flags);
// What --input holds, as volume_listing.h says; warns of what its table and files disagree about.
// InvalidArgument also unless there is exactly one input, and where --targets distance finds no
// labels.
VolumeListing list_volume_source(const VolumeFlags& flags);
// The options of the source and of packing that shape the bytes.
std::map<std::string, std::string> describe(const VolumeFlags& flags);

// Converts volumes that take `working_bytes` each at most, and says what is remarkable about them.
// The exit code.
int convert_volumes_and_report(const Conversion& conversion, uint64_t working_bytes,
                               const VolumeFlags& flags, const CommonOptions& common);
int merge_volumes_and_report(const VolumeFlags& flags);

}  // namespace stoker
