#include "trainer/report/data_uri.h"

#include <algorithm>
#include <cstdint>

namespace stoker {

std::string base64(ByteSpan bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kGroup = 3;  // bytes, in four letters of six bits
  std::string text;
  text.reserve((bytes.size() + kGroup - 1) / kGroup * 4);
  for (size_t begin = 0; begin < bytes.size(); begin += kGroup) {
    const size_t count = std::min(kGroup, bytes.size() - begin);
    uint32_t bits = 0;
    for (size_t i = 0; i < kGroup; ++i)
      bits = (bits << 8) | (i < count ? bytes[begin + i] : 0u);
    for (size_t letter = 0; letter < 4; ++letter)
      text += letter <= count ? kLetters[(bits >> (18 - 6 * letter)) & 63] : '=';
  }
  return text;
}

std::string data_uri(std::string_view media_type, ByteSpan bytes) {
  std::string uri = "data:";
  uri += media_type;
  return uri + ";base64," + base64(bytes);
}

}  // namespace stoker
