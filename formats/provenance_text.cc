#include "formats/provenance_text.h"

#include <nlohmann/json.hpp>

#include "libdata/sample/schema_json.h"

namespace stoker {

std::string provenance_text(const Manifest& manifest) {
  Json sources = Json::array();
  for (const SourceEntry& source : manifest.sources)
    sources.push_back({{"name", source.name}, {"size", source.size_bytes}});
  return Json{{"tool", manifest.tool},
              {"version", manifest.tool_version},
              {"options", manifest.options},
              {"sources", sources}}
      .dump();
}

}  // namespace stoker
