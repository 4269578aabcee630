// One HDF5 file open for reading: what is in it, and the raw bytes of its data sets. Internal to
// formats/hdf5.
//
// Thread-safety: any number of threads; the library is entered under its lock, plain file reads are
// not. Ownership: the file outlives its open data sets. Errors: NotFound or Io from the system,
// Corrupt and Unsupported with the file's path and the data set's name. Sizes that the file states
// are checked against its own size before they are believed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "formats/hdf5/hdf5_array.h"
#include "formats/hdf5/hdf5_handle.h"
#include "formats/hdf5/hdf5_type.h"
#include "libdata/core/files.h"

namespace stoker {

struct Hdf5Listing {
  std::vector<Hdf5Array> arrays;      // every data set, by path, in the order of names' bytes
  std::vector<std::string> left_out;  // links that lead elsewhere, types that are not read
};

// A chunk as it lies in the file.
struct PackedChunk {
  Bytes bytes;               // empty: never written, all fill value
  uint32_t filter_mask = 0;  // bit i set: filter i was not applied
};

class Hdf5File;

class Hdf5Dataset {
 public:
  Hdf5Dataset(const Hdf5File& file, const std::string& path);

  const Hdf5Array& array() const { return array_; }
  const Hdf5File& file() const { return file_; }

  // By the coordinates of its first element. Precondition: kChunked.
  void read_chunk(const std::vector<uint64_t>& first_element, PackedChunk& chunk) const;
  // A box through the library, elements as they are stored. Not for those of any length.
  void read_box(const std::vector<uint64_t>& start, const std::vector<uint64_t>& count,
                std::span<uint8_t> out) const;
  bool library_has_filter(int32_t id) const;
  // Each element of a box, of any length.
  std::vector<Bytes> read_values(const std::vector<uint64_t>& start,
                                 const std::vector<uint64_t>& count) const;

 private:
  Hdf5Handle memory_space(const std::vector<uint64_t>& count) const;
  void read_selected(const std::vector<uint64_t>& start, const std::vector<uint64_t>& count,
                     int64_t memory_space, int64_t type, uint8_t* out) const;

  const Hdf5File& file_;
  Hdf5Handle handle_;
  Hdf5Array array_;
};

class Hdf5File {
 public:
  explicit Hdf5File(const std::filesystem::path& path);

  const std::string& path() const { return bytes_.path(); }
  const RangeFile& bytes() const { return bytes_; }
  int64_t id() const { return handle_.id(); }
  // What addresses in the file are counted from: the size of a block of the user's in front.
  uint64_t base() const { return base_; }
  // Addresses and lengths of eight bytes, as all but historic files have them.
  bool has_usual_sizes() const { return has_usual_sizes_; }
  bool has(const std::string& name) const;  // in the root
  bool is_matlab() const { return is_matlab_; }

  Hdf5Listing list() const;
  // Scalars and texts of a group ("" is the root); other attributes are left out.
  std::map<std::string, Hdf5Attribute> attributes(const std::string& group) const;
  // Of an attribute of the root that holds texts; empty where there is none.
  std::vector<std::string> root_texts(const std::string& attribute) const;

 private:
  RangeFile bytes_;
  Hdf5Handle handle_;
  uint64_t base_ = 0;
  bool has_usual_sizes_ = false;
  bool is_matlab_ = false;
};

}  // namespace stoker
