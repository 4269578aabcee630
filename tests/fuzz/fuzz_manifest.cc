// Any text, as it is and closed with a right hash line: an Error, or a manifest that survives
// encoding and decoding again.
#include <cstdlib>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/shard/manifest.h"

namespace {

void check(std::string_view text) {
  stoker::Manifest manifest;
  try {
    manifest = stoker::decode_manifest(text);
  } catch (const stoker::Error&) {
    return;
  }
  const std::string encoded = stoker::encode_manifest(manifest);
  if (stoker::encode_manifest(stoker::decode_manifest(encoded)) != encoded) std::abort();
}

// A whole manifest loses its hash line first, so that mutations of one stay manifests.
std::string seal(std::string_view text) {
  constexpr std::string_view kHashKey = "\n  \"manifest_xxh3_128\": \"";
  std::string sealed(text.substr(0, text.rfind(kHashKey)));
  const std::string hash = stoker::to_hex(stoker::xxh3_128(stoker::as_bytes(sealed)));
  return sealed.append(kHashKey).append(hash).append("\"\n}\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = stoker::as_text(stoker::ByteSpan(data, size));
  check(text);
  check(seal(text));
  return 0;
}
