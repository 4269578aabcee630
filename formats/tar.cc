#include "formats/tar.h"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/tar_header.h"
#include "formats/tar_links.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

// Long names and pax records: far more than any file system's longest path or attribute.
constexpr uint64_t kMaxExtensionBytes = 16u << 20;
constexpr uint64_t kChunkBytes = 1u << 20;

bool is_zero(ByteSpan bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

uint64_t padded(uint64_t size_bytes) {
  return (size_bytes + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes;
}

// Without leading slashes, "." and empty parts.
std::string clean_name(std::string_view name) {
  std::string clean;
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  return clean;
}

// Walks from header to header. at_ is where the header in hand lies.
class TarWalk {
 public:
  TarWalk(const TarBytes& bytes, TarRange range, const std::function<void(TarMember&&)>& found)
      : bytes_(bytes), found_(found), at_(range.offset_bytes) {
    if (at_ > bytes.size_bytes || range.size_bytes > bytes.size_bytes - at_) {
      throw corrupt("the archive reaches past the end of the file", at_);
    }
    end_ = at_ + range.size_bytes;
  }

  TarEnd run() {
    if (!walk(~size_t{0})) return {};
    if (member_is_due_) throw corrupt("the archive ends where a member should follow", at_);
    return check_padding();
  }

  // Up to the end-of-archive mark, or false: up to the last of so many members.
  bool walk(size_t most_members) {
    while (at_ < end_) {
      if (given_ == most_members) return false;
      if (end_ - at_ < kTarBlockBytes) {
        throw corrupt("the archive is cut short inside a member header", at_);
      }
      bytes_.read(at_, header_);
      if (is_zero(header_)) break;
      if (!has_right_tar_checksum(header_)) {
        throw corrupt("expected a tar header, found bytes without its checksum", at_);
      }
      take_header(tar_type_flag(header_));
    }
    return true;
  }

 private:
  Error corrupt(const std::string& message, uint64_t offset_bytes) const {
    return Error(ErrorCode::kCorrupt, message, bytes_.path, offset_bytes);
  }

  void take_header(char flag) {
    switch (flag) {
      case 'x':
      case 'X':  // Solaris
        take_pax(next_);
        member_is_due_ = true;
        return;
      case 'g':
        return take_pax(global_);
      case 'L': {
        const std::string name = take_extension_body();
        next_.path = name.substr(0, name.find('\0'));
        member_is_due_ = true;
        return;
      }
      case 'K': {
        const std::string name = take_extension_body();
        next_.link_path = name.substr(0, name.find('\0'));
        member_is_due_ = true;
        return;
      }
      case 'S':
        throw Error(ErrorCode::kUnsupported, "sparse members are not read; repack without --sparse",
                    bytes_.path, at_);
      case 'M':
        throw Error(ErrorCode::kUnsupported, "multi-volume archives are not read; join them first",
                    bytes_.path, at_);
      default:
        return take_member(flag);
    }
  }

  void take_member(char flag) {
    const std::string name = next_.path     ? *next_.path
                             : global_.path ? *global_.path
                                            : tar_header_name(header_);
    TarMember member;
    member.name = clean_name(name);
    member.type = tar_member_type(flag, name);
    if (member.type == TarMemberType::kHardLink || member.type == TarMemberType::kSymbolicLink) {
      const std::string target = next_.link_path     ? *next_.link_path
                                 : global_.link_path ? *global_.link_path
                                                     : tar_header_link_name(header_);
      member.link_name = member.type == TarMemberType::kHardLink ? clean_name(target) : target;
    }
    member.header_offset_bytes = at_;
    member.offset_bytes = at_ + kTarBlockBytes;
    uint64_t body = 0;
    if (tar_type_has_body(flag)) {
      body = next_.size_bytes     ? *next_.size_bytes
             : global_.size_bytes ? *global_.size_bytes
                                  : header_size();
      check_fits(body, "member '" + member.name + "'");
    }
    if (member.type == TarMemberType::kFile) member.size_bytes = body;
    at_ += kTarBlockBytes + padded(body);
    next_ = TarExtension();
    member_is_due_ = false;
    ++given_;
    found_(std::move(member));
  }

  uint64_t header_size() const {
    try {
      return tar_header_size(header_);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), bytes_.path, at_ + error.offset_bytes().value());
    }
  }

  void check_fits(uint64_t body_bytes, const std::string& what) const {
    const uint64_t left = end_ - at_ - kTarBlockBytes;
    if (body_bytes <= left && padded(body_bytes) <= left) return;
    throw corrupt(what + " needs " + std::to_string(body_bytes) +
                      " bytes and padding to 512, the archive has " + std::to_string(left) +
                      " left: it is cut short, or this header is damaged",
                  at_);
  }

  // The body of the extension header in hand; moves on to the header that follows.
  std::string take_extension_body() {
    const uint64_t size = header_size();
    check_fits(size, "an extension header");
    if (size > kMaxExtensionBytes) {
      throw corrupt("an extension header of " + std::to_string(size) + " bytes is not plausible",
                    at_);
    }
    std::string body(size, '\0');
    bytes_.read(at_ + kTarBlockBytes,
                std::span<uint8_t>(reinterpret_cast<uint8_t*>(body.data()), body.size()));
    at_ += kTarBlockBytes + padded(size);
    return body;
  }

  void take_pax(TarExtension& extension) {
    const uint64_t body_offset = at_ + kTarBlockBytes;
    const std::string body = take_extension_body();
    try {
      apply_pax_records(body, extension);
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), bytes_.path,
                  body_offset + error.offset_bytes().value());
    }
  }

  // From the end-of-archive mark on all is zero. Anything else is members we would lose.
  TarEnd check_padding() {
    const uint64_t mark = at_;
    Bytes chunk(std::min(end_ - mark, kChunkBytes));
    while (at_ < end_) {
      const auto piece = std::span(chunk).first(std::min<uint64_t>(end_ - at_, chunk.size()));
      bytes_.read(at_, piece);
      if (!is_zero(piece)) {
        throw corrupt("the archive ends at byte " + std::to_string(mark) +
                          ", but more data follows: it is damaged there, or several archives were "
                          "joined (give them one by one)",
                      at_);
      }
      at_ += piece.size();
    }
    return {mark, end_ - mark};
  }

  const TarBytes& bytes_;
  const std::function<void(TarMember&&)>& found_;
  uint64_t at_ = 0;
  uint64_t end_ = 0;
  std::array<uint8_t, kTarBlockBytes> header_{};
  TarExtension next_;
  TarExtension global_;
  bool member_is_due_ = false;
  size_t given_ = 0;
};

}  // namespace

