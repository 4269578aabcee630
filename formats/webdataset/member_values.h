// Members of a WebDataset sample as values of fields.
//
// Thread-safety: free functions; a sample belongs to one thread. Ownership: values point into the
// bytes given, or into the sample's buffers. Errors: Corrupt and Unsupported with the path of the
// sample's source and the offset given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/webdataset/member_fields.h"
#include "libdata/sample/sample.h"

namespace stoker {

// Gives a field of arrays its dtype and axes, by the front of a .npy file. Where that is of a kind
// that is not read, the field becomes one of bytes, whole files, and a note names `sample`.
void shape_array_field(ByteSpan front, const std::string& sample, MemberField& field,
                       std::vector<SampleNote>& notes);

// Append the value of the next field; labels come from the listing and are not made here.
void add_member(const MemberField& field, ByteSpan bytes, uint64_t offset_bytes, Sample& sample);
// Of a sample without such a member: nothing where that can be said (text, bytes), else Corrupt.
void add_missing(const MemberField& field, Sample& sample);

[[noreturn]] void refuse_label(const MemberField& field, const std::string& path,
                               uint64_t offset_bytes);

}  // namespace stoker
