#include "libdata/loader/image_loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/loader/batch_slot.h"
#include "libdata/loader/sample_maker.h"
#include "libdata/loader/sample_reader.h"

namespace stoker {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

constexpr uint64_t kNoStep = ~uint64_t{0};

// Totals of one worker: written by it alone, read by anyone.
struct alignas(64) WorkerTotals {
  std::atomic<double> read{0};
  std::atomic<double> decode{0};
  std::atomic<double> augment{0};
  std::atomic<double> idle{0};
  std::atomic<uint64_t> samples{0};
  std::atomic<uint64_t> stored_bytes{0};
};

template <typename T>
void add(std::atomic<T>& total, T amount) {
  total.store(total.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

ImageLoaderOptions checked(ImageLoaderOptions options) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorCode::kInvalidArgument, "image loader: expected " + message);
  };
  require(options.batch_size >= 1 && options.batch_size <= 1 << 20, "a batch size of 1 to 2^20");
  require(options.crop >= 1 && options.crop <= 16384, "a crop of 1 to 16384 pixels");
  require(options.channels != Channels::kAsStored, "1 or 3 channels");
  require(options.world_size >= 1 && options.rank < options.world_size, "a rank below world_size");
  require(options.batches_in_flight >= 2, "at least 2 batches in flight");
  require(options.threads >= 0 && options.threads <= 4096, "0 to 4096 threads");
  if (options.threads == 0) options.threads = thread_count();
  if (options.resize_short == 0) options.resize_short = (options.crop * 256 + 112) / 224;
  require(options.resize_short >= options.crop, "resize_short of at least the crop");
  return options;
}

void check_field(const Schema& schema, size_t field, Storage storage, std::string_view axes) {
  const Field& found = schema.fields[field];
  if (found.storage != storage || found.axes != axes)
    throw Error(ErrorCode::kInvalidArgument,
                "the field '" + found.name + "' is not " +
                    (storage == Storage::kBlob ? "an image (a blob of axes HWC)" : "a label"));
}

}  // namespace

OnError parse_on_error(std::string_view text) {
  if (text == "stop") return OnError::kStop;
  if (text == "skip") return OnError::kSkip;
  throw Error(ErrorCode::kInvalidArgument, "expected stop or skip, found " + std::string(text));
}

IoMode parse_io_mode(std::string_view text) {
  if (text == "mmap") return IoMode::kMmap;
  if (text == "pread") return IoMode::kPread;
  if (text == "direct") return IoMode::kDirect;
  throw Error(ErrorCode::kInvalidArgument,
              "expected mmap, pread or direct, found " + std::string(text));
}

struct ImageLoader::State {
  // A slot and whom it belongs to, under `mutex` but for open_step, which workers also read alone.
  struct RingSlot {
    RingSlot(State* owner, const ImageLoaderOptions& options, size_t bytes)
        : state(owner), data(options, bytes) {}
    State* state;
    BatchSlot data;
    std::atomic<uint64_t> open_step{kNoStep};  // samples of this step may be filled in
    uint64_t closed_step = kNoStep;            // all samples of this step are in
    bool busy = false;                         // being opened, filled, ready or lent
  };

  State(const PackedSplit& split_in, const Schema& schema, const ImageLoaderOptions& options_in)
      : split(split_in),
        options(checked(options_in)),
        image_field(schema.require(options.image_field)),
        label_field(schema.find(options.label_field)),
        files(split_in, options.io),
        totals(static_cast<size_t>(options.threads)) {
    check_field(schema, image_field, Storage::kBlob, "HWC");
    if (label_field) check_field(schema, *label_field, Storage::kInline, "");
    for (size_t i = 0; i < options.batches_in_flight; ++i)
      ring.push_back(std::make_unique<RingSlot>(this, options, batch_buffer_bytes(options)));
    try {
      for (WorkerTotals& mine : totals)
        threads.emplace_back([this, &mine] { work(mine); });
    } catch (const std::system_error& error) {
      stop_threads();
      throw Error(ErrorCode::kIo,
                  "cannot start " + std::to_string(options.threads) + " threads: " + error.what());
    }
  }
  ~State() { stop_threads(); }

