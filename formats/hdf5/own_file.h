// What stoker writes into the root of an HDF5 file beside its data sets, so that it can be read
// back as it was. Other readers may pass it by.
#pragma once

namespace stoker {

inline constexpr const char* kHdf5SchemaAttribute = "stoker_schema";          // JSON, as manifests
inline constexpr const char* kHdf5ProvenanceAttribute = "stoker_provenance";  // JSON
inline constexpr const char* kHdf5SplitAttribute = "stoker_split";
inline constexpr const char* kHdf5ClassNamesAttribute = "class_names";  // of the labels' data set
inline constexpr const char* kHdf5NamesDataset = "name";                // of the samples

}  // namespace stoker
