#include "formats/lmdb/lmdb_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint32_t kMagic = 0xBEEFC0DE;
constexpr uint32_t kSwappedMagic = 0xDEC0EFBE;
constexpr uint32_t kVersion = 1;
constexpr uint64_t kPageHeader = 16;        // u64 number, u16, u16 flags, u16 lower, u16 upper
constexpr uint64_t kNarrowPageHeader = 12;  // where words have 32 bits
constexpr uint64_t kMetaBytes = kPageHeader + 136;
constexpr uint64_t kTreeBytes = 48;
constexpr uint64_t kNodeHeader = 8;  // u16 and u16 of the size, u16 flags, u16 size of the key
constexpr uint64_t kLeastPage = 512;
constexpr uint64_t kMostPage = 32768;
constexpr uint64_t kNoPage = ~uint64_t{0};
constexpr uint16_t kMostDepth = 32;
constexpr uint64_t kMetaPages = 2;

enum PageFlag : uint16_t { kBranch = 1, kLeaf = 2, kOverflow = 4, kMeta = 8 };
// Of no meaning in a file.
constexpr uint16_t kPassingPageFlags = 0x10 | 0x4000 | 0x8000;

enum TreeFlag : uint16_t {
  kReverseKeys = 0x02,
  kSorted = 0x04,  // several values under a key
  kIntegerKeys = 0x08,
};

enum NodeFlag : uint16_t { kBigValue = 1, kTreeValue = 2, kManyValues = 4 };

[[noreturn]] void refuse(const std::string& why, uint64_t offset) {
  throw Error(ErrorCode::kCorrupt, why, {}, offset);
}

uint16_t page_flags(ByteSpan page) {
  return static_cast<uint16_t>(load_le<uint16_t>(page.data() + 10) & ~kPassingPageFlags);
}

std::optional<uint32_t> magic_at(ByteSpan front, uint64_t offset) {
  if (front.size() < offset + 4) return std::nullopt;
  return load_le<uint32_t>(front.data() + offset);
}

LmdbMeta parse_meta_page(ByteSpan file, uint64_t offset) {
  if (offset > file.size() || file.size() - offset < kMetaBytes) {
    refuse("is cut short in its meta pages", file.size());
  }
  const ByteSpan page = file.subspan(offset, kMetaBytes);
  const uint8_t* at = page.data() + kPageHeader;
  const auto version = load_le<uint32_t>(at + 4);
  if (load_le<uint32_t>(at) != kMagic || (page_flags(page) & kMeta) == 0) {
    refuse("expected a meta page", offset);
  }
  if (version != kVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("version {} of LMDB's files is not read, only {} is (LMDB 0.9): copy "
                            "its entries into a new one by that version",
                            version, kVersion),
                {}, offset + kPageHeader + 4);
  }
  LmdbMeta meta;
  meta.page_bytes = load_le<uint32_t>(at + 24);  // of the tree of free pages
  meta.main = parse_lmdb_tree(page.subspan(kPageHeader + 24 + kTreeBytes, kTreeBytes));
  meta.last_page = load_le<uint64_t>(at + 120);
  meta.transaction = load_le<uint64_t>(at + 128);
  return meta;
}

// A key's order; nothing about those of which the program that wrote them knows the order.
bool comes_behind(uint16_t flags, ByteSpan key, ByteSpan before) {
  if ((flags & kIntegerKeys) != 0) {
    if (key.size() != before.size() || (key.size() != 4 && key.size() != 8)) return false;
    if (key.size() == 4) return load_le<uint32_t>(key.data()) > load_le<uint32_t>(before.data());
    return load_le<uint64_t>(key.data()) > load_le<uint64_t>(before.data());
  }
  if ((flags & kReverseKeys) != 0) {
    return std::lexicographical_compare(before.rbegin(), before.rend(), key.rbegin(), key.rend());
  }
  return as_text(key) > as_text(before);
}

uint64_t even(uint64_t size) {
  return (size + 1) & ~uint64_t{1};
}

