#include "trainer/tensors/tensor_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct DtypePair {
  std::string_view name;
  torch::ScalarType type;
};
constexpr DtypePair kDtypePairs[] = {{"F32", torch::kFloat32}, {"F64", torch::kFloat64},
                                     {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16},
                                     {"I64", torch::kInt64},   {"I32", torch::kInt32},
                                     {"I16", torch::kInt16},   {"I8", torch::kInt8},
                                     {"U8", torch::kUInt8},    {"BOOL", torch::kBool}};

std::string dtype_name_of(const torch::Tensor& tensor) {
  for (const DtypePair& pair : kDtypePairs) {
    if (pair.type == tensor.scalar_type()) return std::string(pair.name);
  }
  throw Error(ErrorCode::kInternal,
              "a tensor of a dtype that safetensors files are not written in");
}

bool fits(const TensorView& view, const torch::Tensor& tensor) {
  return view.dtype == dtype_name_of(tensor) && tensor.sizes() == torch::IntArrayRef(view.shape);
}

torch::ScalarType type_of(const TensorView& view) {
  for (const DtypePair& pair : kDtypePairs) {
    if (pair.name == view.dtype) return pair.type;
  }
  throw Error(ErrorCode::kUnsupported, "'" + view.name + "' is of dtype " + view.dtype);
}

// The file's values in a tensor of our own: its bytes may lie at any address.
torch::Tensor tensor_of(const TensorView& view) {
  const torch::Tensor values = torch::empty(view.shape, torch::dtype(type_of(view)));
  if (!view.bytes.empty()) std::memcpy(values.data_ptr(), view.bytes.data(), view.bytes.size());
  return values;
}

// One pass, and one value fetched from the device.
bool is_finite(const torch::Tensor& tensor) {
  return !tensor.is_floating_point() || torch::isfinite(tensor).all().item<bool>();
}

std::string describe(const torch::Tensor& tensor) {
  return fmt::format("{}[{}]", dtype_name_of(tensor), fmt::join(tensor.sizes(), ","));
}

}  // namespace

NamedTensors state_dict(const torch::nn::Module& model) {
  NamedTensors tensors;
  for (const auto& item : model.named_parameters())
    tensors.emplace_back(item.key(), item.value());
  for (const auto& item : model.named_buffers())
    tensors.emplace_back(item.key(), item.value());
  return tensors;
}

WrittenFile write_tensors(const std::filesystem::path& path, const NamedTensors& tensors,
                          const std::map<std::string, std::string>& metadata) {
  std::vector<torch::Tensor> stored;  // keeps the bytes alive until they are written
  std::vector<TensorView> views;
  for (const auto& [name, tensor] : tensors) {
    stored.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const torch::Tensor& values = stored.back();
    views.push_back({name,
                     dtype_name_of(values),
                     values.sizes().vec(),
                     {static_cast<const uint8_t*>(values.data_ptr()), values.nbytes()}});
  }
  return write_safetensors(path, views, metadata);
}

void read_tensors(const SafetensorsFile& file, const NamedTensors& tensors) {
  const TensorTable& table = file.table();
  if (table.tensors.size() != tensors.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("expected {} tensors, found {}", tensors.size(), table.tensors.size()),
                file.path());
  }
  std::vector<const TensorView*> views;
  for (const auto& [name, tensor] : tensors) {
    const TensorView* view = table.find(name);
    if (view == nullptr || !fits(*view, tensor)) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("expected '{}' as {}, found {}", name, describe(tensor),
                              view == nullptr ? "no such tensor"
                                              : fmt::format("{}[{}]", view->dtype,
                                                            fmt::join(view->shape, ","))),
                  file.path());
    }
    views.push_back(view);
  }
  for (size_t i = 0; i < tensors.size(); ++i)
    copy_converted(*views[i], tensors[i].second);
}

bool is_convertible(const TensorView& view, const torch::Tensor& tensor) {
  const auto known = [&](const DtypePair& pair) { return pair.name == view.dtype; };
  if (std::none_of(std::begin(kDtypePairs), std::end(kDtypePairs), known)) return false;
  const torch::ScalarType type = type_of(view);
  const bool same_kind = torch::isFloatingType(type) == tensor.is_floating_point() &&
                         (type == torch::kBool) == (tensor.scalar_type() == torch::kBool);
  return same_kind && tensor.sizes() == torch::IntArrayRef(view.shape);
}

void copy_converted(const TensorView& view, const torch::Tensor& tensor) {
  const torch::NoGradGuard no_grad;
  torch::Tensor target = tensor;
  target.copy_(tensor_of(view));
}

std::optional<std::string> find_not_finite(const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : tensors) {
    if (!is_finite(tensor)) return name;
  }
  return std::nullopt;
}

void check_finite(const SafetensorsFile& file) {
  for (const TensorView& view : file.table().tensors) {
    if (!view.dtype.starts_with('F') && view.dtype != "BF16") continue;
    if (is_finite(tensor_of(view))) continue;
    throw Error(ErrorCode::kCorrupt, "'" + view.name + "' holds values that are not finite",
                file.path());
  }
}

}  // namespace stoker
