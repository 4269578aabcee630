// Joining the listings of several sources into one.
#pragma once

#include <string>
#include <vector>

#include "formats/source_listing.h"

namespace stoker {

// Renumbers the listing's labels so that class_names becomes `names`, which is sorted. Corrupt
// where the listing has a class that is not among them.
void renumber_classes(SourceListing& listing, const std::vector<std::string>& names);

// One listing of all items: classes and splits united by name, classes in sorted order.
// InvalidArgument where some listings have classes and others have not.
SourceListing join_listings(std::vector<SourceListing> listings);

// InvalidArgument where two items of a split have one name, naming the files.
void refuse_equal_names(const SourceListing& listing);

}  // namespace stoker
