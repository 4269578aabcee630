// A gzip file of one member, as the deflate stream in it.
//
// Thread-safety: pure functions. Errors: Corrupt with the byte offset where the header is damaged
// or cut short. Not read: several members one behind the other; the bytes behind the first are
// found when it is inflated. Source: RFC 1952.
#pragma once

#include <memory>

#include "formats/stacked/inflated_bytes.h"

namespace stoker {

// `plain_size` is what the file notes: the size modulo 2^32.
DeflatedRange gzip_range(const std::shared_ptr<const MappedFile>& file);

}  // namespace stoker
