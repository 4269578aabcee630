#include "trainer/predict/predict_state.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "trainer/predict/predict_names.h"

namespace stoker {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kStateFile = "predict_state.json";
constexpr int kStateVersion = 1;

}  // namespace

std::string hash_file(const fs::path& path) {
  return to_hex(xxh3_128(MappedFile(path).bytes()));
}

PredictState::PredictState(const fs::path& folder) : folder_(folder) {
  const fs::path path = folder_ / kStateFile;
  if (!fs::exists(path)) return;
  try {
    const json document = json::parse(read_text_file(path));
    if (document.at("version") != kStateVersion) return;
    for (const auto& [file, entry] : document.at("masks").items()) {
      const auto text = [&](const char* key) { return entry.at(key).get<std::string>(); };
      entries_[file] = {{text("network"), text("options"), text("source")},
                        text("mask"),
                        entry.value("panel", ""),
                        entry.at("report").dump()};
    }
  } catch (const json::exception&) {
    entries_.clear();
    spdlog::warn("{}: damaged; the masks are taken as not recorded", path.string());
  }
}

std::optional<MaskRecord> PredictState::find_whole(const std::string& mask_file,
                                                   const std::string& name,
                                                   const MaskOrigin& origin,
                                                   std::string& why) const {
  const auto found = entries_.find(shown_name(mask_file));
  if (found == entries_.end()) {
    why = std::string("not recorded in ") + kStateFile;
    return std::nullopt;
  }
  const Entry& entry = found->second;
  try {
    if (!fs::exists(folder_ / mask_file)) {
      why = "gone";
    } else if (entry.origin.network != origin.network) {
      why = "made by other weights";
    } else if (entry.origin.options != origin.options) {
      why = "made with other options";
    } else if (entry.origin.source != origin.source) {
      why = "its volume has changed";
    } else if (entry.mask != hash_file(folder_ / mask_file)) {
      why = "changed or damaged since";
    } else {
      const json report = json::parse(entry.report);
      return MaskRecord{entry.origin, entry.mask, entry.panel,
                        decode_volume(report, name, mask_file)};
    }
  } catch (const json::exception&) {
    why = "its record is damaged";
  } catch (const Error& error) {
    why = error.message();
  }
  return std::nullopt;
}

void PredictState::forget(const std::string& mask_file) {
  entries_.erase(shown_name(mask_file));
}

void PredictState::record(const MaskRecord& record) {
  entries_[shown_name(record.report.mask_file)] = {record.origin, record.mask, record.panel,
                                                   encode_volume(record.report).dump()};
}

void PredictState::save() const {
  json masks = json::object();
  for (const auto& [file, entry] : entries_) {
    masks[file] = {{"network", entry.origin.network},
                   {"options", entry.origin.options},
                   {"source", entry.origin.source},
                   {"mask", entry.mask},
                   {"report", json::parse(entry.report)}};
    if (!entry.panel.empty()) masks[file]["panel"] = entry.panel;
  }
  const json document{{"version", kStateVersion}, {"masks", std::move(masks)}};
  write_file_atomically(folder_ / kStateFile, document.dump(1) + "\n");
}

}  // namespace stoker
