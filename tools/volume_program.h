// What pack-volumes and precompute-features share: options, the manifest of a job, how a run ends.
//
// Thread-safety: of the main thread. Ownership: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/vesuvius.h"
#include "formats/volume_listing.h"
#include "tools/pack_flags.h"
#include "tools/volume_packing.h"

namespace stoker {

struct VolumeFlags {
  std::vector<std::string> inputs;
  VolumeFolderOptions folder;
  std::vector<std::string> targets;  // "distance"
  std::string voxels = "keep";
  VolumePackOptions volume;  // what `targets`, `folder` and `voxels` say is set by settle_flags
  PackFlags pack;
};

void declare_volume_flags(CLI::App& app, const std::string& input_help, VolumeFlags* flags);

// After parsing. InvalidArgument where flags do not go together.
void settle_flags(VolumeFlags& flags);

// Items, splits, notes and sources of volumes listed from TIFFs. The listing must outlive the job.
void plan_listed_volumes(const VolumeListing& listing, const VolumeFlags& flags,
                         double stored_bytes_per_voxel, PackJob& job);

// Manifest, plan and memory of a job whose items and splits are set.
struct VolumeProduct {
  std::string tool;
  Schema schema;
  std::map<std::string, std::string> options;  // beside those of the flags
  uint64_t working_bytes = 0;                  // of the largest volume
};
void complete_job(const VolumeProduct& product, const VolumeFlags& flags, PackJob& job);

// Packs, and says what is remarkable about the volumes. The exit code.
int pack_volumes_and_report(PackJob& job, const VolumeFlags& flags, const CommonOptions& common);
int merge_volumes_and_report(const VolumeFlags& flags);

}  // namespace stoker