uint64_t overflow_pages(uint64_t value_bytes, uint64_t page_bytes) {
  return (kPageHeader - 1 + value_bytes) / page_bytes + 1;
}

// The nodes of a page that begins at `page_offset`: where they begin in it.
std::vector<uint16_t> parse_node_places(ByteSpan page, uint64_t page_offset) {
  const uint64_t lower = load_le<uint16_t>(page.data() + 12);
  const uint64_t upper = load_le<uint16_t>(page.data() + 14);
  if (lower < kPageHeader || lower % 2 != 0 || lower > upper || upper > page.size()) {
    refuse(fmt::format("a page whose free space is said to lie from byte {} to {}", lower, upper),
           page_offset);
  }
  std::vector<uint16_t> places((lower - kPageHeader) / 2);
  for (size_t i = 0; i < places.size(); ++i) {
    places[i] = load_le<uint16_t>(page.data() + kPageHeader + 2 * i);
    if (places[i] >= upper && places[i] + kNodeHeader <= page.size()) continue;
    refuse(fmt::format("node {} is said to begin at byte {} of the page", i, places[i]),
           page_offset);
  }
  return places;
}

}  // namespace

bool looks_like_lmdb(ByteSpan front) {
  const auto is_magic = [](std::optional<uint32_t> found) {
    return found == kMagic || found == kSwappedMagic;
  };
  return is_magic(magic_at(front, kPageHeader)) || is_magic(magic_at(front, kNarrowPageHeader));
}

bool has_integer_keys(const LmdbTree& tree) {
  return (tree.flags & kIntegerKeys) != 0;
}

LmdbTree parse_lmdb_tree(ByteSpan record) {
  if (record.size() != kTreeBytes) {
    throw Error(ErrorCode::kCorrupt, "a named database whose record has another size");
  }
  LmdbTree tree;
  tree.flags = load_le<uint16_t>(record.data() + 4);
  tree.depth = load_le<uint16_t>(record.data() + 6);
  tree.branch_pages = load_le<uint64_t>(record.data() + 8);
  tree.leaf_pages = load_le<uint64_t>(record.data() + 16);
  tree.overflow_pages = load_le<uint64_t>(record.data() + 24);
  tree.entries = load_le<uint64_t>(record.data() + 32);
  tree.root = load_le<uint64_t>(record.data() + 40);
  return tree;
}

LmdbMeta parse_lmdb_meta(ByteSpan file) {
  if (magic_at(file, kPageHeader) != kMagic) {
    if (looks_like_lmdb(file)) {
      throw Error(ErrorCode::kUnsupported,
                  "was written where words have 32 bits or another byte order; LMDB's files are "
                  "read where they were written: copy its entries by 'mdb_dump' there and "
                  "'mdb_load' here",
                  {}, kNarrowPageHeader);
    }
    refuse("expected a meta page of LMDB", 0);
  }
  const LmdbMeta first = parse_meta_page(file, 0);
  if (!std::has_single_bit(first.page_bytes) || first.page_bytes < kLeastPage ||
      first.page_bytes > kMostPage) {
    refuse(fmt::format("pages of {} bytes, expected {} to {}", first.page_bytes, kLeastPage,
                       kMostPage),
           kPageHeader + 24);
  }
  const LmdbMeta second = parse_meta_page(file, first.page_bytes);
  if (second.page_bytes != first.page_bytes) {
    refuse("its meta pages say different sizes of pages", first.page_bytes);
  }
  // Transactions are told in turns; both are 0 in an empty file.
  const uint64_t newer = std::max(first.transaction, second.transaction);
  const uint64_t older = std::min(first.transaction, second.transaction);
  if (newer - older != 1 && newer != 0) {
    refuse(fmt::format("its meta pages are of the transactions {} and {}, expected two in turn",
                       first.transaction, second.transaction),
           kPageHeader + 128);
  }
  return second.transaction > first.transaction ? second : first;
}

