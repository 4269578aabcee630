#include "libdata/loader/image_batch_maker.h"

#include <chrono>
#include <string>

#include "libdata/core/error.h"
#include "libdata/loader/image_fields.h"

namespace stoker {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double>(end - start).count();
}

}  // namespace

ImageBatchMaker::ImageBatchMaker(const PackedSplit& split, const Schema& schema,
                                 const ImageLoaderOptions& options)
    : split_(&split),
      options_(options),
      image_field_(schema.require(options.image_field)),
      label_field_(schema.find(options.label_field)),
      files_(split, options.io),
      read_ahead_(files_, image_field_, options_),
      crop_(options.crop) {
  check_image_field(schema.fields[image_field_]);
  if (label_field_) check_label_field(schema.fields[*label_field_]);
}

std::vector<uint64_t> ImageBatchMaker::order(uint64_t epoch) const {
  return epoch_order(split_->first_samples(), options_.order, options_.window_samples,
                     options_.seed, epoch);
}

void ImageBatchMaker::start_epoch(uint64_t epoch, int64_t crop) {
  epoch_ = epoch;
  crop_ = crop;
  read_ahead_.start_epoch(epoch);
}

void ImageBatchMaker::open(ImageSlot& slot, const BatchHeader& header,
                           const BatchSamples& samples) {
  slot.open(header, crop_);
  const EpochSplit::Range& range = samples.range;
  if (range.begin + range.count <= samples.epoch_order.size()) {
    read_ahead_.batch_opens(range.begin, samples.epoch_order.subspan(range.begin, range.count));
  }
  if (options_.delivery != Delivery::kRagged) return;
  for (int64_t i = 0; i < header.count; ++i) {
    const uint64_t id = samples.sample(i);
    RaggedPlan plan;
    try {
      const BlobView blob = split_->blob(id, image_field_);
      plan = plan_ragged(blob, draw_geometry(options_, crop_, stored_size(blob), epoch_, id));
    } catch (const Error&) {  // make meets it again and reports it
    }
    slot.place_image(i, plan);
  }
}

// Raw pixels: whole rows, since one copy is fastest. Decoded ones: what is under the box. Where
// that is more than an image may take, the crop itself is delivered.
RaggedPlan ImageBatchMaker::plan_ragged(const BlobView& blob,
                                        const SampleGeometry& geometry) const {
  RaggedPlan plan;
  plan.geometry = geometry;
  plan.region = covered_pixels(geometry.box, stored_size(blob));
  const bool same_channels = blob.shape[2] == static_cast<uint32_t>(options_.channels);
  if (blob.codec == Codec::kRaw && same_channels) {
    plan.region.left = 0;
    plan.region.width = blob.shape[1];
  }
  const int64_t bytes =
      plan.region.height * plan.region.width * static_cast<int64_t>(options_.channels);
  plan.is_crop = static_cast<size_t>(bytes) > max_ragged_bytes(options_, crop_);
  return plan;
}

void ImageBatchMaker::make(Worker& worker, ImageSlot& slot, int64_t index, uint64_t sample_id,
                           StageTimes& spent) {
  SampleReader& reader = worker.reader;
  SampleMaker& maker = worker.maker;
  const auto start = Clock::now();
  const BlobView blob = split_->blob(sample_id, image_field_);
  slot.set_sample(index, sample_id, label_of(sample_id));
  const ByteSpan bytes = reader.read(sample_id, blob);
  const auto read_done = Clock::now();
  spent.read += seconds_between(start, read_done);
  if (!reader.copy_reads(blob)) read_ahead_.note_read(seconds_between(start, read_done));
  const double decoded_before = maker.decode_seconds();
  if (options_.delivery == Delivery::kCrops) {
    const SampleGeometry geometry =
        draw_geometry(options_, crop_, stored_size(blob), epoch_, sample_id);
    maker.make_crop(bytes, blob, geometry, slot.pixels(index));
  } else if (const RaggedPlan& plan = slot.plan(index); plan.is_crop) {
    maker.make_crop(bytes, blob, plan.geometry, slot.pixels(index));
  } else {
    maker.make_region(bytes, blob, plan.region, slot.pixels(index));
  }
  const auto done = Clock::now();
  if (reader.copy_reads(blob)) read_ahead_.note_read(seconds_between(start, done));
  const double decode = maker.decode_seconds() - decoded_before;
  spent.decode += decode;
  spent.augment += seconds_between(read_done, done) - decode;
  spent.stored_bytes += bytes.size();
}

FailedSample ImageBatchMaker::failed(const Worker&, int64_t index, uint64_t sample_id,
                                     const Error& error) const {
  return {index, sample_id, error.at(split_->describe(sample_id, image_field_))};
}

ImageBatch ImageBatchMaker::empty_batch() const {
  ImageBatch batch;
  batch.crop = crop_;
  batch.channels = static_cast<int64_t>(options_.channels);
  return batch;
}

int32_t ImageBatchMaker::label_of(uint64_t sample_id) const {
  if (!label_field_) return -1;
  const int64_t label = split_->inline_int(sample_id, *label_field_);
  if (label != static_cast<int32_t>(label))
    throw Error(ErrorCode::kCorrupt, "expected a label of 32 bits, found " + std::to_string(label));
  if (options_.class_count > 0 && (label < 0 || label >= options_.class_count))
    throw Error(ErrorCode::kCorrupt, "expected a label of 0 to " +
                                         std::to_string(options_.class_count - 1) +
                                         ", one of the classes, found " + std::to_string(label));
  return static_cast<int32_t>(label);
}

}  // namespace stoker
