#include "libdata/shard/joined_split.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "libdata/core/dtype.h"
#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/shard/class_names.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

std::string described(const Field& field) {
  std::string text = fmt::format("{} {}", field.storage == Storage::kInline ? "inline" : "stored",
                                 dtype_name(field.dtype));
  if (!field.axes.empty()) text += " of axes " + field.axes;
  for (const std::string* word :
       {&field.color, &field.unit, &field.normalization, &field.definition}) {
    if (!word->empty()) text += ", " + *word;
  }
  return text;
}

// Fields are found by their position: order counts too.
void check_same_fields(const PackedDataset& first, const PackedDataset& other) {
  const Schema& a = first.schema();
  const Schema& b = other.schema();
  if (a == b) return;
  const auto refuse = [&](const std::string& difference) {
    throw Error(ErrorCode::kInvalidArgument,
                difference + ": data sets are joined only where all fields are the same",
                other.folder().string());
  };
  for (const Field& field : a.fields) {
    const std::optional<size_t> at = b.find(field.name);
    if (!at) {
      refuse(fmt::format("has no field '{}', which {} has", field.name, first.folder().string()));
    }
    if (!(b.fields[*at] == field)) {
      refuse(fmt::format("field '{}' is {} here and {} in {}", field.name, described(b.fields[*at]),
                         described(field), first.folder().string()));
    }
  }
  for (const Field& field : b.fields) {
    if (!a.find(field.name)) {
      refuse(
          fmt::format("has a field '{}', which {} has not", field.name, first.folder().string()));
    }
  }
  refuse("has the fields in another order than " + first.folder().string());
}

void check_not_the_same(const ChosenSplit& a, const ChosenSplit& b) {
  if (!fs::equivalent(a.dataset->folder(), b.dataset->folder())) return;
  throw Error(ErrorCode::kInvalidArgument, "given twice: each sample would count double",
              b.dataset->folder().string());
}

}  // namespace

JoinedSplit join_splits(const std::vector<ChosenSplit>& chosen) {
  const PackedDataset& first = *chosen.front().dataset;
  std::string where;
  std::string fingerprint;
  std::vector<std::string> notes;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const PackedDataset& dataset = *chosen[i].dataset;
    for (size_t before = 0; before < i; ++before)
      check_not_the_same(chosen[before], chosen[i]);
    check_same_fields(first, dataset);
    for (std::string& note :
         check_same_classes({first.manifest().class_names, first.folder().string()},
                            {dataset.manifest().class_names, dataset.folder().string()})) {
      notes.push_back(std::move(note));
    }
    where += (i == 0 ? "" : ", ") + dataset.folder().string();
    fingerprint += (i == 0 ? "" : "+") + to_hex(dataset.manifest().fingerprint) + "/" +
                   chosen[i].split->name();
  }
  std::vector<ShardReader> shards;
  const std::string name = chosen.front().split->name();
  for (const ChosenSplit& one : chosen)
    for (ShardReader& shard : one.dataset->take_shards(*one.split))
      shards.push_back(std::move(shard));
  return {PackedSplit(name, std::move(shards)),
          first.schema(),
          first.manifest().class_names,
          where,
          fingerprint,
          notes};
}

}  // namespace stoker
