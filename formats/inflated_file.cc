#include "formats/inflated_file.h"

#include <algorithm>

#include "formats/block_inflater.h"

namespace stoker {
namespace {

constexpr uint64_t kLeastBlockBytes = uint64_t{4} << 20;
constexpr uint64_t kMostBlockBytes = uint64_t{64} << 20;
constexpr uint64_t kBlocksAFile = 256;
constexpr size_t kKeptBlocks = 4;
constexpr size_t kWindowBytes = size_t{32} << 10;

uint64_t block_bytes_for(const RangeFile& file) {
  return std::clamp(file.size() / kBlocksAFile, kLeastBlockBytes, kMostBlockBytes);
}

}  // namespace

InflatedFile::InflatedFile(RangeFile file) : InflatedFile(std::move(file), 0) {}

InflatedFile::InflatedFile(RangeFile file, uint64_t block_bytes)
    : file_(std::move(file)),
      block_bytes_(block_bytes == 0 ? block_bytes_for(file_) : block_bytes),
      front_(std::make_unique<BlockInflater>(file_)) {
  checkpoints_.push_back(std::make_shared<Checkpoint>());
}

InflatedFile::~InflatedFile() = default;

// Until the first place from which one can go on.
InflatedFile::Block InflatedFile::inflate_block() const {
  auto block = std::make_shared<Bytes>();
  size_t used = 0;
  do {
    if (used == block->size()) block->resize(std::max<size_t>(2 * used, size_t{1} << 20));
    if (used > 2 * kMostBlockBytes) {
      throw Error(ErrorCode::kUnsupported,
                  "the compressed file has no place to go on from for too long; unpack it first",
                  file_.path(), front_->in_bytes());
    }
    used += front_->inflate_some(std::span(*block).subspan(used));
  } while (!front_->at_end() && (used < block_bytes_ || !front_->at_boundary()));
  block->resize(used);
  return block;
}

bool InflatedFile::advance() const {
  if (fault_) throw *fault_;
  if (!front_) return false;
  Block block;
  try {
    block = inflate_block();
  } catch (const Error& error) {
    fault_ = error;
    throw;
  }
  const size_t used = block->size();
  known_bytes_ += used;
  const size_t index = checkpoints_.size() - 1;
  if (front_->at_end()) {
    front_.reset();
  } else {
    auto next = std::make_shared<Checkpoint>();
    next->in_bytes = front_->in_bytes();
    next->bits = front_->bits();
    next->out_bytes = known_bytes_;
    // The whole window lies in this block, unless blocks are smaller than it (in tests).
    Bytes before = index > 0 && used < kWindowBytes ? checkpoints_.back()->window : Bytes();
    before.insert(before.end(), block->end() - static_cast<ptrdiff_t>(std::min(used, kWindowBytes)),
                  block->end());
    const size_t keep = std::min(before.size(), kWindowBytes);
    next->window.assign(before.end() - static_cast<ptrdiff_t>(keep), before.end());
    checkpoints_.push_back(std::move(next));
  }
  keep_block(index, std::move(block));
  return true;
}

InflatedFile::Block InflatedFile::find_block(size_t index) const {
  const auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const auto& each) { return each.first == index; });
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return kept_.front().second;
}

void InflatedFile::keep_block(size_t index, Block block) const {
  if (find_block(index)) return;
  kept_.emplace_front(index, std::move(block));
  if (kept_.size() > kKeptBlocks) kept_.pop_back();
}

InflatedFile::Block InflatedFile::inflate_again(const Checkpoint& from, uint64_t size) const {
  auto block = std::make_shared<Bytes>(static_cast<size_t>(size));
  BlockInflater stream(file_, from.in_bytes, from.bits, from.window);
  for (size_t used = 0; used < block->size();) {
    used += stream.inflate_some(std::span(*block).subspan(used));
    if (used < block->size() && stream.at_end()) {
      throw Error(ErrorCode::kCorrupt, "the compressed file has changed while it was read",
                  file_.path(), from.in_bytes);
    }
  }
  return block;
}

InflatedFile::Block InflatedFile::block_at(uint64_t offset, uint64_t* begin) const {
  std::unique_lock lock(mutex_);
  while (offset >= known_bytes_)
    if (!advance()) return nullptr;
  const auto after =
      std::upper_bound(checkpoints_.begin(), checkpoints_.end(), offset,
                       [](uint64_t wanted, const auto& each) { return wanted < each->out_bytes; });
  const auto index = static_cast<size_t>(after - checkpoints_.begin()) - 1;
  *begin = checkpoints_[index]->out_bytes;
  if (Block kept = find_block(index)) return kept;
  const std::shared_ptr<const Checkpoint> from = checkpoints_[index];
  const uint64_t end =
      index + 1 < checkpoints_.size() ? checkpoints_[index + 1]->out_bytes : known_bytes_;
  lock.unlock();
  Block block = inflate_again(*from, end - from->out_bytes);
  lock.lock();
  keep_block(index, block);
  return block;
}

uint64_t InflatedFile::size() const {
  const std::lock_guard lock(mutex_);
  while (advance()) {
  }
  return known_bytes_;
}

void InflatedFile::read(uint64_t offset, std::span<uint8_t> out) const {
  while (!out.empty()) {
    uint64_t begin = 0;
    const Block block = block_at(offset, &begin);
    if (!block) {
      throw Error(ErrorCode::kCorrupt,
                  "the inflated file ends before the data that should be there", file_.path(),
                  offset);
    }
    const auto from = static_cast<size_t>(offset - begin);
    const size_t count = std::min(out.size(), block->size() - from);
    std::copy_n(block->begin() + static_cast<ptrdiff_t>(from), count, out.begin());
    out = out.subspan(count);
    offset += count;
  }
}

Bytes InflatedFile::read_up_to(uint64_t offset, uint64_t size) const {
  Bytes bytes;
  while (bytes.size() < size) {
    uint64_t begin = 0;
    const Block block = block_at(offset + bytes.size(), &begin);
    if (!block) break;
    const auto from = block->begin() + static_cast<ptrdiff_t>(offset + bytes.size() - begin);
    const auto count =
        std::min<uint64_t>(size - bytes.size(), static_cast<uint64_t>(block->end() - from));
    bytes.insert(bytes.end(), from, from + static_cast<ptrdiff_t>(count));
  }
  return bytes;
}

}  // namespace stoker
