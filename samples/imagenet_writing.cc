#include "samples/imagenet_writing.h"

#include <archive.h>
#include <archive_entry.h>
#include <matio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr time_t kDate = 1339999980;  // 18 June 2012, as in the real archives

void check(archive* writer, la_ssize_t result) {
  if (result >= 0) return;
  throw Error(ErrorCode::kInternal, std::string("libarchive: ") + archive_error_string(writer));
}

la_ssize_t append_bytes(archive*, void* bytes, const void* data, size_t size) {
  const auto* begin = static_cast<const uint8_t*>(data);
  auto& out = *static_cast<Bytes*>(bytes);
  out.insert(out.end(), begin, begin + size);
  return static_cast<la_ssize_t>(size);
}

Bytes write_archive(const std::vector<ArchiveMember>& members, bool compress) {
  const std::unique_ptr<archive, decltype(&archive_write_free)> owner(archive_write_new(),
                                                                      archive_write_free);
  archive* const writer = owner.get();
  check(writer, archive_write_set_format_ustar(writer));
  if (compress) {
    check(writer, archive_write_add_filter_gzip(writer));
    check(writer, archive_write_set_filter_option(writer, "gzip", "timestamp", nullptr));
  }
  Bytes out;
  check(writer, archive_write_open2(writer, &out, nullptr, append_bytes, nullptr, nullptr));
  for (const ArchiveMember& member : members) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), member.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(member.bytes.size()));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), kDate, 0);
    check(writer, archive_write_header(writer, entry.get()));
    check(writer, archive_write_data(writer, member.bytes.data(), member.bytes.size()));
  }
  check(writer, archive_write_close(writer));
  return out;
}

matvar_t* make_numbers(std::vector<double> numbers) {
  std::array<size_t, 2> dims{numbers.empty() ? 0u : 1u, numbers.size()};
  return Mat_VarCreate(nullptr, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, dims.data(), numbers.data(), 0);
}

matvar_t* make_text(std::string text) {
  std::array<size_t, 2> dims{1, text.size()};
  return Mat_VarCreate(nullptr, MAT_C_CHAR, MAT_T_UTF8, 2, dims.data(), text.data(), 0);
}

}  // namespace

Bytes make_tar(const std::vector<ArchiveMember>& members) {
  return write_archive(members, false);
}

Bytes make_tar_gz(const std::vector<ArchiveMember>& members) {
  return write_archive(members, true);
}

Bytes make_meta_mat(const std::vector<SynsetRow>& rows) {
  constexpr std::array<const char*, 9> kFields{
      "ILSVRC2012_ID",    "WNID", "words", "gloss", "num_children", "children", "wordnet_height",
      "num_train_images", nullptr};
  const std::array<size_t, 2> dims{rows.size(), 1};
  const std::unique_ptr<matvar_t, decltype(&Mat_VarFree)> synsets(
      Mat_VarCreateStruct2("synsets", 2, dims.data(), kFields.data()), Mat_VarFree);
  for (size_t i = 0; i < rows.size(); ++i) {
    const SynsetRow& row = rows[i];
    const auto set = [&](const char* field, matvar_t* value) {
      Mat_VarSetStructFieldByName(synsets.get(), field, i, value);
    };
    set("ILSVRC2012_ID", make_numbers({static_cast<double>(row.id)}));
    set("WNID", make_text(row.wnid));
    set("words", make_text(row.words));
    set("gloss", make_text("a drawn " + row.words));
    set("num_children", make_numbers({static_cast<double>(row.children.size())}));
    set("children", make_numbers({row.children.begin(), row.children.end()}));
    set("wordnet_height", make_numbers({row.children.empty() ? 0.0 : 1.0}));
    set("num_train_images", make_numbers({static_cast<double>(row.num_train_images)}));
  }
  // matio writes to paths only: it is given one in memory.
  const int descriptor = ::memfd_create("meta.mat", MFD_CLOEXEC);
  if (descriptor < 0) throw system_error("create a memory file", "meta.mat", errno);
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  mat_t* const mat = Mat_CreateVer(path.c_str(), "MATLAB 5.0 MAT-file", MAT_FT_MAT5);
  const bool written =
      mat != nullptr && Mat_VarWrite(mat, synsets.get(), MAT_COMPRESSION_ZLIB) == 0;
  if (mat != nullptr) Mat_Close(mat);
  Bytes bytes = written ? read_file(path) : Bytes();
  ::close(descriptor);
  if (!written) throw Error(ErrorCode::kIo, "matio cannot write meta.mat");
  return bytes;
}

}  // namespace stoker
