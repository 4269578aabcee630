#include "formats/zarr/zarr_store.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "formats/npy/crc32.h"
#include "formats/npy/zip_listing.h"
#include "formats/stacked/inflated_bytes.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kMostMetadataBytes = uint64_t{256} << 20;

// By pread: thousands of small files are opened, and a mapping costs more than a read.
class FileBytes : public ArrayBytes {
 public:
  explicit FileBytes(const fs::path& path) : file_(path) {}

  uint64_t size() const override { return file_.size(); }
  ByteSpan bytes(uint64_t offset, uint64_t size, Bytes& buffer) const override {
    buffer.resize(size);
    file_.read(offset, buffer);
    return buffer;
  }

 private:
  RangeFile file_;
};

uint64_t mix(uint64_t key, const std::string& name, uint64_t size) {
  return ((key ^ xxh3_64(as_bytes(name))) * kKeyFactor ^ size) * kKeyFactor;
}

class FolderStore : public ZarrStore {
 public:
  explicit FolderStore(fs::path path) : path_(std::move(path)) {}

  const fs::path& path() const override { return path_; }

  std::unique_ptr<const ArrayBytes> open(const std::string& key) const override {
    try {
      return std::make_unique<FileBytes>(path_ / key);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
      return nullptr;
    }
  }

  std::vector<std::string> folders(const std::string& prefix) const override {
    std::vector<std::string> names;
    for (const fs::path& folder : list_folders(path_ / prefix))
      names.push_back(folder.filename().string());
    return names;
  }

  ZarrObjects objects(const std::string& prefix) const override {
    ZarrObjects all;
    for (const auto& entry : fs::recursive_directory_iterator(path_ / prefix))
      if (entry.is_regular_file()) all.files.push_back(entry.path());
    std::sort(all.files.begin(), all.files.end());
    for (const fs::path& file : all.files)
      all.key = mix(all.key, file.lexically_relative(path_).string(), fs::file_size(file));
    return all;
  }

 private:
  fs::path path_;
};

class ZipStore : public ZarrStore {
 public:
  explicit ZipStore(fs::path path)
      : path_(std::move(path)), file_(std::make_shared<const MappedFile>(path_)) {
    try {
      for (ZipMember& member : list_zip(file_->bytes()))
        members_[member.name] = member;
    } catch (const Error& error) {
      throw error.at(path_.string());
    }
  }

  const fs::path& path() const override { return path_; }

  std::unique_ptr<const ArrayBytes> open(const std::string& key) const override {
    const auto found = members_.find(key);
    if (found == members_.end()) return nullptr;
    const ZipMember& member = found->second;
    if (!member.deflated) {
      if (crc32_of(file_->bytes().subspan(member.begin, member.size)) != member.crc) {
        throw Error(ErrorCode::kCorrupt, "does not match the CRC-32 of the archive", place_of(key),
                    member.begin);
      }
      return std::make_unique<MappedBytes>(file_, member.begin, member.size);
    }
    const DeflatedRange range{file_, member.begin, member.size, member.plain_size, member.crc};
    check_ratio(range);
    return std::make_unique<MemoryBytes>(inflate_whole(range));
  }

  std::vector<std::string> folders(const std::string& prefix) const override {
    std::set<std::string> names;
    const std::string front = prefix.empty() ? "" : prefix + "/";
    for (auto at = members_.lower_bound(front); at != members_.end(); ++at) {
      if (!at->first.starts_with(front)) break;
      const size_t slash = at->first.find('/', front.size());
      if (slash != std::string::npos)
        names.insert(at->first.substr(front.size(), slash - front.size()));
    }
    return {names.begin(), names.end()};
  }

  ZarrObjects objects(const std::string& prefix) const override {
    ZarrObjects all;
    all.files = {path_};
    const std::string front = prefix.empty() ? "" : prefix + "/";
    for (const auto& [name, member] : members_)
      if (name.starts_with(front)) all.key = mix(all.key, name, member.crc);
    return all;
  }

 private:
  fs::path path_;
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, ZipMember> members_;
};

}  // namespace

std::optional<std::string> ZarrStore::read_text(const std::string& key) const {
  const auto object = open(key);
  if (!object) return std::nullopt;
  if (object->size() > kMostMetadataBytes) {
    throw Error(ErrorCode::kCorrupt, "metadata of more than 256 MiB", place_of(key));
  }
  Bytes buffer;
  return std::string(as_text(object->bytes(0, object->size(), buffer)));
}

std::string join_key(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "/" + name;
}

std::shared_ptr<const ZarrStore> open_zarr_store(const fs::path& path) {
  if (fs::is_directory(path)) return std::make_shared<FolderStore>(path);
  return std::make_shared<ZipStore>(path);
}

int zarr_format_at(const ZarrStore& store, const std::string& prefix) {
  if (store.open(join_key(prefix, "zarr.json"))) return 3;
  if (store.open(join_key(prefix, ".zarray")) || store.open(join_key(prefix, ".zgroup"))) return 2;
  return 0;
}

}  // namespace stoker
