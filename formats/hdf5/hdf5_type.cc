#include "formats/hdf5/hdf5_type.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "formats/hdf5/hdf5_handle.h"

namespace stoker {
namespace {

constexpr uint64_t kMaxAttributeElements = 1 << 20;

// IEEE 754 at its usual places; NumPy's float16 has no name in the library.
bool is_plain_float(hid_t type, size_t size) {
  struct Layout {
    size_t size, exponent_bits, mantissa_bits, bias;
  };
  constexpr std::array<Layout, 3> kLayouts{{{2, 5, 10, 15}, {4, 8, 23, 127}, {8, 11, 52, 1023}}};
  size_t sign = 0;
  size_t exponent_at = 0;
  size_t exponent_bits = 0;
  size_t mantissa_at = 0;
  size_t mantissa_bits = 0;
  if (H5Tget_fields(type, &sign, &exponent_at, &exponent_bits, &mantissa_at, &mantissa_bits) < 0)
    return false;
  for (const Layout& layout : kLayouts) {
    if (layout.size != size) continue;
    return sign == 8 * size - 1 && mantissa_at == 0 && exponent_at == layout.mantissa_bits &&
           exponent_bits == layout.exponent_bits && mantissa_bits == layout.mantissa_bits &&
           H5Tget_ebias(type) == layout.bias && H5Tget_norm(type) == H5T_NORM_IMPLIED;
  }
  return false;
}

bool describe_number(hid_t type, H5T_class_t type_class, Hdf5Type& described) {
  const size_t size = H5Tget_size(type);
  const H5T_order_t order = H5Tget_order(type);
  described.size_bytes = size;
  described.big_endian = order == H5T_ORDER_BE;
  if (order != H5T_ORDER_LE && order != H5T_ORDER_BE && order != H5T_ORDER_NONE) return false;
  if (H5Tget_precision(type) != 8 * size || H5Tget_offset(type) != 0) return false;
  if (type_class == H5T_FLOAT) {
    described.number = 'f';
    return is_plain_float(type, size);
  }
  described.number = type_class == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_2 ? 'i' : 'u';
  return size == 1 || size == 2 || size == 4 || size == 8;
}

// Names in the order of their values, where those are 0, 1, 2 ...
std::vector<std::string> enumeration_names(hid_t type) {
  const int count = H5Tget_nmembers(type);
  std::vector<std::string> names;
  if (count <= 0) return names;
  names.resize(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    char* const name = H5Tget_member_name(type, static_cast<unsigned>(i));
    std::array<uint8_t, 64> value{};
    const hid_t base = H5Tget_super(type);
    const bool fits = H5Tget_size(type) <= value.size() && H5Tget_size(base) <= sizeof(int64_t);
    int64_t index = -1;
    if (fits && H5Tget_member_value(type, static_cast<unsigned>(i), value.data()) >= 0 &&
        H5Tconvert(base, H5T_NATIVE_INT64, 1, value.data(), nullptr, H5P_DEFAULT) >= 0) {
      std::memcpy(&index, value.data(), sizeof(index));
    }
    H5Tclose(base);
    const std::string text = name == nullptr ? "" : name;
    H5free_memory(name);
    if (index < 0 || index >= count || !names[static_cast<size_t>(index)].empty()) return {};
    names[static_cast<size_t>(index)] = text;
  }
  return names;
}

void describe_enumeration(hid_t type, Hdf5Type& described) {
  const Hdf5Handle base(H5Tget_super(type));
  if (!base || !describe_number(base.id(), H5T_INTEGER, described)) return;
  described.kind = Hdf5Kind::kNumber;
  described.value_names = enumeration_names(type);
  // h5py's booleans.
  if (described.value_names == std::vector<std::string>{"FALSE", "TRUE"}) {
    described.value_names.clear();
    described.number = 'u';
    described.name = "boolean";
  }
}

void describe_vlen(hid_t type, Hdf5Type& described) {
  const Hdf5Handle base(H5Tget_super(type));
  if (!base) return;
  const bool bytes = H5Tget_class(base.id()) == H5T_INTEGER && H5Tget_size(base.id()) == 1;
  described.name = "array of any length";
  if (bytes) described.kind = Hdf5Kind::kVlenBytes;
}

std::string padded_text(const char* text, size_t size, H5T_str_t padding) {
  std::string value(text, strnlen(text, size));
  if (padding == H5T_STR_SPACEPAD) value.erase(value.find_last_not_of(' ') + 1);
  return value;
}

Hdf5Attribute attribute_value(hid_t attribute, hid_t type, H5T_class_t type_class) {
  if (type_class == H5T_FLOAT) {
    double value = 0;
    H5Aread(attribute, H5T_NATIVE_DOUBLE, &value);
    return value;
  }
  int64_t value = 0;
  const Hdf5Handle base(type_class == H5T_ENUM ? H5Tget_super(type) : -1);
  if (type_class == H5T_ENUM) {  // numbers of an enumeration are read as themselves
    std::array<uint8_t, 64> raw{};
    if (H5Tget_size(type) <= sizeof(int64_t) && H5Aread(attribute, type, raw.data()) >= 0)
      H5Tconvert(base.id(), H5T_NATIVE_INT64, 1, raw.data(), nullptr, H5P_DEFAULT);
    std::memcpy(&value, raw.data(), sizeof(value));
    return value;
  }
  H5Aread(attribute, H5T_NATIVE_INT64, &value);
  return value;
}

}  // namespace

Hdf5Type describe_hdf5_type(int64_t type_id) {
  Hdf5Type type;
  const H5T_class_t type_class = H5Tget_class(type_id);
  type.size_bytes = H5Tget_size(type_id);
  switch (type_class) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_BITFIELD:
      if (describe_number(type_id, type_class, type)) type.kind = Hdf5Kind::kNumber;
      type.name = fmt::format("{}{}",
                              type.number == 'f'   ? "float"
                              : type.number == 'i' ? "int"
                                                   : "uint",
                              8 * type.size_bytes);
      break;
    case H5T_ENUM:
      type.name = "enumeration";
      describe_enumeration(type_id, type);
      break;
    case H5T_STRING: {
      const bool any_length = H5Tis_variable_str(type_id) > 0;
      type.kind = any_length ? Hdf5Kind::kVlenText : Hdf5Kind::kText;
      if (any_length) type.size_bytes = 16;
      type.space_padded = !any_length && H5Tget_strpad(type_id) == H5T_STR_SPACEPAD;
      type.name = "text";
      break;
    }
    case H5T_OPAQUE:
      type.kind = Hdf5Kind::kBytes;
      type.name = "bytes";
      break;
    case H5T_VLEN:
      type.size_bytes = 16;
      describe_vlen(type_id, type);
      break;
    case H5T_COMPOUND:
      type.name = "compound";
      break;
    case H5T_REFERENCE:
      type.name = "reference";
      break;
    default:
      type.name = "array type";
  }
  return type;
}