  void stop_threads() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      abandon.store(true);
    }
    workers_wake.notify_all();
    threads.clear();  // joins
  }

  void work(WorkerTotals& mine);
  void work_through_epoch(SampleReader& reader, SampleMaker& maker, WorkerTotals& mine);
  bool wait_until_open(RingSlot& slot, uint64_t step, WorkerTotals& mine);
  void open_slot(BatchSlot& slot, uint64_t step);
  void make_sample(BatchSlot& slot, uint64_t step, int64_t index, SampleReader& reader,
                   SampleMaker& maker, WorkerTotals& mine);
  void close_slot(RingSlot& slot, uint64_t step);
  void release(RingSlot& slot);
  bool may_skip(const Error& error) const {  // damage, not a failing disk
    return options.on_error == OnError::kSkip &&
           (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported);
  }
  uint64_t sample_at(uint64_t step, int64_t index) const {
    return order[(epoch_split.range(step).begin + static_cast<uint64_t>(index)) % order.size()];
  }
  int32_t label_of(uint64_t sample_id) const;
  PixelRegion ragged_region(const BlobView& blob, const SampleGeometry& geometry, bool& cut) const;

  const PackedSplit& split;
  const ImageLoaderOptions options;
  const size_t image_field;
  const std::optional<size_t> label_field;
  const SampleFiles files;

  // One epoch. Changed only while no worker is in work_through_epoch.
  uint64_t epoch = 0;
  EpochSplit epoch_split;
  std::vector<uint64_t> order;
  uint64_t task_count = 0;
  std::atomic<uint64_t> next_task{0};
  uint64_t next_step = 0;  // the consumer's
  ImageBatch empty_batch;  // where this rank has no sample in the last step

  std::mutex mutex;
  std::condition_variable workers_wake;
  std::condition_variable consumer_wakes;
  uint64_t generation = 0;  // of epochs started
  int working = 0;          // threads in work_through_epoch
  bool stopping = false;
  std::atomic<bool> abandon{false};
  std::vector<std::unique_ptr<RingSlot>> ring;
  std::vector<SkippedSample> skipped;

  std::vector<WorkerTotals> totals;
  double waited = 0;
  std::vector<std::jthread> threads;  // last: they use all of the above
};

void ImageLoader::State::work(WorkerTotals& mine) {
  SampleReader reader(files, options.check_hashes);
  SampleMaker maker(options);
  uint64_t done_generation = 0;
  std::unique_lock lock(mutex);
  while (true) {
    workers_wake.wait(lock, [&] { return stopping || generation != done_generation; });
    if (stopping) return;
    done_generation = generation;
    ++working;
    lock.unlock();
    work_through_epoch(reader, maker, mine);
    lock.lock();
    --working;
    consumer_wakes.notify_all();
  }
}

void ImageLoader::State::work_through_epoch(SampleReader& reader, SampleMaker& maker,
                                            WorkerTotals& mine) {
  const uint64_t batch_size = static_cast<uint64_t>(options.batch_size);
  while (!abandon.load(std::memory_order_relaxed)) {
    const uint64_t task = next_task.fetch_add(1, std::memory_order_relaxed);
    if (task >= task_count) return;
    const uint64_t step = task / batch_size;
    const int64_t index = static_cast<int64_t>(task % batch_size);
    RingSlot& slot = *ring[step % ring.size()];
    if (slot.open_step.load(std::memory_order_acquire) != step &&
        !wait_until_open(slot, step, mine))
      return;
    make_sample(slot.data, step, index, reader, maker, mine);
    if (slot.data.count_down()) close_slot(slot, step);
  }
}

// The first worker to need a free slot opens it, others wait for that or for the consumer. False
// where the epoch is abandoned.
bool ImageLoader::State::wait_until_open(RingSlot& slot, uint64_t step, WorkerTotals& mine) {
  const auto start = Clock::now();
  std::unique_lock lock(mutex);
  workers_wake.wait(lock, [&] {
    return abandon.load() || slot.open_step.load() == step ||
           (!slot.busy && (step < ring.size() || slot.closed_step == step - ring.size()));
  });
  add(mine.idle, seconds_between(start, Clock::now()));
  if (abandon.load()) return false;
  if (slot.open_step.load() == step) return true;
  slot.busy = true;
  lock.unlock();
  open_slot(slot.data, step);
  lock.lock();
  slot.open_step.store(step, std::memory_order_release);
  lock.unlock();
  workers_wake.notify_all();
  return true;
}

