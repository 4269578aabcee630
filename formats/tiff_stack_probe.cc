#include <tiffio.h>

#include "formats/tiff.h"
#include "formats/tiff_description.h"
#include "formats/tiff_directory.h"
#include "formats/tiff_page.h"
#include "formats/tiff_stack_pages.h"
#include "libdata/core/error.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {
namespace {

std::string description_of(TIFF* tiff) {
  const char* text = nullptr;
  return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) == 1 && text != nullptr ? text : "";
}

// Of the page that the handle has read. Unsupported where it is more than one volume.
std::optional<DescribedStack> describe_stack(TiffHandle& handle, const TiffPage& page,
                                             ByteSpan file, uint64_t offset_bytes) {
  const auto described =
      parse_stack_description(description_of(handle.get()), page.height, page.width);
  const auto summary =
      parse_stack_description(tiff_summary_text(file, offset_bytes), page.height, page.width);
  for (const auto& stack : {described, summary}) {
    if (!stack || stack->several.empty()) continue;
    throw unsupported_tiff(
        "expected one volume, found several channels, time points or images (" + stack->several +
            "); save one of them as a file of its own. If these are z slices, say so in the file: "
            "tifffile.imwrite('NEW.tif', volume, metadata={'axes': 'ZYX'})",
        offset_bytes);
  }
  return described;
}

TiffPage read_page(TiffHandle& handle, uint64_t offset_bytes, TiffContent content, uint64_t z) {
  try {
    return read_tiff_page(handle, offset_bytes, content);
  } catch (const Error& error) {
    throw at_page(error, z);
  }
}

// A sparse file that is not compressed claims more than it stores: says so of its first such page.
void check_claim(TiffHandle& handle, const TiffPage& page, std::span<const uint64_t> directories,
                 uint64_t plane_count, ByteSpan file, TiffContent content) {
  try {
    check_tiff_claim(page, page.height, page.width, plane_count, file.size(), directories[0]);
  } catch (const Error&) {
    for (uint64_t z = 0; z < directories.size(); ++z) {
      read_page(handle, directories[z], content, z);
      if (!has_absent_pieces(handle)) continue;
      throw unsupported_tiff(
          "page at z " + std::to_string(z) +
              ": strips or tiles are absent (offset 0 and length 0), and the file claims more than "
              "it stores; write it whole, for example: python3 -c \"import tifffile; "
              "tifffile.imwrite('NEW.tif', tifffile.imread('OLD.tif'))\"",
          directories[z]);
    }
    throw;
  }
}

TiffStackInfo probe_single_file(ByteSpan file, TiffContent content) {
  const TiffDirectories directories = list_tiff_directories(file);
  const std::vector<uint64_t>& offsets = directories.planes;
  TiffHandle handle(file);
  const TiffPage page = read_page(handle, offsets[0], content, 0);
  TiffStackInfo info;
  info.content = content;
  info.asides = directories.asides;
  set_first_page(info, page);

  const auto described = describe_stack(handle, page, file, offsets[0]);
  const uint64_t promised = described ? described->plane_count : 1;
  info.contiguous = promised > 1 && offsets.size() == 1;
  if (promised > 1 && offsets.size() > 1 && promised != offsets.size()) {
    throw Error(ErrorCode::kCorrupt,
                "its description promises " + std::to_string(promised) + " planes, found " +
                    std::to_string(offsets.size()) + " pages",
                "", offsets[0]);
  }
  const uint64_t planes = info.contiguous ? promised : offsets.size();
  if (info.contiguous && !page.is_stored_as_voxels()) {
    throw unsupported_tiff("expected 8-bit labels in a stack of one page, found " +
                               kind_of(page.sample) + label_conversion(page.sample),
                           offsets[0]);
  }
  check_claim(handle, page, offsets, planes, file, content);
  if (info.contiguous) contiguous_start(handle, page, planes, file.size(), offsets[0]);

  info.planes.reserve(planes);
  for (uint64_t z = 0; z < planes; ++z) {
    info.planes.push_back(info.contiguous ? TiffPlane{0, static_cast<uint32_t>(z), offsets[0]}
                                          : TiffPlane{0, 0, offsets[z]});
  }
  info.size_zyx[0] = static_cast<int64_t>(planes);
  return info;
}

void probe_slice(ByteSpan file, uint32_t index, TiffStackInfo& info) {
  const TiffDirectories directories = list_tiff_directories(file);
  const uint64_t offset = directories.planes[0];
  if (directories.planes.size() != 1) {
    throw unsupported_tiff("expected one page a file in a series of TIFFs, found " +
                               std::to_string(directories.planes.size()),
                           offset);
  }
  TiffHandle handle(file);
  const TiffPage page = read_tiff_page(handle, offset, info.content);
  if (index == 0) {
    set_first_page(info, page);
    describe_stack(handle, page, file, offset);
  }
  check_same_page(info, page, offset);
  check_claim(handle, page, directories.planes, 1, file, info.content);
  info.asides += directories.asides;
  info.planes.push_back({index, 0, offset});
}

TiffStackInfo probe_series(std::span<const ByteSpan> files, std::span<const std::string> paths,
                           TiffContent content) {
  TiffStackInfo info;
  info.content = content;
  for (size_t i = 0; i < files.size(); ++i) {
    try {
      probe_slice(files[i], static_cast<uint32_t>(i), info);
    } catch (const Error& error) {
      throw i < paths.size() ? error.at(paths[i]) : error;
    }
  }
  info.size_zyx[0] = static_cast<int64_t>(files.size());
  return info;
}

}  // namespace

TiffStackInfo probe_tiff(ByteSpan file, TiffContent content) {
  return probe_single_file(file, content);
}

TiffStackInfo probe_tiff(std::span<const ByteSpan> files, std::span<const std::string> paths,
                         TiffContent content) {
  if (files.empty()) throw Error(ErrorCode::kCorrupt, "no TIFF files: a volume without planes");
  return files.size() == 1 ? probe_single_file(files[0], content)
                           : probe_series(files, paths, content);
}

void check_all_pages(std::span<const ByteSpan> files, const TiffStackInfo& info) {
  if (files.size() != 1 || info.contiguous) return;  // a series was read page by page
  TiffHandle handle(files[0]);
  for (uint64_t z = 0; z < info.planes.size(); ++z) {
    const uint64_t offset = info.planes[z].directory_bytes;
    try {
      check_same_page(info, read_tiff_page(handle, offset, info.content), offset);
    } catch (const Error& error) {
      throw at_page(error, z);
    }
  }
}

TiffBound tiff_voxel_bound(ByteSpan file) {
  const uint64_t first = first_tiff_directory(file);
  TiffHandle handle(file);
  const TiffPage page = read_tiff_page(handle, first, TiffContent::kIntensity);
  const auto described =
      parse_stack_description(description_of(handle.get()), page.height, page.width);
  uint64_t planes = described ? described->plane_count : 1;
  if (planes <= 1) {
    if (page.compression == COMPRESSION_NONE) {
      return {file.size() / dtype_size(page.dtype), page.dtype};
    }
    planes = list_tiff_directories(file).planes.size();
  }
  check_tiff_claim(page, page.height, page.width, planes, file.size(), first);
  return {page.height * page.width * planes, page.dtype};
}

}  // namespace stoker
