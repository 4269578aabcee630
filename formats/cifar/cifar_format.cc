#include "formats/cifar/cifar_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "formats/cifar/cifar_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool detect(const FirstLook& look) {
  if (look.is_folder) return is_cifar_folder(look.path);
  return cifar_kind(look.path) != CifarKind::kNone;
}

std::vector<fs::path> files_of(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    if (!fs::is_directory(input)) {
      if (cifar_kind(input) == CifarKind::kNone) {
        throw Error(ErrorCode::kInvalidArgument,
                    "expected a batch as CIFAR names them: data_batch_1.bin, test_batch, train ...",
                    input.string());
      }
      files.push_back(input);
      continue;
    }
    for (const fs::path& path : list_files(input))
      if (cifar_kind(path) != CifarKind::kNone) files.push_back(path);
  }
  if (files.empty()) {
    throw Error(ErrorCode::kCorrupt, "holds no batch of CIFAR", inputs.front().string());
  }
  return files;
}

fs::path folder_of(const fs::path& input) {
  return fs::is_directory(input) ? input : input.parent_path();
}

// Names that are given, where they tell samples apart.
std::vector<std::string> telling(std::vector<std::string> names) {
  std::unordered_set<std::string> seen(names.begin(), names.end());
  const bool plain = std::none_of(names.begin(), names.end(), [](const std::string& name) {
    return name.empty() || name.find('\n') != std::string::npos;
  });
  if (seen.size() != names.size() || !plain) names.clear();
  return names;
}

void describe_coarse(const std::vector<std::string>& names, Schema& schema) {
  const auto coarse = schema.find("coarse_label");
  if (!coarse) return;
  schema.fields[*coarse].unit = "class index";
  if (!names.empty()) {
    schema.fields[*coarse].definition = fmt::format("in order: {}", fmt::join(names, ", "));
  }
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  std::vector<NamedStack> stacks;
  std::vector<std::vector<std::string>> names;
  for (const fs::path& path : files_of(request.inputs)) {
    names.emplace_back();
    stacks.push_back(cifar_kind(path) == CifarKind::kBinary
                         ? open_cifar_binary(path)
                         : open_cifar_pickle(path, names.back()));
  }
  const CifarNames classes = read_cifar_names(folder_of(request.inputs.front()));
  StackAssembly assembly = assemble_stacks(std::move(stacks), request.fields);
  for (size_t i = 0; i < names.size(); ++i)
    assembly.stacks[i].names = telling(std::move(names[i]));
  describe_coarse(classes.coarse, assembly.schema);
  return read_stacks(std::move(assembly), classes.classes, request.inputs, {});
}

}  // namespace

const Format& cifar_format() {
  static const Format format{"cifar", "batches of CIFAR", detect, open_reader, nullptr};
  return format;
}

}  // namespace stoker
