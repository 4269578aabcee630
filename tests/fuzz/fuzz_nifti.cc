// Any bytes, taken for a NIfTI header, its voxels and a gzip file: an Error, or voxels within what
// the header says.
#include <algorithm>
#include <cstdlib>

#include "formats/gzip_bytes.h"
#include "formats/nifti/nifti_header.h"
#include "formats/nifti/nifti_voxels.h"
#include "libdata/core/error.h"

namespace {

constexpr uint64_t kMostBytes = 1 << 20;  // more only costs time

void take(stoker::ByteSpan file) {
  const stoker::NiftiHeader header = stoker::parse_nifti_header(file);
  const uint64_t bytes = header.data_bytes();
  if (bytes > kMostBytes || header.voxels_at_bytes > file.size() ||
      bytes > file.size() - header.voxels_at_bytes) {
    return;
  }
  const stoker::ByteSpan stored = file.subspan(header.voxels_at_bytes, bytes);
  const stoker::DType dtype = stoker::natural_dtype(header);
  stoker::Bytes out(header.element_count() * stoker::dtype_size(dtype));
  stoker::convert_elements(header, stored, dtype, out);
  out.resize(header.element_count());
  stoker::convert_labels(header, stored, out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan file(data, size);
  try {
    take(file);
  } catch (const stoker::Error&) {
  }
  try {
    const stoker::Bytes front = stoker::gunzip_front(file, 4096);
    stoker::Bytes whole(front.size());
    stoker::gunzip(file, whole);
    if (whole != front) std::abort();
    take(front);
  } catch (const stoker::Error&) {
  }
  return 0;
}
