// JSON of the values that plans, shards and manifests share, and strict reading of it. Internal to
// libdata/sample and libdata/shard: the only header there that names the JSON library.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/schema.h"

namespace stoker {

using Json = nlohmann::ordered_json;

// Integers as integers: the JSON library by itself would cut 1.5 to 1, wrap -1 and take true for 1.
uint64_t read_uint64(const Json& json);
int64_t read_int64(const Json& json);

Json schema_to_json(const Schema& schema);
Schema schema_from_json(const Json& json);

Json notes_to_json(const std::vector<SampleNote>& notes);
std::vector<SampleNote> notes_from_json(const Json& json);

// Parses `text` and hands it to `read`. What the JSON library or `read` objects to, a wrong type or
// a missing member, is Corrupt, starting with `what` ("shard JSON").
void read_json(std::string_view text, std::string_view what,
               const std::function<void(const Json&)>& read);

}  // namespace stoker
