// What the loader allocates, counted at malloc. A program of its own, since malloc is replaced.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "libdata/loader/image_loader.h"
#include "tests/loader/image_split_fixture.h"

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define STOKER_COUNTS_MALLOC 1
namespace {
std::atomic<uint64_t> malloc_calls{0};
std::atomic<uint64_t> malloc_bytes{0};
}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* malloc(size_t size) {
  malloc_calls.fetch_add(1, std::memory_order_relaxed);
  malloc_bytes.fetch_add(size, std::memory_order_relaxed);
  return __libc_malloc(size);
}
}
#endif

namespace stoker {
namespace {

#if defined(STOKER_COUNTS_MALLOC)

struct Allocations {
  uint64_t calls = 0;
  uint64_t bytes = 0;
};

class LoaderMemory : public ImageSplitTest {
 protected:
  // Of an epoch, after two like it.
  Allocations of_warm_epoch(const PackedSplit& split, const ImageLoaderOptions& options) {
    ImageLoader loader(split, schema(), options);
    Allocations result;
    for (int round = 0; round < 3; ++round) {
      const uint64_t calls = malloc_calls;
      const uint64_t bytes = malloc_bytes;
      loader.start_epoch(0);
      while (loader.next()) {
      }
      result = {malloc_calls - calls, malloc_bytes - bytes};
    }
    return result;
  }
};

TEST_F(LoaderMemory, AllocatesNothingPerSampleOnceWarm) {
  std::vector<StoredImage> images;
  for (int64_t i = 0; i < 300; ++i) {
    const Image image = drawn_image(i, 60 + i % 50, 80 + i % 40, i % 9 == 0 ? 1 : 3);
    images.push_back(i % 3 == 0 ? stored_raw(image) : stored_jpeg(image));
  }
  const PackedSplit split = write_split(images, 100);
  ImageLoaderOptions options;
  options.batch_size = 16;
  options.crop = 32;
  options.threads = 1;  // else which thread meets which image, and warms up for it, is chance
  for (const Delivery delivery : {Delivery::kCrops, Delivery::kRagged}) {
    options.delivery = delivery;
    // The epoch's order is one allocation; a few more are the standard library's.
    EXPECT_LT(of_warm_epoch(split, options).calls, 5u);
  }
}

// 6000x6000 pixels are 108 MB. What an epoch takes from malloc, all pieces added up, stays far
// below: rows stream through.
TEST_F(LoaderMemory, AVeryLargeJpegIsNeverInMemoryWhole) {
  std::vector<StoredImage> images;
  for (int64_t i = 0; i < 20; ++i)
    images.push_back(stored_jpeg(drawn_image(i, 60, 80, 3)));
  images.push_back(stored_jpeg(Image{6000, 6000, 3, Bytes(108'000'000, 90)}));
  const PackedSplit split = write_split(images, 100);
  ImageLoaderOptions options;
  options.batch_size = 8;
  options.crop = 224;
  options.threads = 2;
  const uint64_t before = malloc_bytes;
  ImageLoader loader(split, schema(), options);
  for (uint64_t epoch = 0; epoch < 3; ++epoch) {
    loader.start_epoch(epoch);
    while (loader.next()) {
    }
  }
  EXPECT_LT(malloc_bytes - before, 20u << 20);  // batch buffers are aligned, and not counted
}

#else

TEST(LoaderMemory, IsCountedOnlyWithoutSanitizers) {
  GTEST_SKIP() << "malloc belongs to the sanitizer in this build";
}

#endif

}  // namespace
}  // namespace stoker