std::vector<std::string> take_strings(const Hdf5Type& type, int64_t type_id, int64_t space_id,
                                      uint64_t count, Bytes& elements) {
  std::vector<std::string> strings;
  strings.reserve(count);
  if (type.kind == Hdf5Kind::kText) {
    const H5T_str_t padding = H5Tget_strpad(type_id);
    for (uint64_t i = 0; i < count; ++i) {
      const auto* text = reinterpret_cast<const char*>(elements.data() + i * type.size_bytes);
      strings.push_back(padded_text(text, type.size_bytes, padding));
    }
    return strings;
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (type.kind == Hdf5Kind::kVlenText) {
      const char* text = nullptr;
      std::memcpy(&text, elements.data() + i * sizeof(text), sizeof(text));
      strings.emplace_back(text == nullptr ? "" : text);
    } else {
      hvl_t bytes{};
      std::memcpy(&bytes, elements.data() + i * sizeof(bytes), sizeof(bytes));
      strings.emplace_back(static_cast<const char*>(bytes.p), bytes.p == nullptr ? 0 : bytes.len);
    }
  }
  H5Dvlen_reclaim(type_id, space_id, H5P_DEFAULT, elements.data());
  return strings;
}

std::optional<std::vector<std::string>> read_text_attribute(int64_t object_id,
                                                            const std::string& name) {
  if (H5Aexists(object_id, name.c_str()) <= 0) return std::nullopt;
  const Hdf5Handle attribute(H5Aopen(object_id, name.c_str(), H5P_DEFAULT));
  const Hdf5Handle type(attribute ? H5Aget_type(attribute.id()) : -1);
  const Hdf5Handle space(attribute ? H5Aget_space(attribute.id()) : -1);
  if (!type || !space) return std::nullopt;
  const Hdf5Type described = describe_hdf5_type(type.id());
  if (described.kind != Hdf5Kind::kText && described.kind != Hdf5Kind::kVlenText)
    return std::nullopt;
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  if (count <= 0 || static_cast<uint64_t>(count) > kMaxAttributeElements) return std::nullopt;
  if (described.size_bytes > kMaxAttributeElements) return std::nullopt;
  Bytes elements(static_cast<size_t>(count) * H5Tget_size(type.id()));
  if (H5Aread(attribute.id(), type.id(), elements.data()) < 0) return std::nullopt;
  return take_strings(described, type.id(), space.id(), static_cast<uint64_t>(count), elements);
}

std::map<std::string, Hdf5Attribute> read_attributes(int64_t object_id, const std::string& path) {
  std::map<std::string, Hdf5Attribute> attributes;
  std::vector<std::string> names;
  const auto keep_name = [](hid_t, const char* name, const H5A_info_t*, void* to) -> herr_t {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return 0;
  };
  check_hdf5(H5Aiterate2(object_id, H5_INDEX_NAME, H5_ITER_INC, nullptr, keep_name, &names),
             "attributes", path);
  for (const std::string& name : names) {
    const Hdf5Handle attribute(H5Aopen(object_id, name.c_str(), H5P_DEFAULT));
    const Hdf5Handle type(attribute ? H5Aget_type(attribute.id()) : -1);
    const Hdf5Handle space(attribute ? H5Aget_space(attribute.id()) : -1);
    if (!type || !space || H5Sget_simple_extent_npoints(space.id()) != 1) continue;
    const H5T_class_t type_class = H5Tget_class(type.id());
    if (type_class == H5T_STRING) {
      const auto texts = read_text_attribute(object_id, name);
      if (texts && texts->size() == 1) attributes.emplace(name, texts->front());
    } else if (type_class == H5T_INTEGER || type_class == H5T_FLOAT || type_class == H5T_ENUM) {
      attributes.emplace(name, attribute_value(attribute.id(), type.id(), type_class));
    }
  }
  return attributes;
}

}  // namespace stoker
