#include <exception>
#include <string>

#include "libdata/core/error.h"
#include "libdata/loader/image_fields.h"
#include "libdata/loader/image_loader_state.h"

namespace stoker {

ImageLoader::State::State(const PackedSplit& split_in, const Schema& schema,
                          const ImageLoaderOptions& options_in)
    : split(split_in),
      options(check_loader_options(options_in)),
      image_field(schema.require(options.image_field)),
      label_field(schema.find(options.label_field)),
      files(split_in, options.io),
      read_ahead(files, image_field, options),
      skipped(options.on_error) {
  check_image_field(schema.fields[image_field]);
  if (label_field) check_label_field(schema.fields[*label_field]);
  for (int i = 0; i < options.threads; ++i)
    workers.push_back(std::make_unique<ImageWorker>(files, options));
  for (size_t i = 0; i < options.batches_in_flight; ++i)
    slots.push_back(std::make_unique<BatchSlot>(options, batch_buffer_bytes(options)));
  ring = std::make_unique<BatchRing>(
      options.threads, slots.size(),
      BatchRing::Work{[this](size_t slot, uint64_t step) { open(*slots[slot], step); },
                      [this](size_t worker, size_t slot, uint64_t step, int64_t index) {
                        make(*workers[worker], *slots[slot], step, index);
                      },
                      [this](size_t slot, uint64_t) { close(*slots[slot]); }});
}

void ImageLoader::State::open(BatchSlot& slot, uint64_t step) {
  const EpochSplit::Range range = epoch_split.range(step);
  slot.open(epoch, step, epoch_split.position_after(step), static_cast<int64_t>(range.count),
            static_cast<int64_t>(range.padding));
  if (range.begin + range.count <= order.size())
    read_ahead.batch_opens(range.begin, {&order[range.begin], range.count});
  if (options.delivery != Delivery::kRagged) return;
  for (int64_t i = 0; i < static_cast<int64_t>(range.count); ++i) {
    const uint64_t id = sample_at(step, i);
    RaggedPlan plan;
    try {
      const BlobView blob = split.blob(id, image_field);
      plan = plan_ragged(blob, draw_geometry(options, stored_size(blob), epoch, id));
    } catch (const Error&) {  // make meets it again and reports it
    }
    slot.place_image(i, plan);
  }
}

// Raw pixels: whole rows, since one copy is fastest. Decoded ones: what is under the box. Where
// that is more than an image may take, the crop itself is delivered.
RaggedPlan ImageLoader::State::plan_ragged(const BlobView& blob,
                                           const SampleGeometry& geometry) const {
  RaggedPlan plan;
  plan.geometry = geometry;
  plan.region = covered_pixels(geometry.box, stored_size(blob));
  const bool same_channels = blob.shape[2] == static_cast<uint32_t>(options.channels);
  if (blob.codec == Codec::kRaw && same_channels) {
    plan.region.left = 0;
    plan.region.width = blob.shape[1];
  }
  const int64_t bytes =
      plan.region.height * plan.region.width * static_cast<int64_t>(options.channels);
  plan.is_crop = static_cast<size_t>(bytes) > max_ragged_bytes(options);
  return plan;
}

void ImageLoader::State::make(ImageWorker& worker, BatchSlot& slot, uint64_t step, int64_t index) {
  SampleReader& reader = worker.reader;
  SampleMaker& maker = worker.maker;
  const uint64_t id = sample_at(step, index);
  const auto start = Clock::now();
  auto read_done = start;
  const double decoded_before = maker.decode_seconds();
  try {
    const BlobView blob = split.blob(id, image_field);
    slot.set_sample(index, id, label_of(id));
    const ByteSpan bytes = reader.read(id, blob);
    read_done = Clock::now();
    if (!reader.copy_reads(blob)) read_ahead.note_read(seconds_between(start, read_done));
    if (options.delivery == Delivery::kCrops) {
      const SampleGeometry geometry = draw_geometry(options, stored_size(blob), epoch, id);
      maker.make_crop(bytes, blob, geometry, slot.pixels(index));
    } else if (const RaggedPlan& plan = slot.plan(index); plan.is_crop) {
      maker.make_crop(bytes, blob, plan.geometry, slot.pixels(index));
    } else {
      maker.make_region(bytes, blob, plan.region, slot.pixels(index));
    }
    if (reader.copy_reads(blob)) read_ahead.note_read(seconds_between(start, Clock::now()));
    add(worker.stored_bytes, uint64_t{bytes.size()});
  } catch (const Error& error) {
    slot.fail(index, id, error.at(split.describe(id, image_field)));
  } catch (const std::exception& error) {  // out of memory, in all likelihood
    slot.fail(index, id,
              Error(ErrorCode::kInternal, error.what(), split.describe(id, image_field)));
  }
  const double decode = maker.decode_seconds() - decoded_before;
  add(worker.read, seconds_between(start, read_done));
  add(worker.decode, decode);
  add(worker.augment, seconds_between(read_done, Clock::now()) - decode);
  add(worker.samples, uint64_t{1});
}

int32_t ImageLoader::State::label_of(uint64_t sample_id) const {
  if (!label_field) return -1;
  const int64_t label = split.inline_int(sample_id, *label_field);
  if (label != static_cast<int32_t>(label))
    throw Error(ErrorCode::kCorrupt, "expected a label of 32 bits, found " + std::to_string(label));
  if (options.class_count > 0 && (label < 0 || label >= options.class_count))
    throw Error(ErrorCode::kCorrupt, "expected a label of 0 to " +
                                         std::to_string(options.class_count - 1) +
                                         ", one of the classes, found " + std::to_string(label));
  return static_cast<int32_t>(label);
}

void ImageLoader::State::close(BatchSlot& slot) {
  slot.close();
  for (const FailedSample& failure : slot.failures())
    skipped.note(epoch, failure.sample_id, failure.error);
}

}  // namespace stoker
