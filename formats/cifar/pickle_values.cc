#include "formats/cifar/pickle_values.h"

#include <utility>

#include "formats/cifar/pickle_machine.h"
#include "libdata/core/files.h"

namespace stoker {

bool looks_like_pickle(ByteSpan front) {
  return front.size() >= 2 && front[0] == 0x80 && front[1] >= 2 && front[1] <= 5;
}

PickleValues::PickleValues(ByteSpan pickle) {
  PickleRun run;
  run_pickle(pickle, run);
  values_ = std::move(run.values);
  decoded_ = std::move(run.decoded);
  decoded_texts_ = std::move(run.decoded_texts);
  root_ = run.root;
}

const PickleValue* PickleValues::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != PickleKind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const auto text = text_of(at(dict.items[i]));
    if (text && as_text(*text) == key) return &at(dict.items[i + 1]);
  }
  return nullptr;
}

std::optional<ByteSpan> PickleValues::text_of(const PickleValue& value) const {
  if (value.kind == PickleKind::kText) return value.text;
  const auto decoded = decoded_texts_.find(static_cast<PickleIndex>(&value - values_.data()));
  if (decoded == decoded_texts_.end()) return std::nullopt;
  return decoded->second;
}

}  // namespace stoker
