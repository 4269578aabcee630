#include "libdata/shard/shard_packer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <new>
#include <stdexcept>

#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"
#include "libdata/shard/packing_parts.h"
#include "libdata/shard/shard_verification.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// How many items ahead of the one being read the system is told of: enough for a fast disk's queue.
constexpr uint64_t kPrefetchItems = 32;

// As the user knows it: from the folder that was named, if the file lies in one.
std::string relative_to_inputs(const std::string& path, const std::vector<fs::path>& inputs) {
  for (const fs::path& input : inputs) {
    const fs::path within =
        fs::path(path).lexically_normal().lexically_relative(input.lexically_normal());
    if (within.empty() || within.native().starts_with("..")) continue;
    if (within != ".") return within.string();
    return fs::path(path).filename().string();
  }
  return path;
}

// The place of the fault itself, where the error names it: an image and its label are two files.
SampleNote skipped_note(const PackJob& job, const PlannedItem& item, const EncodedSample& sample,
                        const Error& error) {
  SampleNote note{item.name, error.message(), sample.source_file, sample.source_offset_bytes};
  if (!error.path().empty()) note.file = relative_to_inputs(error.path(), job.inputs);
  if (error.offset_bytes()) note.offset_bytes = *error.offset_bytes();
  return note;
}

// Nothing can be opened any more, whatever the file.
bool out_of_descriptors() {
  return !Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)) &&
         (errno == EMFILE || errno == ENFILE);
}

// Whether what an encoder threw says something of this sample, and not of the whole run.
bool is_about_the_sample(const Error& error) {
  if (error.code() == ErrorCode::kInternal) return false;  // also of work that was cut short
  return error.code() != ErrorCode::kIo || !out_of_descriptors();
}

// An argument that an encoder's own callee refuses came out of the sample, not from the user.
ErrorCode code_for_sample(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument ? ErrorCode::kUnsupported : code;
}

uint64_t hash_of_source(const PackJob& job, uint64_t item) {
  return job.hash_source ? job.hash_source(item) : hash_files(job.source_files(item));
}

// Of the bytes as they are now; 0 where they cannot be read.
uint64_t content_now(const PackJob& job, uint64_t item) {
  try {
    return hash_of_source(job, item);
  } catch (const Error&) {
    return 0;
  }
}

// The class index, where the data set has classes.
std::optional<int64_t> label_of(const Schema& schema, const EncodedSample& sample) {
  const auto field = schema.find("label");
  if (!field || schema.fields[*field].storage != Storage::kInline ||
      schema.fields[*field].dtype != DType::kInt32 || sample.values[*field].bytes.size() < 4) {
    return std::nullopt;
  }
  return load_le<int32_t>(sample.values[*field].bytes.data());
}

}  // namespace

// Taken before the source is read: a change while it is read shows the next time.
SourceRow ShardPacker::row_of(uint64_t item) const {
  SourceRow row;
  row.key = job_.items[item].content_key;
  if (job_.source_files) row.stamp = stamp_files(job_.source_files(item));
  return row;
}

void ShardPacker::encode_values(uint64_t item, Slot* slot) const {
  slot->sample.clear();
  job_.encode(item, slot->sample);
  for (size_t f = 0; f < slot->sample.values.size(); ++f) {
    FieldValue& value = slot->sample.values[f];
    if (job_.manifest.schema.fields[f].storage == Storage::kBlob && value.hash == 0) {
      value.hash = xxh3_64(value.bytes);  // here, in parallel, and not in the writing stage
    }
  }
}

// Whether the sample is too large, or others had taken the memory, shows once it is tried with what
// they hold as the only competition.
void ShardPacker::encode_alone(uint64_t item, Slot* slot) {
  const std::lock_guard lock(short_of_memory_);
  slot->sample = EncodedSample();
  // Under skip it is the sample's fault; else the run ends, for want of memory.
  const auto refuse = [&] {
    return Error(job_.options.skip_bad_samples ? ErrorCode::kUnsupported : ErrorCode::kIo,
                 "needs more memory than there is");
  };
  try {
    encode_values(item, slot);
  } catch (const std::bad_alloc&) {
    slot->sample = EncodedSample();
    throw refuse();
  } catch (const std::length_error&) {
    slot->sample = EncodedSample();
    throw refuse();
  }
}

void ShardPacker::encode(uint64_t item, Slot* slot) {
  slot->error.reset();
  slot->source = row_of(item);
  try {
    try {
      encode_values(item, slot);
    } catch (const std::bad_alloc&) {
      encode_alone(item, slot);
    } catch (const std::length_error&) {
      encode_alone(item, slot);
    }
  } catch (const Error& error) {
    if (!is_about_the_sample(error)) throw;
    slot->error.emplace(code_for_sample(error.code()), error.message(), error.path(),
                        error.offset_bytes());
  }
  if (job_.source_files) {
    slot->source.content =
        slot->sample.source_hash != 0 ? slot->sample.source_hash : content_now(job_, item);
  }
  if (!slot->error || job_.options.skip_bad_samples) return;
  throw Error(slot->error->code(),
              fmt::format("{}: {} (--on-error skip leaves it out and records it)",
                          job_.items[item].name, slot->error->message()),
              slot->error->path(), slot->error->offset_bytes());
}

// While shards are replaced, what lists them must not stand beside them.
void ShardPacker::unpublish() {
  std::call_once(unpublished_, [&] {
    fs::remove(job_.options.output / kManifestName);
    if (job_.options.part) {
      fs::remove(job_.options.output / part_manifest_name(*job_.options.part));
    }
  });
}

