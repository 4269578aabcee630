// Time to cut a random crop out of a 500-pixel image and shrink it to 224x224, one core: our
// kernels beside OpenCV's INTER_AREA and INTER_LINEAR on the same crops. The best of five rounds
// each, and the ratio to INTER_AREA. Then the decoding of a JPEG, whole and in part.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "libdata/image/crop_resize.h"
#include "libdata/image/jpeg_decoder.h"

namespace {

using namespace stoker;

constexpr int64_t kHeight = 375;
constexpr int64_t kWidth = 500;
constexpr int kCrops = 1000;

struct Sample {
  CropBox box;
  bool flip;
};

std::vector<Sample> draw_samples() {
  std::vector<Sample> samples;
  for (uint64_t i = 0; i < kCrops; ++i) {
    RandomStream stream(1, 2, i);
    const CropBox box = random_resized_crop({kHeight, kWidth}, {}, stream);
    samples.push_back({box, stream.next_bool()});
  }
  return samples;
}

Image noisy_image(int64_t channels) {
  Image image{kHeight, kWidth, channels, {}};
  RandomStream stream(3, 4, 5);
  for (int64_t i = 0; i < kHeight * kWidth * channels; ++i)
    image.pixels.push_back(
        static_cast<uint8_t>(i / (1500 * channels) + static_cast<int64_t>(stream.next_below(60))));
  return image;
}

template <typename Call>
double best_milliseconds(const std::vector<Sample>& samples, const Call& call) {
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (const Sample& sample : samples)
      call(sample);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / static_cast<double>(samples.size()));
  }
  return best;
}

void bench_resize(const std::vector<Sample>& samples, int64_t channels) {
  const Image image = noisy_image(channels);
  const int type = CV_MAKETYPE(CV_8U, static_cast<int>(channels));
  const cv::Mat whole(kHeight, kWidth, type, const_cast<uint8_t*>(image.pixels.data()));
  Bytes out(static_cast<size_t>(224 * 224 * channels));
  cv::Mat target(224, 224, type, out.data());
  const auto opencv = [&](int method) {
    return best_milliseconds(samples, [&](const Sample& s) {
      const cv::Rect rect(static_cast<int>(s.box.left), static_cast<int>(s.box.top),
                          static_cast<int>(s.box.width), static_cast<int>(s.box.height));
      cv::resize(whole(rect), target, {224, 224}, 0, 0, method);
      if (s.flip) cv::flip(target, target, 1);
    });
  };
  const double area = opencv(cv::INTER_AREA);
  std::printf("%-24s %8s %8s\n", channels == 3 ? "resize RGB, one core" : "resize gray, one core",
              "ms/image", "ratio");
  std::printf("%-24s %8.4f %8.2f\n", "OpenCV INTER_AREA", area, 1.0);
  const double linear = opencv(cv::INTER_LINEAR);
  std::printf("%-24s %8.4f %8.2f\n", "OpenCV INTER_LINEAR", linear, area / linear);
  for (const ResizeKernels* kernels :
       {&portable_resize_kernels(), avx2_resize_kernels(), avx512_resize_kernels()}) {
    if (kernels == nullptr) continue;
    CropResizer resizer(*kernels);
    const double ours = best_milliseconds(samples, [&](const Sample& s) {
      crop_and_resize(image, s.box, s.flip, {224, 224}, resizer, out.data());
    });
    const double plan = best_milliseconds(samples, [&](const Sample& s) {
      resizer.plan({kHeight, kWidth}, s.box, {224, 224}, channels, s.flip);
    });
    std::printf("%-24s %8.4f %8.2f  (of it planning the weights %.4f)\n",
                ("stoker " + std::string(kernels->name)).c_str(), ours, area / ours, plan);
  }
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  const std::vector<Sample> samples = draw_samples();
  bench_resize(samples, 3);
  bench_resize(samples, 1);
  const Image image = noisy_image(3);
  for (const int quality : {90}) {
    const Bytes jpeg = encode_jpeg(image, {.quality = quality});
    JpegDecoder decoder;
    Image decoded;
    const double full = best_milliseconds(
        samples, [&](const Sample&) { decoder.decode(jpeg, Channels::kRgb, decoded); });
    CropResizer resizer;
    std::vector<Bytes> rows(8, Bytes(kWidth * 4));
    const double part = best_milliseconds(samples, [&](const Sample& s) {
      decoder.open(jpeg);
      resizer.plan({kHeight, kWidth}, s.box, {224, 224}, 3, s.flip);
      decoder.start(1, resizer.region());
      uint8_t* pointers[8];
      for (size_t i = 0; i < 8; ++i)
        pointers[i] = rows[i].data();
      for (int64_t y = 0; y < resizer.region().height; y += 8)
        decoder.read_rows(
            {pointers, static_cast<size_t>(std::min<int64_t>(8, resizer.region().height - y))});
    });
    std::printf("JPEG %zu kB: full decode %.4f ms, the crop's part %.4f ms, ratio %.2f\n",
                jpeg.size() / 1000, full, part, full / part);
  }
}
