#include "formats/tar_tree.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "formats/image_names.h"
#include "formats/left_out_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kMostLinks = 40;  // on one path, as on Linux
constexpr size_t kMostEntriesAMember = 1000;

bool is_symbolic(const TarMember& member) {
  return member.type == TarMemberType::kSymbolicLink;
}

std::string joined(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!folder.empty()) path += '/';
  return path += name;
}

bool is_within(std::string_view path, std::string_view folder) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

ListedEntry entry_of(const TarMember& member, std::string path) {
  ListedEntry entry;
  entry.path = std::move(path);
  entry.offset_bytes = member.offset_bytes;
  entry.size_bytes = member.size_bytes;
  entry.place = member.header_offset_bytes;
  if (member.type == TarMemberType::kFolder) {
    entry.kind = ListedKind::kFolder;
  } else if (climbs_out(member.name)) {
    entry.kind = ListedKind::kMissing;
    entry.trouble = "a name that climbs out of the archive by '..', which tar does not extract";
  } else if (member.type == TarMemberType::kHardLink) {
    entry.kind = ListedKind::kMissing;
    entry.trouble =
        "a hard link to '" + member.link_name + "', which is no file before it in the archive";
  } else if (member.type != TarMemberType::kFile) {
    entry.kind = ListedKind::kOther;
    entry.trouble = kNotRegular;
  }
  return entry;
}

// Where a path leads once all links on it are followed.
struct Place {
  enum class Kind { kFile, kFolder, kOther, kNowhere, kItself, kOutside };
  Kind kind = Kind::kNowhere;
  std::string path = {};              // without links
  const TarMember* member = nullptr;  // none: a folder that only the names in it tell of
  size_t links = 0;                   // followed on the way
};

const char* trouble_of(Place::Kind kind) {
  switch (kind) {
    case Place::Kind::kItself:
      return kLinkToItself;
    case Place::Kind::kOutside:
      return kLinkOut;
    case Place::Kind::kNowhere:
      return kBrokenLink;
    default:
      return kNotRegular;
  }
}

// The names of an archive as far as its members have been put in: the last of a name counts.
class Names {
 public:
  void put(const TarMember& member) { last_.insert_or_assign(member.name, &member); }

  // Whether a later member has the same name.
  bool is_replaced(const TarMember& member) const {
    const auto found = last_.find(member.name);
    return found != last_.end() && found->second != &member;
  }

  // `visit(member)` for all below a folder, by name.
  template <typename Visit>
  void for_each_below(const std::string& folder, Visit visit) const {
    const std::string front = folder.empty() ? folder : folder + "/";
    for (auto at = last_.lower_bound(front); at != last_.end() && at->first.starts_with(front);
         ++at)
      visit(*at->second);
  }

  // `path` as seen from `folder`, which leads through no link; `links` have been followed to it.
  Place resolve(std::string folder, std::string_view path, size_t links) const {
    std::vector<std::string_view> parts;  // still to go, the next one last
    if (!push_parts(path, parts)) return {Place::Kind::kOutside};
    std::string at = std::move(folder);
    while (!parts.empty()) {
      const std::string_view part = parts.back();
      parts.pop_back();
      if (find(at).kind != Place::Kind::kFolder) return {};
      if (part == ".") continue;
      if (part == "..") {
        if (at.empty()) return {Place::Kind::kOutside};
        at = folder_name(at);
        continue;
      }
      std::string next = joined(at, part);
      const auto found = last_.find(next);
      if (found == last_.end() || !is_symbolic(*found->second)) {
        at = std::move(next);
        continue;
      }
      if (++links > kMostLinks) return {Place::Kind::kItself};
      if (!push_parts(found->second->link_name, parts)) return {Place::Kind::kOutside};
    }
    Place place = find(at);
    place.path = std::move(at);
    place.links = links;
    return place;
  }

 private:
  // False for a path from the root of the file system, or none. A slash at its end wants a folder.
  static bool push_parts(std::string_view path, std::vector<std::string_view>& parts) {
    if (path.starts_with('/')) return false;
    if (path.empty() || path.ends_with('/')) parts.emplace_back(".");
    for (std::string_view rest = path; !rest.empty(); rest = folder_name(rest)) {
      if (const std::string_view part = base_name(rest); !part.empty()) parts.push_back(part);
    }
    return true;
  }

  Place find(const std::string& path) const {
    if (path.empty()) return {Place::Kind::kFolder};
    const auto found = last_.find(path);
    if (found == last_.end()) {
      const std::string front = path + "/";
      const auto below = last_.lower_bound(front);
      const bool has_content = below != last_.end() && below->first.starts_with(front);
      return {has_content ? Place::Kind::kFolder : Place::Kind::kNowhere};
    }
    Place place;
    place.member = found->second;
    switch (found->second->type) {
      case TarMemberType::kFile:
        place.kind = Place::Kind::kFile;
        break;
      case TarMemberType::kFolder:
        place.kind = Place::Kind::kFolder;
        break;
      case TarMemberType::kHardLink:  // to nothing: not extracted
        break;
      default:
        place.kind = Place::Kind::kOther;
    }
    return place;
  }

  std::map<std::string_view, const TarMember*> last_;
};

// Renames members whose names lead through links, and puts all into `names`.
void lay_out(std::vector<TarMember>& members, Names& names) {
  std::string folder;  // of the member before
  Place place{Place::Kind::kFolder};
  for (TarMember& member : members) {
    if (member.name.empty() || climbs_out(member.name)) continue;
    if (folder_name(member.name) != folder) {
      folder = folder_name(member.name);
      place = names.resolve("", folder, 0);
    }
    if (place.kind == Place::Kind::kFolder && place.path != folder) {
      member.name = joined(place.path, base_name(member.name));
    }
    names.put(member);
    if (member.type != TarMemberType::kFile) {  // may change what the next name leads through
      folder.clear();
      place = {Place::Kind::kFolder};
    }
  }
}

