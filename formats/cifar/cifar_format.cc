#include "formats/cifar/cifar_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "formats/cifar/cifar_archive.h"
#include "formats/cifar/cifar_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool detect(const FirstLook& look) {
  if (look.is_folder) return is_cifar_folder(look.path);
  return is_cifar_path(look.path) || looks_like_cifar_archive(look);
}

// Of one input: a folder, an archive, or a batch with what lies beside it.
struct CifarInput {
  std::vector<CifarFile> batches;
  std::vector<CifarFile> beside;  // where lists of names may be
};

CifarInput look_into(const fs::path& input) {
  CifarInput found;
  if (fs::is_directory(input)) {
    found.beside = list_cifar_folder(input);
  } else if (is_cifar_path(input)) {
    found.beside = list_cifar_folder(input.has_parent_path() ? input.parent_path() : ".");
    found.batches.push_back(open_cifar_file(input));
    return found;
  } else {
    found.beside = list_cifar_archive(input);
  }
  for (const CifarFile& file : found.beside)
    if (cifar_kind(file) != CifarKind::kNone) found.batches.push_back(file);
  if (found.batches.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "holds no batch as CIFAR names them: data_batch_1.bin, test_batch, train ...",
                input.string());
  }
  return found;
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
  CifarNames classes;
  for (const fs::path& path : request.inputs) {
    const CifarInput input = look_into(path);
    CifarNames here = read_cifar_names(input.beside);
    if (path != request.inputs.front() && here.classes != classes.classes) {
      throw Error(ErrorCode::kInvalidArgument,
                  "has other class names than the first input: convert them one by one",
                  path.string());
    }
    classes = std::move(here);
    const bool two_labels = !classes.coarse.empty();
    for (const CifarFile& batch : input.batches) {
      names.emplace_back();
      stacks.push_back(cifar_kind(batch) == CifarKind::kBinary
                           ? open_cifar_binary(batch, two_labels)
                           : open_cifar_pickle(batch, names.back()));
    }
  }
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
