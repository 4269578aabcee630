// Any bytes as a .npy file: an Error, or as many elements as its header says.
#include <cstdlib>

#include "formats/webdataset/npy_member.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const stoker::NpyMember header = stoker::parse_npy_member({data, size});
    stoker::Bytes storage;
    const stoker::ByteSpan elements = stoker::decode_npy_member({data, size}, header, storage);
    const size_t bytes = stoker::dtype_size(stoker::npy_member_dtype(header));
    if (elements.size() != header.element_count() * bytes) std::abort();
  } catch (const stoker::Error&) {
  }
  return 0;
}
