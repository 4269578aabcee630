#include "formats/cifar/cifar_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "formats/gzip_bytes.h"
#include "formats/stacked/gzip_file.h"
#include "formats/tar.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kFrontBytes = 4096;  // some headers' worth
constexpr std::array<std::string_view, 4> kFolders{"cifar-10-batches-py", "cifar-10-batches-bin",
                                                   "cifar-100-python", "cifar-100-binary"};

bool is_cifar_member(const TarMember& member) {
  const std::string_view name = member.name;
  const std::string_view folder = name.substr(0, name.find('/'));
  if (std::find(kFolders.begin(), kFolders.end(), folder) != kFolders.end()) return true;
  const fs::path base = fs::path(name).filename();
  const bool is_batch = base.string().starts_with("data_batch_") || base.stem() == "test_batch";
  return member.type == TarMemberType::kFile && is_batch &&
         (!base.has_extension() || base.extension() == ".bin");
}

bool begins_with_cifar(ByteSpan front) {
  bool found = false;
  if (!looks_like_tar(front)) return false;
  try {
    visit_tar(tar_bytes(front), {0, front.size()},
              [&](TarMember&& member) { found = found || is_cifar_member(member); });
  } catch (const Error&) {  // the front ends within a member
  }
  return found;
}

std::shared_ptr<const ArrayBytes> open_bytes(const fs::path& path) {
  auto file = std::make_shared<const MappedFile>(path);
  if (!looks_like_gzip(file->bytes())) {
    return std::make_shared<MappedBytes>(file, 0, file->size());
  }
  const DeflatedRange range = gzip_range(file);
  if (range.plain_size > kMostInflatedInMemory) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("is of {} MiB inflated, which CIFAR's archives are not: unpack it, and "
                            "give the folder",
                            range.plain_size >> 20));
  }
  return std::make_shared<MemoryBytes>(inflate_whole(range));
}

}  // namespace

bool looks_like_cifar_archive(const FirstLook& look) {
  if (look.is_folder) return false;
  if (!looks_like_gzip(look.front)) return begins_with_cifar(look.front);
  try {
    const auto file = std::make_shared<const MappedFile>(look.path);
    return begins_with_cifar(inflate_front(gzip_range(file), kFrontBytes));
  } catch (const Error&) {
    return false;
  }
}

std::vector<CifarFile> list_cifar_archive(const fs::path& path) {
  try {
    const std::shared_ptr<const ArrayBytes> bytes = open_bytes(path);
    Bytes unused;
    const ByteSpan archive = bytes->bytes(0, bytes->size(), unused);
    std::map<std::string, std::pair<std::string, CifarFile>> files;  // by name; the whole name
    for (const TarMember& member : list_tar(tar_bytes(archive))) {
      if (member.type != TarMemberType::kFile) continue;
      const std::string name = fs::path(member.name).filename().string();
      const CifarFile file{name, path, bytes, member.offset_bytes, member.size_bytes};
      const auto [at, fresh] = files.try_emplace(name, member.name, file);
      if (fresh) continue;
      if (at->second.first != member.name && cifar_kind(file) != CifarKind::kNone) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("holds {} and {}: unpack it, and give one folder", at->second.first,
                                member.name));
      }
      at->second = {member.name, file};
    }
    std::vector<CifarFile> listed;
    for (auto& [name, found] : files)
      listed.push_back(std::move(found.second));
    return listed;
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

}  // namespace stoker