LmdbWalker::LmdbWalker(ByteSpan file, const LmdbMeta& meta) : file_(file), meta_(meta) {
  const uint64_t pages = file.size() / meta.page_bytes;
  seen_.resize(meta.last_page < pages ? static_cast<size_t>(meta.last_page + 1)
                                      : static_cast<size_t>(pages));
}

ByteSpan LmdbWalker::take_page(uint64_t page, uint64_t told_at) {
  if (page < kMetaPages || page >= seen_.size()) {
    refuse(fmt::format("page {} is said to follow, the file has {}{}", page, seen_.size(),
                       page <= meta_.last_page ? " (it is cut short)" : ""),
           told_at);
  }
  if (seen_[page]) refuse(fmt::format("page {} is said to follow a second time", page), told_at);
  seen_[page] = true;
  const uint64_t offset = page * meta_.page_bytes;
  const ByteSpan bytes = file_.subspan(offset, meta_.page_bytes);
  if (load_le<uint64_t>(bytes.data()) != page) {
    refuse(fmt::format("expected page {}, it says that it is page {}", page,
                       load_le<uint64_t>(bytes.data())),
           offset);
  }
  return bytes;
}

LmdbEntry LmdbWalker::parse_leaf(ByteSpan node, uint64_t node_offset, Count& count) {
  LmdbEntry entry;
  entry.node_offset = node_offset;
  const auto flags = load_le<uint16_t>(node.data() + 4);
  const uint64_t key_bytes = load_le<uint16_t>(node.data() + 6);
  const uint64_t in_node = kNodeHeader + key_bytes;
  if (key_bytes == 0 || in_node > node.size()) refuse("an entry without a key", node_offset);
  entry.key = node.subspan(kNodeHeader, key_bytes);
  entry.value_bytes = load_le<uint32_t>(node.data());
  entry.is_tree = flags == kTreeValue;
  entry.is_overflow = flags == kBigValue;
  if ((flags & kManyValues) != 0) {
    throw Error(ErrorCode::kUnsupported, "an entry with several values under its key is not read",
                {}, node_offset);
  }
  if (flags != 0 && !entry.is_tree && !entry.is_overflow) {
    refuse(fmt::format("an entry with the flags {}", flags), node_offset);
  }
  if (!entry.is_overflow) {
    entry.value_offset = node_offset + in_node;
    if (entry.value_bytes > node.size() - in_node) {
      refuse(fmt::format("a value of {} bytes that goes past its page", entry.value_bytes),
             node_offset);
    }
    return entry;
  }
  if (node.size() - in_node < 8) refuse("an entry that goes past its page", node_offset);
  const auto first = load_le<uint64_t>(node.data() + in_node);
  const uint64_t pages = overflow_pages(entry.value_bytes, meta_.page_bytes);
  if (first < kMetaPages || first >= seen_.size() || pages > seen_.size() - first) {
    refuse(fmt::format("a value in {} pages from {}, the file has {}", pages, first, seen_.size()),
           node_offset);
  }
  for (uint64_t page = first; page < first + pages; ++page) {
    if (seen_[page]) refuse(fmt::format("a value in page {}, which is in use", page), node_offset);
    seen_[page] = true;
  }
  count.overflow_pages += pages;
  entry.value_offset = first * meta_.page_bytes + kPageHeader;
  return entry;
}

