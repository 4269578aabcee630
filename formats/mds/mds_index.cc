#include "formats/mds/mds_index.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr uint64_t kVersion = 2;
constexpr uint64_t kMostColumns = 1024;

// "0/shard.00000.mds" is of an index that several were merged into; nothing leads out of the
// folder.
void check_basename(const std::string& name) {
  const std::filesystem::path path(name);
  bool inside = !name.empty() && path.is_relative();
  for (const std::filesystem::path& part : path)
    inside = inside && part != "..";
  if (inside) return;
  throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is no file of this folder", name));
}

MdsFile parse_file(const Json& json) {
  MdsFile file;
  file.basename = json.at("basename").get<std::string>();
  check_basename(file.basename);
  file.size_bytes = read_uint64(json.at("bytes"));
  if (!json.contains("hashes") || json.at("hashes").is_null()) return file;
  for (const auto& [name, digits] : json.at("hashes").items())
    file.hashes[name] = digits.get<std::string>();
  return file;
}

MdsShardEntry parse_shard(const Json& json) {
  const std::string format = json.at("format").get<std::string>();
  if (format != "mds") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("shards of the format '{}' are not read, only 'mds' is", format));
  }
  if (read_uint64(json.at("version")) != kVersion) {
    throw Error(ErrorCode::kUnsupported, fmt::format("version {} is not read, only {} is",
                                                     json.at("version").dump(), kVersion));
  }
  MdsShardEntry shard;
  shard.column_names = json.at("column_names").get<std::vector<std::string>>();
  shard.column_encodings = json.at("column_encodings").get<std::vector<std::string>>();
  for (const Json& size : json.at("column_sizes"))
    shard.column_sizes.push_back(size.is_null() ? std::nullopt : std::optional(read_uint64(size)));
  const size_t count = shard.column_names.size();
  if (count == 0 || count > kMostColumns || shard.column_encodings.size() != count ||
      shard.column_sizes.size() != count) {
    throw Error(ErrorCode::kCorrupt, "column names, encodings and sizes are not as many");
  }
  if (json.contains("compression") && !json.at("compression").is_null())
    shard.compression = json.at("compression").get<std::string>();
  shard.raw = parse_file(json.at("raw_data"));
  if (json.contains("zip_data") && !json.at("zip_data").is_null())
    shard.zip = parse_file(json.at("zip_data"));
  if (shard.compression.empty() == shard.zip.has_value()) {
    throw Error(ErrorCode::kCorrupt, "compression and zip_data contradict one another");
  }
  shard.samples = read_uint64(json.at("samples"));
  return shard;
}

}  // namespace

std::vector<MdsShardEntry> parse_mds_index(std::string_view text) {
  std::vector<MdsShardEntry> shards;
  read_json(text, "index of MDS shards", [&](const Json& json) {
    if (read_uint64(json.at("version")) != kVersion) {
      throw Error(ErrorCode::kUnsupported, fmt::format("version {} is not read, only {} is",
                                                       json.at("version").dump(), kVersion));
    }
    for (const Json& shard : json.at("shards")) {
      shards.push_back(parse_shard(shard));
      if (shards.back().column_names != shards.front().column_names ||
          shards.back().column_encodings != shards.front().column_encodings) {
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("the columns of {} are not those of {}", shards.back().raw.basename,
                                shards.front().raw.basename));
      }
    }
  });
  return shards;
}

bool looks_like_mds_index(std::string_view front) {
  return front.starts_with('{') && front.find("\"shards\"") != front.npos &&
         front.find("\"mds\"") != front.npos && front.find("\"column_encodings\"") != front.npos;
}

}  // namespace stoker
