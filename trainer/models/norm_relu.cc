#include "trainer/models/norm_relu.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "trainer/models/norm_relu_kernel.h"

namespace stoker {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What one call of a kernel takes, and what float sums add up before they go to double.
constexpr int64_t kBlockRows = 128;

bool is_map(const Tensor& x) {
  return x.dim() == 4 && x.device().is_cpu() && x.scalar_type() == torch::kFloat32 &&
         x.numel() > 0 && x.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

MapRows rows_of(const Tensor& map) {
  return {map.numel() / map.size(1), map.size(1)};
}

Tensor like(const Tensor& map) {
  return torch::empty_like(map, map.options(), torch::MemoryFormat::ChannelsLast);
}

// Gradients are written over the one they come from where nobody else holds it.
Tensor map_for(const Tensor& gradient) {
  const bool own = gradient.use_count() == 1 && gradient.storage().use_count() == 1;
  return own ? gradient : like(gradient);
}

NormLine line_of(const Tensor& scale, const Tensor& shift) {
  return {scale.data_ptr<float>(), shift.data_ptr<float>()};
}

int64_t block_count(MapRows map) {
  return (map.rows + kBlockRows - 1) / kBlockRows;
}

// block(number, first value of its rows in the map, its shape), in parallel.
template <typename Block>
void for_blocks(MapRows map, const Block& block) {
  at::parallel_for(0, block_count(map), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i * kBlockRows;
      block(i, first * map.channels, MapRows{std::min(kBlockRows, map.rows - first), map.channels});
    }
  });
}

// Two values a channel of each block.
class BlockSums {
 public:
  explicit BlockSums(MapRows map)
      : map_(map), values_(static_cast<size_t>(2 * map.channels * block_count(map))) {}

  float* first(int64_t block) { return values_.data() + 2 * block * map_.channels; }
  float* second(int64_t block) { return first(block) + map_.channels; }

  // total(channel, first, second, rows) for each block in turn.
  template <typename Total>
  void add_up(const Total& total) {
    for (int64_t block = 0; block < block_count(map_); ++block) {
      const float* const a = first(block);
      const float* const b = second(block);
      const int64_t rows = std::min(kBlockRows, map_.rows - block * kBlockRows);
      for (int64_t c = 0; c < map_.channels; ++c)
        total(c, double{a[c]}, double{b[c]}, static_cast<double>(rows));
    }
  }

 private:
  MapRows map_;
  std::vector<float> values_;
};

// [channels] each; the variance over all rows, not one less.
struct Moments {
  Tensor mean;
  Tensor variance;
};

Moments batch_moments(const Tensor& x) {
  const MapRows map = rows_of(x);
  const NormReluKernel& kernel = norm_relu_kernel();
  BlockSums sums(map);
  const float* const values = x.data_ptr<float>();
  for_blocks(map, [&](int64_t block, int64_t at, MapRows shape) {
    kernel.moments(values + at, shape, sums.first(block), sums.second(block));
  });

  const auto count = static_cast<double>(map.rows);
  std::vector<double> mean(static_cast<size_t>(map.channels));
  std::vector<double> squares(mean.size());
  sums.add_up([&](int64_t c, double block_mean, double, double rows) {
    mean[static_cast<size_t>(c)] += block_mean * rows / count;
  });
  sums.add_up([&](int64_t c, double block_mean, double block_squares, double rows) {
    const double apart = block_mean - mean[static_cast<size_t>(c)];
    squares[static_cast<size_t>(c)] += block_squares + rows * apart * apart;
  });
  for (double& sum : squares)
    sum /= count;
  return {torch::tensor(mean, torch::kFloat32), torch::tensor(squares, torch::kFloat32)};
}

void move_running(torch::nn::BatchNorm2dImpl& norm, const Moments& moments, int64_t rows) {
  if (norm.num_batches_tracked.defined()) norm.num_batches_tracked.add_(1);
  if (!norm.running_mean.defined()) return;
  const double momentum = norm.options.momentum().value();
  const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
  norm.running_mean.mul_(1 - momentum).add_(moments.mean, momentum);
  norm.running_var.mul_(1 - momentum).add_(moments.variance, momentum * unbiased);
}

Tensor apply_line(const Tensor& x, const Tensor& added, const Tensor& scale, const Tensor& shift) {
  Tensor y = like(x);
  const NormLine line = line_of(scale, shift);
  const float* const from = x.data_ptr<float>();
  const float* const plus = added.defined() ? added.data_ptr<float>() : nullptr;
  float* const to = y.data_ptr<float>();
  for_blocks(rows_of(x), [&](int64_t, int64_t at, MapRows shape) {
    norm_relu_kernel().forward(from + at, plus == nullptr ? nullptr : plus + at, line, shape,
                               to + at);
  });
  return y;
}