void LmdbWalker::walk_page(const LmdbTree& tree, uint64_t page_number, uint64_t told_at,
                           uint16_t depth, Count& count, std::vector<LmdbEntry>& entries) {
  const ByteSpan page = take_page(page_number, told_at);
  const uint64_t page_offset = page_number * meta_.page_bytes;
  const bool is_leaf = depth == tree.depth;
  if (page_flags(page) != (is_leaf ? kLeaf : kBranch)) {
    refuse(fmt::format("expected a {} page, its flags are {}", is_leaf ? "leaf" : "branch",
                       page_flags(page)),
           page_offset);
  }
  (is_leaf ? count.leaf_pages : count.branch_pages) += 1;
  const std::vector<uint16_t> places = parse_node_places(page, page_offset);
  if (places.empty()) refuse("a page without entries", page_offset);
  uint64_t filled = 0;
  for (const uint16_t place : places) {
    const ByteSpan node = page.subspan(place);
    const uint64_t node_offset = page_offset + place;
    const uint64_t key_bytes = load_le<uint16_t>(node.data() + 6);
    if (!is_leaf) {
      filled += even(kNodeHeader + key_bytes);
      const uint64_t next =
          load_le<uint32_t>(node.data()) | uint64_t{load_le<uint16_t>(node.data() + 4)} << 32;
      walk_page(tree, next, node_offset, static_cast<uint16_t>(depth + 1), count, entries);
      continue;
    }
    const LmdbEntry entry = parse_leaf(node, node_offset, count);
    filled += even(kNodeHeader + key_bytes + (entry.is_overflow ? 8 : entry.value_bytes));
    if (!entries.empty() && !comes_behind(tree.flags, entry.key, entries.back().key)) {
      refuse("a key that is not behind the one before it", node_offset);
    }
    entries.push_back(entry);
  }
  const uint64_t used = page.size() - load_le<uint16_t>(page.data() + 14);
  if (filled != used) {
    refuse(fmt::format("a page whose entries take {} bytes, it says {}", filled, used),
           page_offset);
  }
}

// Values that were written anew, shorter, keep all their pages.
uint64_t LmdbWalker::stored_overflow_pages(const std::vector<LmdbEntry>& entries) const {
  uint64_t pages = 0;
  for (const LmdbEntry& entry : entries) {
    if (!entry.is_overflow) continue;
    lmdb_value(file_, meta_, entry);
    pages += load_le<uint32_t>(file_.data() + entry.value_offset - kPageHeader + 12);
  }
  return pages;
}

std::vector<LmdbEntry> LmdbWalker::walk(const LmdbTree& tree) {
  std::vector<LmdbEntry> entries;
  if ((tree.flags & kSorted) != 0) {
    throw Error(ErrorCode::kUnsupported,
                "a database with several values under a key (dupsort) is not read");
  }
  if (tree.depth > kMostDepth) {
    throw Error(ErrorCode::kCorrupt, fmt::format("a tree of {} levels", tree.depth));
  }
  if (tree.root == kNoPage) {
    if (tree.entries == 0) return entries;
    throw Error(ErrorCode::kCorrupt, fmt::format("{} entries without a page", tree.entries));
  }
  if (tree.depth == 0) throw Error(ErrorCode::kCorrupt, "a tree without levels that has a page");
  Count count;
  walk_page(tree, tree.root, 0, 1, count, entries);
  if (count.overflow_pages < tree.overflow_pages)
    count.overflow_pages = stored_overflow_pages(entries);
  if (entries.size() != tree.entries || count.branch_pages != tree.branch_pages ||
      count.leaf_pages != tree.leaf_pages || count.overflow_pages != tree.overflow_pages) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("{} entries in {}, {} and {} pages (branch, leaf, overflow); it says "
                    "{} in {}, {} and {}",
                    entries.size(), count.branch_pages, count.leaf_pages, count.overflow_pages,
                    tree.entries, tree.branch_pages, tree.leaf_pages, tree.overflow_pages));
  }
  return entries;
}

ByteSpan lmdb_value(ByteSpan file, const LmdbMeta& meta, const LmdbEntry& entry) {
  if (entry.is_overflow) {
    const uint64_t offset = entry.value_offset - kPageHeader;
    const ByteSpan page = file.subspan(offset, kPageHeader);
    const uint64_t pages = load_le<uint32_t>(page.data() + 12);
    if (load_le<uint64_t>(page.data()) != offset / meta.page_bytes ||
        page_flags(page) != kOverflow ||
        pages < overflow_pages(entry.value_bytes, meta.page_bytes)) {
      refuse(fmt::format("expected the pages of a value of {} bytes", entry.value_bytes), offset);
    }
  }
  return file.subspan(entry.value_offset, entry.value_bytes);
}

}  // namespace stoker
