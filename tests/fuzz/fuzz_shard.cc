// Any bytes, as they are and with all hashes made right: an Error, or a shard whose every value
// lies inside the file.
#include <cstdlib>

#include "libdata/core/error.h"
#include "libdata/shard/shard_reader.h"
#include "tests/shard/shard_sealing.h"

namespace {

void expect_inside(const stoker::ShardReader& shard, const uint8_t* data, size_t size) {
  const stoker::ByteSpan file = shard.file_bytes();
  if (data < file.data() || data + size > file.data() + file.size()) std::abort();
}

// Runs `call`; an Error is a fine answer, and anything else a finding.
template <typename Call>
void try_call(const Call& call) {
  try {
    call();
  } catch (const stoker::Error&) {
  }
}

void touch_sample(const stoker::ShardReader& shard, uint64_t sample) {
  const stoker::Schema& schema = shard.schema();
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage == stoker::Storage::kInline) {
      const stoker::ByteSpan value = shard.inline_bytes(sample, f);
      expect_inside(shard, value.data(), value.size());
      try_call([&] { shard.inline_int(sample, f); });
      continue;
    }
    try_call([&] {
      const stoker::BlobView blob = shard.blob(sample, f);
      expect_inside(shard, blob.bytes.data(), blob.bytes.size());
    });
    try_call([&] { shard.check_record(sample, f); });
  }
  const std::string_view name = shard.name(sample);
  if (name != "(name is damaged)") {
    expect_inside(shard, reinterpret_cast<const uint8_t*>(name.data()), name.size());
  }
}

void touch(stoker::Bytes bytes) {
  try_call([&] {
    const stoker::ShardReader shard(std::move(bytes), "fuzz");
    for (uint64_t i = 0; i < shard.sample_count(); ++i)
      touch_sample(shard, i);
    try_call([&] { shard.check_names(); });
    try_call([&] { shard.check_padding(); });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  stoker::Bytes bytes(data, data + size);
  touch(bytes);
  stoker::testing::restore_shard_frame(bytes);
  stoker::testing::seal_shard(bytes);
  touch(std::move(bytes));
  return 0;
}