TarBytes tar_bytes(const RangeFile& file) {
  return {file.path(), file.size(),
          [&file](uint64_t offset, std::span<uint8_t> out) { file.read(offset, out); }};
}

TarBytes tar_bytes(ByteSpan bytes) {
  return {{}, bytes.size(), [bytes](uint64_t offset, std::span<uint8_t> out) {
            std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
          }};
}

TarEnd visit_tar(const TarBytes& bytes, TarRange range,
                 const std::function<void(TarMember&&)>& found) {
  return TarWalk(bytes, range, found).run();
}

std::vector<TarMember> list_tar_front(const TarBytes& bytes, size_t most_members) {
  std::vector<TarMember> members;
  const std::function<void(TarMember &&)> found = [&](TarMember&& member) {
    members.push_back(std::move(member));
  };
  try {
    TarWalk(bytes, {0, bytes.size_bytes}, found).walk(most_members);
  } catch (const Error&) {  // told by whoever reads the archive
  }
  return members;
}

std::vector<TarMember> list_tar(const TarBytes& bytes, TarRange range) {
  std::vector<TarMember> members;
  visit_tar(bytes, range, [&](TarMember&& member) { members.push_back(std::move(member)); });
  resolve_hard_links(members);
  return members;
}

std::vector<TarMember> list_tar(const TarBytes& bytes) {
  return list_tar(bytes, {0, bytes.size_bytes});
}

bool climbs_out(std::string_view name) {
  return name == ".." || name.starts_with("../") || name.ends_with("/..") ||
         name.find("/../") != name.npos;
}

bool looks_like_tar(ByteSpan block) {
  return block.size() >= kTarBlockBytes && has_right_tar_checksum(block.first(kTarBlockBytes));
}

}  // namespace stoker
