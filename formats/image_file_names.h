// Names of files that samples are written to, made of names that a data set holds.
#pragma once

#include <string>

#include "libdata/sample/schema.h"

namespace stoker {

// The usual ending of an image file, without the dot: "jpg", "png" ...; "" for other codecs.
std::string image_ending(Codec codec);

// A path below a folder that cannot leave it: slashes part it, as sample names do. Corrupt for
// parts that are empty, "." or "..", and for control characters.
std::string safe_file_name(const std::string& name);

// The same, with the ending of `codec` added unless it has one of those that go with it: "a.JPEG"
// stays for a JPEG, and is "a.JPEG.png" for a PNG.
std::string image_file_name(const std::string& name, Codec codec);

}  // namespace stoker
