#include "formats/npy/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMostAxes = 32;  // NumPy's own limit
constexpr size_t kAlignment = 64;

// Reads the few forms of Python's literals that such a dictionary has.
class LiteralReader {
 public:
  LiteralReader(std::string_view text, uint64_t offset) : text_(text), offset_(offset) {}

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kCorrupt, "the header is damaged: " + why, {}, offset_ + at_);
  }

  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
      ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(fmt::format("expected '{}'", c));
  }

  std::string_view read_string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') refuse("expected a string");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse("a string without an end");
    const std::string_view found = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return found;
  }

  bool read_bool() {
    peek();
    for (const auto& [word, value] :
         {std::pair{std::string_view("True"), true}, std::pair{std::string_view("False"), false}}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    refuse("expected True or False");
  }

  uint64_t read_number() {
    peek();
    uint64_t value = 0;
    const char* begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error != std::errc()) refuse("expected a number");
    at_ += static_cast<size_t>(end - begin);
    if (peek() == 'L') ++at_;  // Python 2
    return value;
  }

  std::vector<uint64_t> read_shape() {
    std::vector<uint64_t> shape;
    expect('(');
    while (!take(')')) {
      shape.push_back(read_number());
      if (shape.size() > kMostAxes) refuse("more axes than an array has");
      if (!take(',') && peek() != ')') refuse("expected ',' or ')'");
    }
    return shape;
  }

 private:
  std::string_view text_;
  uint64_t offset_;
  size_t at_ = 0;
};

[[noreturn]] void refuse_type(std::string_view descr) {
  const bool object = descr.find('O') != std::string_view::npos;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("elements of type '{}' are not read: {}", descr,
                  object ? "they are pickled Python objects, which are never executed; save "
                           "an array of numbers"
                         : "expected bool, whole numbers of 1 to 8 bytes or floats of 2 to "
                           "8"));
}

NpyHeader parse_dictionary(std::string_view text, uint64_t offset) {
  LiteralReader reader(text, offset);
  NpyHeader header;
  std::optional<std::string_view> descr;
  bool has_order = false;
  bool has_shape = false;
  reader.expect('{');
  while (!reader.take('}')) {
    const std::string_view key = reader.read_string();
    reader.expect(':');
    if (key == "descr" && !descr) {
      if (reader.peek() == '[') {
        throw Error(ErrorCode::kUnsupported,
                    "a structured array (records of several fields) is not read: save each field "
                    "as an array of its own");
      }
      descr = reader.read_string();
    } else if (key == "fortran_order" && !has_order) {
      header.fortran_order = reader.read_bool();
      has_order = true;
    } else if (key == "shape" && !has_shape) {
      header.shape = reader.read_shape();
      has_shape = true;
    } else {
      reader.refuse(fmt::format("a key '{}'", key));
    }
    if (!reader.take(',') && reader.peek() != '}') reader.refuse("expected ',' or '}'");
  }
  if (!descr || !has_order || !has_shape) reader.refuse("expected descr, fortran_order and shape");
  if (reader.peek() != '\0') reader.refuse("something behind the dictionary");
  header.type = parse_npy_type(*descr);
  return header;
}

char type_letter(const ElementType& type) {
  switch (type.kind) {
    case ElementKind::kBool:
      return 'b';
    case ElementKind::kUnsigned:
      return 'u';
    case ElementKind::kSigned:
      return 'i';
    case ElementKind::kFloat:
      break;
  }
  return 'f';
}

std::string dictionary(const ElementType& type, const std::vector<uint64_t>& shape) {
  return fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                     type.size_bytes == 1 ? '|' : '<', type_letter(type), type.size_bytes,
                     fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

// The whole header, the line's end its last byte; `spare` more bytes than the text needs.
std::string frame(std::string text, size_t spare) {
  constexpr size_t kPrefix = 10;
  const size_t longest = kPrefix + text.size() + spare + 1;
  const size_t total = (longest + kAlignment - 1) / kAlignment * kAlignment;
  text.resize(total - kPrefix - 1, ' ');
  text += '\n';
  std::string header(kMagic);
  header += {1, 0, 0, 0};
  store_le(reinterpret_cast<uint8_t*>(header.data()) + 8, static_cast<uint16_t>(text.size()));
  return header + text;
}

}  // namespace

ElementType parse_npy_type(std::string_view descr) {
  if (descr.size() != 3) refuse_type(descr);
  ElementType type;
  type.big_endian = descr[0] == '>';
  type.size_bytes = static_cast<uint8_t>(descr[2] - '0');
  if (std::string_view("<>|=").find(descr[0]) == std::string_view::npos) refuse_type(descr);
  if (!std::has_single_bit(type.size_bytes) || type.size_bytes > 8) refuse_type(descr);
  switch (descr[1]) {
    case 'b':
      type.kind = ElementKind::kBool;
      if (type.size_bytes == 1) return type;
      break;
    case 'u':
      type.kind = ElementKind::kUnsigned;
      return type;
    case 'i':
      type.kind = ElementKind::kSigned;
      return type;
    case 'f':
      type.kind = ElementKind::kFloat;
      if (type.size_bytes >= 2) return type;
      break;
    default:
      break;
  }
  refuse_type(descr);
}

bool looks_like_npy(ByteSpan front) {
  return as_text(front).starts_with(kMagic);
}

NpyHeader parse_npy_header(ByteSpan front) {
  const size_t version_at = kMagic.size();
  if (!looks_like_npy(front) || front.size() < version_at + 6) {
    throw Error(ErrorCode::kCorrupt, "is no .npy file, or is cut short in its header", {}, 0);
  }
  const uint8_t major = front[version_at];
  if (major < 1 || major > 3 || front[version_at + 1] != 0) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a .npy file of version {}.{}; 1.0, 2.0 and 3.0 are read", major,
                            front[version_at + 1]),
                {}, version_at);
  }
  const size_t text_at = version_at + (major == 1 ? 4 : 6);
  const uint64_t length = major == 1 ? load_le<uint16_t>(front.data() + version_at + 2)
                                     : load_le<uint32_t>(front.data() + version_at + 2);
  if (length > kMostNpyHeader - text_at || text_at + length > front.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("a header of {} bytes, which the file does not hold", length), {},
                version_at + 2);
  }
  NpyHeader header = parse_dictionary(as_text(front.subspan(text_at, length)), text_at);
  header.size_bytes = text_at + length;
  return header;
}

std::string npy_header(const ElementType& type, const std::vector<uint64_t>& shape) {
  return frame(dictionary(type, shape), 0);
}

std::string npy_header(const ElementType& type, uint64_t samples,
                       const std::vector<uint64_t>& row_shape) {
  constexpr size_t kMostDigits = 20;
  std::vector<uint64_t> shape{samples};
  shape.insert(shape.end(), row_shape.begin(), row_shape.end());
  return frame(dictionary(type, shape), kMostDigits - std::to_string(samples).size());
}

}  // namespace stoker
