#include "formats/webdataset/webdataset_detect.h"

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "formats/image_names.h"
#include "formats/left_out_names.h"
#include "formats/tar_walk.h"
#include "formats/webdataset/member_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kMostMembers = 1000;
constexpr uint64_t kUnknownSize = uint64_t{1} << 62;

bool is_of_classes(std::string_view extension) {
  return extension == "cls" || extension == "class" || extension == "cls2" || extension == "index";
}

struct Group {
  size_t members = 0;
  bool has_class = false;
};

}  // namespace

bool are_webdataset_members(const std::vector<TarMember>& members) {
  std::unordered_map<std::string, Group> groups;
  std::set<std::string_view> folders;
  for (const TarMember& member : members) {
    if (member.type != TarMemberType::kFile || !left_lying_front(member.name).empty()) continue;
    if (is_tar_name(member.name)) return false;
    const auto name = parse_member_name(member.name);
    if (!name || std::isdigit(static_cast<unsigned char>(name->extension.front())) != 0) continue;
    folders.insert(folder_name(member.name));
    Group& group = groups[name->key];
    ++group.members;
    group.has_class = group.has_class || is_of_classes(name->extension);
  }
  bool shares = false;
  for (const auto& [key, group] : groups) {
    if (group.members < 2) continue;
    if (group.has_class) return true;
    shares = true;
  }
  return shares && folders.size() == 1;
}

bool is_webdataset_tar(const ByteSource& source) {
  try {
    const Bytes front = source.read_up_to(0, 512);
    if (!looks_like_tar(front)) return false;
    const TarBytes bytes{
        source.path(), source.is_compressed() ? kUnknownSize : source.size(),
        [&](uint64_t offset, std::span<uint8_t> out) { source.read(offset, out); }};
    return are_webdataset_members(list_tar_front(bytes, kMostMembers));
  } catch (const Error&) {  // told by whoever reads it
    return false;
  }
}

}  // namespace stoker
