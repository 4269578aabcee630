// What a format is to the rest of the house: how it is recognised, read and written.
//
// A format lives in formats/NAME/: a reader, a writer, a README of what is read and what is not,
// and NAME_format.h with the one function that gives its Format. format_table.cc lists them all.
// Thread-safety: formats are constant values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/sample_writer.h"
#include "libdata/sample/schema.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

// A path as detection sees it: what kind it is, and its first bytes.
struct FirstLook {
  std::filesystem::path path;
  bool is_folder = false;
  uint64_t size_bytes = 0;  // of a file
  Bytes front;              // of a file: up to 64 KiB

  bool starts_with(std::string_view magic, size_t offset = 0) const;
};
// NotFound or Io where the path cannot be looked at.
FirstLook look_at(const std::filesystem::path& path);

// What a user says of a source; a format takes what concerns it and refuses what it cannot honour.
struct SourceRequest {
  std::vector<std::filesystem::path> inputs;  // at least one
  // --field NAME=SOURCE: which of the source's own fields is to be called NAME.
  std::map<std::string, std::string> fields;
  // Of sources that name no split themselves; empty: what a file's or folder's name says, or
  // "train".
  std::string split;
  bool skip_damaged = false;  // --on-error skip
  bool labels = true;         // of volumes; false: images alone, whatever labels there are
  // Of folders and tars of images: image_source.h.
  std::optional<std::filesystem::path> devkit;
  std::string class_from;
  std::vector<std::string> exclude;
};

struct OutputRequest {
  std::filesystem::path folder;
  Schema schema;            // of the samples that are to be written
  std::string compression;  // "NAME" or "NAME:LEVEL"; empty: the format's default
};

struct Format {
  std::string_view name;         // as --from and --to have it
  std::string_view description;  // of one input, for messages: "an HDF5 file"
  // Whether the path is one. Cheap, never throws about what it sees.
  bool (*detect)(const FirstLook& look) = nullptr;
  // Lists the source. The reader owns all it needs. Null: the format is not read. Errors: as
  // SourceReader, InvalidArgument where the request leaves a choice or asks for what there is not.
  std::unique_ptr<SourceReader> (*open_reader)(const SourceRequest& request) = nullptr;
  // Null: the format is not written. InvalidArgument for a compression it does not have.
  std::unique_ptr<SampleOutput> (*make_output)(const OutputRequest& request) = nullptr;
};

}  // namespace stoker
