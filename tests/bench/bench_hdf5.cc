// How fast HDF5 files are read and written, without what a conversion does beside: bench_hdf5.py
// runs it in turns with h5py.
//
// usage: bench-hdf5 read FILE            every sample of a file, through the reader
//        bench-hdf5 write FILE OUT LEVEL every sample, read before the clock starts, to a new file
// Prints bytes, seconds, and CPU seconds (user + system) of the timed part.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "formats/hdf5/hdf5_format.h"
#include "formats/hdf5/hdf5_sink.h"
#include "libdata/core/parallel.h"

namespace {

using namespace stoker;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Timer {
  Clock::time_point begun = Clock::now();
  double cpu = cpu_seconds();

  void print(uint64_t bytes) const {
    const std::chrono::duration<double> wall = Clock::now() - begun;
    std::printf("%llu %.4f %.4f\n", static_cast<unsigned long long>(bytes), wall.count(),
                cpu_seconds() - cpu);
  }
};

std::unique_ptr<SourceReader> open(const std::string& path) {
  SourceRequest request;
  request.inputs = {path};
  return hdf5_format().open_reader(request);
}

// As many samples at once as a conversion has, taken in order.
void read_all(const SourceReader& reader, const std::function<void(const Sample& sample)>& take) {
  constexpr size_t kSlots = 8;
  std::vector<Sample> slots(kSlots);
  run_ordered(
      reader.items().size(), kSlots,
      [&](uint64_t i, size_t slot) {
        slots[slot].clear();
        slots[slot].item = i;
        reader.read(slots[slot]);
      },
      [&](uint64_t, size_t slot) { take(slots[slot]); });
}

int bench_read(const std::string& path) {
  const Timer timer;
  const auto reader = open(path);
  uint64_t bytes = 0;
  read_all(*reader, [&](const Sample& sample) { bytes += sample.values.front().bytes.size(); });
  timer.print(bytes);
  return 0;
}

int bench_write(const std::string& path, const std::string& out, int level) {
  const auto reader = open(path);
  std::vector<Bytes> values;
  RowShape shape{reader->schema().fields.front().dtype, {}};
  read_all(*reader, [&](const Sample& sample) {
    const FieldValue& value = sample.values.front();
    values.emplace_back(value.bytes.begin(), value.bytes.end());
    shape.extent = {value.shape[0], value.shape[1], value.shape[2]};
  });
  uint64_t bytes = 0;
  const Timer timer;
  Hdf5Sink sink(out, values.size(), {level});
  const size_t image = sink.add_rows("image", shape);
  for (const Bytes& value : values) {
    sink.append(image, value);
    bytes += value.size();
  }
  sink.finish();
  timer.print(bytes);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    const ThreadLimit threads(0);
    if (arguments.size() == 2 && arguments[0] == "read") return bench_read(arguments[1]);
    if (arguments.size() == 4 && arguments[0] == "write")
      return bench_write(arguments[1], arguments[2], std::atoi(arguments[3].c_str()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-hdf5: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: bench-hdf5 read FILE | write FILE OUT LEVEL\n");
  return 2;
}
