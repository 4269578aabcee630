#include "trainer/models/torchscript.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/script.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "libdata/core/files.h"

namespace stoker {
namespace {

namespace jit = torch::jit;
using CompilationUnit = std::shared_ptr<jit::CompilationUnit>;

// The same tree of modules, holding the same tensors; without code yet. `type`: of the module, as
// Python names classes.
jit::Module mirror(const torch::nn::Module& network, const std::string& type,
                   const CompilationUnit& unit) {
  jit::Module module(c10::QualifiedName(type), unit, /*shouldMangle=*/true);
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& item : network.named_parameters(/*recurse=*/false))
    module.register_parameter(item.key(), item.value(), /*is_buffer=*/false);
  for (const auto& item : network.named_buffers(/*recurse=*/false))
    module.register_buffer(item.key(), item.value());
  for (const auto& item : network.named_children())
    module.register_module(item.key(), mirror(*item.value(), type, unit));
  return module;
}

// Gives `module` the method forward: what `network`, whose tensors it holds, does with `example`.
void trace_forward(jit::Module& module, torch::nn::AnyModule& network,
                   const torch::Tensor& example) {
  const auto forward = [&network](jit::Stack inputs) -> jit::Stack {
    return {network.forward(inputs.at(0).toTensor())};
  };
  const auto nameless = [](const torch::Tensor&) { return std::string(); };
  const auto [state, outputs] = jit::tracer::trace({example}, forward, nameless, /*strict=*/true,
                                                   /*force_outplace=*/false, &module, {"input"});
  const c10::QualifiedName name(*module.type()->name(), "forward");
  module.type()->addMethod(
      module._ivalue()->compilation_unit()->create_function(name, state->graph));
}

}  // namespace

void write_torchscript(const std::filesystem::path& path, torch::nn::AnyModule network,
                       const torch::Tensor& example,
                       const std::map<std::string, std::string>& metadata) {
  const torch::NoGradGuard no_grad;
  network.ptr()->eval();
  jit::Module module =
      mirror(*network.ptr(), "__torch__.stoker.Network", std::make_shared<jit::CompilationUnit>());
  trace_forward(module, network, example);
  std::ostringstream file;
  module.save(file, {{"metadata.json", nlohmann::json(metadata).dump()}});
  write_file_atomically(path, file.str());
}

}  // namespace stoker