void ImageLoader::State::open_slot(BatchSlot& slot, uint64_t step) {
  const EpochSplit::Range range = epoch_split.range(step);
  slot.open(epoch, step, epoch_split.position_after(step), static_cast<int64_t>(range.count),
            static_cast<int64_t>(range.padding));
  if (options.delivery != Delivery::kRagged) return;
  for (int64_t i = 0; i < static_cast<int64_t>(range.count); ++i) {
    const uint64_t id = sample_at(step, i);
    PixelRegion region;
    SampleGeometry geometry;
    try {
      const BlobView blob = split.blob(id, image_field);
      geometry = draw_geometry(options, stored_size(blob), epoch, id);
      bool cut = false;
      region = ragged_region(blob, geometry, cut);
      if (cut) geometry = {{0, 0, double(options.crop), double(options.crop)}, false};
    } catch (const Error&) {  // make_sample meets it again and reports it
    }
    slot.place_image(i, region, geometry);
  }
}

// Raw pixels: whole rows, since one copy is fastest. Decoded ones: what is under the box. `cut`:
// that is more than an image may take, so the crop itself is delivered.
PixelRegion ImageLoader::State::ragged_region(const BlobView& blob, const SampleGeometry& geometry,
                                              bool& cut) const {
  PixelRegion region = covered_pixels(geometry.box, stored_size(blob));
  const bool same_channels = blob.shape[2] == static_cast<uint32_t>(options.channels);
  if (blob.codec == Codec::kRaw && same_channels) {
    region.left = 0;
    region.width = blob.shape[1];
  }
  const int64_t bytes = region.height * region.width * static_cast<int64_t>(options.channels);
  cut = static_cast<size_t>(bytes) > max_ragged_bytes(options);
  return cut ? PixelRegion{0, 0, options.crop, options.crop} : region;
}

void ImageLoader::State::make_sample(BatchSlot& slot, uint64_t step, int64_t index,
                                     SampleReader& reader, SampleMaker& maker, WorkerTotals& mine) {
  const uint64_t id = sample_at(step, index);
  const auto start = Clock::now();
  auto read_done = start;
  const double decoded_before = maker.decode_seconds();
  try {
    const BlobView blob = split.blob(id, image_field);
    slot.set_sample(index, id, label_of(id));
    const ByteSpan bytes = reader.read(id, blob);
    read_done = Clock::now();
    const SampleGeometry geometry = draw_geometry(options, stored_size(blob), epoch, id);
    bool cut = options.delivery == Delivery::kCrops;
    const PixelRegion region = cut ? PixelRegion{} : ragged_region(blob, geometry, cut);
    if (cut)
      maker.make_crop(bytes, blob, geometry, slot.pixels(index));
    else
      maker.make_region(bytes, blob, region, slot.pixels(index));
    add(mine.stored_bytes, uint64_t{bytes.size()});
  } catch (const Error& error) {
    slot.fail(index, id, error.at(split.describe(id, image_field)));
  } catch (const std::exception& error) {  // out of memory, in all likelihood
    slot.fail(index, id,
              Error(ErrorCode::kInternal, error.what(), split.describe(id, image_field)));
  }
  const double decode = maker.decode_seconds() - decoded_before;
  add(mine.read, seconds_between(start, read_done));
  add(mine.decode, decode);
  add(mine.augment, seconds_between(read_done, Clock::now()) - decode);
  add(mine.samples, uint64_t{1});
}

int32_t ImageLoader::State::label_of(uint64_t sample_id) const {
  if (!label_field) return -1;
  const int64_t label = split.inline_int(sample_id, *label_field);
  if (label != static_cast<int32_t>(label))
    throw Error(ErrorCode::kCorrupt, "expected a label of 32 bits, found " + std::to_string(label));
  return static_cast<int32_t>(label);
}

void ImageLoader::State::close_slot(RingSlot& slot, uint64_t step) {
  slot.data.close();
  {
    const std::lock_guard lock(mutex);
    for (const FailedSample& failure : slot.data.failures())
      if (may_skip(failure.error))
        skipped.push_back(
            {epoch, failure.sample_id, failure.error.path(), failure.error.message()});
    slot.closed_step = step;
  }
  consumer_wakes.notify_all();
}

void ImageLoader::State::release(RingSlot& slot) {
  {
    const std::lock_guard lock(mutex);
    slot.busy = false;
  }
  workers_wake.notify_all();
}

ImageLoader::ImageLoader(const PackedSplit& split, const Schema& schema,
                         const ImageLoaderOptions& options)
    : state_(std::make_unique<State>(split, schema, options)) {}

