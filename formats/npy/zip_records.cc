#include "formats/npy/zip_records.h"

#include <cstring>
#include <initializer_list>

namespace stoker {
namespace {

constexpr uint16_t kVersionWithZip64 = 45;
constexpr uint16_t kUtf8Names = 1 << 11;
constexpr uint16_t kFirstOfJanuary1980 = (1 << 5) | 1;
constexpr size_t kLocalExtraBytes = 20;

class Record {
 public:
  Record& put16(std::initializer_list<uint16_t> values) { return put(values); }
  Record& put32(std::initializer_list<uint32_t> values) { return put(values); }
  Record& put64(std::initializer_list<uint64_t> values) { return put(values); }
  Record& put_text(const std::string& text) {
    text_ += text;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  template <typename T>
  Record& put(std::initializer_list<T> values) {
    for (const T value : values)
      text_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    return *this;
  }

  std::string text_;
};

uint64_t local_offset(const ZipMember& member) {
  return member.begin - zip_local_header_bytes(member.name);
}

}  // namespace

size_t zip_local_header_bytes(const std::string& name) {
  return kLocalBytes + name.size() + kLocalExtraBytes;
}

std::string zip_local_header(const ZipMember& member) {
  return Record()
      .put32({0x04034b50})
      .put16({kVersionWithZip64, kUtf8Names, 0, 0, kFirstOfJanuary1980})
      .put32({member.crc, kSee64, kSee64})
      .put16({static_cast<uint16_t>(member.name.size()), kLocalExtraBytes})
      .put_text(member.name)
      .put16({1, 16})
      .put64({member.plain_size, member.size})
      .text();
}

std::string zip_directory(std::span<const ZipMember> members, uint64_t offset_bytes) {
  Record record;
  for (const ZipMember& member : members) {
    record.put32({0x02014b50})
        .put16({kVersionWithZip64, kVersionWithZip64, kUtf8Names, 0, 0, kFirstOfJanuary1980})
        .put32({member.crc, kSee64, kSee64})
        .put16({static_cast<uint16_t>(member.name.size()), 28, 0, 0, 0})
        .put32({0, kSee64})
        .put_text(member.name)
        .put16({1, 24})
        .put64({member.plain_size, member.size, local_offset(member)});
  }
  const uint64_t size = record.text().size();
  const uint64_t count = members.size();
  record.put32({0x06064b50})
      .put64({44})
      .put16({kVersionWithZip64, kVersionWithZip64})
      .put32({0, 0})
      .put64({count, count, size, offset_bytes});
  record.put32({0x07064b50, 0}).put64({offset_bytes + size}).put32({1});
  record.put32({0x06054b50}).put16({0, 0, 0xffff, 0xffff}).put32({kSee64, kSee64}).put16({0});
  return record.text();
}

}  // namespace stoker
