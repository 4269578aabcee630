#include "formats/tar_links.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/image_names.h"

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

void resolve_symbolic_links(std::vector<TarMember>& members) {
  const auto is_symbolic = [](const TarMember& member) {
    return member.type == TarMemberType::kSymbolicLink && !member.link_name.empty();
  };
  if (std::none_of(members.begin(), members.end(), is_symbolic)) return;
  std::unordered_map<std::string_view, const TarMember*> last;
  for (const TarMember& member : members)
    last[member.name] = &member;
  std::vector<std::pair<TarMember*, const TarMember*>> resolved;
  for (TarMember& member : members) {
    if (!is_symbolic(member)) continue;
    const std::filesystem::path folder(std::string(folder_name(member.name)));
    const auto target = last.find((folder / member.link_name).lexically_normal().string());
    if (target == last.end() || target->second->type != TarMemberType::kFile) continue;
    resolved.emplace_back(&member, target->second);
  }
  for (const auto& [member, target] : resolved) {
    member->type = TarMemberType::kFile;
    member->offset_bytes = target->offset_bytes;
    member->size_bytes = target->size_bytes;
  }
}

std::string reason_not_a_file(const TarMember& member) {
  if (member.type == TarMemberType::kFile) return {};
  if (!is_hard_link(member)) return "a link or special file inside the archive, left out";
  return "a hard link to '" + member.link_name + "', which is no file before it in the archive";
}

}  // namespace stoker