ImageLoader::~ImageLoader() = default;

void ImageLoader::start_epoch(uint64_t epoch, uint64_t position) {
  State& s = *state_;
  {
    std::unique_lock lock(s.mutex);
    s.abandon.store(true);
    s.workers_wake.notify_all();
    s.consumer_wakes.wait(lock, [&] { return s.working == 0; });
    for (const auto& slot : s.ring) {
      slot->open_step.store(kNoStep);
      slot->closed_step = kNoStep;
      slot->busy = false;
    }
  }
  const ImageLoaderOptions& o = s.options;
  s.epoch = epoch;
  s.order = epoch_order(s.split.first_samples(), o.order, o.window_samples, o.seed, epoch);
  s.epoch_split = {s.order.size(), position,     static_cast<uint64_t>(o.batch_size),
                   o.rank,         o.world_size, o.tail};
  const uint64_t steps = s.epoch_split.steps();
  s.task_count = steps == 0 ? 0
                            : (steps - 1) * static_cast<uint64_t>(o.batch_size) +
                                  s.epoch_split.range(steps - 1).count;
  s.next_task.store(0);
  s.next_step = 0;
  {
    const std::lock_guard lock(s.mutex);
    s.abandon.store(false);
    ++s.generation;
  }
  s.workers_wake.notify_all();
}

uint64_t ImageLoader::batches_per_epoch(uint64_t position) const {
  const ImageLoaderOptions& o = state_->options;
  return EpochSplit{state_->split.sample_count(),
                    position,
                    static_cast<uint64_t>(o.batch_size),
                    o.rank,
                    o.world_size,
                    o.tail}
      .steps();
}

std::optional<BatchLease> ImageLoader::next() {
  State& s = *state_;
  if (s.next_step >= s.epoch_split.steps()) return std::nullopt;
  const uint64_t step = s.next_step;
  if (s.epoch_split.range(step).count == 0) {
    s.empty_batch = {};
    s.empty_batch.epoch = s.epoch;
    s.empty_batch.step = step;
    s.empty_batch.position_after = s.epoch_split.position_after(step);
    s.empty_batch.crop = s.options.crop;
    s.empty_batch.channels = static_cast<int64_t>(s.options.channels);
    ++s.next_step;
    return BatchLease(&s.empty_batch, nullptr);
  }
  State::RingSlot& slot = *s.ring[step % s.ring.size()];
  const auto start = Clock::now();
  {
    std::unique_lock lock(s.mutex);
    s.consumer_wakes.wait(lock, [&] { return slot.closed_step == step; });
  }
  s.waited += seconds_between(start, Clock::now());
  for (const FailedSample& failure : slot.data.failures())
    if (!s.may_skip(failure.error)) throw failure.error;
  ++s.next_step;
  return BatchLease(&slot.data.batch(), &slot);
}

StageTimes ImageLoader::times() const {
  StageTimes sum;
  sum.wait = state_->waited;
  for (const WorkerTotals& worker : state_->totals) {
    sum.read += worker.read.load(std::memory_order_relaxed);
    sum.decode += worker.decode.load(std::memory_order_relaxed);
    sum.augment += worker.augment.load(std::memory_order_relaxed);
    sum.idle += worker.idle.load(std::memory_order_relaxed);
    sum.samples += worker.samples.load(std::memory_order_relaxed);
    sum.stored_bytes += worker.stored_bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

std::vector<SkippedSample> ImageLoader::skipped() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<SkippedSample> samples = state_->skipped;
  std::sort(samples.begin(), samples.end(), [](const SkippedSample& a, const SkippedSample& b) {
    return std::tie(a.epoch, a.sample_id) < std::tie(b.epoch, b.sample_id);
  });
  return samples;
}

size_t ImageLoader::buffer_bytes() const {
  return state_->ring.size() * batch_buffer_bytes(state_->options);
}

BatchLease::BatchLease(BatchLease&& other) noexcept
    : batch_(std::exchange(other.batch_, nullptr)), slot_(std::exchange(other.slot_, nullptr)) {}

BatchLease& BatchLease::operator=(BatchLease&& other) noexcept {
  std::swap(batch_, other.batch_);
  std::swap(slot_, other.slot_);
  return *this;
}

BatchLease::~BatchLease() {
  if (slot_ == nullptr) return;
  auto* slot = static_cast<ImageLoader::State::RingSlot*>(slot_);
  slot->state->release(*slot);
}

}  // namespace stoker
