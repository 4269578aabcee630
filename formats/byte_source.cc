#include "formats/byte_source.h"

#include <algorithm>
#include <utility>

#include "formats/gzip_bytes.h"
#include "formats/inflated_file.h"

namespace stoker {
namespace {

constexpr size_t kMostOpen = 64;
constexpr size_t kMostOpenCompressed = 3;

class PlainFile : public ByteSource {
 public:
  explicit PlainFile(RangeFile file) : file_(std::move(file)) {}

  const std::string& path() const override { return file_.path(); }
  uint64_t size() const override { return file_.size(); }
  void read(uint64_t offset, std::span<uint8_t> out) const override { file_.read(offset, out); }
  Bytes read_up_to(uint64_t offset, uint64_t size) const override {
    if (offset >= file_.size()) return {};
    return file_.read(offset, std::min(size, file_.size() - offset));
  }
  void will_need(uint64_t offset, uint64_t size) const override { file_.will_need(offset, size); }

 private:
  RangeFile file_;
};

}  // namespace

// RFC 1950: deflate with a window of at most 32 KiB, no dictionary, the two bytes a multiple of 31.
bool has_zlib_front(ByteSpan front) {
  return front.size() >= 2 && (front[0] & 0x0f) == 8 && (front[0] >> 4) <= 7 &&
         (front[1] & 0x20) == 0 && (front[0] * 256 + front[1]) % 31 == 0;
}

std::unique_ptr<ByteSource> open_plain_source(const std::filesystem::path& path) {
  return std::make_unique<PlainFile>(RangeFile(path));
}

std::unique_ptr<ByteSource> open_deflated_source(const std::filesystem::path& path) {
  return std::make_unique<InflatedFile>(RangeFile(path));
}

std::unique_ptr<ByteSource> open_byte_source(const std::filesystem::path& path) {
  RangeFile file(path);
  if (looks_like_gzip(file.read(0, std::min<uint64_t>(2, file.size())))) {
    return std::make_unique<InflatedFile>(std::move(file));
  }
  return std::make_unique<PlainFile>(std::move(file));
}

OpenSources::OpenSources(const std::vector<std::string>& paths, ByteSourceOpener opener,
                         bool any_compressed)
    : paths_(paths),
      opener_(opener),
      most_open_(any_compressed ? kMostOpenCompressed : kMostOpen) {}

std::shared_ptr<const ByteSource> OpenSources::open(uint32_t index) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(index);
  if (found != open_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.source;
  }
  if (open_.size() >= most_open_) {
    open_.erase(uses_.back());
    uses_.pop_back();
  }
  std::shared_ptr<const ByteSource> source = opener_(paths_[index]);
  uses_.push_front(index);
  open_.emplace(index, Place{source, uses_.begin()});
  return source;
}

}  // namespace stoker
