// The only place where libarchive is seen.
#include "formats/devkit_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>
#include <string>

#include "formats/image_names.h"
#include "formats/tar.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kMaxMemberBytes = 64u << 20;
constexpr size_t kReadBytes = 64u << 10;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using ArchiveReader = std::unique_ptr<archive, FreeArchive>;

Error archive_error(archive* reader, const std::string& path) {
  const char* text = archive_error_string(reader);
  return Error(ErrorCode::kCorrupt,
               std::string("cannot read the archive: ") + (text ? text : "unknown reason"), path);
}

Bytes read_member(archive* reader, const std::string& path) {
  Bytes bytes;
  std::array<uint8_t, kReadBytes> chunk;
  while (true) {
    const la_ssize_t got = archive_read_data(reader, chunk.data(), chunk.size());
    if (got < 0) throw archive_error(reader, path);
    if (got == 0) return bytes;
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
    if (bytes.size() > kMaxMemberBytes) {
      throw Error(ErrorCode::kCorrupt, "a member is far larger than a devkit's files are", path);
    }
  }
}

}  // namespace

bool looks_like_archive(ByteSpan front) {
  const std::string_view text = as_text(front);
  for (const std::string_view magic : {"\x1f\x8b", "BZh",
                                       "\xfd"
                                       "7zXZ",
                                       "\x28\xb5\x2f\xfd", "PK\x03\x04"}) {
    if (text.starts_with(magic)) return true;
  }
  return looks_like_tar(front);
}

DevkitFiles read_devkit_archive(const std::filesystem::path& path,
                                std::string_view ground_truth_name,
                                std::string_view meta_mat_name) {
  const ArchiveReader reader(archive_read_new());
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_all(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), kReadBytes) != ARCHIVE_OK) {
    throw archive_error(reader.get(), path.string());
  }
  DevkitFiles files;
  while (true) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) break;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      throw archive_error(reader.get(), path.string());
    }
    const char* const name = archive_entry_pathname(entry);
    const std::string_view base = base_name(name ? name : "");
    if (base == ground_truth_name) files.ground_truth = read_member(reader.get(), path.string());
    if (base == meta_mat_name) files.meta_mat = read_member(reader.get(), path.string());
  }
  if (files.ground_truth.empty() || files.meta_mat.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "expected " + std::string(ground_truth_name) + " and " +
                    std::string(meta_mat_name) +
                    " in the archive, as ILSVRC2012_devkit_t12.tar.gz "
                    "has them",
                path.string());
  }
  return files;
}

}  // namespace stoker
