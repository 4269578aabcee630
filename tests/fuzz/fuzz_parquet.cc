// Any bytes as a README.md's front matter, as a Parquet file, and as an Arrow stream or file: an
// Error, or rows whose values lie where they may be read. Without Arrow in this build the first
// alone.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "formats/arrow/arrow_engine.h"
#include "formats/arrow/front_matter.h"
#include "formats/arrow/table_fields.h"
#include "libdata/core/error.h"

namespace {

constexpr uint64_t kMostRows = 4096;  // more only costs time

std::shared_ptr<const stoker::MappedFile> map(const uint8_t* data, size_t size) {
  const int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  auto mapped = std::make_shared<const stoker::MappedFile>("/proc/self/fd/" + std::to_string(file));
  close(file);
  return mapped;
}

volatile uint8_t sink;

void touch(stoker::ByteSpan bytes) {
  for (const uint8_t byte : bytes)
    sink = byte;
}

void take(const stoker::TableFile& file) {
  stoker::read_hugging_features(file.hugging_face());
  std::vector<stoker::WantedColumn> wanted;
  for (size_t c = 0; c < file.columns().size(); ++c)
    if (file.columns()[c].kind != stoker::TableKind::kOther) wanted.push_back({c});
  stoker::Bytes buffer;
  for (size_t b = 0; b < file.blocks().size(); ++b) {
    const auto stream = file.open(b, wanted);
    while (const auto batch = stream->next()) {
      for (uint64_t row = 0; row < std::min(batch->rows(), kMostRows); ++row) {
        for (size_t c = 0; c < wanted.size(); ++c) {
          try {
            touch(batch->cell(c, row, buffer).bytes);
          } catch (const stoker::Error&) {
          }
        }
      }
    }
  }
}

template <typename Work>
void attempt(Work work) {
  try {
    work();
  } catch (const stoker::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  attempt([&] {
    const stoker::Json card = stoker::parse_front_matter(stoker::as_text({data, size}));
    stoker::configs_of_card(card);
    stoker::read_hugging_features(stoker::features_of_card(card));
  });
  if (size == 0 || !stoker::has_arrow_engine()) return 0;
  const auto file = map(data, size);
  attempt([&] { take(*stoker::arrow_engine().open_parquet(file)); });
  attempt([&] { take(*stoker::arrow_engine().open_ipc(file)); });
  return 0;
}
