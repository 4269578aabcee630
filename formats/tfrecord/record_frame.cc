#include "formats/tfrecord/record_frame.h"

#include <utility>

#include "formats/gzip_bytes.h"
#include "libdata/core/crc32c.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {

std::optional<uint64_t> parse_record_front(ByteSpan front) {
  if (front.size() < kRecordFrontBytes) return std::nullopt;
  const ByteSpan length = front.first(sizeof(uint64_t));
  if (mask_crc32c(crc32c(length)) != load_le<uint32_t>(front.data() + length.size())) {
    return std::nullopt;
  }
  return load_le<uint64_t>(length.data());
}

std::unique_ptr<ByteSource> open_record_file(const std::filesystem::path& path) {
  std::unique_ptr<ByteSource> plain = open_plain_source(path);
  const Bytes front = plain->read_up_to(0, kRecordFrontBytes);
  if (parse_record_front(front)) return plain;
  const bool deflated = looks_like_gzip(front) || has_zlib_front(front);
  return deflated ? open_deflated_source(path) : std::move(plain);
}

bool is_tfrecord(const ByteSource& source) {
  try {
    const auto length = parse_record_front(source.read_up_to(0, kRecordFrontBytes));
    if (!length || source.is_compressed()) return length.has_value();
    return source.size() >= kRecordFrontBytes + kRecordEndBytes &&
           *length <= source.size() - kRecordFrontBytes - kRecordEndBytes;
  } catch (const Error&) {  // told by whoever reads it
    return false;
  }
}

void read_record(const ByteSource& source, const RecordPlace& place, Bytes& data) {
  data.resize(static_cast<size_t>(place.size_bytes + kRecordEndBytes));
  source.read(place.offset_bytes, data);
  const auto stored = load_le<uint32_t>(data.data() + place.size_bytes);
  data.resize(static_cast<size_t>(place.size_bytes));
  if (mask_crc32c(crc32c(data)) == stored) return;
  throw Error(ErrorCode::kCorrupt, "the record's data do not match their checksum", source.path(),
              place.offset_bytes);
}

}  // namespace stoker