class NormRelu : public torch::autograd::Function<NormRelu> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x,
                        const c10::optional<Tensor>& added, const Tensor& weight,
                        const Tensor& bias, const Tensor& mean, const Tensor& deviations) {
    const Tensor scale = weight * deviations;
    const Tensor shift = bias - mean * scale;
    const Tensor y = apply_line(x, added.value_or(Tensor()), scale, shift);
    context->save_for_backward(
        {x, scale, shift, mean, deviations, added.has_value() ? y : Tensor()});
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor& x = saved[0];
    const Tensor& y = saved[5];  // undefined where nothing was added
    Tensor dy = std::move(gradients[0]);
    dy = dy.contiguous(torch::MemoryFormat::ChannelsLast);
    const Tensor z = y.defined() ? map_for(dy) : Tensor();
    const auto [sums, products] = gradient_sums(saved, dy, z);

    const auto count = static_cast<double>(rows_of(x).rows);
    const Tensor& scale = saved[1];
    const Tensor& deviations = saved[4];
    const Tensor slope = scale * deviations * deviations * products / -count;
    const Tensor offset = scale * sums / -count;
    const Tensor dx = gradient(saved, y.defined() ? z : dy, slope, offset);
    return {dx, z, products * deviations, sums, Tensor(), Tensor()};
  }

 private:
  struct Sums {
    Tensor gradients;
    Tensor products;
  };

  static Sums gradient_sums(const variable_list& saved, const Tensor& dy, const Tensor& z) {
    const MapRows map = rows_of(dy);
    BlockSums sums(map);
    const float* const x = saved[0].data_ptr<float>();
    const float* const from = dy.data_ptr<float>();
    const float* const y = z.defined() ? saved[5].data_ptr<float>() : nullptr;
    float* const through = z.defined() ? z.data_ptr<float>() : nullptr;
    const NormLine line = line_of(saved[1], saved[2]);
    const float* const mean = saved[3].data_ptr<float>();
    const NormReluKernel& kernel = norm_relu_kernel();
    for_blocks(map, [&](int64_t block, int64_t at, MapRows shape) {
      if (through != nullptr) {
        kernel.gradient_sums_of_added(x + at, y + at, from + at, mean, shape, through + at,
                                      sums.first(block), sums.second(block));
      } else {
        kernel.gradient_sums(x + at, from + at, line, mean, shape, sums.first(block),
                             sums.second(block));
      }
    });

    std::vector<double> gradients(static_cast<size_t>(map.channels));
    std::vector<double> products(gradients.size());
    sums.add_up([&](int64_t c, double sum, double product, double) {
      gradients[static_cast<size_t>(c)] += sum;
      products[static_cast<size_t>(c)] += product;
    });
    return {torch::tensor(gradients, torch::kFloat32), torch::tensor(products, torch::kFloat32)};
  }

  // `from`: dy, or what of it the ReLU let through.
  static Tensor gradient(const variable_list& saved, const Tensor& from, const Tensor& slope,
                         const Tensor& offset) {
    const bool added = saved[5].defined();
    Tensor dx = added ? like(from) : map_for(from);
    const float* const x = saved[0].data_ptr<float>();
    const float* const dy = from.data_ptr<float>();
    float* const to = dx.data_ptr<float>();
    const NormLine line = line_of(saved[1], saved[2]);
    const GradientLine gradient{line.scale, saved[3].data_ptr<float>(), slope.data_ptr<float>(),
                                offset.data_ptr<float>()};
    const NormReluKernel& kernel = norm_relu_kernel();
    for_blocks(rows_of(from), [&](int64_t, int64_t at, MapRows shape) {
      if (added) {
        kernel.gradient_of_added(x + at, dy + at, gradient, shape, to + at);
      } else {
        kernel.gradient(x + at, dy + at, line, gradient, shape, to + at);
      }
    });
    return dx;
  }
};

Tensor with_library(torch::nn::BatchNorm2dImpl& norm, const Tensor& x, const Tensor& added) {
  Tensor y = norm.forward(x);
  if (added.defined()) y.add_(added);
  return y.relu_();
}

}  // namespace

Tensor norm_relu(torch::nn::BatchNorm2dImpl& norm, const Tensor& x, const Tensor& added) {
  const bool by_batch = norm.is_training();
  const bool records = torch::GradMode::is_enabled();
  // Evaluation with a graph, momentum that is an average, maps of one value: nothing trains so.
  if (!is_map(x) || (added.defined() && !is_map(added)) || !norm.options.affine() ||
      !norm.options.momentum().has_value() || (by_batch && rows_of(x).rows < 2) ||
      (!by_batch && (records || !norm.running_mean.defined()))) {
    return with_library(norm, x, added);
  }
  Moments moments{norm.running_mean, norm.running_var};
  if (by_batch) {
    const torch::NoGradGuard no_grad;
    moments = batch_moments(x);
    move_running(norm, moments, rows_of(x).rows);
  }
  const Tensor deviations = (moments.variance + norm.options.eps()).rsqrt();
  if (records) {
    const auto addend = added.defined() ? c10::make_optional(added) : c10::nullopt;
    return NormRelu::apply(x, addend, norm.weight, norm.bias, moments.mean, deviations);
  }
  const Tensor scale = norm.weight * deviations;
  return apply_line(x, added, scale, norm.bias - moments.mean * scale);
}

}  // namespace stoker
