#include "formats/beton/beton_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "formats/beton/beton_file.h"
#include "formats/image_names.h"
#include "formats/records/record_reader.h"
#include "formats/shard_inputs.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool is_named_beton(const fs::path& path) {
  return to_lower(path.extension().string()) == ".beton";
}

// What is called so is told what is wrong with it.
bool detect(const FirstLook& look) {
  if (!look.is_folder) {
    return is_named_beton(look.path) || looks_like_beton(look.front, look.size_bytes);
  }
  try {
    const std::vector<fs::path> files = list_files(look.path);
    return std::any_of(files.begin(), files.end(), is_named_beton);
  } catch (const Error&) {
    return false;
  }
}

void add_file(const ShardInput& input, const std::string& split, const SourceRequest& request,
              RecordSet& set) {
  std::shared_ptr<const BetonFile> file;
  try {
    file = std::make_shared<BetonFile>(input.path);
  } catch (const Error& error) {
    return leave_out_damaged(error, input.path.filename().string(), request, set);
  }
  if (set.parts.empty()) {
    set.columns = file->columns();
    set.beside = input.path;
    const std::vector<SampleNote> notes = file->notes();
    set.notes.insert(set.notes.end(), notes.begin(), notes.end());
  } else if (file->columns() != set.columns) {
    throw Error(ErrorCode::kInvalidArgument,
                "has other fields than the files before it: convert them one after the other",
                input.path.string());
  }
  set.parts.push_back({split, std::move(file)});
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  const ShardInputs inputs = find_shards(request, is_named_beton);
  RecordSet set;
  for (const ShardInput& input : inputs.shards)
    add_file(input, inputs.splits[input.split], request, set);
  check_any_part(set, request);
  return std::make_unique<RecordReader>(std::move(set), request);
}

}  // namespace

const Format& beton_format() {
  static const Format format{"beton", "a .beton file of FFCV, or a folder of them", detect,
                             open_reader, nullptr};
  return format;
}

}  // namespace stoker