class LinkedListing {
 public:
  LinkedListing(std::vector<TarMember> members, std::string_view folder)
      : members_(std::move(members)) {
    lay_out(members_, names_);
    root_ = names_.resolve("", folder, 0);
  }

  std::vector<ListedEntry> run() {
    if (root_.kind != Place::Kind::kFolder) return {};
    const std::string front = root_.path.empty() ? std::string() : root_.path + "/";
    for (const TarMember& member : members_) {
      if (member.name.size() <= front.size() || !member.name.starts_with(front)) continue;
      if (member.type == TarMemberType::kFolder && climbs_out(member.name)) continue;
      std::string path = member.name.substr(front.size());
      const bool replaced = member.type != TarMemberType::kFolder && names_.is_replaced(member);
      if (is_symbolic(member) && !replaced && !climbs_out(member.name)) {
        follow(member, std::move(path), root_.path, 0);
        continue;
      }
      entries_.push_back(entry_of(member, std::move(path)));
      if (replaced) {
        entries_.back().kind = ListedKind::kOther;
        entries_.back().trouble = kReplaced;
      }
    }
    std::move(linked_.begin(), linked_.end(), std::back_inserter(entries_));
    return std::move(entries_);
  }

 private:
  // A stretch of folders that the walk has come down, from the one to the other.
  struct Stretch {
    std::string from;
    std::string to;
  };

  // A link at `path` of the listing that stands in a folder below `from`.
  void follow(const TarMember& link, std::string path, const std::string& from, size_t links) {
    ListedEntry entry = entry_of(link, path);
    const std::string here(folder_name(link.name));
    const Place target = names_.resolve(here, base_name(link.name), links);
    stretches_.push_back({from, here});
    const bool enters = target.kind == Place::Kind::kFolder && !is_above(target.path);
    if (target.kind == Place::Kind::kFile) {
      entry.kind = ListedKind::kFile;
      entry.trouble.clear();
      entry.offset_bytes = target.member->offset_bytes;
      entry.size_bytes = target.member->size_bytes;
    } else if (enters) {
      entry.kind = ListedKind::kFolder;
      entry.trouble.clear();
    } else {
      entry.trouble = target.kind == Place::Kind::kFolder ? kLinkBack : trouble_of(target.kind);
    }
    add(std::move(entry));
    if (enters && left_lying_front(path).empty()) list_below(target, path);
    stretches_.pop_back();
  }

  // All of a folder but those folders in it that the walk has come through.
  void list_below(const Place& folder, const std::string& path) {
    const size_t front = folder.path.empty() ? 0 : folder.path.size() + 1;
    const auto listed_as = [&](std::string_view name) { return joined(path, name.substr(front)); };
    std::string passed;
    names_.for_each_below(folder.path, [&](const TarMember& member) {
      if (!passed.empty() && is_within(member.name, passed)) return;
      passed = passed_through(member.name, folder.path);
      if (!passed.empty()) return add_link_back(member, listed_as(passed));
      std::string listed = listed_as(member.name);
      if (is_symbolic(member)) {
        follow(member, std::move(listed), folder.path, folder.links);
      } else {
        add(entry_of(member, std::move(listed)));
      }
    });
  }

  // The first folder below `folder` and on the way to `name` that a stretch begins with.
  std::string passed_through(std::string_view name, const std::string& folder) const {
    for (const Stretch& stretch : stretches_) {
      const bool below = stretch.from != folder && is_within(stretch.from, folder);
      if (below && is_within(name, stretch.from)) return stretch.from;
    }
    return {};
  }

  void add_link_back(const TarMember& member, std::string path) {
    ListedEntry entry;
    entry.path = std::move(path);
    entry.kind = ListedKind::kOther;
    entry.trouble = kLinkBack;
    entry.place = member.header_offset_bytes;
    add(std::move(entry));
  }

  bool is_above(const std::string& folder) const {
    return std::any_of(stretches_.begin(), stretches_.end(), [&](const Stretch& stretch) {
      return is_within(folder, stretch.from) && is_within(stretch.to, folder);
    });
  }

  void add(ListedEntry entry) {
    if (linked_.size() >= kMostEntriesAMember * members_.size()) {
      throw Error(ErrorCode::kCorrupt, "links to folders stand for more than " +
                                           std::to_string(linked_.size()) +
                                           " files: they lead to one another again and again");
    }
    linked_.push_back(std::move(entry));
  }

  std::vector<TarMember> members_;
  Names names_;
  Place root_;
  std::vector<Stretch> stretches_;
  std::vector<ListedEntry> entries_;  // of the members themselves
  std::vector<ListedEntry> linked_;   // that links stand for
};

std::vector<ListedEntry> plain_entries(std::vector<TarMember>& members, std::string_view folder) {
  const std::string front = folder.empty() ? std::string() : std::string(folder) + "/";
  std::vector<ListedEntry> entries;
  for (TarMember& member : members) {
    if (member.name.size() <= front.size() || !member.name.starts_with(front)) continue;
    if (member.type == TarMemberType::kFolder && climbs_out(member.name)) continue;
    entries.push_back(entry_of(member, member.name.substr(front.size())));
  }
  return entries;
}

}  // namespace

std::vector<ListedEntry> tar_entries(std::vector<TarMember> members, std::string_view folder) {
  if (std::none_of(members.begin(), members.end(), is_symbolic)) {
    return plain_entries(members, folder);
  }
  return LinkedListing(std::move(members), folder).run();
}

}  // namespace stoker
