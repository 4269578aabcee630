#include "formats/zarr/zarr_format.h"

#include <memory>

#include "formats/image_source_flags.h"
#include "formats/unit_folder.h"
#include "formats/zarr/zarr_output.h"
#include "formats/zarr/zarr_paths.h"
#include "formats/zarr/zarr_source.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

bool detect(const FirstLook& look) {
  return is_zarr_store(look.path) || (look.is_folder && holds_zarr(look.path));
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  refuse_image_flags(request, "array of a Zarr group");
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