FinishedShard ShardPacker::pack(const PlannedShard& shard, size_t slots) {
  unpublish();
  ShardHeader header;
  header.fingerprint = plan_.fingerprint;
  header.shard_index = shard.shard_index;
  header.shard_count = shard.shard_count;
  header.alignment_bytes = job_.options.alignment_bytes;
  ShardWriter writer(job_.options.output / shard.file, header, job_.manifest.schema);
  ShardMeta meta;
  meta.split = job_.plan_options.splits[shard.split];
  meta.class_names = job_.manifest.class_names;
  FinishedShard finished;
  std::vector<SourceRow> rows;
  std::vector<Slot> ring(slots);
  run_ordered(
      shard.items.size(), slots,
      [&](uint64_t i, size_t slot) {
        if (job_.prefetch && i + kPrefetchItems < shard.items.size()) {
          job_.prefetch(shard.items[i + kPrefetchItems]);
        }
        encode(shard.items[i], &ring[slot]);
      },
      [&](uint64_t i, size_t slot) {
        const PlannedItem& item = job_.items[shard.items[i]];
        const EncodedSample& sample = ring[slot].sample;
        const uint64_t before = writer.size_bytes();
        rows.push_back(ring[slot].source);
        if (ring[slot].error) {
          meta.skipped.push_back(skipped_note(job_, item, sample, *ring[slot].error));
          spdlog::warn("skipped {}: {}", item.name, ring[slot].error->what());
        } else {
          writer.append(item.name, sample.values);
          if (const auto label = label_of(job_.manifest.schema, sample)) ++finished.labels[*label];
          if (!sample.normalized.empty()) {
            meta.normalized.push_back(
                {item.name, sample.normalized, sample.source_file, sample.source_offset_bytes});
          }
        }
        progress_.add(1, writer.size_bytes() - before);
      });
  if (writer.sample_count() + meta.skipped.size() != shard.items.size()) {
    throw Error(ErrorCode::kInternal,
                fmt::format("{} of {} samples were written",
                            writer.sample_count() + meta.skipped.size(), shard.items.size()),
                shard.file);
  }
  finished.summary = writer.finish(meta);
  if (job_.source_files) {
    write_source_rows(job_.options.output, shard.file, finished.summary.hash, rows);
  }
  finished.skipped = std::move(meta.skipped);
  finished.normalized = std::move(meta.normalized);
  return finished;
}

// Why the shard's sources are not those it was packed from; empty where they are, with the rows as
// they are now. A file that is only younger is read: its bytes decide.
std::string ShardPacker::why_stale(const PlannedShard& shard, std::vector<SourceRow>& rows) const {
  for (size_t i = 0; i < rows.size(); ++i) {
    throw_if_stopped();
    const uint64_t item = shard.items[i];
    const std::string& name = job_.items[item].name;
    SourceRow now = row_of(item);
    if (now.key != rows[i].key) return fmt::format("{} has another size or label now", name);
    now.content = rows[i].content;
    if (now.stamp != rows[i].stamp || job_.options.check_sources) {
      now.content = content_now(job_, item);
      if (now.content != rows[i].content || now.content == 0) {
        return fmt::format("{} has changed since", name);
      }
    }
    rows[i] = now;
  }
  return "";
}

// A shard found under its final name is whole unless the disk lied; it is verified to the last byte
// all the same, since its hash goes into the manifest.
std::optional<FinishedShard> ShardPacker::find_finished(const PlannedShard& shard,
                                                        bool* renewed) const {
  const fs::path path = job_.options.output / shard.file;
  if (!job_.options.resume || !fs::exists(path)) return std::nullopt;
  *renewed = true;
  ShardTask task;
  task.path = path;
  const ShardFindings found = verify_shard(task, nullptr, VerifyOptions{});
  if (found.opened && found.header.fingerprint != plan_.fingerprint) {
    throw Error(ErrorCode::kInvalidArgument,
                "was packed from other sources or with other options, which --resume cannot "
                "continue (--force starts over)",
                path.string());
  }
  std::string fault;
  if (!found.faults.empty()) {
    fault = describe(found.faults.front());
  } else if (found.header.shard_index != shard.shard_index ||
             found.header.shard_count != shard.shard_count ||
             found.file.samples + found.meta.skipped.size() != shard.items.size()) {
    fault = fmt::format("{}: is another shard of this plan", shard.file);
  } else if (!found.meta.skipped.empty() && !job_.options.skip_bad_samples) {
    fault = fmt::format("{}: left out samples, and --on-error skip is not given", shard.file);
  } else if (job_.source_files) {
    auto rows = read_source_rows(job_.options.output, shard.file, found.hash, shard.items.size());
    if (rows) {
      const std::vector<SourceRow> before = *rows;
      if (const std::string why = why_stale(shard, *rows); !why.empty()) {
        fault = fmt::format("{}: {}", shard.file, why);
      } else if (*rows != before) {
        write_source_rows(job_.options.output, shard.file, found.hash, *rows);
      }
    } else if (recorded_ || job_.options.check_sources) {
      fault = fmt::format("{}: there is no record of its sources", shard.file);
    } else {  // packed before there were records: as far as the plan tells, of these sources
      std::vector<SourceRow> now;
      for (const uint64_t item : shard.items)
        now.push_back(row_of(item));
      write_source_rows(job_.options.output, shard.file, found.hash, now);
    }
  }
  if (!fault.empty()) {
    spdlog::warn("{}; packing it again", fault);
    return std::nullopt;
  }
  FinishedShard finished;
  finished.summary = {shard.file, found.file.size_bytes, found.file.samples, found.hash};
  finished.skipped = found.meta.skipped;
  finished.normalized = found.meta.normalized;
  finished.labels = found.labels;
  finished.kept = true;
  progress_.add(shard.items.size(), finished.summary.size_bytes);
  return finished;
}

}  // namespace stoker
