#include "libdata/shard/manifest.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr const char* kFormatName = "stoker-dataset";
constexpr uint32_t kManifestVersion = 1;
constexpr std::string_view kHashKey = "\n  \"manifest_xxh3_128\": \"";
constexpr std::string_view kAfterHash = "\"\n}\n";
constexpr size_t kHashDigits = 32;

uint64_t parse_hex64(std::string_view text) {
  uint64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 16 || status != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("expected 16 hex digits, found '{}'", text));
  }
  return value;
}

Hash128 parse_hash(const std::string& text) {
  if (text.size() != kHashDigits) {
    throw Error(ErrorCode::kCorrupt, fmt::format("expected 32 hex digits, found '{}'", text));
  }
  return {parse_hex64(std::string_view(text).substr(16)),
          parse_hex64(std::string_view(text).substr(0, 16))};
}

Json splits_to_json(const std::vector<SplitEntry>& splits) {
  Json json = Json::array();
  for (const SplitEntry& split : splits) {
    Json shards = Json::array();
    for (const ShardSummary& shard : split.shards) {
      shards.push_back({{"file", shard.file},
                        {"bytes", shard.size_bytes},
                        {"samples", shard.sample_count},
                        {"xxh3_128", to_hex(shard.hash)}});
    }
    json.push_back(
        {{"name", split.name}, {"samples", split.sample_count()}, {"shards", std::move(shards)}});
  }
  return json;
}

SplitEntry split_from_json(const Json& json) {
  SplitEntry split;
  split.name = json.at("name").get<std::string>();
  for (const Json& shard : json.at("shards")) {
    split.shards.push_back({shard.at("file").get<std::string>(), read_uint64(shard.at("bytes")),
                            read_uint64(shard.at("samples")),
                            parse_hash(shard.at("xxh3_128").get<std::string>())});
    const std::string& file = split.shards.back().file;
    if (file.empty() || file.find('/') != std::string::npos || file == "." || file == "..") {
      throw Error(ErrorCode::kCorrupt, fmt::format("'{}' is no file name", file));
    }
  }
  if (read_uint64(json.at("samples")) != split.sample_count()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("split '{}': {} samples, but its shards hold {}", split.name,
                            read_uint64(json.at("samples")), split.sample_count()));
  }
  return split;
}

Json sources_to_json(const std::vector<SourceEntry>& sources) {
  Json json = Json::array();
  for (const SourceEntry& source : sources) {
    json.push_back({{"name", source.name}, {"bytes", source.size_bytes}});
  }
  return json;
}

Manifest manifest_from_json(const Json& json) {
  if (json.at("format").get<std::string>() != kFormatName) {
    throw Error(ErrorCode::kCorrupt, fmt::format("\"format\" is not \"{}\"", kFormatName));
  }
  const uint64_t version = read_uint64(json.at("version"));
  if (version != kManifestVersion) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("manifest version {}: this program reads version {}", version,
                            kManifestVersion));
  }
  Manifest manifest;
  manifest.tool = json.at("tool").at("name").get<std::string>();
  manifest.tool_version = json.at("tool").at("version").get<std::string>();
  manifest.options = json.at("options").get<std::map<std::string, std::string>>();
  manifest.fingerprint = parse_hex64(json.at("fingerprint").get<std::string>());
  manifest.schema = schema_from_json(json.at("schema"));
  manifest.class_names = json.at("class_names").get<std::vector<std::string>>();
  for (const Json& split : json.at("splits"))
    manifest.splits.push_back(split_from_json(split));
  for (const Json& source : json.at("sources")) {
    manifest.sources.push_back(
        {source.at("name").get<std::string>(), read_uint64(source.at("bytes"))});
  }
  manifest.notes = notes_from_json(json.at("notes"));
  manifest.skipped = notes_from_json(json.at("skipped"));
  manifest.normalized = notes_from_json(json.at("normalized"));
  return manifest;
}

// Checks the last line against what stands before it.
void check_text_hash(std::string_view text) {
  const size_t tail = kHashKey.size() + kHashDigits + kAfterHash.size();
  if (text.size() < tail || !text.ends_with(kAfterHash) ||
      text.substr(text.size() - tail, kHashKey.size()) != kHashKey) {
    throw Error(ErrorCode::kCorrupt,
                "manifest does not end with its hash line: cut short, or edited by hand");
  }
  const std::string_view body = text.substr(0, text.size() - tail);
  const std::string_view digits = text.substr(text.size() - tail + kHashKey.size(), kHashDigits);
  if (digits != to_hex(xxh3_128(as_bytes(body)))) {
    throw Error(ErrorCode::kCorrupt, "manifest does not match its hash: damaged, or edited by hand",
                "", body.size() + 1);
  }
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  Json json;
  json["format"] = kFormatName;
  json["version"] = kManifestVersion;
  json["tool"] = {{"name", manifest.tool}, {"version", manifest.tool_version}};
  json["options"] = manifest.options;
  json["fingerprint"] = to_hex(manifest.fingerprint);
  json["schema"] = schema_to_json(manifest.schema);
  json["class_names"] = manifest.class_names;
  json["splits"] = splits_to_json(manifest.splits);
  json["sources"] = sources_to_json(manifest.sources);
  json["notes"] = notes_to_json(manifest.notes);
  json["skipped"] = notes_to_json(manifest.skipped);
  json["normalized"] = notes_to_json(manifest.normalized);
  // Names of files need not be UTF-8; JSON must be.
  std::string body = json.dump(2, ' ', false, Json::error_handler_t::replace);
  body.resize(body.size() - std::string_view("\n}").size());
  body += ',';
  return body + std::string(kHashKey) + to_hex(xxh3_128(as_bytes(body))) + std::string(kAfterHash);
}

Manifest decode_manifest(std::string_view text) {
  check_text_hash(text);
  Manifest manifest;
  read_json(text, "manifest", [&](const Json& json) { manifest = manifest_from_json(json); });
  return manifest;
}

Manifest read_manifest(const std::filesystem::path& path) {
  try {
    return decode_manifest(read_text_file(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

void write_manifest(const std::filesystem::path& path, const Manifest& manifest) {
  write_file_atomically(path, encode_manifest(manifest));
}

}  // namespace stoker
