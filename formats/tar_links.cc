#include "formats/tar_links.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace stoker {
namespace {

bool is_hard_link(const TarMember& member) {
  return member.type == TarMemberType::kHardLink;
}

bool can_be_linked(const TarMember& member) {
  return member.type != TarMemberType::kHardLink && member.type != TarMemberType::kFolder;
}

}  // namespace

void resolve_hard_links(std::vector<TarMember>& members) {
  if (std::none_of(members.begin(), members.end(), is_hard_link)) return;
  std::unordered_map<std::string_view, const TarMember*> latest;
  for (TarMember& member : members) {
    if (is_hard_link(member)) {
      const auto target = latest.find(member.link_name);
      if (target != latest.end() && can_be_linked(*target->second)) {
        member.type = target->second->type;
        member.link_name = target->second->link_name;
        member.offset_bytes = target->second->offset_bytes;
        member.size_bytes = target->second->size_bytes;
      }
    }
    latest[member.name] = &member;
  }
}

}  // namespace stoker
