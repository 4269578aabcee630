// scroll6, version 1: six feature channels of a CT volume, in one streaming pass.
//
// With v the voxels on the scale 0..255 (16-bit voxels times 255 / 65535), G(s) the Gaussian of
// standard deviation s voxels (weights exp(-i^2 / 2 s^2) normalised to 1, radius int(4 s + 0.5),
// border half-sample symmetric: d c b a | a b c d | d c b a, repeated where the volume is thinner
// than the radius), D the central difference with one-sided ends (numpy.gradient; 0 along an axis
// of one voxel):
//   0 raw            v / 255                                   0..1
//   1 dog_1_1.5      G(1) - G(1.5)                             -255..255
//   2 dog_2_3        G(2) - G(3)                               -255..255
//   3 hessian_trace  sum over axes of D(D(G(1)))               -510..510
//   4 gradient_norm  sqrt(sum over axes of D(G(1))^2)          0..221
//   5 gy_over_gx     clip(|Dy G(1)| / (|Dx G(1)| + 1e-3), 0, 20)
// Computed in float32, rounded once to float16. The bits of a voxel depend on the voxels around it
// alone: not on threads, on how the work is cut, on the instruction set, or on whether a patch or
// the whole volume is asked for.
//
// Thread-safety: free functions; one call uses many threads (run_parallel). Ownership: spans are
// borrowed for the call. Errors: InvalidArgument for spans that do not fit the sizes.
// Source: scipy.ndimage.gaussian_filter(mode='reflect', truncate=4), numpy.gradient.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "libdata/core/arrays.h"
#include "libdata/volume/kernel_level.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

inline constexpr int64_t kScroll6Channels = 6;
inline constexpr std::string_view kScroll6Definition = "scroll6 v1";
inline constexpr std::array<std::string_view, kScroll6Channels> kScroll6Names{
    "raw", "dog_1_1.5", "dog_2_3", "hessian_trace", "gradient_norm", "gy_over_gx"};
// Voxels beyond a box that its features depend on: the radius of G(3).
inline constexpr int64_t kScroll6Halo = 12;
// The channel that does not commute with turning an axis into another one.
inline constexpr int64_t kScroll6AxisBoundChannel = 5;

// Mean and standard deviation (population) of each channel over a volume, of the float16 values as
// stored; accumulated in double in an order of its own, so the same whatever the threads.
struct FeatureMoments {
  std::array<double, kScroll6Channels> mean{};
  std::array<double, kScroll6Channels> stddev{};
};

struct FeatureOptions {
  std::optional<KernelLevel> kernel;  // default: the best
};

// A whole volume to planar float16: out[((c * Z + z) * Y + y) * X + x].
FeatureMoments compute_scroll6(const Zyx& size_zyx, std::span<const uint8_t> voxels_zyx,
                               std::span<uint16_t> out_czyx, const FeatureOptions& options = {});
FeatureMoments compute_scroll6(const Zyx& size_zyx, std::span<const uint16_t> voxels_zyx,
                               std::span<uint16_t> out_czyx, const FeatureOptions& options = {});

// A whole volume straight into a sealed brick blob: `blob` has blob_bytes() of RawBricks for
// float16 of six channels.
FeatureMoments compute_scroll6_bricks(const Zyx& size_zyx, std::span<const uint8_t> voxels_zyx,
                                      std::span<uint8_t> blob, const FeatureOptions& options = {});
FeatureMoments compute_scroll6_bricks(const Zyx& size_zyx, std::span<const uint16_t> voxels_zyx,
                                      std::span<uint8_t> blob, const FeatureOptions& options = {});

// The features of a box inside a larger volume, from the box and its halo alone.
//   box         where, in a volume of `volume_zyx`
//   halo box    box grown by kScroll6Halo and cut at the volume's ends: scroll6_halo_box
//   voxels_zyx  the voxels of the halo box
// Equal, bit for bit, to the same box of compute_scroll6 over the whole volume. Runs on the calling
// thread alone: patch loaders have a patch a thread.
Box scroll6_halo_box(const Zyx& volume_zyx, const Box& box);
void compute_scroll6_box(const Zyx& volume_zyx, const Box& box, std::span<const uint8_t> voxels_zyx,
                         std::span<uint16_t> out_czyx, const FeatureOptions& options = {});
void compute_scroll6_box(const Zyx& volume_zyx, const Box& box,
                         std::span<const uint16_t> voxels_zyx, std::span<uint16_t> out_czyx,
                         const FeatureOptions& options = {});

}  // namespace stoker
