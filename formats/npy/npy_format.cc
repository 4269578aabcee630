#include "formats/npy/npy_format.h"

#include "formats/npy/array_groups.h"
#include "formats/npy/npy_folder.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_source.h"
#include "formats/npy/npz_folder.h"
#include "formats/npy/zip_listing.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

// The first member of a .npz archive is an array; other zip archives are none of ours.
bool looks_like_npz(const FirstLook& look) {
  constexpr size_t kLocalHeaderBytes = 30;
  constexpr size_t kMostName = 512;
  if (!looks_like_zip(look.front)) return false;
  const std::string_view text = as_text(look.front);
  if (look.path.extension() == ".npz") return true;
  return text.substr(0, kLocalHeaderBytes + kMostName).find(".npy") != std::string_view::npos;
}

bool detect_npy(const FirstLook& look) {
  return look.is_folder ? holds_arrays(look.path) : looks_like_npy(look.front);
}

bool detect_npz(const FirstLook& look) {
  return !look.is_folder && looks_like_npz(look);
}

void check_compression(const OutputRequest& request) {
  if (request.compression.empty() || request.compression == "none") return;
  throw Error(ErrorCode::kInvalidArgument,
              "--compression: arrays are written as they are, so that they can be mapped; none is "
              "the one choice");
}

std::unique_ptr<SampleOutput> make_npy(const OutputRequest& request) {
  check_compression(request);
  return std::make_unique<NpyFolder>(request.folder);
}

std::unique_ptr<SampleOutput> make_npz(const OutputRequest& request) {
  check_compression(request);
  return std::make_unique<NpzFolder>(request.folder);
}

}  // namespace

const Format& npy_format() {
  static const Format format{"npy", "a NumPy array, or a folder of them", detect_npy,
                             open_npy_source, make_npy};
  return format;
}

const Format& npz_format() {
  static const Format format{"npz", "an archive of NumPy arrays", detect_npz, open_npy_source,
                             make_npz};
  return format;
}

}  // namespace stoker
