#include "formats/mnist/mnist_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "formats/gzip_bytes.h"
#include "formats/mnist/idx_file.h"
#include "formats/split_names.h"
#include "formats/stacked/stack_assembly.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr const char* kGzipEnding = ".gz";

struct IdxName {
  std::string set;    // what is neither split nor field: "emnist-letters"
  std::string split;  // empty: the name says none
  std::string field;  // "images", "labels", or empty
};

std::string without_gzip_ending(const fs::path& path) {
  return path.extension() == kGzipEnding ? path.stem().string() : path.filename().string();
}

std::vector<std::string> words_of(const std::string& name) {
  std::vector<std::string> words(1);
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      words.back() += static_cast<char>(std::tolower(byte));
    } else {
      words.emplace_back();
    }
  }
  std::erase(words, std::string());
  return words;
}

IdxName parse_name(const fs::path& path) {
  IdxName name;
  for (const std::string& word : words_of(without_gzip_ending(path))) {
    const std::string split = word == "t10k" ? "test" : split_named(word);
    if (word == "images" || word == "labels") {
      name.field = word;
    } else if (!split.empty() && name.split.empty()) {
      name.split = split;
    } else if (!word.starts_with("idx") && word != "ubyte" && word != "int") {
      name.set += (name.set.empty() ? "" : "-") + word;
    }
  }
  return name;
}

bool has_idx_name(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.find("ubyte") != std::string::npos) return true;
  const size_t idx = name.find("idx");
  return idx != std::string::npos && idx + 3 < name.size() && name[idx + 3] >= '1' &&
         name[idx + 3] <= '4';
}

std::vector<fs::path> files_of(const std::vector<fs::path>& inputs) {
  std::vector<fs::path> files;
  for (const fs::path& input : inputs) {
    if (!fs::is_directory(input)) {
      files.push_back(input);
      continue;
    }
    for (const fs::path& path : list_files(input)) {
      const bool twice = path.extension() == kGzipEnding && fs::exists(input / path.stem());
      if (has_idx_name(path) && !twice) files.push_back(path);
    }
  }
  if (files.empty()) {
    throw Error(ErrorCode::kCorrupt, "holds no idx file", inputs.front().string());
  }
  return files;
}

// QMNIST's labels are rows of eight numbers, of which the first is the class.
void take_first_column(const fs::path& path, StridedArray& labels, std::vector<SampleNote>& notes) {
  notes.push_back(
      {path.filename().string(),
       fmt::format("the label is the first of {} numbers a row (QMNIST: the digit, then "
                   "who wrote it); the others are left out",
                   labels.shape[1]),
       path.filename().string(), 0});
  labels = with_row_axes(std::move(labels), {});
}

std::vector<NamedStack> list_stacks(const SourceRequest& request, std::vector<SampleNote>& notes) {
  std::map<std::string, NamedStack> stacks;  // by split
  std::set<std::string> sets;
  for (const fs::path& path : files_of(request.inputs)) {
    const IdxName name = parse_name(path);
    sets.insert(name.set);
    const std::string split = !name.split.empty()     ? name.split
                              : request.split.empty() ? "train"
                                                      : request.split;
    NamedStack& stack = stacks[split];
    stack.split = split;
    StridedArray array = open_idx(path);
    const bool is_labels = name.field.empty() ? array.row_rank() == 0 : name.field == "labels";
    if (is_labels && name.set.starts_with("qmnist") && array.row_rank() == 1)
      take_first_column(path, array, notes);
    stack.arrays.push_back(
        {path.filename().string(), is_labels ? "labels" : "images", std::move(array)});
    stack.files.push_back(path);
  }
  if (sets.size() > 1) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("the files are of several sets ({}): name those of one", fmt::join(sets, ", ")),
        request.inputs.front().string());
  }
  std::vector<NamedStack> listed;
  for (const char* split : {"train", "val", "test"}) {
    const auto found = stacks.find(split);
    if (found == stacks.end()) continue;
    listed.push_back(std::move(found->second));
    stacks.erase(found);
  }
  for (auto& [split, stack] : stacks)
    listed.push_back(std::move(stack));
  return listed;
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) {
    if (looks_like_gzip(look.front)) return has_idx_name(look.path);
    return looks_like_idx(look.front);
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(look.path, error)) {
    if (has_idx_name(entry.path()) && entry.is_regular_file()) return true;
  }
  return false;
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  std::vector<SampleNote> notes;
  StackAssembly assembly = assemble_stacks(list_stacks(request, notes), request.fields);
  return read_stacks(std::move(assembly), {}, request.inputs, std::move(notes));
}

}  // namespace

const Format& mnist_format() {
  static const Format format{"mnist", "idx files, as MNIST has them", detect, open_reader, nullptr};
  return format;
}

}  // namespace stoker
