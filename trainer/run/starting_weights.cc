#include "trainer/run/starting_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

constexpr size_t kNamesShown = 4;

// "fc.weight, fc.bias", or the first few "and 98 more".
std::string first_few(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + ptrdiff_t(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

// How many batches a norm has seen: no value that is learnt, and absent in files of older trainers.
bool is_counter(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

// "fc.weight", or "fc.weight ([1000,512] there, [3,512] here)".
std::string describe(const std::string& name, const TensorView* view, const torch::Tensor& tensor) {
  if (view == nullptr || tensor.sizes() == torch::IntArrayRef(view->shape)) return name;
  return fmt::format("{} ([{}] there, [{}] here)", name, fmt::join(view->shape, ","),
                     fmt::join(tensor.sizes(), ","));
}

// What of a network a file can fill.
struct Fitting {
  std::vector<std::pair<const TensorView*, torch::Tensor>> pairs;
  std::vector<std::string> missing;
  size_t parameters = 0;  // trained tensors that fit
};

Fitting match(const SafetensorsFile& file, const torch::nn::Module& model) {
  Fitting fitting;
  for (const auto& [name, tensor] : state_dict(model)) {
    const TensorView* view = file.table().find(name);
    if (view != nullptr && is_convertible(*view, tensor)) {
      fitting.pairs.emplace_back(view, tensor);
      if (tensor.requires_grad()) ++fitting.parameters;
    } else if (!is_counter(name)) {
      fitting.missing.push_back(describe(name, view, tensor));
    }
  }
  return fitting;
}

[[noreturn]] void refuse(const SafetensorsFile& file, const Fitting& fitting, size_t parameters) {
  std::vector<std::string> found;
  for (const TensorView& view : file.table().tensors)
    found.push_back(fmt::format("{} {}[{}]", view.name, view.dtype, fmt::join(view.shape, ",")));
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--init-from: expected weights of this network, but only {} of its {} "
                          "parameters are in the file with name and shape (half are needed). "
                          "Missing: {}; the file holds {}",
                          fitting.parameters, parameters, first_few(fitting.missing),
                          found.empty() ? "nothing" : first_few(found)),
              file.path());
}

}  // namespace

void load_starting_weights(const std::filesystem::path& path, const torch::nn::Module& model) {
  const SafetensorsFile file(path);
  const Fitting fitting = match(file, model);
  const size_t parameters = model.parameters().size();
  if (2 * fitting.parameters < parameters) refuse(file, fitting, parameters);
  // Converted first, so that the network is left alone where a value cannot be used.
  std::vector<torch::Tensor> converted;
  for (const auto& [view, tensor] : fitting.pairs) {
    converted.push_back(torch::empty(view->shape, torch::dtype(tensor.scalar_type())));
    copy_converted(*view, converted.back());
    if (!find_not_finite({{view->name, converted.back()}})) continue;
    throw Error(ErrorCode::kCorrupt,
                "--init-from: '" + view->name + "' holds values that are not finite", file.path());
  }
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < converted.size(); ++i)
    torch::Tensor(fitting.pairs[i].second).copy_(converted[i]);
  if (fitting.missing.empty()) return;
  spdlog::warn(
      "{}: {} of the network's {} tensors have no fitting values there and start at random: {}",
      file.path(), fitting.missing.size(), state_dict(model).size(), first_few(fitting.missing));
}

}  // namespace stoker
