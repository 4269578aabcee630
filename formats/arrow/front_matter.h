// What stands in front of a README.md on the Hub, between two lines of "---": which files make
// which configuration, and what features there are. So much of YAML as such cards use: maps and
// lists in blocks, plain and quoted scalars, comments.
//
// Thread-safety: pure functions. Errors: Unsupported for what else YAML has, with the line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdata/sample/schema_json.h"

namespace stoker {

// All scalars are texts. Null where the text has no front matter.
Json parse_front_matter(std::string_view text);

struct HubPattern {
  std::string split;  // empty: as the files' names say
  std::string glob;   // "data/train-*", "en/**/*.parquet"
};
struct HubConfig {
  std::string name;
  std::vector<HubPattern> patterns;
};
// Those that name their files; of other members nothing is said.
std::vector<HubConfig> configs_of_card(const Json& card);

// Class names by column, of features of the type class_label; as JSON such as files have it under
// "huggingface". Empty where there are none, or several configurations have features.
std::string features_of_card(const Json& card);

}  // namespace stoker
