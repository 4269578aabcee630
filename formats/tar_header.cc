#include "formats/tar_header.h"

#include <algorithm>
#include <charconv>

#include "libdata/core/error.h"

namespace stoker {
using namespace std::string_view_literals;
namespace {

struct Field {
  size_t offset;
  size_t size;
};
constexpr Field kName{0, 100};
constexpr Field kSize{124, 12};
constexpr Field kChecksum{148, 8};
constexpr size_t kTypeOffset = 156;
constexpr Field kLinkName{157, 100};
constexpr Field kMagic{257, 8};
constexpr Field kPrefix{345, 155};
constexpr std::string_view kBlank = " \0"sv;

ByteSpan field_bytes(ByteSpan block, Field field) {
  return block.subspan(field.offset, field.size);
}

// Up to the first NUL, or the whole field.
std::string_view field_text(ByteSpan block, Field field) {
  const std::string_view text = as_text(field_bytes(block, field));
  return text.substr(0, text.find('\0'));
}

// A big-endian binary number, marked by the first bit: GNU's way past what octal holds.
std::optional<uint64_t> parse_base256(ByteSpan field) {
  if (field[0] != 0x80u) return std::nullopt;  // negative, or far past 2^64
  uint64_t value = 0;
  for (const uint8_t byte : field.subspan(1)) {
    if (value >> 56 != 0) return std::nullopt;
    value = value << 8 | byte;
  }
  return value;
}

// Octal digits among spaces and NULs. Nothing where the field is blank or holds anything else.
std::optional<uint64_t> parse_number(ByteSpan field) {
  if ((field[0] & 0x80u) != 0) return parse_base256(field);
  std::string_view text = as_text(field);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const size_t digits = std::min(text.find_first_not_of("01234567"), text.size());
  if (digits == 0 || text.substr(digits).find_first_not_of(kBlank) != text.npos) {
    return std::nullopt;
  }
  uint64_t value = 0;  // 12 digits at most: 36 bits
  for (const char digit : text.substr(0, digits)) {
    value = value * 8 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

Error bad_record(size_t offset) {
  return Error(ErrorCode::kCorrupt, "expected a pax record \"LENGTH KEYWORD=VALUE\"", {}, offset);
}

// Takes the record at `begin` off `body`; returns its KEYWORD=VALUE.
std::string_view next_record(std::string_view body, size_t& begin) {
  size_t length = 0;
  const char* const digits = body.data() + begin;
  const auto [after, error] = std::from_chars(digits, body.data() + body.size(), length);
  const size_t front = static_cast<size_t>(after - digits) + 1;  // the digits and a space
  if (error != std::errc() || length <= front || length > body.size() - begin || *after != ' ' ||
      body[begin + length - 1] != '\n') {
    throw bad_record(begin);
  }
  const std::string_view record = body.substr(begin + front, length - front - 1);
  begin += length;
  return record;
}

std::optional<uint64_t> parse_pax_size(std::string_view value, size_t offset) {
  if (value.empty()) return std::nullopt;
  uint64_t size = 0;
  const auto [after, error] = std::from_chars(value.data(), value.data() + value.size(), size);
  if (error != std::errc() || after != value.data() + value.size()) {
    throw Error(ErrorCode::kCorrupt, "expected a decimal number as pax size", {}, offset);
  }
  return size;
}

}  // namespace

// The sum of all bytes, the checksum itself taken as spaces. Some old archivers summed signed
// chars.
bool has_right_tar_checksum(ByteSpan block) {
  const std::optional<uint64_t> stated = parse_number(field_bytes(block, kChecksum));
  if (!stated) return false;
  int64_t sum = 0;
  int64_t signed_sum = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    const bool inside = i >= kChecksum.offset && i < kChecksum.offset + kChecksum.size;
    const uint8_t byte = inside ? uint8_t{' '} : block[i];
    sum += byte;
    signed_sum += static_cast<int8_t>(byte);
  }
  const int64_t expected = static_cast<int64_t>(*stated);
  return expected == sum || expected == signed_sum;
}

char tar_type_flag(ByteSpan block) {
  return static_cast<char>(block[kTypeOffset]);
}

std::string tar_header_name(ByteSpan block) {
  const std::string_view name = field_text(block, kName);
  // GNU archives ("ustar  ") keep times where POSIX ones keep the front of a long path.
  const bool posix = as_text(field_bytes(block, kMagic)).starts_with("ustar\0"sv);
  const std::string_view prefix = posix ? field_text(block, kPrefix) : std::string_view();
  return prefix.empty() ? std::string(name) : std::string(prefix) + "/" + std::string(name);
}

std::string tar_header_link_name(ByteSpan block) {
  return std::string(field_text(block, kLinkName));
}

uint64_t tar_header_size(ByteSpan block) {
  const ByteSpan field = field_bytes(block, kSize);
  const std::optional<uint64_t> size = parse_number(field);
  if (size) return *size;
  if (as_text(field).find_first_not_of(kBlank) == std::string_view::npos) return 0;
  throw Error(ErrorCode::kCorrupt, "expected a size in octal or base-256 in the tar header", {},
              kSize.offset);
}

TarMemberType tar_member_type(char type_flag, std::string_view name) {
  switch (type_flag) {
    case '0':
    case '\0':
    case '7':  // contiguous file
      return name.ends_with('/') ? TarMemberType::kFolder : TarMemberType::kFile;
    case '1':
      return TarMemberType::kHardLink;
    case '2':
      return TarMemberType::kSymbolicLink;
    case '5':
      return TarMemberType::kFolder;
    default:
      return TarMemberType::kOther;
  }
}

bool tar_type_has_body(char type_flag) {
  return type_flag < '1' || type_flag > '6';
}

void apply_pax_records(std::string_view body, TarExtension& extension) {
  for (size_t begin = 0; begin < body.size();) {
    const size_t offset = begin;
    const std::string_view record = next_record(body, begin);
    const size_t equals = record.find('=');
    if (equals == record.npos) throw bad_record(offset);
    const std::string_view keyword = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (keyword == "path" || keyword == "linkpath") {
      if (value.find('\0') != value.npos) throw bad_record(offset);
      std::optional<std::string>& path = keyword == "path" ? extension.path : extension.link_path;
      path = value.empty() ? std::nullopt : std::optional<std::string>(value);
    } else if (keyword == "size") {
      extension.size_bytes = parse_pax_size(value, offset);
    } else if (keyword.starts_with("GNU.sparse.")) {
      throw Error(ErrorCode::kUnsupported, "sparse members are not read; repack without --sparse",
                  {}, offset);
    }
  }
}

}  // namespace stoker
