// The layout of the Vesuvius "Surface Detection" challenge: train.csv (id,scroll_id),
// train_images/ID.tif and train_labels/ID.tif; ID/ with one-page TIFFs is taken as well.
//
// Reads names and sizes only. A listed id without an image is left out and noted (the real set has
// 20 of them), as is a file that no line lists; an id without a label stays, with an empty path.
// Thread-safety: pure function of the file system. Errors: NotFound (no train.csv, no folder);
// Corrupt (header, a line, a number, an id twice) with the byte offset of the line.
// Not supported: quoted CSV fields.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "formats/volume_listing.h"

namespace stoker {

// Ids keep the order of train.csv.
VolumeListing list_vesuvius(const std::filesystem::path& folder);

struct ScrollLine {
  std::string id;
  int64_t scroll = 0;
};

// The text of train.csv; line ends LF or CRLF, a byte order mark allowed.
std::vector<ScrollLine> parse_scroll_table(std::string_view text);

}  // namespace stoker
