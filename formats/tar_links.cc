#include "formats/tar_links.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "formats/image_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

bool is_hard_link(const TarMember& member) {
  return member.type == TarMemberType::kHardLink;
}

}  // namespace

void resolve_hard_links(std::vector<TarMember>& members) {
  if (std::none_of(members.begin(), members.end(), is_hard_link)) return;
  std::unordered_map<std::string_view, const TarMember*> latest;
  for (TarMember& member : members) {
    if (is_hard_link(member)) {
      const auto target = latest.find(member.link_name);
      if (target != latest.end() && target->second->type == TarMemberType::kFile) {
        member.type = TarMemberType::kFile;
        member.offset_bytes = target->second->offset_bytes;
        member.size_bytes = target->second->size_bytes;
      }
    }
    latest[member.name] = &member;
  }
}

void refuse_broken_links(const std::vector<TarMember>& members, const std::string& path) {
  for (const TarMember& member : members) {
    if (!is_hard_link(member) || !reason_to_skip(member.name).empty()) continue;
    throw Error(ErrorCode::kCorrupt,
                "'" + member.name + "' is " + reason_not_a_file(member) +
                    ": was the archive made with an exclusion? --on-error skip leaves it out",
                path, member.header_offset_bytes);
  }
}

std::string reason_not_a_file(const TarMember& member) {
  if (member.type == TarMemberType::kFile) return {};
  if (!is_hard_link(member)) return "a link or special file inside the archive, left out";
  return "a hard link to '" + member.link_name + "', which is no file before it in the archive";
}

}  // namespace stoker
