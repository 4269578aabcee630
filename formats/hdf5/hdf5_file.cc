#include "formats/hdf5/hdf5_file.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <set>

#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxObjects = 20'000'000;

Hdf5Handle open_file(const fs::path& path) {
  const Hdf5Lock lock;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
  // No locks: nothing is written, and network disks refuse them.
  H5Pset_file_locking(access.id(), false, true);
  return own_hdf5(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), "open", path.string());
}

bool looks_like_matlab(const RangeFile& file) {
  constexpr std::string_view kText = "MATLAB 7.3 MAT-file";
  if (file.size() < 512) return false;
  const Bytes front = file.read(0, kText.size());
  return as_text(front) == kText;
}

struct Link {
  std::string name;
  H5L_type_t type;
};

herr_t keep_link(hid_t, const char* name, const H5L_info_t* info, void* to) {
  static_cast<std::vector<Link>*>(to)->push_back({name, info->type});
  return 0;
}

// Everything below one group, each group once: hard links may lead in circles.
class Walk {
 public:
  explicit Walk(const Hdf5File& file) : file_(file) {}

  Hdf5Listing run() {
    const Hdf5Handle root = own_hdf5(H5Gopen2(file_.id(), "/", H5P_DEFAULT), "/", file_.path());
    enter(root.id(), "", 0);
    return std::move(listing_);
  }

 private:
  void enter(hid_t group, const std::string& prefix, int depth) {
    if (depth > kMaxDepth) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: groups are nested deeper than {}", prefix, kMaxDepth),
                  file_.path());
    }
    std::vector<Link> links;
    check_hdf5(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_link, &links),
               prefix.empty() ? "/" : prefix, file_.path());
    objects_ += links.size();
    if (objects_ > kMaxObjects) {
      throw Error(ErrorCode::kUnsupported, "holds more objects than can be listed", file_.path());
    }
    for (const Link& link : links)
      visit(group, link, prefix.empty() ? link.name : prefix + "/" + link.name, depth);
  }

  void visit(hid_t group, const Link& link, const std::string& path, int depth) {
    if (link.type != H5L_TYPE_HARD) {
      listing_.left_out.push_back(path + (link.type == H5L_TYPE_EXTERNAL
                                              ? ": a link to another file: give that file"
                                              : ": a link, whose target has a name of its own"));
      return;
    }
    if (path.starts_with("#")) return;  // MATLAB's store of what references lead to
    const Hdf5Handle object =
        own_hdf5(H5Oopen(group, link.name.c_str(), H5P_DEFAULT), path, file_.path());
    const H5I_type_t kind = H5Iget_type(object.id());
    if (kind == H5I_GROUP) {
      H5O_info_t info;
      check_hdf5(H5Oget_info2(object.id(), &info, H5O_INFO_BASIC), path, file_.path());
      if (seen_.insert(info.addr).second) enter(object.id(), path, depth + 1);
    } else if (kind == H5I_DATASET) {
      Hdf5Array array = Hdf5Dataset(file_, path).array();
      if (array.type.kind == Hdf5Kind::kOther) {
        listing_.left_out.push_back(
            fmt::format("{}: elements of {} are not read", path, array.type.name));
      } else if (!array.matlab_class.empty() && array.matlab_class == "char") {
        listing_.left_out.push_back(path + ": MATLAB text");
      } else {
        listing_.arrays.push_back(std::move(array));
      }
    }
  }

  const Hdf5File& file_;
  Hdf5Listing listing_;
  std::set<haddr_t> seen_;
  size_t objects_ = 0;
};

}  // namespace

Hdf5File::Hdf5File(const fs::path& path)
    : bytes_(path), handle_(open_file(path)), is_matlab_(looks_like_matlab(bytes_)) {
  const Hdf5Lock lock;
  const Hdf5Handle creation = own_hdf5(H5Fget_create_plist(handle_.id()), "open", bytes_.path());
  hsize_t userblock = 0;
  size_t address_bytes = 0;
  size_t length_bytes = 0;
  check_hdf5(H5Pget_userblock(creation.id(), &userblock), "open", bytes_.path());
  check_hdf5(H5Pget_sizes(creation.id(), &address_bytes, &length_bytes), "open", bytes_.path());
  base_ = userblock;
  has_usual_sizes_ = address_bytes == 8 && length_bytes == 8;
}

bool Hdf5File::has(const std::string& name) const {
  const Hdf5Lock lock;
  return H5Lexists(handle_.id(), name.c_str(), H5P_DEFAULT) > 0;
}

Hdf5Listing Hdf5File::list() const {
  const Hdf5Lock lock;
  return Walk(*this).run();
}

std::vector<std::string> Hdf5File::root_texts(const std::string& attribute) const {
  const Hdf5Lock lock;
  const Hdf5Handle root = own_hdf5(H5Gopen2(handle_.id(), "/", H5P_DEFAULT), "/", bytes_.path());
  return read_text_attribute(root.id(), attribute).value_or(std::vector<std::string>{});
}

std::map<std::string, Hdf5Attribute> Hdf5File::attributes(const std::string& group) const {
  const Hdf5Lock lock;
  const std::string path = "/" + group;
  const Hdf5Handle object =
      own_hdf5(H5Oopen(handle_.id(), path.c_str(), H5P_DEFAULT), path, bytes_.path());
  return read_attributes(object.id(), bytes_.path());
}

}  // namespace stoker
