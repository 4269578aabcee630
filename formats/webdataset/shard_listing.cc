#include "formats/webdataset/shard_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/image_names.h"
#include "formats/tar.h"
#include "formats/tar_links.h"
#include "formats/webdataset/member_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

struct PlacedMember {
  uint64_t sample;
  ShardMember member;
};

class Grouping {
 public:
  explicit Grouping(std::string_view path) : file_(base_name(path)) {}

  void add(const TarMember& member) {
    if (member.type == TarMemberType::kFolder) return;
    if (member.type != TarMemberType::kFile) return leave_out(member, "is no file");
    const auto name = parse_member_name(member.name);
    if (!name) return leave_out(member, "names no sample and extension");
    if (kind_of_member(name->extension) == MemberKind::kPickle) {
      return leave_out(member, "holds a pickle, which is a program: never run");
    }
    const uint32_t extension = extension_of(name->extension);
    const uint64_t sample = sample_of(name->key, member);
    members_.push_back({sample, {member.offset_bytes, member.size_bytes, extension}});
  }

  void note(std::string name, std::string reason, uint64_t offset) {
    if (name.empty()) name = file_;
    listing_.notes.push_back({std::move(name), std::move(reason), file_, offset});
  }

  ShardListing finish() {
    if (members_apart_ > 0) {
      std::stable_sort(members_.begin(), members_.end(),
                       [](const auto& a, const auto& b) { return a.sample < b.sample; });
      note(first_apart_,
           fmt::format("{} members lie apart from others of their key: taken together here, but "
                       "the webdataset library would read several samples",
                       members_apart_),
           0);
    }
    for (const auto& [reason, left] : left_out_) {
      note(left.first,
           left.count == 1 ? reason
                           : fmt::format("{}; so it is with {} members", reason, left.count),
           left.offset);
    }
    place_members();
    return std::move(listing_);
  }

 private:
  struct LeftOut {
    std::string first;
    uint64_t offset = 0;
    uint64_t count = 0;
  };

  void leave_out(const TarMember& member, const char* why) {
    LeftOut& left = left_out_[fmt::format("left out: the member {}", why)];
    if (left.count++ > 0) return;
    left.first = member.name;
    left.offset = member.header_offset_bytes;
  }

  uint32_t extension_of(const std::string& extension) {
    const auto next = static_cast<uint32_t>(listing_.extensions.size());
    const auto [place, is_new] = extensions_.emplace(extension, next);
    if (is_new) listing_.extensions.push_back(extension);
    return place->second;
  }

  uint64_t sample_of(const std::string& key, const TarMember& member) {
    std::vector<ShardSample>& samples = listing_.samples;
    if (!samples.empty() && samples.back().key == key) return samples.size() - 1;
    const auto [place, is_new] = by_key_.emplace(key, samples.size());
    if (is_new) {
      samples.push_back({key, 0, 0});
    } else if (members_apart_++ == 0) {
      first_apart_ = member.name;
    }
    return place->second;
  }

  // Of several members of one name the last one counts, as for tar.
  void place_members() {
    uint64_t repeated = 0;
    std::vector<ShardMember>& members = listing_.members;
    for (const PlacedMember& placed : members_) {
      ShardSample& sample = listing_.samples[placed.sample];
      if (sample.member_count == 0) sample.first_member = members.size();
      const auto begin = members.begin() + static_cast<ptrdiff_t>(sample.first_member);
      const auto twin = std::find_if(begin, members.end(), [&](const ShardMember& member) {
        return member.extension == placed.member.extension;
      });
      if (twin != members.end()) {
        *twin = placed.member;
        if (repeated++ == 0) first_repeated_ = sample.key;
        continue;
      }
      members.push_back(placed.member);
      ++sample.member_count;
    }
    if (repeated == 0) return;
    note(first_repeated_,
         fmt::format("{} members come twice: the later ones count, as for tar", repeated), 0);
  }

  std::string file_;
  ShardListing listing_;
  std::vector<PlacedMember> members_;
  std::unordered_map<std::string, uint32_t> extensions_;
  std::unordered_map<std::string, uint64_t> by_key_;
  std::map<std::string, LeftOut> left_out_;
  uint64_t members_apart_ = 0;
  std::string first_apart_;
  std::string first_repeated_;
};

}  // namespace

ShardListing list_shard(const ByteSource& source, bool skip_damaged) {
  Grouping grouping(source.path());
  if (source.size() == 0) {
    grouping.note({}, "the shard is empty", 0);
    return grouping.finish();
  }
  const TarBytes bytes{source.path(), source.size(),
                       [&](uint64_t offset, std::span<uint8_t> out) { source.read(offset, out); }};
  std::vector<TarMember> members;
  try {
    const TarEnd end = visit_tar(bytes, {0, bytes.size_bytes},
                                 [&](TarMember&& m) { members.push_back(std::move(m)); });
    if (end.zero_bytes == 0) {
      grouping.note({},
                    "has no end-of-archive mark: the shard may have been cut short behind its last "
                    "member",
                    bytes.size_bytes);
    }
  } catch (const Error& error) {
    if (!skip_damaged || error.code() == ErrorCode::kIo) throw;
    grouping.note({}, "the rest of this shard is lost: " + error.message(),
                  error.offset_bytes().value_or(0));
  }
  resolve_hard_links(members);
  for (const TarMember& member : members)
    grouping.add(member);
  return grouping.finish();
}

}  // namespace stoker
