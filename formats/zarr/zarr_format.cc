#include "formats/zarr/zarr_format.h"

#include <memory>

#include "formats/unit_folder.h"
#include "formats/zarr/zarr_output.h"
#include "formats/zarr/zarr_paths.h"
#include "formats/zarr/zarr_source.h"
#include "libdata/core/error.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

bool detect(const FirstLook& look) {
  return is_zarr_store(look.path) || (look.is_folder && holds_zarr(look.path));
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  if (request.devkit || !request.class_from.empty() || !request.exclude.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "--devkit, --class-from and --exclude are about folders and tars of images; --field "
        "says which array of a Zarr group is what");
  }
  return open_zarr_source(request);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  const ZarrCompression compression = parse_zarr_compression(request.compression);
  if (has_volumes(request.schema)) {
    return std::make_unique<ZarrVolumeOutput>(request.folder, compression);
  }
  return std::make_unique<ZarrStackOutput>(request.folder, compression);
}

}  // namespace

const Format& zarr_format() {
  static const Format format{"zarr", "a Zarr store, or a folder of them", detect, open_reader,
                             make_output};
  return format;
}

}  // namespace stoker
